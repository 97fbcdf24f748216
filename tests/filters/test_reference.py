"""What a translation scores against that of a person."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from babelset.contracts.filter import Compared, Scored, Verdict
from babelset.filters.reference import Reference
from babelset.languages import Pair, find
from babelset.scoring.metrics import METRICS

Ask = Callable[..., Verdict]
EN, CA = "The library is open.", "La biblioteca és oberta."


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "references.csv"
    path.write_text(f"source,target,language\n{EN},{CA},ca\nRun `ls` now.,Executa `ls` ara.,ca\n42.,42.,\n", "utf-8")
    return str(path)


SCORED = [
    # what it shows, source, target, language, the score: None, or least and most
    ("the reference itself", EN, CA, "ca", (1, 1)),
    ("one word is another", EN, "La biblioteca és tancada.", "ca", (0.3, 0.9)),
    ("left in English", EN, EN, "ca", (0, 0.4)),
    ("with code in it", "Run `ls` now.", "Executa `ls` ara.", "ca", (1, 1)),
    ("a number", "42.", "42.", "ca", (1, 1)),
    ("no reference", "The library is closed.", CA, "ca", None),
    ("no reference in this language", EN, "La biblioteca está abierta.", "es", None),
    ("no target", EN, None, "ca", None),
    ("an empty target", EN, "", "ca", None),
]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("what", "source", "target", "language", "bounds"), SCORED, ids=[case[0] for case in SCORED])
def test_what_scores_how_much(
    what: str,
    source: str,
    target: str | None,
    language: str,
    bounds: tuple[float, float] | None,
    metric: Any,
    file: str,
    ask: Ask,
) -> None:
    score = ask(Reference(file=file, metric=metric), source, target, language).score
    if bounds is None:
        assert score is None
    else:
        assert score is not None and bounds[0] - 1e-9 <= score <= bounds[1] + 1e-9


def test_the_row_must_reach_what_is_demanded(file: str, ask: Ask) -> None:
    check = Reference(file=file, least=0.9)
    assert ask(check, EN, CA, "ca").ok and ask(check, "Unknown.", "Desconegut.", "ca").ok
    verdict = ask(check, EN, "Res.", "ca")
    assert not verdict.ok and "below 0.90: 'Res.'" in verdict.reason


def test_fields_have_references_too(file: str, ask: Ask) -> None:
    check = Reference(file=file, least=0.9, unit="field")
    assert (check.name, check.unit, Reference(file=file).unit) == ("reference", "field", "segment")
    assert ask(check, EN, CA, "ca").score == 1 and not ask(check, EN, "Res.", "ca").ok


def test_what_has_a_reference_is_compared_with_it(file: str) -> None:
    pair = Pair(find("en"), find("ca"))
    units = [Scored(EN, CA, pair), Scored("Unknown.", "Res.", pair), Scored(EN, None, pair)]
    assert Reference(file=file).compared(units) == [Compared(CA, CA, pair.target), None, None]


def test_it_compares_and_can_be_pickled(file: str) -> None:
    check = Reference(file=file, least=0.6)
    assert check.quality and check.compares and check.unit == "segment"
    assert pickle.loads(pickle.dumps(check)) == check
    assert dict(check).keys() == Reference.model_fields.keys()


@pytest.mark.parametrize(
    "options", [{}, {"file": ""}, {"file": "r.csv", "metric": "comet"}, {"file": "r.csv", "least": 2}]
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Reference(**options)
