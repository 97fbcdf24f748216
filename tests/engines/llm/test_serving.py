"""The server that babelset starts is ready, is nobody else's, says why it died, and never outlives babelset."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.llm.serving import Server, free_port, last_lines, vllm_command
from babelset.errors import ConfigError, OutputError

FAKE = Path(__file__).with_name("fake_server.py")
GRACE = 0.3
PARENT = """
import sys, time
from pathlib import Path
from babelset.engines.llm.serving import Server
port, log, *command = sys.argv[1:]
with Server.start(command, port=int(port), log=Path(log), say=print, grace=0.3) as server:
    print("ready", flush=True)
    time.sleep(60)
"""


class Scene:
    """A folder with a log, a port, and the process ids that the fake server noted down."""

    def __init__(self, folder: Path) -> None:
        self.log, self.pids, self.port = folder / "server.log", folder / "pids", free_port()
        self.said: list[str] = []

    def command(self, *options: str) -> list[str]:
        return [sys.executable, str(FAKE), "--port", str(self.port), "--pids", str(self.pids), *options]

    def start(self, *options: str, **more: Any) -> Server:
        settings = {"log": self.log, "say": self.said.append, "grace": GRACE, **more}
        return Server.start(self.command(*options), port=self.port, **settings)

    def parent(self, *options: str) -> subprocess.Popen[str]:
        """A process of its own that holds a server, as babelset does; returns when the server is ready."""
        words = [sys.executable, "-c", PARENT, str(self.port), str(self.log), *self.command(*options)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert process.stdout and process.stdout.readline() == "ready\n"
        return process

    @property
    def noted(self) -> list[int]:
        return [int(line) for line in self.pids.read_text().split()]

    def get(self, path: str, key: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        status = connection.getresponse().status
        connection.close()
        return status


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    if scene.pids.exists():
        left = [pid for pid in scene.noted if lives(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, "the test left processes behind"


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.02)


def guard_of(server_pid: int) -> int:
    return int(Path(f"/proc/{server_pid}/stat").read_text().rpartition(")")[2].split()[1])


STUBBORNNESS = [
    ("a good server", []),
    ("ignores SIGINT", ["--ignore", "2"]),
    ("ignores SIGINT and SIGTERM", ["--ignore", "2", "15"]),
    ("a stubborn child in its group", ["--child", "group"]),
    ("a stubborn child in another session", ["--child", "session"]),
    ("a stubborn orphan in another session", ["--child", "orphan"]),
]
each_stubbornness = pytest.mark.parametrize(("what", "options"), STUBBORNNESS, ids=[case[0] for case in STUBBORNNESS])


@each_stubbornness
def test_nothing_is_left_after_a_stop(what: str, options: list[str], scene: Scene) -> None:
    with scene.start(*options) as server:
        assert server.alive() and all(map(lives, scene.noted)), what
    buried = not any(Path(f"/proc/{pid}").exists() for pid in scene.noted)
    assert not server.alive() and buried, what


@each_stubbornness
def test_nothing_is_left_when_babelset_is_killed(what: str, options: list[str], scene: Scene) -> None:
    with scene.parent(*options) as parent:
        everybody = [*scene.noted, guard_of(scene.noted[-1])]
        assert all(map(lives, everybody)), what
        parent.kill()
    wait_until(lambda: not any(map(lives, everybody)))


def test_nothing_is_left_when_babelset_is_killed_while_the_server_loads(scene: Scene) -> None:
    words = [sys.executable, "-c", PARENT, str(scene.port), str(scene.log), *scene.command("--delay", "60")]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as parent:
        wait_until(lambda: scene.pids.exists() and bool(scene.noted))
        parent.kill()
    wait_until(lambda: not any(map(lives, scene.noted)))


def test_a_copy_of_the_lifeline_in_a_forked_worker_does_not_keep_the_server(scene: Scene) -> None:
    forking = "import os" + PARENT.replace('print("ready"', "print(os.fork() or time.sleep(60)")
    words = [sys.executable, "-c", forking, str(scene.port), str(scene.log), *scene.command()]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    try:
        wait_until(lambda: not any(map(lives, scene.noted)))
        assert lives(child)
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_to_the_guard_ends_the_server(number: signal.Signals, scene: Scene) -> None:
    with scene.start():
        os.kill(guard_of(scene.noted[-1]), number)
        wait_until(lambda: not any(map(lives, scene.noted)))


def test_ctrl_c_at_the_terminal_reaches_neither_guard_nor_server(scene: Scene) -> None:
    with scene.start():
        [server] = scene.noted
        groups = {os.getpgid(server), os.getpgid(guard_of(server)), os.getpgid(0)}
        sessions = {os.getsid(server), os.getsid(guard_of(server)), os.getsid(0)}
        assert len(groups) == len(sessions) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_babelset_leaves_nothing(number: signal.Signals, scene: Scene) -> None:
    with scene.parent() as parent:
        parent.send_signal(number)
    wait_until(lambda: not any(map(lives, scene.noted)))


@pytest.mark.parametrize("code", [0, 7, -signal.SIGKILL])
def test_the_guard_exits_with_the_code_of_the_command(code: int) -> None:
    command = f"exit {code}" if code >= 0 else f"kill {code} $$"
    words = [sys.executable, "-m", "babelset.engines.llm.guard", "--", "sh", "-c", command]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as guard:
        assert guard.wait() == (code if code >= 0 else 128 - code)


def test_the_guard_is_a_module_of_the_standard_library_alone() -> None:
    listing = "import sys; sys.argv[1:] = ['--', 'true']; import babelset.engines.llm.guard; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    heavy = {name.partition(".")[0] for name in done.stdout.split()} & {"pydantic", "orjson", "xxhash", "asyncio"}
    assert not heavy


TRACEBACK = b"""
(EngineCore pid=7) ERROR 11-21 10:06:24 [core.py:1510] Traceback (most recent call last):
(EngineCore pid=7) ERROR 11-21 10:06:24 [core.py:1510]   File "core.py", line 1351, in launch
(EngineCore pid=7) ERROR 11-21 10:06:24 [core.py:1510]     wait()
(EngineCore pid=7) ERROR 11-21 10:06:24 [core.py:1510] ValueError: no room
Traceback (most recent call last):
  File "entry.py", line 83, in main
    run()
    ^^^^^
RuntimeError: see above
  Value error, 5 > 4
"""
LAST_WORDS = [
    ("its own words", b"CUDA error: no device\n", ["CUDA error: no device"]),
    ("colours", b"\x1b[31mERROR\x1b[0m no \x1b]0;title\x07memory\n", ["ERROR no ]0;titlememory"]),
    ("a progress bar", b"0%\r50%\r100%\r\nthen it broke\n", ["100%", "then it broke"]),
    ("no UTF-8", b"\xff\xfe bad \xc3\n\x00\x00\n", ["\ufffd\ufffd bad \ufffd"]),
    ("text that turns around", "a\u202eb\u2028c\u0085d\n".encode(), ["abcd"]),
    ("one long line", b"x" * 1_000_000, ["x" * 300]),
    (
        "a traceback",
        TRACEBACK,
        [
            "(EngineCore pid=7) ERROR 11-21 10:06:24 [core.py:1510] ValueError: no room",
            "RuntimeError: see above",
            "  Value error, 5 > 4",
        ],
    ),
    ("many lines", b"".join(b"line %d\n\n" % n for n in range(9999)), [f"line {n}" for n in range(9984, 9999)]),
]


@pytest.mark.parametrize(("what", "said", "lines"), LAST_WORDS, ids=[case[0] for case in LAST_WORDS])
def test_the_last_lines_of_a_log_are_safe_to_show(what: str, said: bytes, lines: list[str], tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(said)
    assert last_lines(tmp_path / "log") == lines, what


@given(st.binary())
def test_no_control_character_of_a_log_is_shown(tmp_path_factory: pytest.TempPathFactory, said: bytes) -> None:
    log = tmp_path_factory.getbasetemp() / "hostile.log"
    log.write_bytes(said)
    lines = last_lines(log)
    assert len(lines) <= 15 and all(line.isprintable() and line.strip() for line in lines)


def test_a_server_that_dies_before_it_is_ready_is_a_config_error_with_its_last_words(scene: Scene) -> None:
    with pytest.raises(ConfigError) as caught:
        scene.start("--die", b"\x1b[31mno such model\x07\n".hex())
    message = str(caught.value)
    assert f"{scene.log}:\n  starting\n  no such model" in message and "code 3" in message
    assert message.replace("\n", "").isprintable()


def test_a_command_that_cannot_be_started_is_a_config_error(scene: Scene) -> None:
    with pytest.raises(ConfigError, match="no-such-program: cannot be started: No such file"):
        Server.start(["no-such-program"], port=scene.port, log=scene.log, say=scene.said.append)


def test_a_server_that_is_never_ready_is_stopped_at_the_deadline(scene: Scene) -> None:
    with pytest.raises(ConfigError, match=r"not ready after 2 s(.|\n)*starting"):
        scene.start("--delay", "60", deadline=2)
    assert not any(map(lives, scene.noted))


def test_progress_is_said_while_it_loads(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babelset.engines.llm.serving.TELL", 0.1)
    with scene.start("--delay", "0.6"):
        assert any("waiting for the server" in said and "starting" in said for said in scene.said)


def test_a_taken_port_is_a_config_error(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", scene.port)), pytest.raises(ConfigError, match=f"port {scene.port}"):
        scene.start()
    assert not scene.pids.exists()


def test_a_log_that_cannot_be_written_is_an_output_error(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="name another place"):
        scene.start(log=tmp_path / "nowhere" / "server.log")


def test_only_who_knows_the_key_is_served_and_nobody_can_read_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # must not come between
    with scene.start() as server:
        assert server.base_url == f"http://127.0.0.1:{scene.port}/v1"
        assert scene.get("/v1/models", server.key) == 200
        assert scene.get("/v1/models", "guessed") == 401
        [pid] = scene.noted
        seen = [Path(f"/proc/{each}/cmdline").read_bytes() for each in (pid, guard_of(pid))]
        assert not any(server.key.encode() in text for text in [*seen, scene.log.read_bytes()])
        assert server.key not in repr(server)


def test_a_dead_server_is_started_again_on_the_same_port(scene: Scene) -> None:
    with scene.start() as server:
        server.ensure()
        assert len(scene.noted) == 1  # a healthy one is left alone
        os.kill(scene.noted[-1], signal.SIGKILL)
        threads = [threading.Thread(target=server.ensure) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(scene.noted) == 2 and scene.get("/v1/models", server.key) == 200
    assert "137" in scene.said[0]
    assert scene.log.read_text().count("starting") == 2


def test_a_server_that_keeps_dying_is_given_up(scene: Scene) -> None:
    with scene.start("--die-twice", restarts=2) as server:
        os.kill(scene.noted[-1], signal.SIGKILL)
        with pytest.raises(ConfigError, match="once too often"):
            server.ensure()
    assert len(scene.noted) == 3


def test_a_stopped_server_is_not_started_again(scene: Scene) -> None:
    with scene.start() as server:
        server.stop()
        with pytest.raises(ConfigError, match="was stopped"):
            server.ensure()
    assert len(scene.noted) == 1


OPTIONS = [
    ({}, []),
    ({"max_model_len": 4096}, ["--max-model-len", "4096"]),
    ({"gpu-memory-utilization": 0.9}, ["--gpu-memory-utilization", "0.9"]),
    ({"enforce_eager": True, "enable_prefix_caching": False}, ["--enforce-eager", "--no-enable-prefix-caching"]),
    ({"limit_mm_per_prompt": {"image": 0}}, ["--limit-mm-per-prompt", '{"image": 0}']),
    ({"served_model_name": ["a", "b"]}, ["--served-model-name", "a", "b"]),
]


@pytest.fixture
def vllm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An executable `vllm` beside the interpreter, and another first on the PATH."""
    for folder in ("bin", "path"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "vllm").touch()
        (tmp_path / folder / "vllm").chmod(stat.S_IRWXU)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path


@pytest.mark.parametrize(("engine_args", "words"), OPTIONS)
def test_engine_arguments_become_options(engine_args: dict[str, Any], words: list[str], vllm: Path) -> None:
    own = [str(vllm / "bin" / "vllm"), "serve", "m", "--host", "127.0.0.1", "--port", "8000"]
    assert vllm_command("m", 8000, engine_args) == own + words


def test_vllm_is_looked_for_beside_python_then_on_the_path(vllm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (vllm / "bin" / "vllm").unlink()
    assert vllm_command("m", 8000, {})[0] == str(vllm / "path" / "vllm")
    monkeypatch.setenv("PATH", str(vllm))
    with pytest.raises(ConfigError, match=r"pip install 'babelset\[vllm\]'"):
        vllm_command("m", 8000, {})


@pytest.mark.parametrize("name", ["host", "port", "uds", "api_key", "api-key"])
def test_nothing_opens_the_server_to_others(name: str, vllm: Path) -> None:
    with pytest.raises(ConfigError, match=name):
        vllm_command("m", 8000, {name: "0.0.0.0"})
