"""
Killed at any durable call, a command given again ends as if nothing had happened.

The core suite tries a few points of a few commands; the engine suite tries every point of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from babelset.cli.app import app
from tests.crash.cases import APART, CASES, RUN, TO_HUB, WRITES_NOTHING, case
from tests.crash.machine import Machine, machine
from tests.crash.recipes import RECIPES
from tests.crash.trial import Trial

FEW = {  # points of a command in the core suite
    "translate": 5,
    "run": 3,
    "score": 3,
    "calibrate with judge": 3,
    "filter": 3,
    "export to files": 3,
    "export to a file": 2,
    "gather": 3,
    "report": 3,
    "review to csv": 3,
    "review from csv": 3,
    "apply-review": 4,
    "translate with openai": 2,
}
SOME = 5  # points of the other ways to die
OF_RECIPES = 20  # points of a recipe, of up to 6,000
FEW_OF_RECIPES = {"webfaq": 2, "mblip": 2}  # in the core suite


@pytest.fixture(scope="module")
def fork_server() -> Iterator[Machine]:
    with machine() as started:
        yield started


def commands() -> Iterator[str]:
    yield from (command.name or "" for command in app.registered_commands)
    for group in app.registered_groups:
        assert group.typer_instance
        for command in group.typer_instance.registered_commands:
            function = command.callback.__name__.strip("_") if command.callback else ""
            yield f"{group.name} {command.name or function}"


def test_every_command_is_here() -> None:
    killed = {" ".join(one.argv[:2]) if one.argv[0] in ("setup", "models") else one.argv[0] for one in CASES.values()}
    assert sorted(commands()) == sorted(killed | WRITES_NOTHING.keys() | APART.keys())


@pytest.mark.parametrize("name", WRITES_NOTHING)
def test_the_others_write_nothing(name: str, fork_server: Machine, tmp_path: Path) -> None:
    argv = (*name.split(), *WRITES_NOTHING[name])
    trial = Trial(fork_server, name, case(argv, RUN, TO_HUB), tmp_path)
    assert trial.ran.points == [] and trial.whole == trial.before


@pytest.mark.parametrize("name", FEW)
def test_killed_at_a_few_points(name: str, fork_server: Machine, tmp_path: Path) -> None:
    trial = Trial(fork_server, name, CASES[name], tmp_path)
    for at in trial.sample(FEW[name]):
        trial.kill(at)
    assert trial.kills >= FEW[name] - 1  # threads may take an order that has no such last point


@pytest.mark.parametrize("name", ["translate", "score"])
def test_the_clock_may_jump(name: str, fork_server: Machine, tmp_path: Path) -> None:
    Trial(fork_server, name, CASES[name], tmp_path).jump()


@pytest.mark.parametrize("name", ["filter", "score"])
def test_stopped_at_the_very_end(name: str, fork_server: Machine, tmp_path: Path) -> None:
    """When the journal has gone, and the command has not yet ended."""
    trial = Trial(fork_server, name, CASES[name], tmp_path)
    for at in trial.points()[-3:]:
        trial.kill(at, "INT")


def test_a_broken_promise_is_noticed(fork_server: Machine, tmp_path: Path) -> None:
    """A command that begins anew each time would be told by what it pays for; one that leaves a file, by the file."""
    trial = Trial(fork_server, "translate", CASES["translate"], tmp_path)
    last = trial.points()[-1]
    trial.whole["ca.jsonl"] = b"other"
    with pytest.raises(AssertionError, match=r"translate, killed at point \d+ \(after .*: ca\.jsonl is half"):
        trial.kill(last)
    del trial.whole["ca.jsonl"]
    with pytest.raises(AssertionError, match=r"then \['ca\.jsonl'\] were left over"):
        trial.kill(last)


@pytest.mark.engine
@pytest.mark.parametrize("name", CASES)
def test_killed_at_every_point(name: str, fork_server: Machine, tmp_path: Path) -> None:
    trial = Trial(fork_server, name, CASES[name], tmp_path)
    for at in trial.points():
        trial.kill(at)


@pytest.mark.parametrize("name", FEW_OF_RECIPES)
def test_a_recipe_killed_at_a_few_points(name: str, fork_server: Machine, tmp_path: Path) -> None:
    trial = Trial(fork_server, name, RECIPES[name], tmp_path)
    for at in trial.sample(FEW_OF_RECIPES[name]):
        trial.kill(at)
    assert trial.kills


@pytest.mark.engine
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_killed_at_twenty_points(name: str, fork_server: Machine, tmp_path: Path) -> None:
    trial = Trial(fork_server, name, RECIPES[name], tmp_path)
    made = [lines for path, lines in trial.whole.items() if path.startswith("out/made.") and path.endswith(".jsonl")]
    assert any(made) and (trial.ran.asked or name == "entitycs"), "nothing was made, or nothing asked for"
    for at in trial.sample(OF_RECIPES):
        trial.kill(at)
    # Threads store some answers together, or not: late points are not always there.
    assert trial.kills > OF_RECIPES / 2 and len(trial.points()) > 5 * OF_RECIPES


@pytest.mark.engine
@pytest.mark.parametrize("name", CASES)
def test_killed_twice(name: str, fork_server: Machine, tmp_path: Path) -> None:
    trial = Trial(fork_server, name, CASES[name], tmp_path)
    for at in trial.sample(SOME):
        for share in (0.1, 0.6):
            trial.kill_twice(at, share)


@pytest.mark.engine
@pytest.mark.parametrize("name", [name for name, one in CASES.items() if one.other])
def test_another_command_after_a_death_mixes_nothing(name: str, fork_server: Machine, tmp_path: Path) -> None:
    trial = Trial(fork_server, name, CASES[name], tmp_path)
    for at in trial.sample(SOME):
        trial.kill_and_change(at)


@pytest.mark.engine
@pytest.mark.parametrize("how", ["INT", "TERM"])
@pytest.mark.parametrize("name", CASES)
def test_stopped_politely(name: str, how: str, fork_server: Machine, tmp_path: Path) -> None:
    trial = Trial(fork_server, name, CASES[name], tmp_path)
    for at in trial.sample(SOME):
        trial.kill(at, how)


@pytest.mark.engine
@pytest.mark.parametrize("name", CASES)
def test_the_clock_may_jump_everywhere(name: str, fork_server: Machine, tmp_path: Path) -> None:
    Trial(fork_server, name, CASES[name], tmp_path).jump()
