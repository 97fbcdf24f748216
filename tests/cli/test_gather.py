"""Shards, whoever made them in whatever order, become the bytes that one run writes; or they are refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.contracts.evidence import evidence_of
from babelset.errors import ConfigError
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.files.shard import Shard, Within
from babelset.files.survey import survey
from babelset.files.writing import writing
from tests.commands import program

OFF = "[filters]\n" + "".join(f"{name} = false\n" for name in ("language", "copied", "script", "task"))
TEXTS = ("It is `x` old. So is the river.", "The river is $a_1$ deep.", "A river runs.")
TRANSLATE = (
    *("translate", "in.jsonl", "--to", "ca", "--translator", "echo", "--chunk", "2", "-q", "--config", "off.toml"),
)
COMMANDS = {
    "translate": TRANSLATE,
    "translate with notes": (*TRANSLATE, "--keep-numbers"),
    "score": ("score", "done.jsonl", "--with", "length", "--with", "numbers", "--chunk", "2", "-q"),
    "score a sample": ("score", "done.jsonl", "--with", "length", "--sample", "4", "--chunk", "2", "-q"),
    "score with references": ("score", "done.jsonl", "--with", "reference:references.csv", "-q"),
    "run": ("run", "columns", "done.jsonl", "--set", 'take={"answer":"{output}"}', "-q"),
    "run translate": ("run", "translate", "in.jsonl", "--to", "ca", "--set", "translator=echo", "-q"),
}


def run(*argv: Any, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(each) for each in argv])
    assert result.exit_code == code, result.output
    return result


def rows(count: int = 11) -> list[dict[str, Any]]:
    return [{"instruction": f"Describe river {n}.", "input": "", "output": TEXTS[n % 3]} for n in range(count)]


def put(path: Path, made: list[dict[str, Any]]) -> None:
    with writing(path) as file:
        for row in made:
            file.write(row)


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translated")
    with chdir(folder):
        lines = [json.dumps(row) for row in rows()]
        Path("in.jsonl").write_text("\n".join([*lines[:5], "", " ", "{no row", *lines[5:], "[]"]) + "\n")
        Path("off.toml").write_text(OFF)
        Path("references.csv").write_text("source,target\nA river runs.,Un riu corre.\n")
        run(*TRANSLATE, "-o", "done.jsonl", code=1)
    return folder


@pytest.fixture
def folder(translated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(translated, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shards(command: tuple[str, ...], of: int, ending: str = "jsonl") -> list[str]:
    """The command in so many parts."""
    names = [f"part-{number}.{ending}" for number in range(1, of + 1)]
    for number, name in enumerate(names, 1):
        assert CliRunner().invoke(app, [*command, "-o", name, "--shard", f"{number}/{of}"]).exit_code in (0, 1)
    return names


def manifest(name: str) -> dict[str, Any]:
    """What it says of the output, whoever made it."""
    found = json.loads(Path(f"{name}.manifest.json").read_text())
    for key in ("this_process", "files", "written", "xxh3_128"):
        del found[key]
    return dict(found)


@pytest.mark.core(11)
@pytest.mark.parametrize("of", [1, 3, 9])
@pytest.mark.parametrize("name", COMMANDS)
def test_shards_are_gathered_to_the_bytes_of_one_run(name: str, of: int, folder: Path) -> None:
    command = COMMANDS[name]
    code = CliRunner().invoke(app, [*command, "-o", "whole.jsonl"]).exit_code
    assert code in (0, 1)
    run("gather", *reversed(shards(command, of)), "-o", "got.jsonl", code=code)
    for ending in (".jsonl", ".rejected.jsonl", ".failed.jsonl"):
        whole, got = Path(f"whole{ending}"), Path(f"got{ending}")
        assert whole.exists() == got.exists() and (not whole.exists() or whole.read_bytes() == got.read_bytes()), ending
    assert manifest("got") == manifest("whole")
    before = Path("got.jsonl").stat().st_ino
    run(*command, "-o", "got.jsonl", code=code)  # of which there is nothing left to do
    assert Path("got.jsonl").stat().st_ino == before
    assert Path("got.memory.sqlite").exists() == Path("whole.memory.sqlite").exists()


@pytest.mark.parametrize("ending", ["json", "jsonl.gz", "csv", "parquet", "txt"])
def test_in_every_format(ending: str, folder: Path) -> None:
    made = [{"text": row["output"]} for row in rows()] if ending == "txt" else rows()
    put(Path(f"in.{ending}"), made)
    command = tuple(f"in.{ending}" if part == "in.jsonl" else part for part in TRANSLATE)
    run(*command, "-o", f"whole.{ending}")
    run("gather", *shards(command, 3, ending), "-o", f"got.{ending}")
    assert Path(f"whole.{ending}").read_bytes() == Path(f"got.{ending}").read_bytes()


def test_the_memory_of_all_answers_for_all(folder: Path) -> None:
    run("gather", *shards(TRANSLATE, 3), "-o", "got.jsonl", code=1)
    argv = (*TRANSLATE, "-o", "again.jsonl", "--memory", "got.memory.sqlite", "--json")
    assert json.loads(run(*argv, code=1).stdout)["this_process"].get("sent", 0) == 0


def changed(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(text)


WRONG: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "missing": (lambda names: names[:1] + names[2:], "shards are missing: 2 of 3"),
    "twice": (lambda names: [*names, names[0]], "shard 1/3 is there twice: part-1.jsonl, part-1.jsonl"),
    "a copy": (lambda names: [*names, copied("part-1")], "shard 1/3 is there twice: part-1.jsonl, copy.jsonl"),
    "no shard": (lambda names: [*names, "done.jsonl"], "done.jsonl is no shard"),
    "unfinished": (lambda names: [*names, "new.jsonl"], "new.jsonl: there is no manifest beside it"),
    "of other rows": (lambda names: [names[0], other("other.jsonl"), names[2]], "inputs:"),
    "of another job": (lambda names: [names[0], other("in.jsonl", "--keep-numbers"), names[2]], "job.keep_numbers"),
    "of another division": (lambda names: [*names, other("in.jsonl", of=4)], "give the shards of one division"),
    "changed": (lambda names: changed("part-2.jsonl", "\n") or names, "part-2.jsonl has changed"),
    "gone": (lambda names: Path("part-2.rejected.jsonl").unlink() or names, "part-2.rejected.jsonl is missing"),
}


def copied(name: str) -> str:
    for ending in (".jsonl", ".rejected.jsonl", ".manifest.json"):
        shutil.copy(f"{name}{ending}", f"copy{ending}")
    return "copy.jsonl"


def other(name: str, *more: str, of: int = 3) -> str:
    put(Path("other.jsonl"), rows(9))
    command = [name if part == "in.jsonl" else part for part in TRANSLATE]
    CliRunner().invoke(app, [*command, *more, "-o", "other-2.jsonl", "--shard", f"2/{of}"])
    return "other-2.jsonl"


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_make_a_whole_is_refused(name: str, folder: Path) -> None:
    spoil, told = WRONG[name]
    result = run("gather", *spoil(shards(TRANSLATE, 3)), "-o", "got.jsonl", code=2)
    assert told in result.output + result.stderr
    assert not list(folder.glob("got*"))


STEPS = '[[steps]]\nuse = "columns"\n[[steps]]\nuse = "translate"\ntranslator = "echo"\n'
REFUSED = {
    "K/N": (*TRANSLATE, "-o", "x.jsonl", "--shard", "4/3"),
    "a shard to standard output": (*TRANSLATE, "-o", "-", "--shard", "1/3"),
    "several steps": ("run", "p.toml", "in.jsonl", "--to", "ca", "-o", "x.jsonl", "--shard", "1/3"),
    "a step of all rows": ("run", "dedup", "done.jsonl", "-o", "x.jsonl", "--shard", "1/3"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_shards_is_refused(name: str, folder: Path) -> None:
    Path("p.toml").write_text(STEPS)
    run(*REFUSED[name], code=2)


def test_another_shard_does_not_replace_one(folder: Path) -> None:
    run(*TRANSLATE, "-o", "part.jsonl", "--shard", "1/3")
    result = run(*TRANSLATE, "-o", "part.jsonl", "--shard", "2/3", code=2)
    assert "shard.number: 1 -> 2" in result.output + result.stderr


@given(total=st.integers(0, 10**11), of=st.integers(1, 200), chunk=st.integers(1, 5000))
def test_every_row_is_in_one_shard(total: int, of: int, chunk: int) -> None:
    parts = [Shard(number, of).rows(total, chunk) for number in range(1, of + 1)]
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])] and parts[-1].stop == total
    whole = total >= of * chunk
    assert all(part.start % chunk == 0 for part in parts) or not whole
    assert max(map(len, parts)) - min(map(len, parts)) <= (2 * chunk if whole else 1)


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "1/0", "a/b", "1/3/4", "-1/3", "1/٣", ""])
def test_a_shard_is_k_of_n(text: str) -> None:
    with pytest.raises(ConfigError, match="write it as K/N"):
        Shard.of_text(text)


FILES = {
    "lines": ("a.jsonl", b'\xef\xbb\xbf\n{"a": 1}\n\n\n[\n"x"\r\n{"a": 4}\n \t\n{"a": 5}'),
    "nothing but a mark": ("a.jsonl", b"\xef\xbb\xbf"),
    "UTF-16": ("a.jsonl", '\ufeff{"a": 1}\n{"a": 2}\n'.encode("utf-16-le")),
    "an array in lines": ("a.jsonl", b'[{"a": 1},\n{"a": 2},\n{"a": 3}]'),
    "an array": ("a.json", b'[{"a": 1}, {"a": }, {"a": 3}]'),
    "a table": ("a.csv", b'a,b\n1,"2\n3"\n4\n5,6\n'),
    "a text": ("a.txt", b"one\n\n\xff\nthree"),
    "no text": ("a.txt", b""),
}


@pytest.mark.parametrize("name", FILES)
def test_a_part_of_a_file_is_read_as_in_the_whole(name: str, tmp_path: Path) -> None:
    file, content = FILES[name]
    (tmp_path / file).write_bytes(content)
    check_parts([str(tmp_path / file)] * 2)


@pytest.mark.parametrize("groups", [1, 4, 100])
def test_a_part_of_a_parquet_file(groups: int, tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    path = str(tmp_path / "a.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"a": list(range(10)), "b": ["x" * n for n in range(10)]}), path, groups)
    check_parts([path] * 2)


def check_parts(paths: list[str]) -> None:
    whole = list(read(paths))
    counts = survey(paths, shard=Shard(1, 2)).counts
    assert sum(counts) == len(whole)
    for first in range(len(whole) + 1):
        for end in (first, first + 1, len(whole)):
            assert list(read(paths, within=Within(range(first, end), counts))) == whole[first:end]


def test_rows_of_other_shards_are_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from babelset.files.formats import lines

    asked: list[str] = []
    real = lines.loads
    monkeypatch.setattr(lines, "loads", lambda text, **more: asked.append(text) or real(text, **more))
    put(tmp_path / "a.jsonl", [{"number": number} for number in range(1000)])
    list(read([tmp_path / "a.jsonl"], within=Within(range(700, 703), [1000])))
    assert len(asked) < 10


EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_example_for_make(tmp_path: Path) -> None:
    settings = (f"OUT={tmp_path}", "N=3", "TRANSLATOR=echo", f"BABELSET={program()}", "IN=dolly.jsonl")
    for _ in range(2):  # the second time there is nothing to do
        subprocess.run(["make", "-C", str(EXAMPLES), "-f", "shards.mk", "-j2", *settings], check=True)
    numbers = [row.number for row in read([EXAMPLES / "dolly.jsonl"])]
    made = [path for path in tmp_path.glob("dolly.ca*.jsonl") if ".failed" not in path.name]
    assert sorted(evidence_of(row.data)["row"] for row in read(made) if isinstance(row, Row)) == numbers


def test_the_example_for_slurm(tmp_path: Path) -> None:
    put(tmp_path / "data.parquet", rows())
    path = {
        **os.environ,
        "PATH": f"{Path(program()).parent}:{os.environ['PATH']}",
        "TRANSLATOR": "echo",
        "SLURM_ARRAY_TASK_COUNT": "2",
    }
    for task, *more in ("2",), ("1",), ("0", "2"):
        argv = ["bash", str(EXAMPLES / "slurm.sh"), *more]
        subprocess.run(argv, cwd=tmp_path, env={**path, "SLURM_ARRAY_TASK_ID": task}, check=True)
    whole = [tmp_path / "shards/whole.parquet", tmp_path / "shards/whole.rejected.parquet"]
    assert sum(len(list(read([path]))) for path in whole) == len(rows())
