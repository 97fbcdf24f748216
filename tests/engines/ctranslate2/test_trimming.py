"""A cut model says the same as before inside the tokens that stay; what is outside is split, and never unknown."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import struct
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.engines.ctranslate2.modelfile import ModelFile
from babelset.engines.ctranslate2.seq2seq import Tokens
from babelset.engines.ctranslate2.trimcheck import peak
from babelset.engines.ctranslate2.trimming import cut
from babelset.engines.ctranslate2.unusedpieces import without
from babelset.errors import ConfigError
from babelset.languages import Pair, find

MODELS = Path(__file__).parents[2] / "models"
TINY = MODELS / "tiny-nllb"
WORDS = dict(line.split() for line in (MODELS / "tiny-nllb.words").read_text("utf-8").splitlines())
PAIR = Pair(find("en"), find("ca"))


def sentences(seed: int, count: int, words: Sequence[str] = tuple(WORDS)) -> list[tuple[str, str]]:
    draw = Random(seed)
    drawn = [draw.sample(words, draw.randint(2, 9)) for _ in range(count)]
    return [(" ".join(each) + ".", " ".join(WORDS[word] for word in each) + ".") for each in drawn]


def trimmed(folder: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["models", "trim", str(TINY), "--to", "en,ca", "-o", str(folder), *words])
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    return done.output


def write(path: Path, texts: Sequence[str]) -> str:
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return str(path)


def test_a_held_out_text_keeps_two_hundred_translations(tmp_path: Path) -> None:
    held_out = write(tmp_path / "held-out.txt", [text for both in sentences(1, 200) for text in both])
    check = write(tmp_path / "check.txt", [source for source, _ in sentences(2, 200)])
    told = json.loads(trimmed(tmp_path / "small", "--text", held_out, "--check", check, "--json"))
    assert told["tokens"]["after"] < 0.7 * told["tokens"]["before"] == 0.7 * 705
    assert told["bytes"]["before"] - told["bytes"]["after"] == (64 + 4) * (705 - told["tokens"]["after"])
    [line] = told["checks"]
    assert (line["texts"], line["same"], line["split"], line["other"]) == (200, 200, 0, 0)


def test_what_needs_a_lost_token_is_counted(tmp_path: Path) -> None:
    few = list(WORDS)[:30]
    text = write(tmp_path / "few.txt", [text for both in sentences(3, 100, few) for text in both])
    check = write(tmp_path / "check.txt", [source for source, _ in [*sentences(4, 50, few), *sentences(5, 50)]])
    told = json.loads(trimmed(tmp_path / "small", "--text", text, "--check", check, "--json"))["checks"][0]
    assert told["other"] == 0 and told["same"] >= 50 and 0 < told["split"] <= 50


def test_a_word_outside_is_split_and_not_unknown(tmp_path: Path) -> None:
    trimmed(tmp_path / "small", "--text", write(tmp_path / "few.txt", ["the cat"] * 2))
    before, after = Tokens(TINY, "auto"), Tokens(tmp_path / "small", "auto")
    for source, target in sentences(6, 50):
        [old], [new] = before.encode([source], PAIR), after.encode([source], PAIR)
        assert len(new) > len(old) and after.vocabulary.issuperset(new), source
        assert after.decode(new[1:-1]) == source and after.decode(after.pieces(target)) == target
        assert not after.unknown(source)
    assert before.encode(["the cat"], PAIR) == after.encode(["the cat"], PAIR)


def test_what_stays(tmp_path: Path) -> None:
    made = cut(TINY, [find("en"), find("ca")], [], 0)
    kept, own = set(made.tokens), sentencepiece.SentencePieceProcessor(model_file=str(TINY / "sentencepiece.bpe.model"))
    assert {"<s>", "<pad>", "</s>", "<unk>", "<mask>", "eng_Latn", "cat_Latn"} <= kept and "spa_Latn" not in kept
    assert {piece for piece in made.vocabulary if len(piece) == 1 or piece[:-1] == "▁"} <= kept
    assert kept.issuperset(own.encode("[7]", out_type=str))
    assert made.tokens == [token for token in made.vocabulary if token in kept], "in the old order"


def test_without_texts_the_scripts_of_the_languages_decide(tmp_path: Path) -> None:
    told = trimmed(tmp_path / "small")
    assert "tokens: 705 before, 704 after" in told, "all but another language, as all of its words are in Latin script"


def test_the_most_frequent_stay_where_the_size_is_limited(tmp_path: Path) -> None:
    texts = ["cat cat cat dog dog house house house house"] * 2
    always = len(cut(TINY, [find("en"), find("ca")], [], 0).tokens)
    full = set(cut(TINY, [find("en"), find("ca")], texts, 0).tokens)
    some = set(cut(TINY, [find("en"), find("ca")], texts, always + 1).tokens)
    assert len(some) == always + 1 and "▁house" in some and "▁dog" in full - some
    with pytest.raises(ConfigError, match=f"{always} tokens are always kept"):
        cut(TINY, [find("en"), find("ca")], texts, always - 1)


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["the cat"], set()),  # in lower case it is the same text in another form
        (["the cat", "The dog"], {"▁the", "▁The"}),  # each as the other text may be written
        (["the cat", "the cat"], {"▁the", "▁cat", "▁The"}),
        (["cat cat"], {"▁cat"}),
    ],
)
def test_what_texts_have_once_is_lost(texts: list[str], kept: set[str]) -> None:
    found = set(cut(TINY, [find("en"), find("ca")], texts, 0).tokens)
    assert found & {"▁the", "▁The", "▁cat", "▁dog"} == kept


def test_memory_is_that_of_the_process_alone() -> None:
    held = b"x" * (400 << 20)  # which ru_maxrss of a new process would begin with
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert 0 < pool.submit(peak).result() < len(held) >> 20


def test_it_may_be_given_again_and_replaces_no_other(tmp_path: Path) -> None:
    few = write(tmp_path / "few.txt", ["the cat"] * 2)
    trimmed(tmp_path / "small", "--text", few)
    (tmp_path / "small" / "model.bin").rename(tmp_path / "small" / "model.bin.part")  # as a kill leaves it
    trimmed(tmp_path / "small", "--text", few)
    assert "model.bin is there, and is not of this model" in trimmed(tmp_path / "small", code=2).replace("\n", " ")
    trimmed(tmp_path / "small", "--force")
    (tmp_path / "other").mkdir()
    write(tmp_path / "other" / "mine.txt", [])
    assert "mine.txt is there" in trimmed(tmp_path / "other", code=2).replace("\n", " ")
    write(tmp_path / "file", [])
    trimmed(tmp_path / "file", code=2)
    assert "is read, and would be written" in trimmed(TINY, "--force", code=2).replace("\n", " ")


def two_vocabularies(folder: Path) -> None:
    (folder / "shared_vocabulary.json").rename(folder / "source_vocabulary.json")
    shutil.copy(folder / "source_vocabulary.json", folder / "target_vocabulary.json")


def other_family(folder: Path) -> None:
    path = folder / "shared_vocabulary.json"
    path.write_text(
        path.read_text("utf-8").replace("eng_Latn", "<2en>").replace("cat_Latn", "<2ca>").replace("spa_Latn", "<2es>")
    )


def not_tied(folder: Path) -> None:
    path = folder / "model.bin"
    path.write_bytes(path.read_bytes().replace(b"decoder/projection/weight\0", b"decoder/projectile/weight\0"))


def one_more_token(folder: Path) -> None:
    path = folder / "shared_vocabulary.json"
    path.write_text(json.dumps([*json.loads(path.read_text("utf-8")), "extra"]))


def cut_short(folder: Path) -> None:
    path = folder / "model.bin"
    path.write_bytes(path.read_bytes()[: -500_000 or None] or path.read_bytes()[:99_999])


def another_format(folder: Path) -> None:
    path = folder / "model.bin"
    path.write_bytes(struct.pack("<I", 5) + path.read_bytes()[4:])


def noise(folder: Path) -> None:
    (folder / "model.bin").write_bytes(struct.pack("<I", 6) + b"\xff" * 99)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (two_vocabularies, "only NLLB, of one vocabulary"),
        (other_family, "is not NLLB"),
        (not_tied, "do not stand as NLLB's do"),
        (one_more_token, "do not stand as NLLB's do"),
        (cut_short, "is not a whole model"),
        (another_format, "has format 5, not 6"),
        (noise, "is not a whole model"),
    ],
)
def test_a_model_of_another_picture_is_refused(tmp_path: Path, change: Callable[[Path], None], said: str) -> None:
    shutil.copytree(TINY, tmp_path / "model")
    change(tmp_path / "model")
    done = CliRunner().invoke(
        app, ["models", "trim", str(tmp_path / "model"), "--to", "en,ca", "-o", str(tmp_path / "small")]
    )
    assert done.exit_code == 2 and said in done.output.replace("\n", " "), done.output
    assert not (tmp_path / "small").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "en"], "two languages at least"),
        (["--to", "en,fr"], "does not know French"),
        (["--to", "en,qq"], "unknown language"),
        (["--to", "en,ca", "--check", "CHECK", "--from", "es"], "--from es is not among --to"),
    ],
)
def test_wrong_languages(tmp_path: Path, words: list[str], said: str) -> None:
    check = write(tmp_path / "check.txt", ["the cat"])
    words = [check if word == "CHECK" else word for word in words]
    done = CliRunner().invoke(app, ["models", "trim", str(TINY), "-o", str(tmp_path / "small"), *words])
    assert done.exit_code == 2 and said in done.output.replace("\n", " ")
    assert not (tmp_path / "small").exists(), "nothing is written where the question is wrong"


def test_nothing_cut_is_the_same_file() -> None:
    model = ModelFile.read(TINY / "model.bin")
    assert b"".join(model.cut({})) == (TINY / "model.bin").read_bytes()


def test_sentencepiece_does_without_a_piece() -> None:
    whole = (TINY / "sentencepiece.bpe.model").read_bytes()
    model = sentencepiece.SentencePieceProcessor(model_proto=whole)
    pieces = [model.id_to_piece(place) for place in range(len(model))]
    assert model.encode("The dog", out_type=str) == ["▁The", "▁dog"]
    fewer = sentencepiece.SentencePieceProcessor(model_proto=without(whole, set(pieces) - {"▁dog"}))
    assert "▁dog" not in fewer.encode("The dog", out_type=str) and fewer.decode(fewer.encode("The dog")) == "The dog"
    assert without(whole, set(pieces)) == whole


@given(st.binary(max_size=60))
def test_bytes_that_are_no_sentencepiece_model(noise: bytes) -> None:
    try:
        without(noise, ())
    except ValueError:  # UnicodeDecodeError is one
        return
