"""Tokens are counted as the tokenizer counts them; unknown ones and parts of characters are told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.engines import tokenizer
from babelset.engines.tokenizer import load
from babelset.errors import ConfigError

TINY = Path(__file__).parents[1] / "models" / "tiny-nllb"
NTREX = Path(__file__).resolve().parents[3] / "shared/data/ntrex128"
TEXTS = [
    "The dog sees my house.",
    "El gos veu la casa.",
    "किताब मेज पर है।",
    "图书馆今天开门",
    "",
    "\ud800 x",
    "a b" * 300,
]

tokenizers = pytest.importorskip("tokenizers")


def bytewise() -> Any:
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    made.train_from_iterator(TEXTS[:2], trainer)
    return made


def by_words() -> Any:
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0, "The": 1, "dog": 2}, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    return made


def unigram() -> Any:
    return tokenizers.Tokenizer(tokenizers.models.Unigram([("<unk>", 0.0), ("a", -1.0), ("b", -2.0)], 0))


def with_specials() -> Any:
    made = by_words()
    made.add_special_tokens(["[CLS]"])
    made.post_processor = tokenizers.processors.TemplateProcessing(
        "[CLS] $A", special_tokens=[("[CLS]", made.token_to_id("[CLS]"))]
    )
    made.enable_truncation(2)
    made.enable_padding(length=50)
    return made


MADE = {"bytewise": bytewise, "by words": by_words, "unigram": unigram, "with special tokens": with_specials}


@pytest.fixture(params=MADE)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, Path]]:
    found = MADE[request.param]()
    found.save(str(tmp_path / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    yield found, tmp_path


def test_as_many_as_the_tokenizer_has(made: tuple[Any, Path]) -> None:
    theirs, folder = made
    for path in (folder, folder / "tokenizer.json"):
        ours = load(str(path))
        for text in TEXTS:
            clean = text.encode("utf-8", "replace").decode()
            assert ours.count([text]).tokens == len(theirs.encode(clean).ids)
        assert ours.count(TEXTS).tokens == sum(ours.count([text]).tokens for text in TEXTS)


@pytest.mark.parametrize(
    ("kind", "text", "tokens", "unknown", "part"),
    [
        ("by words", "The dog sleeps", 3, 1, 0),
        ("unigram", "abz", 3, 1, 0),
        ("bytewise", "é", 2, 0, 2),
        ("bytewise", "क", 3, 0, 3),
        ("bytewise", "x y", 3, 0, 0),
    ],
)
def test_poor_tokens(kind: str, text: str, tokens: int, unknown: int, part: int, tmp_path: Path) -> None:
    MADE[kind]().save(str(tmp_path / "tokenizer.json"))
    found = load(str(tmp_path)).count([text])
    assert (found.tokens, found.unknown, found.bytes) == (tokens, unknown, part)


def test_sentencepiece_with_and_without_bytes(tmp_path: Path) -> None:
    model = sentencepiece.SentencePieceProcessor(model_file=str(TINY / "sentencepiece.bpe.model"))
    found = load(str(TINY))
    assert found.count(TEXTS[:3]).tokens == sum(map(len, model.encode(TEXTS[:3])))
    assert found.count(["图"]).unknown == 1 and found.count(["图"]).bytes == 0
    with (tmp_path / "bytes.model").open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["the dog sees the house"] * 9), model_writer=file, vocab_size=280, byte_fallback=True,
            hard_vocab_limit=False, minloglevel=2, num_threads=1,
        )  # fmt: skip
    told = load(str(tmp_path / "bytes.model")).count(["图"])
    assert (told.bytes, told.unknown) == (3, 0)


def test_the_figures() -> None:
    told = load(str(TINY)).count(["the dog", "the house"]).told()
    assert told == {"texts": 2, "tokens": 4, "per_word": 1.0, "per_character": 0.25, "unknown": 0.0, "bytes": 0.0}
    assert load(str(TINY)).count([]).told()["per_word"] == 0


def test_what_is_no_tokenizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.json", "b.model"):
        (tmp_path / name).write_text("{}")
        with pytest.raises(ConfigError, match="not a"):
            load(str(tmp_path / name))
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(ConfigError, match="no tokenizer"):
            load(str(path))
    by_words().save(str(tmp_path / "tokenizer.json"))
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(ConfigError, match=r"babelset\[tokenizers\]"):
        load(str(tmp_path))


def test_estimate_counts_with_it(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"instruction": "the dog", "output": "the house. the cat"}) + "\n")
    words = ["estimate", str(tmp_path / "in.jsonl"), "--to", "ca", "--translator", "echo", "--tokenizer", str(TINY)]
    found = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)
    model = sentencepiece.SentencePieceProcessor(model_file=str(TINY / "sentencepiece.bpe.model"))
    assert (
        found["tokens"] == sum(map(len, model.encode(["the dog", "the house. the cat"])))
        and "tokens_about" not in found
    )
    english, catalan = found["languages"]["en"], found["languages"]["ca"]
    assert english["texts"] == catalan["texts"] == 3
    assert catalan["ratio"] == pytest.approx(catalan["tokens"] / english["tokens"], abs=1e-4) and catalan["ratio"] > 1
    assert "\nca: texts 3, tokens" in CliRunner().invoke(app, words).output
    without = json.loads(CliRunner().invoke(app, [*words[:-2], "--json"]).output)
    assert "tokens_about" in without and "languages" not in without
    done = CliRunner().invoke(app, [*words[:-1], str(tmp_path)])
    assert done.exit_code == 2 and "no tokenizer" in done.output


@pytest.mark.shared
@pytest.mark.skipif(not NTREX.exists(), reason="NTREX is not here")
def test_a_thousand_lines_of_each_language() -> None:
    model, ours = (
        sentencepiece.SentencePieceProcessor(model_file=str(TINY / "sentencepiece.bpe.model")),
        load(str(TINY)),
    )
    for path in sorted(NTREX.glob("*-ref.*.txt")):
        lines = path.read_text("utf-8").splitlines()[:1000]
        assert ours.count(lines).tokens == sum(len(model.encode(line)) for line in lines), path.name


def test_letters_for_bytes_are_those_of_gpt_2() -> None:
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    assert set(tokenizer.BYTES) == set(alphabet) and sorted(tokenizer.BYTES.values()) == list(range(256))
    assert tokenizer.BYTES["Ġ"] == 32
