"""
What several test files share: a language pair, a translator that can be told to misbehave, and the real vLLM on the CPU
around a model of one layer that enciphers: in process, and as a server.

A test that asks for vLLM is an engine test, and shares one worker of pytest-xdist, and so one server, with all
others that do.

`@pytest.mark.core(3)` leaves three cases of a parametrized test in the core suite; the others are engine tests.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import shutil
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest
import typer.testing
from hypothesis import settings
from pydantic import ConfigDict

from babelset.contracts.translator import Failure, Translation, Translator
from babelset.files import hubsplits
from babelset.files.hub import local
from babelset.languages import Pair, find
from babelset.text.segment import Segment
from tests.budget import ALL, examples
from tests.fakehub import FakeHub, fake_hub
from tests.servers import serving

settings.register_profile("babelset", deadline=None, max_examples=examples(100))  # a busy machine is no failure
settings.load_profile("babelset")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background; what is started here would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ["BABELSET_MODELS"] = str(Path(__file__).parent / "models" / "none")  # not what this machine happens to have

# Every run of a command in a test builds the same parsers: 35 ms, more than the run of a row takes.
typer.testing._get_command = cache(typer.testing._get_command)

# Hundreds of processes start: they share compiled modules, wherever they may be written.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

gc.set_threshold(20_000)  # as the program does: to look for cycles in hundreds of thousands of objects takes its time

# A run syncs its files 14 times, for which a disk takes longer than a run of one row. What a crash leaves is tested
# by the calls that were made, so files in memory will do; the engine suite has models, and a disk.
if not ALL and os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 1 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", "/dev/shm")
    os.environ.setdefault("TMPDIR", "/dev/shm")

MAKE = Path(__file__).parent / "models" / "make_rot13.py"
ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",  # more threads wait for each other in loops: five times slower where cores are shared
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
}
OPTIONS = [
    *("--enforce-eager", "--dtype", "float32", "--gpu-memory-utilization", "0.3", "--no-enable-chunked-prefill"),
    *("--served-model-name", "rot13"),
    *("--structured-outputs-config", json.dumps({"backend": "xgrammar", "disable_any_whitespace": True})),
]

Reply = Translation | Failure | str


class Scripted(Translator):
    """A translator whose answers a function decides: text in, text or Translation or Failure out."""

    model_config = ConfigDict(extra="allow")  # tests change what they like: batch, limit, supports

    schemes: ClassVar[Any] = ("letters", "tags")
    limit: ClassVar[Any] = 1000
    batch: ClassVar[Any] = 8

    reply: Callable[[str], Reply] = str
    name: str = "scripted"
    seen: list[str]

    def __init__(
        self, reply: Callable[[str], Reply] = str, schemes: Sequence[str] = (), name: str = "scripted", **more: Any
    ) -> None:
        super().__init__(reply=reply, name=name, seen=[], **more)
        if schemes:
            self.__dict__["schemes"] = schemes

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    @property
    def signature(self) -> str:
        return self.name

    def supports(self, pair: Pair) -> bool:
        return True

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        self.seen += [segment.text for segment in segments]
        replies = [self.reply(segment.text) for segment in segments]
        return [Translation(reply) if isinstance(reply, str) else reply for reply in replies]


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


@pytest.fixture
def pair() -> Pair:
    return Pair(find("eng_Latn"), find("cat_Latn"))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub on loopback for the real client, with a cache of its own."""
    from huggingface_hub import constants

    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf-home" / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf-home" / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with fake_hub() as started:
        monkeypatch.setenv("HF_ENDPOINT", started.url)
        yield started
    hubsplits._files.cache_clear()
    local.cache_clear()


def pytest_configure(config: pytest.Config) -> None:
    """Each worker begins with one half of the files, so that what is made for a file is made once."""
    if getattr(config.option, "dist", "") == "load":
        config.option.dist = "worksteal"


def pytest_collection_finish() -> None:
    gc.freeze()  # modules and tests stay as long as the process


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "vllm_environment" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)
            item.add_marker(pytest.mark.xdist_group("vllm"))
            item.add_marker(pytest.mark.filterwarnings("ignore:::(torch|vllm|xgrammar)"))
    _leave_a_sample(items)


def _leave_a_sample(items: Sequence[pytest.Item]) -> None:
    """Of each test that is marked `core(n)`, make all but n cases engine tests, evenly: the first and last stay."""
    cases = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        if item.get_closest_marker("core"):
            cases[item.nodeid.partition("[")[0]].append(item)
    for found in cases.values():
        [most] = found[0].get_closest_marker("core").args  # type: ignore[union-attr]
        kept = {number * (len(found) - 1) // max(most - 1, 1) for number in range(most)}
        for number, item in enumerate(found):
            if number not in kept:
                item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def vllm_environment() -> Iterator[None]:
    """What vLLM must find in the environment; without vLLM the test is skipped."""
    if find_spec("vllm") is None:
        pytest.skip("vLLM is not installed: `make test-engines` installs it")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def rot13_model(tmp_path_factory: pytest.TempPathFactory, vllm_environment: None) -> Path:
    """The folder of a model that answers with the ROT13 of up to 1,024 bytes."""
    return runpy.run_path(str(MAKE))["make"](tmp_path_factory.mktemp("rot13"))


@pytest.fixture(scope="session")
def vllm_server(rot13_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a server of that model, which it calls rot13."""
    command = [str(Path(sys.executable).with_name("vllm")), "serve", str(rot13_model), *OPTIONS]
    with serving(command, tmp_path_factory.mktemp("vllm") / "server.log") as base_url:
        yield base_url
