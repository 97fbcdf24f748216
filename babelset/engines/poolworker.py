"""
One process of a `Pool`: `python -P -m babelset.engines.poolworker MODULE:NAME OPTIONS SECONDS`.

    > {"ready": true}                        or {"fatal": reason}
    < ["en-pt", "Good morning."]
    > {"answer": "Bom dia."}                 or {"error": reason}

Jobs are answered one by one and in order. The process ends when its standard input does, which happens however the
other end dies; a job that takes longer than SECONDS ends it too, whatever the engine does with the interpreter.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO


def main(target: str, options: str, seconds: str) -> None:
    out = _own_stdout()
    with suppress(OSError):  # when memory runs out, the kernel shall end this process rather than its parent
        Path("/proc/self/oom_score_adj").write_text("800")
    try:
        module, _, name = target.partition(":")
        work = getattr(import_module(module), name)(**json.loads(options))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other end says it
        _say(out, {"fatal": _said(error)})
        return
    _say(out, {"ready": True})
    _serve(work, out, float(seconds))


def _serve(work: Callable[[Any], Any], out: BinaryIO, seconds: float) -> None:
    for line in sys.stdin.buffer:
        # SIGALRM as it comes ends a process at once, even one whose engine holds the interpreter for good
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            reply = {"answer": work(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - of the engine, over one job
            reply = {"error": _said(error)}
        signal.setitimer(signal.ITIMER_REAL, 0)
        _say(out, reply)


def _own_stdout() -> BinaryIO:
    """The pipe to the other end, which nothing else can write to: prints go to standard error."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipe


def _say(out: BinaryIO, message: dict[str, Any]) -> None:
    out.write(json.dumps(message).encode() + b"\n")
    out.flush()


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:1000]


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # nobody listens any more
        main(*sys.argv[1:])
