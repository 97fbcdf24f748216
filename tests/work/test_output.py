"""An output is made once: what may be there before, what a kill leaves, and what is never touched."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from babelset import __version__
from babelset.errors import ConfigError
from babelset.work import output as module
from babelset.work.journal import Entry
from babelset.work.manifest import FORMAT, Manifest, identity_of, read_manifest
from babelset.work.output import making
from babelset.work.places import Places

NAMES = ("accepted", "rejected", "failed")
ROWS: list[Entry] = [
    {"status": "accepted", "data": {"n": 1}},
    {"status": "rejected", "data": {"n": 2}},
    {"status": "accepted", "data": {"n": 3}},
]
WHOLE = {
    "out.jsonl": '{"n":1}\n{"n":3}\n',
    "out.rejected.jsonl": '{"n":2}\n',
}


def make(folder: Path, *, rows: Sequence[Entry] = ROWS, command: str = "make", **changes: Any) -> Manifest:
    """What a command does that reads in.jsonl and writes out.jsonl."""
    places = Places.of(folder / changes.pop("name", "out.jsonl"))
    files = {what: getattr(places, what) for what in NAMES}
    parts = {"beam": changes.pop("beam", 1)}
    with making(command, places, parts, reads=[folder / "in.jsonl"], writes=files, **changes) as output:
        if output.made:
            return output.made
        for number, row in enumerate(rows):
            if number not in output.done:
                output.write(number, [row])
        return output.publish(output.entries(), files, lambda: {"rows": {"read": len(rows)}}, NAMES[:2])


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if "manifest" not in path.name}


def test_an_identity_is_json_and_the_same_in_every_process() -> None:
    parts = {"roles": frozenset({"output", "input", "turn/user"}), "file": Path("terms.csv"), "least": 0.5}
    known = {"format": FORMAT, "babelset": __version__, "command": "filter"}
    told = {"roles": ["input", "output", "turn/user"], "file": "terms.csv", "least": 0.5}
    assert json.dumps(identity_of("filter", parts)) == json.dumps({**known, **told})


def test_a_finished_output_is_left_alone(tmp_path: Path) -> None:
    first = make(tmp_path)
    assert texts(tmp_path) == WHOLE and first["files"]["manifest"] == str(tmp_path / "out.manifest.json")
    before = (tmp_path / "out.jsonl").stat()
    told: list[str] = []
    assert make(tmp_path, rows=[], say=told.append) == read_manifest(tmp_path / "out.manifest.json")
    assert told == [f"{tmp_path / 'out.jsonl'} is complete already: nothing to do"]
    assert (tmp_path / "out.jsonl").stat().st_mtime_ns == before.st_mtime_ns


STRANGE = [
    # what is there, what the command is, what is said
    ("out.jsonl", {}, r"out\.jsonl exists, and was not made by this command"),
    ("out.rejected.jsonl", {}, r"out\.rejected\.jsonl exists, and was not made"),
    ("out.failed.jsonl", {}, r"out\.failed\.jsonl exists, and was not made"),
    ("out.manifest.json", {}, r"out\.manifest\.json: the manifest cannot be read"),
]


@pytest.mark.parametrize(("name", "changes", "said"), STRANGE)
@pytest.mark.parametrize("content", ["mine\n", ""])
def test_a_file_of_somebody_else_is_refused_and_kept(
    name: str, changes: dict[str, Any], said: str, content: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigError, match=f"{said}.*name another output, or add --force"):
        make(tmp_path, **changes)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: content}
    make(tmp_path, force=True)
    assert texts(tmp_path).items() >= WHOLE.items()


READ = [
    # the input, the output, and what the input would become
    ("a.rejected.jsonl", "a.jsonl", "rejected"),
    ("a.failed.jsonl", "a.jsonl", "failed"),
    ("a.manifest.json", "a.jsonl", "manifest"),
    ("a.jsonl", "a.jsonl", "accepted rows"),
    ("a.jsonl.part", "a.jsonl", "accepted"),
]


@pytest.mark.parametrize("link", ["", "symbolic", "hard"])
@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(("given", "output", "what"), READ)
def test_what_is_read_is_never_written(
    given: str, output: str, what: str, force: bool, link: str, tmp_path: Path
) -> None:
    (tmp_path / given).write_text("precious\n")
    read = tmp_path / given
    if link:
        read = tmp_path / "elsewhere" / "in.jsonl"
        read.parent.mkdir()
        os.link(tmp_path / given, read) if link == "hard" else read.symlink_to(tmp_path / given)
    places = Places.of(tmp_path / output)
    files = {what: getattr(places, what) for what in NAMES}
    opening = making("make", places, {}, reads=[read], writes=files, force=force)
    with pytest.raises(ConfigError, match=f"is read, and would be written as the {what}"), opening:
        pass
    assert (tmp_path / given).read_text() == "precious\n" and not places.work.exists()


def test_two_outputs_never_share_a_file(tmp_path: Path) -> None:
    names = ["ca.jsonl", "ca.json", "ca.csv", "ca.jsonl.gz", "ca.json.gz", "ca.parquet"]
    found = [path for name in names for path in (*Places.of(tmp_path / name).all, Places.of(tmp_path / name).work)]
    assert len(set(found)) == len(found)


def test_another_command_s_output_is_refused_with_the_difference(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(ConfigError, match="was made differently:\n  beam: 1 -> 2\nName another output, or add --force"):
        make(tmp_path, beam=2)
    with pytest.raises(ConfigError, match="command: 'make' -> 'other'"):
        make(tmp_path, command="other")
    assert texts(tmp_path) == WHOLE
    make(tmp_path, beam=2, force=True)
    assert json.loads((tmp_path / "out.manifest.json").read_text())["beam"] == 2


def test_what_was_changed_is_not_replaced_and_what_is_gone_is_made_again(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "out.rejected.jsonl").unlink()
    told: list[str] = []
    make(tmp_path, say=told.append)
    assert texts(tmp_path) == WHOLE and "is missing: making it again" in told[0]
    (tmp_path / "out.jsonl").write_text("")
    with pytest.raises(ConfigError, match=r"out\.jsonl has changed since it was made"):
        make(tmp_path)


def test_a_ledger_that_has_nothing_to_say_is_not_there_and_an_old_one_goes(tmp_path: Path) -> None:
    make(tmp_path, rows=[*ROWS, {"status": "failed", "data": {"reason": "no"}}])
    assert (tmp_path / "out.failed.jsonl").exists()
    make(tmp_path, force=True)
    assert texts(tmp_path) == WHOLE


def test_the_ending_is_looked_at_first(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"out\.docx: the ending tells no format"):
        make(tmp_path, name="out.docx")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_finished_chunks_and_nothing_else(tmp_path: Path) -> None:
    def breaks() -> Any:
        raise RuntimeError

    places = Places.of(tmp_path / "out.jsonl")
    for resumes, left in ((True, ["out.work"]), (False, [])):
        opening = making("make", places, {}, reads=[], writes={}, resumes=resumes)
        with pytest.raises(RuntimeError), opening as output:
            output.write(0, ROWS)
            breaks()
        assert [path.name for path in tmp_path.iterdir()] == left
        if left:
            module.clear(places.work)
