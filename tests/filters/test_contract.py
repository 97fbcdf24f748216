"""What every check promises, whatever the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelset.contracts.checks import DEFAULT
from babelset.contracts.filter import Outcome, Scored, with_units
from babelset.contracts.loading import build_filter
from babelset.languages import Pair, find
from tests.budget import examples

CHECKS = {name: build_filter(name, {}) for name in DEFAULT}
texts = st.text(max_size=200) | st.text("ab 1.,`$<>{}", max_size=80)


def row(source: str, target: str | None, language: str) -> Outcome:
    unit = Scored(source, target, Pair(find("en"), find(language)), "output", "instruction")
    return Outcome([unit], [unit], Scored(source, target or "", unit.pair))


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    source=texts,
    target=st.none() | texts,
    language=st.sampled_from(["ca", "hi", "ar", "zho_Hans", "tha_Thai", "glg"]),
)
def test_any_text_gets_one_score_and_a_verdict(name: str, source: str, target: str | None, language: str) -> None:
    check, outcome = CHECKS[name], row(source, target, language)
    ratings = check.score(outcome.units(check.unit))
    assert len(ratings) == 1
    verdict = check.judge(with_units(ratings, outcome.units(check.unit)))
    assert verdict.check == name
    assert verdict.ok == (not verdict.reason)
    assert len(verdict.reason) < 400 and "\n" not in verdict.reason and "\x1b" not in verdict.reason


@pytest.mark.core(5)
@pytest.mark.parametrize("name", [name for name in CHECKS if name != "language"])
@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "1." * 500_000, "`" * 1_000_000, "word " * 200_000, "A letter " * 100_000]
)
def test_a_megabyte_takes_no_time(name: str, text: str) -> None:
    check, outcome = CHECKS[name], row(text, text, "ca")
    started = time.process_time()
    units = outcome.units(check.unit)
    check.judge(with_units(check.score(units), units))
    assert time.process_time() - started < 20  # quadratic time would be hours


def test_no_units_are_no_trouble() -> None:
    empty = Outcome([], [], Scored("", "", Pair(find("en"), find("ca"))))
    for check in CHECKS.values():
        units = empty.units(check.unit)
        assert check.judge(with_units(check.score(units), units)).ok
