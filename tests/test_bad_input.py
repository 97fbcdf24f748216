"""What a user does wrong, what he is told, and the exit code. A traceback is never part of it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ended as run

GOOD = '{"instruction": "Greet.", "output": "Hello, world."}\n'
TRANSLATE = "translate in.jsonl --to ca -o out.jsonl --translator echo -q"


def write(name: str, content: str | bytes) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)


def done() -> None:
    assert run(TRANSLATE)[0] == 0


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    write("in.jsonl", GOOD)


ROWS = [
    # what is in in.jsonl, exit code, what the failed ledger says
    ("broken JSON", '{"instruction":\n' + GOOD, 1, "in.jsonl:1: not valid JSON"),
    ("bad UTF-8", b'{"instruction": "\xff", "output": "x"}\n' + GOOD.encode(), 1, "in.jsonl:1: not valid JSON: "),
    ("not an object", "[1, 2]\n" + GOOD, 1, "in.jsonl:1: not an object"),
    ("a field is missing", '{"instruction": "x"}\n' + GOOD * 9, 1, "in.jsonl:1: output: is missing"),
    ("a field is a number", '{"instruction": 5, "output": "x"}\n' + GOOD, 1, "in.jsonl:1: instruction: is int, not text"),
    ("a field is null", GOOD + '{"instruction": null, "output": "x"}\n', 1, "in.jsonl:2: instruction: is null"),
    ("infinity", '{"instruction": "x", "output": "y", "n": Infinity}\n' + GOOD, 1, "not valid JSON: Infinity"),
    ("a key twice", '{"instruction": "x", "instruction": "y", "output": "z"}\n' + GOOD, 1, "'instruction' stands twice"),
    ("nested too deeply", '{"instruction": ' + "[" * 99999 + "\n" + GOOD, 1, "nested too deeply"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "content", "code", "reason"), ROWS, ids=[case[0] for case in ROWS])
def test_a_bad_row_goes_to_the_ledger_and_the_others_through(what: str, content: str, code: int, reason: str) -> None:
    write("in.jsonl", content)
    exit_code, output = run(TRANSLATE + " --schema alpaca")
    assert exit_code == code, output
    [entry] = [json.loads(line) for line in Path("out.failed.jsonl").read_text().splitlines()]
    assert reason in f"{entry['file']}:{entry['line']}: {entry['reason']}"
    assert entry["raw"]
    assert "1 failed" in output


@pytest.mark.parametrize(("what", "content", "code", "reason"), ROWS, ids=[case[0] for case in ROWS])
def test_strict_stops_at_the_first(what: str, content: str, code: int, reason: str) -> None:
    write("in.jsonl", content)
    exit_code, output = run(TRANSLATE + " --schema alpaca --strict")
    assert exit_code == 3 and reason in output, output
    assert not Path("out.jsonl").exists()


def other_output() -> None:
    done()
    write("in.jsonl", GOOD * 2)


def unfinished() -> None:
    write("out.work/run.json", '{"job": {"target": "es"}}')


def folder_in_the_way() -> None:
    Path("out.jsonl").mkdir()


def damaged_evidence() -> None:
    write("bad.jsonl", '{"instruction": "x", "_babelset": {"row": "seven"}}\n')


MISTAKES = [
    # what is wrong, what is prepared, the command, exit code, what is said
    ("no such file", None, "translate no.jsonl --to ca -o out.jsonl --translator echo", 3, "no.jsonl: there is no such file"),
    ("a folder", lambda: Path("d.jsonl").mkdir(), "translate d.jsonl --to ca -o out.jsonl --translator echo", 3, "d.jsonl: is a folder"),
    ("unknown ending", lambda: write("x.xml", "<a/>"), "translate x.xml --to ca -o out.jsonl --translator echo", 2, "add --format, one of json"),
    ("unknown format", None, TRANSLATE + " --format xml", 2, "unknown format 'xml'"),
    ("unknown ending of the output", None, "translate in.jsonl --to ca -o out.doc --translator echo -q", 2, "out.doc: the ending tells no format"),
    ("cut gzip", lambda: write("x.jsonl.gz", gzip.compress(GOOD.encode() * 999)[:-30]), "translate x.jsonl.gz --to ca -o out.jsonl --translator echo", 3, "breaks off"),
    ("not gzip", lambda: write("x.jsonl.gz", GOOD), "translate x.jsonl.gz --to ca -o out.jsonl --translator echo", 3, "not a gzip file"),
    ("not parquet", lambda: write("x.parquet", GOOD), "translate x.parquet --to ca -o out.jsonl --translator echo", 3, "not a Parquet file"),
    ("empty file", lambda: write("in.jsonl", ""), TRANSLATE, 3, "no readable row to detect a schema from"),
    ("unknown shape", lambda: write("in.jsonl", '{"a": "b"}\n'), TRANSLATE, 2, "rows fit no schema; they have the keys a. Say --schema"),
    ("unknown schema", None, TRANSLATE + " --schema alpacca", 2, "Did you mean 'alpaca'"),
    ("no such schema file", None, TRANSLATE + " --schema my.toml", 2, "my.toml: cannot be read"),
    ("not a path", None, TRANSLATE + " --field a[1]", 2, "'a[1]' is not a path"),
    ("no target language", None, "translate in.jsonl -o out.jsonl", 2, "--to"),
    ("typo in the language", None, "translate in.jsonl --to catlan -o out.jsonl", 2, "Did you mean Catalan (cat_Latn)"),
    ("ambiguous language", None, "translate in.jsonl --to zh -o out.jsonl", 2, "say zho_Hans"),
    ("unknown source language", None, TRANSLATE + " --from klingonish", 2, "unknown language 'klingonish'"),
    ("unknown translator", None, "translate in.jsonl --to ca -o out.jsonl --translator gogle", 2, "unknown translator 'gogle'"),
    ("unknown fallback", None, TRANSLATE + " --fallback gogle", 2, "unknown translator 'gogle'"),
    ("unknown option of the translator", None, TRANSLATE + " -O speed=9", 2, "translator 'echo': speed: unknown option"),
    ("option without a value", None, TRANSLATE + " -O speed", 2, "write it as KEY=VALUE"),
    ("no model", None, "translate in.jsonl --to ca -o out.jsonl --translator nllb", 2, "no model was named. To make one: ct2-transformers-converter"),
    ("no such model", None, "translate in.jsonl --to ca -o out.jsonl --translator nllb --model ./nowhere", 2, "nowhere"),
    ("a language the translator lacks", None, "translate in.jsonl --to hi -o out.jsonl --translator apertium", 2, "Hindi"),
    ("unknown command", None, "translat in.jsonl", 2, "translat"),
    ("unknown flag", None, TRANSLATE + " --quick", 2, "--quick"),
    ("no input at all", None, "translate --to ca -o out.jsonl", 2, "IN"),
    ("chunk of nothing", None, TRANSLATE + " --chunk 0", 2, "--chunk"),
    ("no such config", None, TRANSLATE + " --config no.toml", 2, "no.toml: cannot be read"),
    ("config is no TOML", lambda: write("c.toml", "filters ="), TRANSLATE + " --config c.toml", 2, "c.toml: not valid TOML"),
    ("config with another table", lambda: write("c.toml", "[translator]\n"), TRANSLATE + " --config c.toml", 2, "unknown table 'translator'"),
    ("unknown check", lambda: write("c.toml", "[filters.lenght]\n"), TRANSLATE + " --config c.toml", 2, "Did you mean 'length'"),
    ("unknown threshold", lambda: write("c.toml", "[filters.length]\nlow = 1\n"), TRANSLATE + " --config c.toml", 2, "filter 'length': low: unknown option"),
    ("threshold of the wrong type", lambda: write("c.toml", "[filters.length]\ntolerance = 'big'\n"), TRANSLATE + " --config c.toml", 2, "tolerance: input should be a valid number"),
    ("output that exists and differs", other_output, TRANSLATE, 2, "exists and was made differently"),
    ("an unfinished run of another kind", unfinished, TRANSLATE, 2, "job.target: 'es' -> 'ca'"),
    ("output is a folder", folder_in_the_way, TRANSLATE, 2, "out.jsonl exists"),
    ("output that is no run's", lambda: write("out.jsonl", "precious\n"), TRANSLATE, 2, "was not made by this command"),
    ("output below a file", None, "translate in.jsonl --to ca -o in.jsonl/out.jsonl --translator echo -q", 5, "cannot"),
    ("disk full", None, TRANSLATE + " --memory /dev/full", 5, "/dev/full"),
    ("memory that is another file", lambda: write("notes.txt", GOOD * 100), TRANSLATE + " --memory notes.txt", 2, "not a translation memory"),
    ("memory in no folder", None, TRANSLATE + " --memory no/notes.txt", 5, "--memory"),
    ("filter: not made by babelset", None, "filter in.jsonl -o kept.jsonl", 1, "1 failed"),
    ("filter: damaged evidence", damaged_evidence, "filter bad.jsonl -o kept.jsonl", 1, "1 failed"),
    ("filter: output exists", lambda: write("kept.jsonl", ""), "filter in.jsonl -o kept.jsonl", 2, "kept.jsonl exists"),
    ("export: unknown recipe", None, "export in.jsonl --as okappi -o out", 2, "Did you mean 'okapi'"),
    ("run: no such file", None, "run no.toml", 2, "no.toml: cannot be read"),
    ("run: unknown key", lambda: write("p.toml", "to=['ca']\noutput='o'\ncolour=1\n[datasets]\na='in.jsonl'\n[[steps]]\nuse='translate'\n"), "run p.toml", 2, "colour: unknown option"),
    ("run: nothing to do", lambda: write("p.toml", "to=['ca']\noutput='o'\nsteps=[]\n[datasets]\na='in.jsonl'\n"), "run p.toml", 2, "steps: "),
    ("run: the former form", lambda: write("p.toml", "languages=['ca']\noutput='o'\n[datasets.a]\ninputs=['in.jsonl']\n"), "run p.toml", 2, "languages is now to"),
    ("run: one output for two languages", lambda: write("p.toml", "to=['ca','es']\noutput='o.jsonl'\n[datasets]\na='in.jsonl'\n[[steps]]\nuse='translate'\n"), "run p.toml", 2, "need {lang} in output"),
    ("run: a pattern that is none", lambda: write("p.toml", "to=['ca']\noutput='{x}.jsonl'\n[datasets]\na='in.jsonl'\n[[steps]]\nuse='translate'\n"), "run p.toml", 2, "{dataset} and {lang} only"),
    ("estimate: no such file", None, "estimate no.jsonl --to ca --translator echo", 3, "there is no such file"),
    ("languages: none like it", None, "languages xyzzyx", 2, "unknown language 'xyzzyx'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "prepare", "command", "code", "message"), MISTAKES, ids=[case[0] for case in MISTAKES]
)
def test_a_mistake_gets_a_message_and_an_exit_code(what, prepare, command, code, message) -> None:  # type: ignore[no-untyped-def]
    if prepare:
        prepare()
    exit_code, output = run(command)
    assert exit_code == code, output
    assert message in output, output
    assert "Traceback" not in output


def limited(command: str, setup: str) -> subprocess.CompletedProcess[str]:
    script = f"{setup}; exec {sys.executable} -m babelset {command}"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=300)


def test_a_full_disk_says_so_and_the_run_can_go_on() -> None:
    write("in.jsonl", GOOD.replace("world", "w" * 3000) * 60)
    write("c.toml", "[filters]\nlanguage = false\n")  # whose model is unpacked to a folder
    command = f"{TRANSLATE} --config c.toml"
    unpacked = limited(TRANSLATE, "export XDG_CACHE_HOME=/dev/null; ulimit -f 64; trap '' XFSZ")
    assert unpacked.returncode == 5 and "make room, or set TMPDIR" in unpacked.stderr, unpacked.stderr
    full = limited(command, "ulimit -f 64; trap '' XFSZ")
    assert full.returncode == 5, full.stderr
    assert "cannot be written" in full.stderr or "cannot write" in full.stderr
    assert "Traceback" not in full.stderr and not Path("out.jsonl").exists()
    assert run(command)[0] == 0
    rows = sum(len(Path(name).read_text().splitlines()) for name in ("out.jsonl", "out.rejected.jsonl"))
    assert rows == 60


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder() -> None:
    Path("ro").mkdir(mode=0o500)
    code, output = run("translate in.jsonl --to ca -o ro/out.jsonl --translator echo -q")
    assert code == 5 and "ro" in output


def test_a_closed_pipe_is_no_error() -> None:
    write("in.jsonl", GOOD * 500)
    done = limited("languages | head -1", "set -o pipefail")
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr


def test_the_same_command_again_has_nothing_to_do() -> None:
    done()
    before = Path("out.jsonl").stat()
    code, _ = run(TRANSLATE)
    assert code == 0
    assert Path("out.jsonl").stat().st_mtime_ns == before.st_mtime_ns


def test_force_replaces_an_output() -> None:
    other_output()
    assert run(TRANSLATE + " --force")[0] == 0
    assert len(Path("out.manifest.json").read_text()) > 0
