"""Child processes: what they say comes through in full, and nothing of them is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.processes import Child, last_lines
from tests.servers import until


def gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def read_all(child: Child, size: int) -> bytes:
    found = b""
    while len(found) < size and (block := child.read(patience=60)):
        found += block
    return found


def test_megabytes_go_both_ways_without_a_deadlock() -> None:
    sent = bytes(range(256)) * 40_000
    with Child(["cat"]) as child:
        for start in range(0, len(sent), 1_000_000):
            child.send(sent[start : start + 1_000_000])
        assert read_all(child, len(sent)) == sent


ENDS = [
    # what it does, the script, its last output, its code, its complaint
    ("ends well", "echo out", b"out\n", 0, ""),
    ("fails with a word", "echo no such model >&2; exit 3", b"", 3, "no such model"),
    ("is killed", "kill -9 $$", b"", -9, ""),
    ("closes its output only", "exec >&-; sleep 60", b"", None, ""),
]


@pytest.mark.parametrize(("what", "script", "output", "code", "complaint"), ENDS, ids=[case[0] for case in ENDS])
def test_how_it_ends_is_told(what: str, script: str, output: bytes, code: int | None, complaint: str) -> None:
    with Child(["/bin/sh", "-c", script]) as child:
        assert read_all(child, 10) == output
        assert (child.code(patience=0.5 if code is None else 60), child.complaint()) == (code, complaint), what


@pytest.mark.parametrize("script", ["sleep 60", "cat >/dev/null"], ids=["reads nothing", "reads all"])
def test_silence_ends_the_patience_also_while_it_reads(script: str) -> None:
    with Child(["/bin/sh", "-c", script]) as child:
        child.send(b"x" * 10_000_000)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            child.read(patience=0.2)
        assert time.monotonic() - began < 50


def test_one_that_reads_no_more_is_no_broken_pipe() -> None:
    with Child(["/bin/sh", "-c", "exec <&-; sleep 0.2; echo done"]) as child:
        child.send(b"x" * 1_000_000)
        assert child.read(patience=60) == b"done\n"


STUBBORN = "trap '' INT TERM HUP; sleep 60 & echo $!; wait; sleep 60"


def test_nothing_of_the_group_is_left() -> None:
    with Child(["/bin/sh", "-c", STUBBORN]) as child:
        assert child.read(patience=60) and not gone(child.pid)
    until(lambda: gone(child.pid))  # who adopts the orphans buries them in its own time
    child.close()  # a second time does no harm


def test_ctrl_c_is_not_for_it() -> None:
    with Child(["cat"]) as child:
        assert os.getsid(child.pid) == child.pid != os.getsid(0)


def test_what_cannot_be_started_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        Child(["/no/such/program"])


def test_a_log_takes_all_and_the_environment_is_added_to(tmp_path: Path) -> None:
    with Child(
        ["/bin/sh", "-c", 'echo "$A $HOME"; echo err >&2'], env={"A": "1"}, log=(tmp_path / "log").open("w+b")
    ) as child:
        assert child.code(patience=60) == 0 and child.complaint() == "err"
    assert (tmp_path / "log").read_text() == f"1 {os.environ['HOME']}\nerr\n"


OWNER = """
import sys, time
from babelset.engines.processes import Child
child = Child(["cat"])
print(child.pid, flush=True)
time.sleep(60)
"""


def test_one_that_reads_its_input_ends_with_a_killed_owner() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE) as owner:
        assert owner.stdout
        group = int(owner.stdout.readline())
        owner.send_signal(signal.SIGKILL)
    until(lambda: gone(group))


LOGS = [
    # what is in the log, its last lines
    (b"", []),
    (b"one\n\n  \ntwo", ["one", "two"]),
    (b"\x1b[31mred\x1b[0m\n", ["red"]),
    (b"10%\r50%\r100%\r\nready\r\n", ["100%", "ready"]),
    (b'Traceback (most recent call last):\n  File "a", line 1\n    f()\nValueError: no\n', ["ValueError: no"]),
    (b"a\x00b\x07c\xff\n", ["abc\ufffd"]),
    (b"x" * 1000, ["x" * 300]),
    (b"".join(b"%d\n" % number for number in range(100_000)), ["99998", "99999"]),
]


@pytest.mark.parametrize(("text", "lines"), LOGS)
def test_the_last_lines_of_a_log(text: bytes, lines: list[str], tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(text)
    with (tmp_path / "log").open("rb") as log:
        assert last_lines(log, 2) == lines


@given(st.binary(max_size=300))
def test_any_log_can_be_shown(text: bytes) -> None:
    import io

    assert all(line.isprintable() and 0 < len(line) <= 300 for line in last_lines(io.BytesIO(text)))
