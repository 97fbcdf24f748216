"""Several translators for one dataset, from the command line and from a pipeline file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from babelset.files.row import KEY
from tests.commands import ended as run
from tests.commands import program
from tests.rows import told

ENGINES = '''
"""A cheap engine that does not know rivers, and a dear one that does, but not what is hopeless."""
import os, signal, threading
from typing import Any, ClassVar
from babelset.contracts.translator import Failure, Translation
from babelset.translators.echo import Echo

lock, answered = threading.Lock(), 0

class Cheap(Echo):
    unknown: ClassVar[Any] = ("river", "hopeless")
    batch: ClassVar[int] = 2

    @property
    def signature(self):
        return type(self).__name__.lower() + "|v:1"

    def translate(self, segments, pair):
        global answered
        with lock:
            answered += len(segments)
            if answered >= int(os.environ.get("DIE_AT", 10 ** 9)):
                os.kill(os.getpid(), signal.SIGKILL)
        return [self.answer(segment.text) for segment in segments]

    def answer(self, text):
        if any(word in text for word in self.unknown):
            return Failure("there is a word that I do not know")
        return Translation(text.upper())

class Dear(Cheap):
    """Reads rows, and keeps its replies."""
    unknown: ClassVar[Any] = ("hopeless",)
    reads_rows: ClassVar[bool] = True
    parallel: ClassVar[int] = 2
    replies: ClassVar[Any] = None

    def keep_replies(self, folder):
        type(self).replies = folder / "replies.txt"

    def account(self):
        requests = len(set(self.replies.read_text().splitlines())) if self.replies.exists() else 0
        return {"requests": requests, "prompt_tokens": 1000 * requests, "completion_tokens": 40 * requests,
                "cost": 0.5 * requests, "currency": "EUR", "server": {"name": "mine"}}

    def translate(self, segments, pair):
        answers = super().translate(segments, pair)
        with lock, self.replies.open("a") as file:
            file.writelines(segment.context.digest.hex() + "\\n" for segment in segments)
        return answers
'''
ENTRY_POINTS = "[babelset.translators]\ncheap = engines:Cheap\ndear = engines:Dear\n"
ROUTES = """
[engines.quick]
name = "cheap"
[engines.llm]
name = "dear"
[[routes]]
kinds = ["code"]
use = ["llm"]
[[routes]]
use = ["quick", "llm"]
"""
CHECKS = "[filters]\nlanguage = false\nscript = false\ncopied = false\n"
WORDS = ["cloud", "river", "stone", "garden", "hopeless", "river", "window", "bridge"]


def instruction(number: int) -> str:
    code = "\n```python\nprint(1)\n```\n" if number % 5 == 0 else "."
    return f"Write about the {WORDS[number % len(WORDS)]} of house {number}{code}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the plug-ins above installed for processes that start here, and all that they are to read."""
    info = tmp_path / "site" / "engines-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: engines\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (info.parent / "engines.py").write_text(ENGINES)
    rows = [{"instruction": instruction(number), "output": "It stands."} for number in range(24)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "routes.toml").write_text(ROUTES)
    (tmp_path / "checks.toml").write_text(CHECKS)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(info.parent))
    return tmp_path


TRANSLATE = "translate in.jsonl --to ca --route routes.toml --config checks.toml --chunk 4 -q"


def start(command: str, **env: str) -> subprocess.CompletedProcess[str]:
    arguments = [program(), *command.split()]
    return subprocess.run(arguments, env={**os.environ, **env}, capture_output=True, text=True)


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".jsonl"}


def evidence(folder: Path) -> Mapping[int, Any]:
    lines = [line for content in outputs(folder).values() for line in content.splitlines()]
    found = [told(json.loads(line))[KEY] for line in lines]
    return {each["row"]: each for each in found}


def test_rows_go_to_the_engine_that_can_and_the_account_says_so(here: Path) -> None:
    (here / "whole").mkdir()
    done = start(f"{TRANSLATE} -o whole/out.jsonl")
    assert done.returncode == 0, done.stderr
    # 5 rows hold code; of the others 5 name a river, and 2 are hopeless for both
    assert "routes: quick 14 rows, llm 10 rows (5 after quick); llm 12 requests, 12,480 tokens, 6.00 EUR" in done.stdout
    assert "rows: 24 read = 21 accepted + 3 rejected + 0 failed" in done.stdout
    manifest = json.loads((here / "whole/out.manifest.json").read_text())
    assert manifest["signature"] == {"llm": "dear|v:1", "quick": "cheap|v:1"}
    assert manifest["this_process"]["routes"].keys() == {"llm", "quick"}

    by_row = evidence(here / "whole")
    assert len(by_row) == 24
    for number, found in by_row.items():
        word, code = WORDS[number % 8], number % 5 == 0
        tried = ["llm"] if code else ["quick"] if word not in ("river", "hopeless") else ["quick", "llm"]
        kept = "quick" if word == "hopeless" and not code else tried[-1]
        assert found["route"] == {"rule": 0 if code else 1, "tried": tried, "kept": kept}
        assert found["status"] == ("rejected" if word == "hopeless" else "accepted")
        assert [each["engine"] for each in found.get("candidates", [])] == (tried if len(tried) > 1 else [])

    (here / "killed").mkdir()
    for die_at in ("9", "13", "17"):
        killed = start(f"{TRANSLATE} -o killed/out.jsonl", DIE_AT=die_at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (here / "killed/out.work").exists()
    done = start(f"{TRANSLATE} -o killed/out.jsonl")
    assert done.returncode == 0, done.stderr
    assert outputs(here / "killed") == outputs(here / "whole")
    resumed = json.loads((here / "killed/out.manifest.json").read_text())
    assert resumed["routes"] == manifest["routes"]
    assert resumed["this_process"]["unique"] < manifest["this_process"]["unique"]


def test_other_rules_are_another_run(here: Path) -> None:
    assert run(f"{ECHO} -o out.jsonl")[0] == 0
    (here / "same.toml").write_text((here / "echo.toml").read_text())
    code, said = run(f"{ECHO} -o out.jsonl --route same.toml".replace("--route echo.toml", ""))
    assert code == 0
    (here / "same.toml").write_text((here / "echo.toml").read_text() + "[retry]\nbelow = { length = 0.5 }\n")
    code, said = run(f"{ECHO} -o out.jsonl --route same.toml".replace("--route echo.toml", ""))
    assert code == 2 and "job.routes.retry.below.length: None -> 0.5" in said


MISTAKES = [
    ("--translator echo", "routes name their translators"),
    ("--translator apertium", "routes name their translators"),
    ("--fallback echo", "routes name their translators"),
    ("--fallback-option a=1", "name it with --fallback"),
    ("--model x", "routes name their translators"),
    ("--base-url http://127.0.0.1", "routes name their translators"),
    ("--route nowhere.toml", "nowhere.toml: cannot be read (No such file or directory)"),
    ("--route roles.toml", "roles.toml: routes.0.roles: no field has a role like 'turn'"),
    ("--route score.toml", "score.toml: retry.best_by: unknown filter 'lenght'. Did you mean 'length'"),
    ("--route option.toml", "option.toml: engines.a: translator 'echo': speed: unknown option"),
    ("--route none.toml", "none.toml: routes.0.use: a: no engine here translates English into Hindi"),
]
ENGINE = '[engines.a]\nname = "echo"\n'
FILES = {
    "echo.toml": ENGINE + '[[routes]]\nuse = ["a"]\n',
    "roles.toml": ENGINE + '[[routes]]\nroles = ["turn"]\nuse = ["a"]\n[[routes]]\nuse = ["a"]\n',
    "score.toml": ENGINE + '[[routes]]\nuse = ["a"]\n[retry]\nbest_by = "lenght"\n',
    "option.toml": ENGINE + 'options = { speed = 9 }\n[[routes]]\nuse = ["a"]\n',
    "none.toml": '[engines.a]\nname = "apertium"\n[[routes]]\nuse = ["a"]\n',
}
ECHO = "translate in.jsonl --to hi --route echo.toml --config checks.toml -q"


@pytest.mark.parametrize(("options", "message"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_what_is_said_of_a_mistake(options: str, message: str, here: Path) -> None:
    code, said = run(f"{ECHO} {options} -o out.jsonl")
    assert code == 2 and message in said
    assert not list(here.glob("out.*"))


def test_a_glossary_is_for_all_engines(here: Path) -> None:
    (here / "terms.csv").write_text("river,riu\n")
    code, said = run(f"{ECHO} --glossary terms.csv -o out.jsonl")
    assert code == 0 and "terms: river: missing 6" in said


PIPELINE = """
to = ["ca", "es"]
output = "out/{lang}.jsonl"
datasets = { houses = "in.jsonl" }
[[steps]]
use = "translate"
routes = "plans/echo.toml"
filters = { language = false }
"""


def test_a_pipeline_takes_routes_from_beside_its_file(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (here / "plans").mkdir()
    (here / "plans/echo.toml").write_text(FILES["echo.toml"])
    (here / "p.toml").write_text(PIPELINE)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(elsewhere)
        code, said = run(f"run {here}/p.toml --json -q")
    accounts = json.loads(said)
    assert code == 0 and list(accounts) == ["1 translate: houses into Catalan", "1 translate: houses into Spanish"]
    assert all(account["routes"]["engines"]["a"]["rows"] == 24 for account in accounts.values())
    (here / "p.toml").write_text(PIPELINE + 'fallback = "echo"\n')
    code, said = run("run p.toml")
    assert code == 2 and "routes name their translators, with their options: leave out fallback" in said
