"""
Code comes back token for token in accepted rows, says whoever parses that language; and few rows are turned away for it.

The core suite takes some 200 answers and the cipher, the engine tests all of them, the cipher and Apertium.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.answers import FULL, SAMPLE, answers
from tests.oracle.measure import Seen, code_run, table

DAMAGED = 0.1  # per cent of the tokens in accepted rows
ONE_LANGUAGE = 0.5
REJECTED = 10  # per cent of the answers
PROSE_KEPT = 1  # per cent of the accepted rows
# No package of other code is on every machine: with written code alone the numbers stay.
LEAST = 2_000


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    return code_run(answers(SAMPLE), tmp_path_factory.mktemp("sample"), "cipher")


@pytest.fixture(
    scope="module",
    params=[("cipher", "es"), ("apertium", "es"), ("apertium", "ca")],
    ids=lambda param: "-".join(param),
)
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    translator, to = request.param
    if translator == "apertium" and not Path("/usr/share/apertium/modes/eng-cat.mode").exists():
        pytest.skip("Apertium is not installed: `make apertium` installs it")
    return code_run(answers(FULL), tmp_path_factory.mktemp("full"), translator, to)


def worst(seen: list[Seen], number: int = 5) -> str:
    """The shortest damaged answers, for the message."""
    bad = sorted((one for one in seen if one.bad), key=lambda one: len(one.answer.text))[:number]
    return "\n".join(
        f"--- {one.answer.language}, {one.answer.layout}: lost {one.lost[:6]}\n{one.answer.text}\n->\n{one.made.row['output']}"
        for one in bad
    )


def check(seen: list[Seen]) -> None:
    lines = table(seen)
    whole = lines["all"]
    assert whole.share <= DAMAGED, f"{whole.as_dict()}\n{worst(seen)}"
    languages = {name: line for name, line in lines.items() if not name.startswith("layout") and name != "all"}
    assert {name: line.as_dict() for name, line in languages.items() if line.share > ONE_LANGUAGE} == {}
    assert 100 * (whole.answers - whole.accepted) <= REJECTED * whole.answers, whole.rejected_for
    assert 100 * whole.prose_kept <= PROSE_KEPT * whole.accepted, [one.answer.text for one in seen if one.kept_prose][
        :3
    ]


def test_the_sample_is_whole(sample):
    assert len(sample) == sum(SAMPLE.values())
    assert {one.answer.layout for one in sample} >= {"alone", "fenced", "after", "before", "between"}


@pytest.mark.parametrize("language", SAMPLE)
def test_each_language_comes_back(sample, language):
    found = [one for one in sample if one.answer.language == language]
    assert table(found)[language].share <= ONE_LANGUAGE, worst(found)


def test_the_sample_reaches_the_targets(sample):
    check(sample)


@pytest.mark.engine
def test_all_answers_reach_the_targets(full):
    assert len(full) >= LEAST
    check(full)
