"""Whatever a disk does to the files of an output on its way, it is said, set aside and made good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from babelset.errors import ConfigError, OutputError
from babelset.work import output as module
from babelset.work.damage import Damaged, check_lines, read_sealed, sealed_lines, set_aside, write_sealed
from babelset.work.journal import Journal
from babelset.work.manifest import read_manifest
from babelset.work.places import Places
from tests.work.damaging import DAMAGE, damage
from tests.work.test_output import NAMES, ROWS, WHOLE, make

HOW = [how for how in DAMAGE if how != "another JSON"]
IN_WORK = ["chunk-00000000.jsonl", "chunk-00000001.jsonl", "run.json", "publish.json"]


class Killed(BaseException):
    pass


def written(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.glob("out*.jsonl")}


def interrupted(folder: Path, monkeypatch: pytest.MonkeyPatch, done: list[int], after: int = 1) -> None:
    """A run that dies when `after` of its files have appeared; `done` gets the rows that it worked on."""

    def dying(path: Path, calls: list[Path] = []) -> None:  # noqa: B006
        calls.append(path)
        if len(calls) > after:
            raise Killed
        real(path)

    real = module.appear
    with monkeypatch.context() as patch:
        patch.setattr(module, "appear", dying)
        with pytest.raises(Killed):
            counted(folder, done)


def counted(folder: Path, done: list[int], **changes: Any) -> list[str]:
    """What is said while the output is made."""
    told: list[str] = []
    places = Places.of(folder / "out.jsonl")
    files = {what: getattr(places, what) for what in NAMES}
    options = {"reads": [folder / "in.jsonl"], "writes": files, "warn": told.append, **changes}
    with module.making("make", places, {"beam": 1}, **options) as output:
        if not output.made:
            for number, row in enumerate(ROWS):
                if number not in output.done:
                    done.append(number)
                    output.write(number, [row])
            output.publish(output.entries(), files, lambda: {"rows": {"read": 3}}, NAMES[:2])
    return told


@pytest.mark.parametrize("how", [*HOW, "another JSON"])
@pytest.mark.parametrize("name", IN_WORK)
def test_in_the_work_folder(name: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    interrupted(tmp_path, monkeypatch, done)
    path = tmp_path / "out.work" / name
    damage(path, how)
    if (name, how) == ("run.json", "another JSON"):  # of an earlier version, which wrote no checksums: of another run
        with pytest.raises(ConfigError, match="an unfinished run with other options"):
            counted(tmp_path, done)
        return
    held = path.read_bytes()
    told = counted(tmp_path, done)
    assert [line for line in told if str(path) in line and "\n" not in line], told
    assert (tmp_path / f"out.{name}.damaged").read_bytes() == held
    assert written(tmp_path) == WHOLE
    assert sorted(done) == ([0, 1, 2] if name[:5] != "chunk" else sorted([0, 1, 2, int(name[13])])), "no more is done"
    assert not (tmp_path / "out.work").exists() and counted(tmp_path, done) == []


def test_the_chunk_of_another_run_is_none_of_ours(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.work", {"to": "ca"}) as other:
        other.chunks.write(0, ROWS)
        with Journal(tmp_path / "b.work", {"to": "es"}) as journal:
            for number in (0, 1):
                path = tmp_path / "b.work" / f"chunk-0000000{number}.jsonl"
                path.write_bytes((tmp_path / "a.work" / "chunk-00000000.jsonl").read_bytes())
            assert journal.done() == {0, 1}
    with Journal(tmp_path / "b.work", {"to": "es"}) as journal:
        assert journal.done() == set()


def test_a_chunk_that_is_damaged_while_we_work_is_never_believed(tmp_path: Path) -> None:
    with Journal(tmp_path / "w", {}) as journal:
        journal.chunks.write(0, ROWS)
        damage(tmp_path / "w" / "chunk-00000000.jsonl", "a bit flipped")
        with pytest.raises(OutputError, match="run the same command"):
            list(journal.read())
        assert journal.done() == set()


@pytest.mark.parametrize("how", HOW)
def test_the_manifest_of_a_finished_output(how: str, tmp_path: Path) -> None:
    make(tmp_path)
    path = tmp_path / "out.manifest.json"
    before = read_manifest(path)
    damage(path, how)
    told = counted(tmp_path, [])
    assert f"{path}: the manifest cannot be read" in told[0]
    assert read_manifest(path) == before and (tmp_path / "out.manifest.json.damaged").exists()
    assert written(tmp_path) == WHOLE


def test_a_manifest_of_another_output_is_no_manifest(tmp_path: Path) -> None:
    make(tmp_path)
    make(tmp_path, name="other.jsonl")
    (tmp_path / "out.manifest.json").write_bytes((tmp_path / "other.manifest.json").read_bytes())
    assert "that of other.manifest.json" in counted(tmp_path, [])[0]
    assert read_manifest(tmp_path / "out.manifest.json")["files"]["manifest"] == str(tmp_path / "out.manifest.json")


@pytest.mark.parametrize("name", ["out.jsonl", "out.rejected.jsonl"])
def test_without_its_manifest_a_file_is_replaced_by_the_same_bytes_only(name: str, tmp_path: Path) -> None:
    make(tmp_path)
    damage(tmp_path / "out.manifest.json", "empty")
    (tmp_path / name).write_text("mine\n")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ConfigError, match=f"{name} exists, and is not what this command makes"):
        make(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    make(tmp_path, force=True)
    assert written(tmp_path) == WHOLE


def test_force_keeps_what_was_paid_for_and_what_is_not_ours(tmp_path: Path) -> None:
    work = tmp_path / "out.work"
    with Journal(work, {"beam": 1}) as journal:
        journal.chunks.write(0, ROWS)
        (work / "replies-1f.sqlite").write_text("paid")
    with Journal(work, {"beam": 2}, replace=True) as journal:
        assert journal.done() == set() and (work / "replies-1f.sqlite").read_text() == "paid"
    (work / "run.json").unlink()
    (work / "diary.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"diary\.txt is nothing of ours"):
        Journal(work, {"beam": 2}, replace=True)
    assert (work / "diary.txt").read_text() == "mine"


def test_a_finished_command_leaves_the_folder_that_another_works_in(tmp_path: Path) -> None:
    make(tmp_path)
    with Journal(tmp_path / "out.work", {"forced": True}) as journal:
        journal.chunks.write(0, ROWS)
        make(tmp_path)
        assert journal.done() == {0}
    make(tmp_path)
    assert (tmp_path / "out.work" / "chunk-00000000.jsonl").exists(), "that run is still to be finished"


def test_an_earlier_version_wrote_no_checksums(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"beam": 1}')
    assert read_sealed(tmp_path / "run.json") == {"beam": 1}
    with pytest.raises(Damaged, match="without a checksum"):
        (tmp_path / "chunk").write_text(json.dumps({"status": "accepted", "data": {"n": "x" * 60}}) + "\n")
        check_lines(tmp_path / "chunk", "run 0")


def test_what_is_sealed_comes_back(tmp_path: Path) -> None:
    write_sealed(tmp_path / "a.json", {"b": {"c": "é"}, "a": [1, 2.5, None]})
    assert read_sealed(tmp_path / "a.json") == {"b": {"c": "é"}, "a": [1, 2.5, None]}
    (tmp_path / "c").write_bytes(b"".join(line + b"\n" for line in sealed_lines([b"a", b"b"], "x")))
    check_lines(tmp_path / "c", "x")
    with pytest.raises(Damaged):
        check_lines(tmp_path / "c", "y")


def test_nothing_that_was_set_aside_is_written_over(tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        (tmp_path / "a.json").write_text(text)
        set_aside(tmp_path / "a.json", "checksum")
    names = ["a.json.damaged", "a.json.2.damaged", "a.json.3.damaged"]
    assert [(tmp_path / name).read_text() for name in names] == ["one", "two", "three"]
