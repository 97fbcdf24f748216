from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from babelset.errors import ConfigError, OutputError
from babelset.files.writing import write_whole
from babelset.work.journal import Journal, compare

ME = {"job": {"target": "ca", "beam": 1}}


def entry(number: int) -> dict[str, Any]:
    return {"status": "accepted", "data": {"n": number}}


def test_chunks_come_back_in_order_whatever_the_order_they_were_finished_in(tmp_path: Path) -> None:
    with Journal(tmp_path / "w", ME) as journal:
        journal.chunks.write(11, [entry(11)])
        journal.chunks.write(2, [entry(2), entry(3)])
    with Journal(tmp_path / "w", ME) as journal:
        assert journal.done() == {2, 11}
        assert [item["data"]["n"] for item in journal.read()] == [2, 3, 11]


def test_a_half_written_chunk_does_not_exist(tmp_path: Path) -> None:
    def breaks() -> Any:
        yield entry(1)
        raise KeyboardInterrupt

    with Journal(tmp_path / "w", ME) as journal:
        with pytest.raises(KeyboardInterrupt):
            journal.chunks.write(0, breaks())
        assert journal.done() == set()
        assert list(journal.read()) == []


def test_another_run_is_refused_and_the_difference_shown(tmp_path: Path) -> None:
    Journal(tmp_path / "w", ME).__exit__()
    with pytest.raises(ConfigError, match=r"job\.beam: 1 -> 4") as caught:
        Journal(tmp_path / "w", {"job": {"target": "ca", "beam": 4}})
    assert "--force" in str(caught.value)


def test_replace_throws_another_unfinished_run_away(tmp_path: Path) -> None:
    with Journal(tmp_path / "w", ME) as journal:
        journal.chunks.write(0, [entry(0)])
    with Journal(tmp_path / "w", {"job": "another"}, replace=True) as journal:
        assert journal.done() == set()


def test_two_processes_cannot_work_on_one_output(tmp_path: Path) -> None:
    with Journal(tmp_path / "w", ME), pytest.raises(ConfigError, match="another process"):
        Journal(tmp_path / "w", ME)
    Journal(tmp_path / "w", ME).__exit__()


HOLDER = """
import sys, time
from pathlib import Path
from babelset.work.journal import Journal
journal = Journal(Path(sys.argv[1]), {"job": {"target": "ca", "beam": 1}})
print("locked", flush=True)
time.sleep(600)
"""


def test_a_process_that_was_killed_leaves_nothing_locked(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "w")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout and holder.stdout.readline() == "locked\n"
            with pytest.raises(ConfigError, match="another process"):
                Journal(tmp_path / "w", ME)
        finally:
            holder.kill()
    with Journal(tmp_path / "w", ME) as journal:
        assert journal.done() == set()


def test_remove_leaves_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "w", ME) as journal:
        journal.chunks.write(0, [entry(0)])
        journal.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"w: cannot make the folder"):
        Journal(tmp_path / "file" / "w", ME)


def test_write_whole_says_what_failed(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_whole(tmp_path / "no" / "x.json", ["{}"])


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a: 1 -> 2"]),
        ({"a": {"b": [1]}}, {"a": {"b": [2]}}, ["a.b: [1] -> [2]"]),
        ({"a": 1}, {"b": 1}, ["a: 1 -> None", "b: None -> 1"]),
    ],
)
def test_compare(old: Any, new: Any, shown: list[str]) -> None:
    assert compare(old, new) == shown
