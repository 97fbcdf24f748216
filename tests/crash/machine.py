"""A fork server, and what it runs: commands that may die at a point."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.commands import ROOT, fork_server
from tests.crash.models import said
from tests.engines.llm.scripted_server import ScriptedServer
from tests.fakehub import TOKEN, FakeHub, fake_hub
from tests.forked import number, order

ENTRY_POINTS = "[babelset.translators]\npaid = tests.crash.paid:Paid\n"
MENTIONED = "river"  # in every text of ours, and in no request that asks a server what it can do
FAST = Path("/dev/shm")  # where fsync costs nothing; death is of the process, so it changes nothing


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: its exit code, what it said, the points that it passed, what it paid for."""

    code: int
    said: str
    points: list[str]
    asked: list[str]

    @property
    def place(self) -> str:
        """The last point."""
        return f"point {len(self.points)} ({self.points[-1]})" if self.points else "the start"


class Machine:
    """
    Runs commands of babelset in `folder`; `{url}` among their arguments is the server that counts requests.

    >>> machine.run(["translate", "in.jsonl", "--to", "ca", "-o", "ca.jsonl"], Path("work"), at=17).code
    -9
    """

    def __init__(self, folder: Path, environment: dict[str, str], server: ScriptedServer) -> None:
        self.folder, self._environment, self._server, self.processes = folder, environment, server, 0

    def run(self, argv: Sequence[str], cwd: Path, at: int = 0, how: str = "KILL", clock: bool = False) -> Ran:
        """The command in that folder; with `at` it meets the signal `how` at that point, counted from 1."""
        said, log, bill = (self.folder / name for name in ("said.txt", "points.txt", "bill.txt"))
        for path in (log, bill):
            path.unlink(missing_ok=True)
        told = self._environment | {
            "CRASH_FOLDER": str(cwd),
            "CRASH_AT": str(at),
            "CRASH_HOW": how,
            "CRASH_LOG": str(log),
        }
        told |= {"PAID": str(bill), "CRASH_CLOCK": "jumps" if clock else ""}
        before = len(self._server.bodies)
        code = self._order([each.replace("{url}", self._server.base_url) for each in argv], cwd, told, said)
        self.processes += 1
        asked = [json.loads(line) for line in _lines(bill)] + self._requests(before)
        return Ran(code, said.read_text("utf-8", "replace"), _lines(log), asked)

    def _order(self, argv: list[str], cwd: Path, environment: dict[str, str], said: Path) -> int:
        with said.open("wb") as file, Path(os.devnull).open() as nothing:
            streams = {0: nothing.fileno(), 1: file.fileno(), 2: file.fileno()}
            with closing(order(str(self.folder / "socket"), argv, str(cwd), environment, streams)) as server:
                number(server)  # of the process
                return number(server)

    def _requests(self, before: int) -> list[str]:
        bodies = (json.dumps(body["messages"]) for body in self._server.bodies[before:])
        return [body for body in bodies if MENTIONED in body]


def _on_hub(hub: FakeHub, folder: Path) -> dict[str, str]:
    """A hub with a dataset, hf:anna/rivers, and a token that may write."""
    texts = ("It is `x` old. So is the river.", "The river is $a_1$ deep.", "A river runs.")
    rows = [json.dumps({"instruction": "Describe a river.", "input": "", "output": text}) + "\n" for text in texts]
    hub.put("anna/rivers", **{"train.jsonl": "".join(rows)})
    told = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(folder / "hub"), "HF_HUB_DISABLE_XET": "1"}
    return {**told, "HF_HUB_OFFLINE": "0"}


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


@contextmanager
def machine(prefix: Sequence[str] = (), **environment: Any) -> Iterator[Machine]:
    """A machine, in a folder of its own; `prefix` is a command that runs it, as strace."""
    where = FAST if FAST.is_dir() and os.access(FAST, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="babelset-crash-", dir=where))
    info = folder / "site" / "paid-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paid\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    path = os.pathsep.join(map(str, (folder / "site", Path(__file__).parent / "standin", ROOT)))
    told = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENAI_API_KEY": "none"}
    try:
        with ExitStack() as stack:
            server = stack.enter_context(ScriptedServer(said))
            told |= {"CRASH_SERVER": server.base_url, **environment}
            told |= _on_hub(stack.enter_context(fake_hub()), folder)
            environment = {**os.environ, **told}
            stack.enter_context(fork_server(folder / "socket", environment, ["huggingface_hub"], prefix))
            yield Machine(folder, environment, server)
    finally:
        shutil.rmtree(folder)
