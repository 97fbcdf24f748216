"""A COMET worker that dies, hangs, runs out of memory or talks nonsense: every score comes out once."""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelset.engines.comet import process
from babelset.engines.comet.process import WORKER, CometProcess, Mark, Triple
from babelset.errors import ConfigError, EngineError
from tests.budget import examples
from tests.servers import until

FAKE = Path(__file__).with_name("fake_comet_worker.py")
score_of: Callable[..., float] = runpy.run_path(str(FAKE))["score_of"]
Make = Callable[..., CometProcess]


class Folder(SimpleNamespace):
    """What the fake worker is told, and what it wrote down."""

    path: Path

    def lines(self, name: str) -> list[str]:
        path = self.path / name
        return path.read_text().splitlines() if path.exists() else []

    @property
    def lives(self) -> list[int]:
        return [int(line) for line in self.lines("lives")]

    @property
    def asked(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.lines("asked")]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(path=tmp_path)


@pytest.fixture
def make(folder: Folder) -> Iterator[Make]:
    made: list[CometProcess] = []

    def one(*, timeout: float = 60, **script: Any) -> CometProcess:
        for name in ("lives", "asked", "batches"):
            (folder.path / name).unlink(missing_ok=True)
        (folder.path / "script.json").write_text(json.dumps({"worker": str(WORKER), **script}))
        made.append(CometProcess(sys.executable, str(folder.path), timeout=timeout, script=FAKE))
        return made[-1]

    yield one
    for comet in made:
        comet.close()


def rows(count: int) -> list[Triple]:
    return [Triple(f"Sentence {number:02}.", f"Frase {number:02}.") for number in range(count)]


def right(found: list[Mark], wanted: list[Triple]) -> bool:
    return [mark.score for mark in found] == [score_of(row.src, row.mt, row.ref or "") for row in wanted]


FAULTS = [
    # what goes wrong, batch by batch over all lives, and how many lives it takes
    ([], 1),
    (["noise", "noise", "noise"], 1),
    (["die"], 2),
    (["", "", "die"], 2),
    (["killed"], 2),
    (["hang"], 2),
    (["oom"], 2),
    (["error"], 2),
    (["garbage"], 2),
    (["half"], 2),
    (["short"], 2),
    (["foreign"], 2),
    (["elsewhere"], 2),
    (["nothing"], 2),
    (["twice"], 2),
    (["", "twice"], 2),
    (["", "", "twice"], 1),  # nobody looks behind the last answer
    (["die", "die", "die"], 4),
    (["oom", "die", "hang", "garbage"], 5),
    (["die", "", "die", "", "die", "", "twice"], 5),
]


@pytest.mark.core(11)
@pytest.mark.parametrize(("faults", "lives"), FAULTS, ids=["-".join(case[0]) or "none" for case in FAULTS])
def test_every_score_comes_out_once(faults: list[str], lives: int, make: Make, folder: Folder) -> None:
    wanted, comet = rows(11), make(faults=faults, timeout=2.5 if "hang" in faults else 60)
    assert right(comet.score(wanted), wanted)
    assert len(folder.lives) == lives
    assert all(gone(pid) for pid in folder.lives[:-1]), "a lost worker is ended"
    again = comet.score(wanted[::-1])
    assert right(again, wanted[::-1])


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=3),
    faults=st.lists(
        st.sampled_from(["", "", "noise", "die", "killed", "oom", "error", "garbage", "half", "short", "twice"]),
        max_size=6,
    ),
    starts=st.lists(st.sampled_from(["", "die", "garbage"]), max_size=2),
    room=st.integers(1, 6),
    batch_tokens=st.integers(1, 6),
)
def test_whatever_goes_wrong_and_whenever(
    sizes: list[int], faults: list[str], starts: list[str], room: int, batch_tokens: int, make: Make
) -> None:
    with make(faults=faults, starts=starts, room=room, batch_tokens=batch_tokens) as comet:
        for size in sizes:
            marks = comet.score(wanted := rows(size))
            lonely = [place for place, mark in enumerate(marks) if mark.score is None]
            assert len(lonely) <= len(faults) // process.ATTEMPTS
            kept = [place for place in range(size) if place not in lonely]
            assert right([marks[place] for place in kept], [wanted[place] for place in kept])


@pytest.mark.core(4)
@pytest.mark.parametrize("seed", range(8))
def test_a_worker_that_is_killed_or_stopped_at_any_moment_loses_nothing(
    seed: int, make: Make, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "READY_WITHIN", 15.0)
    dice, wanted, comet = Random(seed), rows(40), make(timeout=2, batch_tokens=3, pause=0.01)
    comet.hello()
    with ThreadPoolExecutor(1) as pool:
        scored = pool.submit(comet.score, wanted)
        for signal_ in dice.choices([signal.SIGKILL, signal.SIGSTOP], [4, 1], k=2):
            time.sleep(dice.uniform(0, 0.25))
            with contextlib.suppress(ProcessLookupError):  # lost and not yet another one
                os.kill(folder.lives[-1], signal_)
        assert right(scored.result(300), wanted)
    assert len(folder.asked) <= len(wanted) + 2 * 3, "what was answered is not asked again"


@pytest.mark.parametrize(("fault", "reason"), [
    ("die", "the worker ended with code 3: the last word"),
    ("killed", "the worker was killed, perhaps for want of memory"),
    ("hang", "the worker gave no answer in 2.5 s"),
    ("oom", "the worker ran out of memory"),
    ("error", "the worker ValueError: no such thing"),
])  # fmt: skip
def test_a_row_that_no_worker_survives_is_given_up_and_the_others_are_not(
    fault: str, reason: str, make: Make, folder: Folder
) -> None:
    wanted = rows(6)
    comet = make(poison={wanted[3].src: fault}, timeout=2.5 if fault == "hang" else 60)
    marks = comet.score(wanted)
    assert marks[3] == Mark(None, False, reason)
    assert right(marks[:3] + marks[4:], wanted[:3] + wanted[4:])
    assert len(folder.asked) == 5, "no row is scored twice"


def test_a_score_that_is_no_number_is_none(make: Make) -> None:
    [mark, other] = make(faults=["infinite"]).score(rows(2))
    assert mark == Mark(None, False, "the model's score is not finite") and other.score is not None


def test_want_of_memory_makes_batches_smaller_for_good(make: Make, folder: Folder) -> None:
    comet = make(room=3, batch_tokens=16)
    assert right(comet.score(rows(20)), rows(20))
    lives = len(folder.lives)
    assert right(comet.score(rows(40)[20:]), rows(40)[20:])
    assert len(folder.lives) == lives, "it is not asked for as much again"


def test_when_nothing_ever_comes_back_it_is_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "BARREN", 5)
    comet = make(faults=["error"] * 99)
    with pytest.raises(ConfigError, match=r"lost 5 times without a score between; the last one ValueError: no such"):
        comet.score(rows(4))


STARTS = [
    (["die", "die"], ""),
    (["garbage", "killed"], ""),
    (["hang"], ""),
    (["die", "die", "die"], "COMET's worker ended with code 3: .*the last word. To see why, run: .*--model"),
    (["garbage"] * 3, "greeted with nonsense: b'Hello!'"),
    (["fatal"], "unbabel-comet cannot load .*: RuntimeError: no such model"),
    (["oom"], "cannot load .*: oom"),
]


@pytest.mark.parametrize(("starts", "message"), STARTS)
def test_a_start_that_fails(
    starts: list[str], message: str, make: Make, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "READY_WITHIN", 4.0 if "hang" in starts else 60.0)
    comet = make(starts=starts)
    if message:
        with pytest.raises((ConfigError, EngineError), match=message):
            comet.score(rows(1))
    else:
        assert right(comet.score(rows(1)), rows(1))
    assert all(gone(pid) for pid in folder.lives[: len(starts)])


def test_an_environment_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No such file or directory\. To make it, run: babelset setup comet"):
        CometProcess(str(tmp_path / "python"), "model").hello()
    with pytest.raises(ConfigError, match=r"unbabel-comet is not installed there\. To make its environment"):
        CometProcess(sys.executable, "model").hello()


def test_equal_rows_are_scored_once_and_nothing_starts_nothing(make: Make, folder: Folder) -> None:
    comet = make()
    assert comet.score([]) == [] and not folder.lives
    wanted = [*rows(3), *rows(3), Triple("Sentence 00.", "Frase 00.", "Referència.")]
    assert right(comet.score(wanted), wanted)
    assert len(folder.asked) == 4
    assert folder.asked.count({"src": "Sentence 00.", "mt": "Frase 00.", "ref": "Referència."}) == 1


def test_any_text_arrives(make: Make, folder: Folder) -> None:
    wanted = [
        Triple("x" * 3_000_000, "y"),
        Triple("a\n\x00\u2028b", "\x1b[31m"),
        Triple("\ud800", "é 👩‍💻"),
        Triple("", ""),
    ]
    marks = make().score(wanted)
    assert [mark.score is not None for mark in marks] == [True] * 4
    assert [mark.cut for mark in marks] == [True, False, False, False]
    assert {"src": "\ufffd", "mt": "é 👩‍💻"} in folder.asked, "tokenizers take no lone surrogates"


def test_threads_share_a_worker(make: Make, folder: Folder) -> None:
    comet, lots = make(faults=["", "die"]), [rows(20)[at : at + 5] for at in range(0, 20, 5)]
    with ThreadPoolExecutor(4) as pool:
        assert all(map(right, pool.map(comet.score, lots), lots))
    assert len(folder.lives) == 2


PARENT = """
import os, sys, time
from pathlib import Path
from babelset.engines.comet.process import CometProcess, Triple
comet = CometProcess(sys.executable, sys.argv[1], script=Path(sys.argv[2]))
comet.hello()
if sys.argv[3] == "forked" and not os.fork():
    time.sleep(300)  # with a copy of the pipe
    os._exit(0)
print("ready", flush=True)
comet.score([Triple("Hello.", "Hola.")])
"""


@pytest.mark.parametrize("kind", ["alone", "forked"])
def test_a_worker_at_work_ends_with_its_parent_however_that_ends(kind: str, make: Make, folder: Folder) -> None:
    make(faults=["hang"])  # for its script
    command = [sys.executable, "-c", PARENT, str(folder.path), str(FAKE), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout and parent.stdout.readline() == b"ready\n"
        while not folder.lines("batches"):
            time.sleep(0.05)
        [pid] = folder.lives
        assert os.getsid(pid) == pid, "Ctrl-C is not for the worker"
        parent.kill()
        parent.wait()
        until(lambda: gone(pid))
        os.killpg(parent.pid, signal.SIGKILL) if kind == "forked" else None


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
