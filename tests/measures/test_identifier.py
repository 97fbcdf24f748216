"""The identifier gives py3langid's own scores, whatever becomes of the place where its model is kept."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from babelset.measures import identifier as module
from babelset.measures.identifier import BATCH, WINDOW, Identifier, identifier

ENGLISH = "The library is open every day of the week except Sunday. "


@cache
def original() -> object:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE)
    found.set_languages(identifier().labels)
    return found


def by_the_original(text: str) -> np.ndarray:
    from py3langid.langid import visit_counts

    model = original()
    states = model.tk_nextmove, model._rowbase, model.tk_output  # type: ignore[attr-defined]
    seen = visit_counts(*states, model._encode(text)) or {}  # type: ignore[attr-defined]
    table = model.nb_ptc[list(seen)].astype(np.float32)  # type: ignore[attr-defined]
    return np.log1p(np.fromiter(seen.values(), np.float32, len(seen))) @ table + model.nb_pc  # type: ignore[attr-defined, no-any-return]


@given(st.lists(st.text(max_size=3 * WINDOW) | st.text("abe ñé", max_size=WINDOW), max_size=5))
@example(["", "a", ENGLISH[:WINDOW], ENGLISH[: WINDOW + 1], ENGLISH * 3, "ÑANDÚ", "\ud800"])
@example([ENGLISH * 100] * (BATCH // 3000))
def test_the_scores_are_the_original_ones(texts: list[str]) -> None:
    found = identifier().scores(texts)
    assert found.shape == (len(texts), len(identifier().labels))
    known = {text: by_the_original(text) for text in set(texts)}
    for text, scores in zip(texts, found, strict=True):
        assert np.allclose(scores, known[text], rtol=1e-5, atol=1e-3)
        assert np.array_equal(scores, identifier().scores([text])[0]), "alone it is the same"


def test_one_text_has_the_same_scores_however_its_numbers_are_fetched() -> None:
    fresh = Identifier()
    fresh.rows.used = len(fresh.rows.near)  # no room is left
    assert np.array_equal(fresh.scores([ENGLISH, "Bon dia"]), identifier().scores([ENGLISH, "Bon dia"]))


def scores(monkeypatch: pytest.MonkeyPatch, cache: Path) -> list[float]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    found: list[float] = Identifier().scores([ENGLISH])[0].tolist()
    return found


def kept(cache: Path) -> list[Path]:
    return sorted(cache.rglob("*.npy"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that nothing has happened to."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        scores(patch, folder)
    return folder


def damage(cache: Path) -> None:
    with kept(cache)[0].open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"?")


def cut(cache: Path) -> None:
    kept(cache)[-1].write_bytes(b"")


def remove(cache: Path) -> None:
    kept(cache)[2].unlink()


@pytest.mark.parametrize("harm", [damage, cut, remove, lambda cache: None])
def test_a_damaged_cache_is_made_again(monkeypatch, tmp_path, whole, harm) -> None:  # type: ignore[no-untyped-def]
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    before = [path.read_bytes() for path in kept(whole)]
    harm(tmp_path)
    assert scores(monkeypatch, tmp_path) == identifier().scores([ENGLISH])[0].tolist()
    assert [path.read_bytes() for path in kept(tmp_path)] == before and len(list(tmp_path.glob("babelset/*"))) == 1


def test_a_whole_cache_is_not_unpacked_again(monkeypatch: pytest.MonkeyPatch, whole: Path) -> None:
    monkeypatch.setattr(module, "_unpacked", None)
    assert scores(monkeypatch, whole) == identifier().scores([ENGLISH])[0].tolist()


@pytest.mark.parametrize("cache", ["/dev/null", "relative"])
def test_without_a_cache_it_is_unpacked_each_time(monkeypatch, tmp_path, cache) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    assert scores(monkeypatch, Path(cache)) == identifier().scores([ENGLISH])[0].tolist()
    assert list(tmp_path.iterdir()) == []
