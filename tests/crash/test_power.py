"""What the power takes with it: nothing that was said to be done. And strace sees no call that our points leave out."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.cases import CASES
from tests.crash.disk import STRACE, Call, Disk, calls, restore
from tests.crash.machine import Machine, machine
from tests.crash.trial import Trial

NAMES = {"replace": "rename", "remove": "unlink", "rmdir": "unlink", "fdatasync": "fsync", "truncate": "ftruncate"}
CUT = [name for name in CASES if not name.startswith(("filter to", "export to", "translate --", "score with"))]
CUT.remove("translate from the hub")  # whose cache is another's, with calls of its own
traces = pytest.mark.skipif(shutil.which(STRACE[0]) is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strace") / "log.txt"


@pytest.fixture(scope="module")
def traced(log: Path) -> Iterator[Machine]:
    with machine([*STRACE, str(log)]) as started:
        yield started


@pytest.fixture(scope="module")
def fork_server() -> Iterator[Machine]:
    with machine() as started:
        yield started


@traces
@pytest.mark.engine
@pytest.mark.parametrize("name", CUT)
def test_after_a_power_cut(name: str, traced: Machine, fork_server: Machine, log: Path, tmp_path: Path) -> None:
    trial = Trial(traced, name, CASES[name], tmp_path)
    trial.machine = fork_server
    for cut in trial.power_cuts(log, traced.folder / "bill.txt"):
        cut()
    assert trial.kills


@traces
@pytest.mark.engine
@pytest.mark.parametrize("name", ["translate", "export to parquet", "review to xlsx", "filter to jsonl.zst", "report"])
def test_no_durable_call_is_left_out(name: str, traced: Machine, log: Path, tmp_path: Path) -> None:
    """But for what SQLite does in a statement, each of which is a point."""
    trial = Trial(traced, name, CASES[name], tmp_path)
    root = tmp_path / "killed"
    said = (point.removeprefix("after ").split() for point in trial.ran.points if point.startswith("after "))
    ours = Counter((NAMES.get(name, name), *paths) for name, *paths in said if "in" not in paths)
    theirs = Counter(filter(None, (_point(call, root) for call in calls(log, root))))
    assert _without_databases(theirs) == _without_databases(ours)


def _point(call: Call, root: Path) -> tuple[str, ...] | None:
    if call.name == "lseek" or (call.name == "open" and not _writes(call)):
        return None
    paths = [each for each in call.arguments if isinstance(each, str) and each.startswith(str(root))]
    return (call.name, *(str(Path(path).relative_to(root)) for path in paths))


def _writes(call: Call) -> bool:
    return "O_TMPFILE" not in call.arguments[1] and any(
        flag in call.arguments[1] for flag in ("WRONLY", "RDWR", "CREAT")
    )


def _without_databases(points: Counter[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    """A folder is also synced by SQLite, and opened in vain where a lock is."""
    return Counter({
        point: count for point, count in points.items()
        if ".sqlite" not in point[1] and point not in (("fsync", "."),) and point[0] not in ("connect", "close", "open")
    })  # fmt: skip


FOLDER = Path("/w")
MADE = [  # a file written whole: what may be there after each call
    (Call("open", ("/w/a.part", "O_WRONLY|O_CREAT"), 3, 3), {"none", "empty"}),
    (Call("write", ("/w/a.part", b"new", "3"), 3, 3), {"none", "empty", "zeros"}),
    (Call("fsync", ("/w/a.part",), 0, 3), {"none", "part"}),
    (Call("rename", ("/w/a.part", "/w/a")), {"none", "a"}),
    (Call("fsync", ("/w",), 0, 4), {"a"}),
]
STATES = {
    "none": {}, "empty": {"a.part": b""}, "zeros": {"a.part": b"\0\0\0"}, "part": {"a.part": b"new"}, "a": {"a": b"new"},
}  # fmt: skip


def test_what_a_disk_may_hold(tmp_path: Path) -> None:
    disk, known = Disk(FOLDER, tmp_path), {repr(state): name for name, state in STATES.items()}
    for call, expected in MADE:
        disk.do(call)
        found = [{Path(name).name: data for name, data in files.items()} for _, files in disk.cuts()]
        assert {known[repr(files)] for files in found} == expected, call


def test_a_name_that_is_taken_away_may_come_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    disk = Disk(FOLDER, tmp_path)
    disk.do(Call("unlink", ("/w/a",)))
    assert {len(files) for _, files in disk.cuts()} == {0, 1}
    disk.do(Call("fsync", ("/w",)))
    assert {len(files) for _, files in disk.cuts()} == {0}


def test_a_folder_whose_name_is_lost_takes_its_files_along(tmp_path: Path) -> None:
    restore({"/w/b/c": b"x", "/w/d": None, "/w/d/e": b"y"}, FOLDER, tmp_path / "out")
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*")) == ["d", "d/e"]
