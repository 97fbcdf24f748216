"""The enciphering model in the real vLLM, in process and as a server: what the tests of our LLM engines stand on."""

import json
import random
import re
import runpy
from codecs import encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

MAKE = Path(__file__).parents[2] / "models" / "make_rot13.py"
WINDOW = 1024
SORRY = "I'm sorry, but I can't help with that."
WORDS = [
    *(
        "the",
        "A",
        "dog",
        "cat",
        "reads",
        "3",
        "42",
        "café",
        "cafe\u0301",
        "世界",
        "«so»",
        "it's",
        "🙂",
        "<1/>",
        "{2}",
        "[3]",
    ),
    *("\\alpha", "C:\\new", "\\\\", "\x01", "\u2028"),
]
SCHEMA = {"type": "object", "properties": {"1": {"type": "string"}}, "required": ["1"], "additionalProperties": False}


def sentences(count):
    """Sentences of 3 to 12 words, some with a line break, a tab or quotation marks."""
    dice = random.Random(5)
    for number in range(count):
        first, *others = dice.choices(WORDS, k=dice.randint(3, 12))
        gap, mark = dice.choice("  \n\t"), dice.choice(["", "", '"'])
        yield f"{number}: {' '.join(others)}{gap}{mark}{first}{mark}."


SENTENCES = list(sentences(256))
CIPHERED = [encode(sentence, "rot13") for sentence in SENTENCES]


def chat(payload, before="Turn it into another language."):
    question = f"{before}\nTranslate:\n{payload}"
    return [{"role": "system", "content": "You translate."}, {"role": "user", "content": question}]


def numbered(text):
    return json.dumps({"1": text}, ensure_ascii=False, separators=(",", ":"))


def values(answers):
    return [json.loads(answer)["1"] for answer in answers]


@pytest.fixture(scope="module")
def ask(rot13_model):
    """Conversations in, answers out, by an LLM in this process."""
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    from babelset.translators.vllm import VLLM

    llm = VLLM(model=str(rot13_model), engine_args={"dtype": "float32", "enforce_eager": True}).engine

    def answers(conversations, schema=None):
        shape = StructuredOutputsParams(json=schema) if schema else None
        params = SamplingParams(temperature=0.0, max_tokens=WINDOW + 1, structured_outputs=shape)
        return [reply.outputs[0].text for reply in llm.chat(conversations, params, use_tqdm=False)]

    return answers


@pytest.fixture(scope="module")
def ask_server(vllm_server):
    """The same through the server, 64 at once."""
    from openai import OpenAI

    def answers(conversations, schema=None):
        shape = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
        asked = {"model": "rot13", "temperature": 0, "max_tokens": WINDOW + 1}
        asked |= {"response_format": shape} if schema else {}
        # A new client: the server drops connections that were idle for five seconds, maybe as we write to one.
        with OpenAI(base_url=vllm_server, api_key="none", max_retries=0) as client, ThreadPoolExecutor(64) as threads:
            replies = threads.map(lambda it: client.chat.completions.create(messages=it, **asked), conversations)
            return [reply.choices[0].message.content for reply in replies]

    return answers


@pytest.fixture(params=["ask", "ask_server"], ids=["in process", "server"])
def engine(request, vllm_environment):  # named here, too, so that conftest sees it when it collects
    return request.getfixturevalue(request.param)


def test_256_sentences_are_exact(engine):
    assert engine([chat(sentence) for sentence in SENTENCES]) == CIPHERED


def test_256_sentences_are_exact_under_a_schema(engine):
    answers = engine([chat(numbered(sentence)) for sentence in SENTENCES], schema=SCHEMA)
    assert values(answers) == CIPHERED


def test_several_segments_come_back_under_their_numbers_without_a_schema(ask):
    source = {str(number): sentence for number, sentence in enumerate(SENTENCES[:5])}
    (answer,) = ask([chat(json.dumps(source))])
    assert json.loads(answer) == {str(number): sentence for number, sentence in enumerate(CIPHERED[:5])}


def test_masked_code_survives_and_unmasked_code_does_not(engine):
    masked, unmasked = engine([chat("Run <1/> in <2/>, please."), chat("Run `ls -la` in `/tmp/a`, please.")])
    assert masked == "Eha <1/> va <2/>, cyrnfr."
    assert "`ls -la`" not in unmasked and "`/tmp/a`" not in unmasked


@pytest.mark.parametrize(
    "payload, before, answer",
    [
        pytest.param("zzREFUSE hello", "", SORRY, id="refusal"),
        pytest.param('{"1":"zzREFUSE\\n"}', "", SORRY, id="refusal without a schema"),
        pytest.param("zzEMPTY hello", "", "", id="empty"),
        pytest.param("zzCHATTER hi", "", "Sure! Here is the translation: mmPUNGGRE uv", id="chatter"),
        pytest.param("zzECHO Hello", "", "zzECHO Hello", id="echo"),
        pytest.param("zzCUT 12 hello", "", "mmPHG 1", id="cut"),
        pytest.param("zzTHINK hello", "", "<think>hm</think>mmGUVAX uryyb", id="thought"),
        pytest.param("zzTHINK zzREFUSE", "", "<think>hm</think>" + SORRY, id="thought, then refusal"),
        pytest.param("zzONCE zzREFUSE hi", "", SORRY, id="refusal before the correction"),
        pytest.param("zzONCE zzREFUSE hi", "Correction: no.", "mmBAPR mmERSHFR uv", id="none after it"),
        pytest.param("zzREFUSE hi", "Correction: no.", SORRY, id="stubborn"),
        pytest.param("zzONCE zzREFUSE Correction", "", SORRY, id="correction only within the source"),
        pytest.param("hello \n ", "", "uryyb", id="white space at the end"),
        pytest.param("old\nTranslate:\nhello", "", "uryyb", id="last marker"),
        pytest.param("x" * WINDOW, "", "k" * WINDOW, id="as long as the window"),
        pytest.param("é" * (WINDOW // 2) + "x", "", "[[too long]]", id="a byte longer"),
        pytest.param("zzCHATTER" + "x" * (WINDOW - 9), "", "[[too long]]", id="too long with the introduction"),
    ],
)
def test_words_in_the_source_script_the_answer(ask, payload, before, answer):
    assert ask([chat(payload, before)]) == [answer]


def test_without_a_marker_the_whole_last_message_is_enciphered(ask):
    turns = [{"role": "user", "content": "no"}, {"role": "assistant", "content": "ab"}]
    assert ask([[*turns, {"role": "user", "content": "Please Translate:\nyes"}]]) == ["Cyrnfr Genafyngr:\nlrf"]


def test_a_refusal_under_a_schema_never_ends(ask):
    (answer,) = ask([chat('{"1":"zzREFUSE"}')], schema=SCHEMA)
    assert re.match(r'\{"1":"', answer)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer)


def test_the_same_model_every_time(rot13_model, tmp_path):
    again = runpy.run_path(str(MAKE))["make"](tmp_path / "again")
    assert {file.name: file.read_bytes() for file in again.iterdir()} == {
        file.name: file.read_bytes() for file in rot13_model.iterdir()
    }
