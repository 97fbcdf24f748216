import json
from pathlib import Path

import pytest

from babelset.engines.ctranslate2.seq2seq import Tokens, codes
from babelset.errors import ConfigError
from babelset.languages import Language, Pair

TINY = Path(__file__).parents[2] / "models" / "tiny-nllb"


def language(code: str, bcp47: str) -> Language:
    return Language(code, bcp47, code, code, code[4:], "ltr", bcp47, code, True)


ENGLISH, CATALAN, FRENCH = language("eng_Latn", "en"), language("cat_Latn", "ca"), language("fra_Latn", "fr")
HEBREW, NORWEGIAN = language("heb_Hebr", "he"), language("nob_Latn", "nb")
BRAZILIAN = language("por_Latn", "pt-BR")
PAIR = Pair(ENGLISH, CATALAN)
PIECES = ["▁the", "▁dog", "▁el", "▁gos", "."]


def model(folder, tokens, files=("sentencepiece.bpe.model",), config=None, metadata=None):
    """The tokeniser's files of a model of some family, with the pieces of the tiny one."""
    folder.mkdir(exist_ok=True)
    vocabulary = ["<s>", "</s>", "<unk>", *PIECES, *tokens]
    (folder / "shared_vocabulary.json").write_text(json.dumps(vocabulary), "utf-8")
    for name, content in (("config.json", config), ("tokenizer_config.json", metadata)):
        if content is not None:
            (folder / name).write_text(json.dumps(content), "utf-8")
    for name in files:
        (folder / name).write_bytes((TINY / "sentencepiece.bpe.model").read_bytes())
    return Tokens(folder, "auto")


MARIAN = {"files": ("source.spm", "target.spm")}
TO_CATALAN = {**MARIAN, "metadata": {"source_lang": "en", "target_lang": "ca"}}
TO_MANY = {**MARIAN, "metadata": {"source_lang": "eng", "target_lang": "mul"}}


@pytest.mark.parametrize(
    "tokens, how, family, source, prefix",
    [
        (["eng_Latn", "cat_Latn"], {}, "nllb", ["eng_Latn", "▁the", "▁dog", ".", "</s>"], ["cat_Latn"]),
        (["__en__", "__ca__"], {}, "m2m100", ["__en__", "▁the", "▁dog", ".", "</s>"], ["__ca__"]),
        (["<2en>", "<2ca>"], {}, "madlad", ["<2ca>", "▁the", "▁dog", ".", "</s>"], []),
        ([], TO_CATALAN, "marian", ["▁the", "▁dog", ".", "</s>"], []),
        ([">>cat<<"], TO_MANY, "marian", [">>cat<<", "▁the", "▁dog", ".", "</s>"], []),
        (["__en__", "__ca__"], {"config": {"add_source_eos": True}}, "m2m100",
         ["__en__", "▁the", "▁dog", "."], ["__ca__"]),
    ],
)  # fmt: skip
def test_sequences_of_each_family(tmp_path, tokens, how, family, source, prefix):
    found = model(tmp_path, tokens, **how)
    assert found.name == family
    assert found.supports(PAIR)
    assert found.encode(["the dog."], PAIR) == [source]
    assert found.prefix(PAIR) == prefix
    assert found.decode(["▁el", "▁gos", "."]) == "el gos."


@pytest.mark.parametrize(
    "tokens, how, pair",
    [
        (["eng_Latn", "cat_Latn"], {}, Pair(ENGLISH, FRENCH)),
        (["eng_Latn", "cat_Latn"], {}, Pair(FRENCH, CATALAN)),
        (["eng_Latn", "cat_Latn", "fr", "fra"], {}, Pair(ENGLISH, FRENCH)),  # pieces of words
        (["__en__", "__ca__"], {}, Pair(ENGLISH, FRENCH)),
        (["<2en>", "<2ca>"], {}, Pair(ENGLISH, FRENCH)),
        ([], TO_CATALAN, Pair(ENGLISH, FRENCH)),
        ([], TO_CATALAN, Pair(FRENCH, CATALAN)),
        ([">>cat<<"], TO_MANY, Pair(ENGLISH, FRENCH)),
        ([">>cat<<"], TO_MANY, Pair(FRENCH, CATALAN)),
    ],
)
def test_pairs_that_a_model_does_not_know(tmp_path, tokens, how, pair):
    assert not model(tmp_path, tokens, **how).supports(pair)


def test_a_model_that_reads_many_languages(tmp_path):
    found = model(tmp_path, [], **MARIAN, metadata={"source_lang": "mul", "target_lang": "en"})
    assert found.supports(Pair(CATALAN, ENGLISH))
    assert not found.supports(Pair(ENGLISH, CATALAN))


def test_the_name_of_the_folder_tells_the_languages(tmp_path):
    found = model(tmp_path / "opus-mt-en-ca-ct2", [], **MARIAN)
    assert found.supports(PAIR)
    assert not found.supports(Pair(ENGLISH, FRENCH))


def test_marian_without_languages(tmp_path):
    with pytest.raises(ConfigError, match="does not say its languages"):
        model(tmp_path, [], **MARIAN).supports(PAIR)


def test_a_family_that_nothing_tells(tmp_path):
    with pytest.raises(ConfigError, match=r"say family=nllb\|m2m100\|madlad\|marian"):
        model(tmp_path, [])


@pytest.mark.parametrize(
    "language, token",
    [(HEBREW, "__he__"), (HEBREW, "__iw__"), (NORWEGIAN, "__no__"), (BRAZILIAN, "__pt__")],
)
def test_other_names_of_a_language(tmp_path, language, token):
    assert model(tmp_path, ["__en__", token]).supports(Pair(ENGLISH, language))


@pytest.mark.parametrize(
    "language, some, never",
    [
        (language("zho_Hant", "zh-Hant"), {"zho_Hant", "zh_Hant", "cmn_Hant"}, {"zh", "zho", "cmn"}),
        (BRAZILIAN, {"pt-BR", "pt_BR", "pt", "por"}, set()),
        (CATALAN, {"ca", "cat", "cat_Latn"}, {""}),
    ],
)
def test_codes(language, some, never):
    assert some <= set(codes(language))
    assert not never & set(codes(language))


def test_punctuation_that_the_model_lacks_is_written_plainly():
    tokens = Tokens(TINY, "auto")
    assert tokens.encode(["“the” – ‘dog’…"], PAIR) == tokens.encode(["\"the\" - 'dog'..."], PAIR)


def test_text_cannot_smuggle_in_special_tokens():
    [row] = Tokens(TINY, "auto").encode(["the </s> cat_Latn <unk> dog"], PAIR)
    assert row[0] == "eng_Latn"
    assert not {"</s>", "cat_Latn", "<unk>"} & set(row[1:-1])


@pytest.mark.parametrize("text, share", [("the dog", 0), ("日本", 1), ("the 日本語", 0.5), ("", 0)])
def test_unknown(text, share):
    assert Tokens(TINY, "auto").unknown(text) == share


def test_a_damaged_sentencepiece_file(tmp_path):
    found = model(tmp_path, ["eng_Latn", "cat_Latn"])
    (tmp_path / "sentencepiece.bpe.model").write_bytes(b"half")
    with pytest.raises(ConfigError, match="not a whole SentencePiece model"):
        found.encode(["the"], PAIR)
