import json
import random
import re
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import ctranslate2
import pytest
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from babelset.contracts.translator import Failure, Translation, Translator
from babelset.engines.ctranslate2.seq2seq import Tokens
from babelset.errors import ConfigError, ContractError
from babelset.languages import Language, Pair
from babelset.text.placeholders import mask
from babelset.text.segment import Segment, restore
from babelset.translators.ctranslate2 import NLLB, CTranslate2

MODELS = Path(__file__).parents[1] / "models"
TINY = str(MODELS / "tiny-nllb")
WORDS = dict(line.split() for line in (MODELS / "tiny-nllb.words").read_text("utf-8").splitlines())


def language(code: str, bcp47: str, name: str) -> Language:
    return Language(code, bcp47, name, name, code[4:], "ltr", bcp47, code, True)


PAIR = Pair(language("eng_Latn", "en", "English"), language("cat_Latn", "ca", "Catalan"))
FRENCH = language("fra_Latn", "fr", "French")
CODES = ["eng_Latn", "cat_Latn"]


@pytest.fixture(scope="module")
def nllb():
    engine = NLLB(model=TINY, device="cpu", threads=2)
    yield engine
    engine.close()


def ask(engine, *texts):
    return engine.translate([Segment(text) for text in texts], PAIR)


def unseen(count, seed=99):
    """Sentences that the model was not trained on, with what it should make of them."""
    dice = random.Random(seed)
    pairs = []
    for _ in range(count):
        words = dice.choices(list(WORDS), k=dice.randint(1, 12))
        pairs.append((" ".join(words) + ".", " ".join(map(WORDS.__getitem__, words)) + "."))
    return pairs


@pytest.mark.parametrize(
    "source, target",
    [
        ("The dog sees [1], and my house.", "El gos veu [1], i meu casa."),
        ("every child has a new book", "cada nen té un nou llibre"),
        ("Is the water in the river?", "És el aigua en el riu?"),
        ("[3] [1] or [2].", "[3] [1] o [2]."),
    ],
)
def test_it_translates(nllb, source, target):
    assert ask(nllb, source) == [Translation(target)]


@pytest.mark.parametrize("compute_type", ["int8", "float32"])
def test_unseen_sentences_are_exact_and_in_order(compute_type):
    engine = NLLB(model=TINY, device="cpu", compute_type=compute_type, batch_tokens=100)
    sources, targets = zip(*unseen(150), strict=True)
    answers = ask(engine, *sources)
    right = sum(answer == Translation(target) for answer, target in zip(answers, targets, strict=True))
    assert right >= 148  # one or two ties may fall otherwise in int8


def test_beam_search_translates_too():
    source, target = unseen(1)[0]
    assert ask(NLLB(model=TINY, device="cpu", beam=4), source) == [Translation(target)]


def test_an_answer_does_not_depend_on_its_batch(nllb):
    sources = [source for source, _ in unseen(60, seed=3)]
    together = ask(nllb, *sources)
    assert together == [ask(nllb, source)[0] for source in sources]
    assert together == ask(nllb, *reversed(sources))[::-1]


def test_kept_texts_come_through(nllb):
    segment = Segment("run \ue000 in \ue001.", keeps=("`ls`", "`/tmp`"), kinds=("inline_code",) * 2)
    masked = mask(segment, nllb.schemes[0])
    [answer] = ask(nllb, masked.text)
    assert restore(masked.unmask(answer.text), segment.keeps).endswith(" `ls` en `/tmp`.")


def test_it_is_a_translator(nllb):
    assert isinstance(nllb, Translator)
    assert nllb.schemes == ("brackets", "letters")  # its vocabulary has no "<" for "tags"
    assert nllb.batch == 1024
    assert "no commercial use" in nllb.notice
    assert nllb.supports(PAIR)
    assert not nllb.supports(Pair(PAIR.source, FRENCH))
    assert not nllb.supports(Pair(FRENCH, PAIR.target))


def test_signature_names_what_decides_the_answers(nllb):
    assert nllb.signature.startswith("nllb|model:tiny-nllb|hash:")
    assert "|beam:1|type:int8|max:256|ct2:" in nllb.signature
    others = [NLLB(model=TINY, beam=2), NLLB(model=TINY, compute_type="float32"), NLLB(model=TINY, threads=1)]
    assert [other.signature == nllb.signature for other in others] == [False, False, True]


def test_an_unknown_language_is_refused(nllb):
    with pytest.raises(ConfigError, match=r"does not translate English .* to French \(fra_Latn\)"):
        nllb.translate([Segment("the dog")], Pair(PAIR.source, FRENCH))


@pytest.mark.parametrize(
    "text, reason, too_long",
    [
        ("", "no text", False),
        (" \t\n", "no text", False),
        ("the \ud800 dog", "lone surrogate", False),
        ("日本 の 犬", "lacks 100% of the text", False),
        ("the dog " * 200, "402 tokens, the limit is 256", True),
        ("the dog " * 100, "too many for the engine", True),  # the model has 128 positions
    ],
)
def test_what_the_model_must_not_see(nllb, text, reason, too_long):
    good = Translation("el gat")
    first, answer, last = ask(nllb, "the cat", text, "the cat")
    assert (first, last) == (good, good)
    assert isinstance(answer, Failure)
    assert reason in answer.reason
    assert answer.too_long is too_long


def test_no_text_at_all(nllb):
    assert nllb.translate([], PAIR) == []


class Scripted:
    """Stands in for `ctranslate2.Translator`: fails above `room` rows, answers what `says` makes of a row."""

    def __init__(self, room=1000, says=lambda source: source[1:], error="out of memory"):
        self.room, self.says, self.error, self.sizes = room, says, error, []

    def translate_batch(self, sources, target_prefix, max_decoding_length, **options):
        self.sizes.append(len(sources))

        def result(source):
            if len(sources) > self.room:
                raise RuntimeError(self.error)
            answer = ["cat_Latn", *self.says(source)][:max_decoding_length]
            return SimpleNamespace(hypotheses=[answer])

        return [SimpleNamespace(result=lambda source=source: result(source)) for source in sources]


def scripted(**script):
    engine = NLLB(model=TINY, device="cpu", threads=1, max_tokens=64)
    engine._decoder.__dict__["engine"] = Scripted(**script)
    return engine


@pytest.mark.parametrize("error", ["CUDA failed with error out of memory", "CUBLAS_STATUS_ALLOC_FAILED"])
def test_a_batch_that_does_not_fit_is_halved(error):
    engine = scripted(room=3, error=error)
    texts = [source for source, _ in unseen(20)]
    assert [answer.text for answer in ask(engine, *texts)] == texts
    sizes = engine._decoder.engine.sizes
    assert max(sizes) > 3
    assert sum(size for size in sizes if size <= 3) == 20


def test_memory_for_not_even_one():
    answers = ask(scripted(room=0), "the dog", "the cat")
    assert all(isinstance(answer, Failure) and answer.too_long for answer in answers)
    assert "out of memory" in answers[0].reason


def test_another_failure_of_the_engine_is_not_taken_for_memory():
    with pytest.raises(ContractError, match="CTranslate2 failed: cuDNN"):
        ask(scripted(room=0, error="cuDNN failed"), "the dog")


@pytest.mark.parametrize(
    "says, flags",
    [
        (["▁gos", "</s>"], ()),
        (["▁gos"] * 7 + ["</s>"], ()),
        (["▁gos"] * 8 + ["</s>"], ("repetition",)),
        (["▁el", "▁gos", "▁i"] * 4 + ["</s>"], ("repetition",)),
        (["▁a", "▁b", "▁c", "▁d", "▁e"] * 2 + ["</s>"], ()),
        (["▁gos"] * 500, ("truncated", "repetition")),
        ([f"▁{number}" for number in range(500)], ("truncated",)),
        ([], ("truncated",)),
    ],
)
def test_flags(says, flags):
    [answer] = ask(scripted(says=lambda source: says), "the dog")
    assert answer.flags == flags


def test_a_loop_in_the_source_may_be_repeated():
    [answer] = ask(scripted(), " ".join(["no"] * 12))
    assert answer.flags == ()


def test_a_short_neighbour_of_a_long_segment_is_held_to_its_own_limit():
    engine = scripted(says=lambda source: [f"▁{number}" for number in range(90)] + ["</s>"])
    long, short = ask(engine, "the dog " * 25, "the dog")
    assert long.flags == ()
    assert short.flags == ("truncated",)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"model": ""}, "ct2-transformers-converter --model facebook/nllb-200"),
        ({"device": "cuda"}, "CTranslate2 sees 0 CUDA devices. Use device=cpu"),
        ({"compute_type": "float8"}, "compute_type=float8: this cpu supports .*float32"),
    ],
)
def test_options_that_cannot_be(monkeypatch, options, message):
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    with pytest.raises(ConfigError, match=message):
        NLLB(**{"model": TINY, **options})


def test_several_gpus(monkeypatch):
    made = {}

    def translator(folder, **options):
        made.update(options)
        return Scripted()

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 3)
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda *device: {"float16", "float32"})
    monkeypatch.setattr(ctranslate2, "Translator", translator)
    engine = NLLB(model=TINY, device="cuda:0,2")
    ask(engine, "the dog")
    assert made == {"device": "cuda", "device_index": [0, 2], "compute_type": "float16"}
    assert engine.batch == 8192
    assert len(NLLB(model=TINY)._decoder.device.indices) == 3  # auto: every GPU
    with pytest.raises(ConfigError, match="sees 3 CUDA devices"):
        NLLB(model=TINY, device="cuda:3")


def test_ct2_recognises_the_family_and_nllb_takes_no_other(tmp_path):
    assert CTranslate2(model=TINY).tokens.name == "nllb"
    for file in Path(TINY).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    vocabulary = tmp_path / "shared_vocabulary.json"
    vocabulary.write_text(
        re.sub("[a-z]{3}_[A-Z][a-z]{3}", lambda code: f"__{code[0][:2]}__", vocabulary.read_text("utf-8")), "utf-8"
    )
    assert CTranslate2(model=str(tmp_path)).tokens.name == "m2m100"
    with pytest.raises(ConfigError, match="not NLLB-200: its vocabulary lacks eng_Latn"):
        NLLB(model=str(tmp_path))


def test_damaged_weights(tmp_path):
    for file in Path(TINY).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.bin").write_bytes((Path(TINY) / "model.bin").read_bytes()[:5000])
    with pytest.raises(ConfigError, match="cannot be loaded on cpu"):
        ask(NLLB(model=str(tmp_path)), "the dog")


@pytest.fixture
def normalising(tmp_path):
    """A tokeniser as NLLB has it: a byte-pair model with the normaliser that the tiny one lacks."""
    model = BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter([source for source, _ in unseen(500)]),
        model_writer=model,
        model_type="bpe",
        vocab_size=150,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    (tmp_path / "sentencepiece.bpe.model").write_bytes(model.getvalue())
    pieces = SentencePieceProcessor(model_proto=model.getvalue())
    own = [pieces.id_to_piece(index) for index in range(3, len(pieces))]
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *own, *CODES]
    (tmp_path / "shared_vocabulary.json").write_text(json.dumps(vocabulary), "utf-8")
    return tmp_path


@pytest.mark.engine
def test_tokens_are_those_of_the_reference_tokenizer(normalising):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    reference = transformers.NllbTokenizer.from_pretrained(
        normalising, src_lang="eng_Latn", tgt_lang="cat_Latn", additional_special_tokens=CODES
    )
    tokens = Tokens(normalising, "auto")

    def ours(text):
        [row] = tokens.encode([text], PAIR)
        return [token if token in tokens.vocabulary else "<unk>" for token in row]

    def theirs(**text):
        return reference.convert_ids_to_tokens(reference(**text).input_ids)

    texts = [source for source, _ in unseen(200)]
    texts += [
        "The dog [1], xqzvq?",
        " two   spaces",
        "{a} <1>",
        "日本 x 語",
        "a\u00a0b ﬁ ½ é ①",
        "a\tb\nc ｆｕｌｌ",
    ]
    assert [ours(text) for text in texts] == [theirs(text=text) for text in texts]
    assert [*tokens.prefix(PAIR), "</s>"] == theirs(text_target="")
    assert theirs(text_target="the dog.") == [*tokens.prefix(PAIR), *ours("the dog.")[1:]]
