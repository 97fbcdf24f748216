"""What a vocabulary cannot read is found, as whole words, and typography is written with the marks that it has."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.firefox.reading import Vocabulary
from babelset.errors import ConfigError
from tests.engines.firefox.vocabulary import train

KNOWN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789éçñ()[]\"'.,:;!?-_/$%&*+=天地人"


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary(train(tmp_path_factory.mktemp("vocabulary") / "vocab.xx.spm", KNOWN))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Plain words, (all) of them.", []),
        ("Hello 世界 friend.", ["世界"]),
        ("Привет, мир! means hello", ["Привет", "мир"]),
        ("the «Доброе утро» of him", ["Доброе утро"]),
        ("x² + y² = 5, ½ cup™", ["x²", "y²", "½ cup™"]),
        ("C# and F# (@user) cost €5.50, 50°C.", ["C#", "F#", "@user", "€5.50", "50°C"]),
        ("3 → ok ≥ 2", ["→", "≥"]),
        ("naïve Zoë, café, über Škoda", ["Zoë", "Škoda"]),
        ("“quoted” it’s – so — word—word…", []),
        ("soft\u00adhyphen and \u200bnothing", []),
        ("天地人世天地", ["世"]),
        ("\ue000世界\ue001 C#\ue002", ["世界", "C#"]),
        ("", []),
        (" \n\t\u00a0", []),
    ],
)
def test_words_that_cannot_be_read(text: str, words: list[str], vocabulary: Vocabulary) -> None:
    assert [text[start:end] for start, end in vocabulary.unreadable(text)] == words


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("“quoted” it’s", '"quoted" it\'s'),
        ("a – b — c d—e 3—4", "a - b - c d - e 3-4"),
        ("naïve über café", "naive uber café"),
        ("soft\u00adhyphen", "softhyphen"),
        ("plain", "plain"),
        ("世界 Zoë", "世界 Zoë".replace("ë", "e")),
    ],
)
def test_how_a_text_is_written(text: str, written: str, vocabulary: Vocabulary) -> None:
    assert vocabulary.written(text) == written


@given(st.text())
def test_what_is_left_can_be_read(text: str) -> None:
    vocabulary = _shared()
    spans = vocabulary.unreadable(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    left = text
    for start, end in reversed(spans):
        left = f"{left[:start]} {left[end:]}"
    assert not vocabulary.unreadable(left)
    assert not vocabulary.unreadable(vocabulary.written(left))


def test_a_file_that_is_no_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "vocab.xx.spm").write_bytes(b"no model")
    with pytest.raises(ConfigError, match="not a whole SentencePiece model"):
        Vocabulary(tmp_path / "vocab.xx.spm").encode("x")


def _shared(made: list[Vocabulary] = []) -> Vocabulary:  # noqa: B006 - Hypothesis may not use fixtures of a function
    if not made:
        import tempfile

        made.append(Vocabulary(train(Path(tempfile.mkdtemp()) / "vocab.xx.spm", KNOWN)))
    return made[0]
