"""
A command in the hands of the fork server: it gets what was given here, and this ends as it ends.

    python -I -S tests/forked.py SOCKET translate in.jsonl --to ca -o ca.jsonl

What is started so is `babelset` for a shell, make, or `subprocess`: arguments, folder, environment, the three streams
(open or closed), signals and exit code are those of the command. Killed, it takes the command with it, a moment later.
This imports nothing that takes time.
"""

from __future__ import annotations

import _signal
import _socket
import marshal
import os
import sys

PASSED_ON = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGUSR1, _signal.SIGTERM)


def order(
    socket: str, argv: list[str], cwd: str, environment: dict[str, str], streams: dict[int, int]
) -> _socket.socket:
    """Ask for a fork with these streams; it says the number of the process, and at last its exit code."""
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    server.connect(socket)
    handles = b"".join(handle.to_bytes(4, sys.byteorder) for handle in streams.values())
    passed = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, handles)] if handles else []
    server.sendmsg([marshal.dumps((argv, cwd, environment, list(streams)))], passed)
    return server


def number(server: _socket.socket) -> int:
    """What it says next."""
    said = server.recv(4)
    assert said, "the fork server has ended"
    return int.from_bytes(said, "little", signed=True)


def main() -> None:
    streams = {each: each for each in (0, 1, 2) if os.path.exists(f"/proc/self/fd/{each}")}  # noqa: PTH110
    server = order(sys.argv[1], sys.argv[2:], os.getcwd(), dict(os.environ), streams)  # noqa: PTH109
    process = number(server)
    for each in PASSED_ON:
        _signal.signal(each, lambda signal, frame: os.kill(process, signal))
    code = number(server)
    if code < 0:
        if -code != _signal.SIGKILL:
            _signal.signal(-code, _signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()
