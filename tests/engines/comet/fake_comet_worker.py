"""
A COMET worker without COMET: the protocol of the real one, a made-up score, and faults at the places that are told.

    python -I fake_comet_worker.py --model FOLDER

FOLDER/script.json tells the `worker` whose protocol it is and, if need be: "starts", a fault for each life in turn;
"faults", one for each batch in turn, over all lives ("" for none); "poison", faults by the source that brings them;
"room", the rows that fit into memory; "pause", the seconds that a batch takes. A row counts one token. FOLDER/lives
and FOLDER/asked say what happened.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Message = dict[str, Any]


def score_of(source: str, target: str, reference: str = "") -> float:
    return zlib.crc32(f"{source}\0{target}\0{reference}".encode("utf-8", "replace")) / 2**32


def crash(fault: str) -> None:
    if fault == "die":
        sys.stderr.write("Traceback\n\x1b[31mthe last word")
        sys.stderr.flush()
        os._exit(3)
    if fault == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "hang":
        time.sleep(600)
    if fault == "oom":
        raise MemoryError
    if fault == "error":
        raise ValueError("no such\nthing")


class Fake:
    def __init__(self, folder: Path) -> None:
        self.folder, self.script = folder, json.loads((folder / "script.json").read_text())
        self.raw, self.fault = os.dup(1), ""

    def note(self, name: str, line: str = "") -> int:
        """Write a line to a file of the folder; how many it had."""
        path = self.folder / name
        count = path.read_bytes().count(b"\n") if path.exists() else 0
        with path.open("a") as file:
            file.write(line + "\n")
        return count

    def start(self) -> None:
        starts = self.script.get("starts", [])
        life = self.note("lives", str(os.getpid()))
        fault = starts[life] if life < len(starts) else ""
        crash(fault)
        if fault == "garbage":
            os.write(self.raw, b"Hello!\n")
        if fault == "fatal":
            raise RuntimeError("no such model")

    def hello(self) -> Message:
        about = {"versions": {"fake": "1"}, "references": self.script.get("references", "none")}
        return {**about, "batch_tokens": self.script.get("batch_tokens", 4)}

    def plan(self, rows: Sequence[Message], budget: int) -> list[list[int]]:
        return [list(range(len(rows)))[at : at + budget] for at in range(0, len(rows), budget)]

    def score(self, rows: Sequence[Message]) -> tuple[list[float], list[bool]]:
        faults, batch = self.script.get("faults", []), self.note("batches", str(len(rows)))
        poison = [self.script.get("poison", {}).get(row["src"], "") for row in rows]
        self.fault = next(filter(None, poison), "") or (faults[batch] if batch < len(faults) else "")
        crash(self.fault)
        if len(rows) > self.script.get("room", len(rows)):
            raise MemoryError
        if self.fault == "noise":
            print("Predicting:  50%", '{"id": 1}')
            os.write(1, b"from C\n")
        time.sleep(self.script.get("pause", 0))
        for row in rows:
            self.note("asked", json.dumps(row))
        found = [score_of(row["src"], row["mt"], row.get("ref", "")) for row in rows]
        if self.fault == "infinite":
            found[0] = float("inf")
        return found, [len(row["src"]) > 100 for row in rows]

    def sending(self, send: Callable[[Message], None]) -> Callable[[Message], None]:
        """`send`, but for the faults that are in what is said."""

        def spoken(message: Message) -> None:
            fault, self.fault = self.fault, ""
            if fault == "garbage":
                os.write(self.raw, b"\xff{]\n")
            if fault == "half":
                os.write(self.raw, json.dumps(message).encode()[:20])
                os._exit(0)
            if fault == "short":
                message = {**message, "scores": message["scores"][1:]}
            if fault == "foreign":
                message = {**message, "id": 99}
            if fault == "elsewhere":
                message = {**message, "places": [place + 100 for place in message["places"]]}
            if fault == "nothing":
                message = {**message, "places": [], "scores": [], "cut": []}
            for _ in range(2 if fault == "twice" else 1):
                send(message)

        return spoken


def main(arguments: Sequence[str]) -> None:
    fake = Fake(Path(arguments[arguments.index("--model") + 1]))
    spec = importlib.util.spec_from_file_location("worker", fake.script["worker"])
    assert spec and spec.loader
    worker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(worker)
    protected = worker.own_stdout
    worker.own_stdout = lambda: fake.sending(protected())

    def load(options: Any) -> Fake:
        fake.start()
        return fake

    worker.main(arguments, load)


if __name__ == "__main__":
    main(sys.argv[1:])
