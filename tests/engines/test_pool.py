"""A pool of processes: answers keep their order, and what a worker dies of costs nothing but itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from babelset.engines.channel import WorkerLost
from babelset.engines.pool import Pool
from babelset.errors import EngineError
from tests.servers import until

TOIL = "toiling:Toil"


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with Pool(TOIL, {"folder": str(tmp_path)}, workers=2, patience=2) as pool:
        yield pool


def ask(pool: Pool, *texts: str) -> list[str]:
    return [
        f"lost: {answer}" if isinstance(answer, WorkerLost) else answer
        for answer in pool.map(texts, [*map(len, texts)])
    ]


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        ([], []),
        (["one"], ["ONE"]),
        (["a", "bbb", "cc", ""], ["A", "BBB", "CC", ""]),
        (["a", "PRINT", "c"], ["A", "PRINT", "C"]),
        (["a", "ONCE", "c"], ["A", "ONCE", "C"]),
        (["a", "DIE", "c"], ["A", "lost: was killed, perhaps for want of memory", "C"]),
        (["DIE", "DIE too", "c"], ["lost: was killed, perhaps for want of memory"] * 2 + ["C"]),
        (["a", "RAISE", "c"], ["A", "lost: ValueError: over this text", "C"]),
    ],
    ids=["nothing", "one", "order", "chatter", "dies once", "dies", "two die", "raises"],
)
def test_one_answer_each_in_order(texts: list[str], answers: list[str], pool: Pool) -> None:
    assert ask(pool, *texts) == answers
    assert ask(pool, "again") == ["AGAIN"]


def test_a_worker_that_hangs_ends_by_its_own_clock(tmp_path: Path) -> None:
    with Pool(TOIL, {"folder": str(tmp_path)}, workers=1, patience=0.3) as pool:
        assert ask(pool, "HANG", "b") == ["lost: took too long", "B"]


def test_many_texts_are_spread_over_all_workers(pool: Pool, tmp_path: Path) -> None:
    texts = [f"SLOW {number}" for number in range(40)]
    assert ask(pool, *texts) == [text.upper() for text in texts]
    assert len(list(tmp_path.glob("started-*"))) == 2


def test_no_more_workers_start_than_there_is_work_for(pool: Pool, tmp_path: Path) -> None:
    ask(pool, "a")
    ask(pool, "b")
    assert len(list(tmp_path.glob("started-*"))) == 1


def test_an_engine_that_cannot_start_is_no_texts_fault(tmp_path: Path) -> None:
    pool = Pool(TOIL, {"folder": str(tmp_path), "fails": "no model"}, workers=2)
    with pytest.raises(EngineError, match="cannot start: ValueError: no model"):
        pool.map(["a", "b", "c"], [1, 1, 1])


def test_an_engine_that_dies_of_everything_ends_the_run(pool: Pool) -> None:
    with pytest.raises(EngineError, match="in a row were lost"):
        pool.map(["DIE"] * 30, [3] * 30)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_gone(pids: list[int]) -> bool:
    until(lambda: all(map(gone, pids)))
    return True


def started(folder: Path) -> list[int]:
    return [int(path.name.partition("-")[2]) for path in folder.glob("started-*")]


def test_closing_ends_all_workers(pool: Pool, tmp_path: Path) -> None:
    ask(pool, "a", "b")
    assert started(tmp_path)
    pool.close()
    assert wait_until_gone(started(tmp_path))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_worker_outlives_its_owner(how: signal.Signals, tmp_path: Path) -> None:
    code = (
        "from babelset.engines.pool import Pool; import sys\n"
        f"pool = Pool({TOIL!r}, {{'folder': sys.argv[1]}}, workers=2)\n"
        "pool.map(['SLOW'] * 8, [4] * 8); print('up', flush=True); pool.map(['SLOW'] * 10_000, [4] * 10_000)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )
    assert owner.stdout and owner.stdout.readline() == b"up\n"
    owner.send_signal(how)
    owner.communicate(timeout=120)
    assert started(tmp_path) and wait_until_gone(started(tmp_path))
