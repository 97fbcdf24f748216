"""Vocabulary maps: what they allow, what is refused, and that the model's folder stays as it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from babelset.contracts.translator import Translation
from babelset.engines import modelfolder
from babelset.engines.ctranslate2.vocabularymap import candidates, line, loadable
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from babelset.text.placeholders import SCHEMES
from babelset.text.segment import Segment
from babelset.translators.ctranslate2 import NLLB

MODELS = Path(__file__).parents[2] / "models"
TINY = MODELS / "tiny-nllb"
WORDS = dict(line.split() for line in (MODELS / "tiny-nllb.words").read_text("utf-8").splitlines())
PAIR = Pair(find("en"), find("ca"))
SOURCES = ["The dog sees [1], and my house.", "every child has a new book", "[3] [1] or [2].", "the cat"]


def mapped(folder: Path, texts: Sequence[str]) -> Path:
    path = folder / "some.vmap"
    path.write_text(line(candidates(TINY, texts)) + "\n", "utf-8")
    return path


def translated(vmap: Path | str, *sources: str, beam: int = 1) -> list[Translation]:
    engine = NLLB(model=str(TINY), device="cpu", threads=1, vmap=str(vmap), beam=beam)
    answers = engine.translate([Segment(source) for source in sources], PAIR)
    engine.close()
    return [answer for answer in answers if isinstance(answer, Translation)]


@pytest.mark.parametrize("beam", [1, 4])
def test_a_map_of_the_language_changes_no_answer(beam: int, tmp_path: Path) -> None:
    vmap = mapped(tmp_path, list(WORDS.values()))
    assert translated(vmap, *SOURCES, beam=beam) == translated("", *SOURCES, beam=beam)


def test_what_a_map_lacks_is_not_written(tmp_path: Path) -> None:
    """Only pieces of the map, though the model would write others; placeholders are in every map."""
    allowed = set(candidates(TINY, ["el"]))
    tokens = NLLB(model=str(TINY)).tokens
    answers = translated(mapped(tmp_path, ["el"]), *SOURCES)
    assert [answer.text for answer in answers] != [answer.text for answer in translated("", *SOURCES)]
    assert {piece for answer in answers for piece in tokens.pieces(answer.text)} <= allowed
    assert answers[2].text == "[3] [1] o [2]."


def test_an_answer_does_not_depend_on_its_batch(tmp_path: Path) -> None:
    vmap = mapped(tmp_path, list(WORDS.values()))
    assert translated(vmap, *SOURCES) == [translated(vmap, source)[0] for source in SOURCES]


def test_what_every_map_holds() -> None:
    found, vocabulary = set(candidates(TINY, [])), modelfolder.tokens(TINY / "shared_vocabulary.json")
    assert {piece for piece in vocabulary if not any(map(str.isalpha, piece.strip("▁")))} <= found
    assert {piece for piece in vocabulary if len(piece.strip("▁")) == 1 and piece.isascii()} <= found
    tokens = NLLB(model=str(TINY)).tokens
    for scheme in SCHEMES.values():
        assert found.issuperset(set(tokens.pieces(scheme.token(7))).intersection(vocabulary)), scheme.name
    assert "▁aigua" not in found and "▁aigua" in candidates(TINY, ["aigua"])
    assert "▁El" in candidates(TINY, ["el"]) and "▁el" in candidates(TINY, ["EL"])


def test_the_folder_of_the_model_stays_as_it_is(tmp_path: Path) -> None:
    before = sorted(path.name for path in TINY.iterdir())
    vmap = mapped(tmp_path, ["el"])
    with loadable(TINY, vmap) as folder:
        assert sorted(path.name for path in folder.iterdir()) == sorted([*before, "vmap.txt"])
        assert (folder / "vmap.txt").read_bytes() == vmap.read_bytes()
    assert not folder.exists() and vmap.exists()
    assert sorted(path.name for path in TINY.iterdir()) == before


def test_the_signature_names_the_map_by_what_it_says(tmp_path: Path) -> None:
    vmap = mapped(tmp_path, ["el"])
    own = NLLB(model=str(TINY), vmap=str(vmap)).signature
    assert "|vmap:" in own and "|vmap:" not in NLLB(model=str(TINY)).signature
    assert NLLB(model=str(TINY), vmap=str(vmap.rename(tmp_path / "other.vmap"))).signature == own
    assert NLLB(model=str(TINY), vmap=str(mapped(tmp_path, ["gos"]))).signature != own


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"", "one line is expected"),
        ("▁the\t▁el\n\t▁gos\n".encode(), "one line is expected"),
        ("▁the\t▁el\n".encode(), "one line is expected"),
        ("\t▁el ▁Mercat ▁gos\n".encode(), "lacks 1 of its tokens"),
    ],
)
def test_what_is_no_map_is_refused(content: bytes | None, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.vmap"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=problem) as refused:
        NLLB(model=str(TINY), vmap=str(path))
    assert "babelset models vmap" in str(refused.value)
