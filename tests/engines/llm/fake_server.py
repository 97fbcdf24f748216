"""An inference server of nothing but /health and /v1/models, which misbehaves as its options say."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

STUBBORN = "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (2, 15)]; print(flush=True); time.sleep(60)"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/health":
            self.send_response(200)
        else:
            known = self.headers["Authorization"] == f"Bearer {os.environ['VLLM_API_KEY']}"
            self.send_response(200 if known else 401)
        self.end_headers()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--pids", type=Path, help="the process ids of the server and its grandchildren go here")
    parser.add_argument("--delay", type=float, default=0, help="seconds before it listens")
    parser.add_argument("--die", help="write these bytes, in hexadecimal, and exit with code 3")
    parser.add_argument("--die-twice", action="store_true", help="exit at once unless this is the first start")
    parser.add_argument("--ignore", type=int, nargs="*", default=[], help="numbers of the signals to ignore")
    parser.add_argument("--child", choices=["group", "session", "orphan"], help="start one that ignores signals")
    options = parser.parse_args()
    print("starting", flush=True)
    for number in options.ignore:
        signal.signal(number, signal.SIG_IGN)
    first = not (options.pids and options.pids.exists())
    if options.child:
        spawn(options.child, options.pids)
    if options.pids:
        note(options.pids, os.getpid())
    if options.die is not None:
        sys.stdout.buffer.write(bytes.fromhex(options.die))
        sys.exit(3)
    if options.die_twice and not first:
        sys.exit(4)
    time.sleep(options.delay)
    ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()


def spawn(kind: str, pids: Path) -> None:
    """In the server's group; in a session of its own; or in one of its own with its parent gone as well."""
    if kind == "orphan" and (middle := os.fork()):
        os.waitpid(middle, 0)
        return
    child = subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, start_new_session=kind != "group"
    )
    assert child.stdout
    child.stdout.readline()  # from here on it ignores signals
    note(pids, child.pid)
    if kind == "orphan":
        os._exit(0)


def note(pids: Path, pid: int) -> None:
    with pids.open("a") as file:
        file.write(f"{pid}\n")


if __name__ == "__main__":
    main()
