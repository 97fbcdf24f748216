"""One run of `babelset translate` against a server with one of the faults, and what became of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.files.row import KEY
from tests.engines.llm.fault_kinds import MARK, End, Kind
from tests.engines.llm.scripted_server import Fault, ScriptedServer, rot13
from tests.rows import told

How = Literal["once", "always"]
ROWS = [
    {"instruction": f"Describe the {one} number {number}.", "input": "", "output": f"The {one} is 3{number} years old. It was very cold in the old winter."}
    for number, one in enumerate(("river", "garden", "window"), 1)
]  # fmt: skip
LONGEST = 600  # characters of a line that a user reads
OPTIONS = ("wait=0.001", "attempts=3", "retries=1")


@dataclass
class Met:
    """What became of a run; `wrong` are rows accepted with another translation, `resumed` whether it went on later."""

    code: int
    said: str
    rows: dict[str, int]
    wrong: int
    requests: int
    reasons: list[str] = field(default_factory=list)
    traceback: bool = False
    resumed: bool | None = None

    @property
    def end(self) -> End | str:
        if self.code in (2, 6):
            return "ends"
        if self.wrong:
            return "wrong"
        if self.code == 0:
            return "rejected" if self.rows["rejected"] else "right"
        return f"exit code {self.code}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"end": self.end, **asdict(self)}


def meet(kind: Kind, how: How, folder: Path) -> Met:
    """The run; where it ends, the same command again, when the server is well."""
    (folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    state = {"met": 0, "ill": 1}

    def script(body: dict[str, Any], number: int) -> Fault | str | None:
        if MARK not in body["messages"][-1]["content"]:
            return None
        state["met"] += 1
        if not state["ill"] or (how == "once" and state["met"] > 1):
            return None
        return kind.says if isinstance(kind.says, Fault) else kind.says(body)

    with ScriptedServer(script) as server:
        met = _run(server, folder, kind.timeout)
        met.requests = state["met"]
        if met.end == "ends":
            state["ill"] = 0
            met.resumed = _run(server, folder, 60).end == "right"
    return met


def _run(server: ScriptedServer, folder: Path, timeout: float) -> Met:
    command = ["translate", folder / "in.jsonl", "-o", folder / "out.jsonl", "--from", "bug", "--to", "ban", "-q"]
    command += ["--translator", "openai", "--base-url", server.base_url, "--model", "rot13"]
    for option in (*OPTIONS, f"timeout={timeout}"):
        command += ["-O", option]
    result = CliRunner().invoke(app, list(map(str, command)))
    bug = result.exception is not None and not isinstance(result.exception, SystemExit)
    found = {status: _rows(folder, status) for status in ("accepted", "rejected", "failed")}
    reasons = [verdict["reason"] for row in found["rejected"] for verdict in row[KEY]["verdicts"] if not verdict["ok"]]
    told = result.stderr.strip() if result.exit_code else ""
    rows = {status: len(each) for status, each in found.items()}
    return Met(result.exit_code, told, rows, _wrong(found["accepted"]), 0, reasons, bug or "Traceback" in told)


def _rows(folder: Path, status: str) -> list[dict[str, Any]]:
    file = folder / ("out.jsonl" if status == "accepted" else f"out.{status}.jsonl")
    return [told(json.loads(line)) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def _wrong(accepted: list[dict[str, Any]]) -> int:
    right = [{name: rot13(text) for name, text in row.items()} for row in ROWS]
    return sum({name: text for name, text in row.items() if name != KEY} not in right for row in accepted)
