"""
The environment that unbabel-comet lives in, because it cannot live beside today's vLLM, transformers or datasets.

    ~/.local/share/babelset/comet/  bin/python  setup.log  babelset-comet.json

The last file is written last, so its existence means done; the marker file says that an unfinished folder is ours.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pydantic import BaseModel, ValidationError

from babelset.doctor import Finding
from babelset.engines.processes import last_lines
from babelset.errors import ConfigError

COMET = "unbabel-comet==2.2.7"  # pinned, for without a pin a resolver goes back to ancient versions, and fails
TORCH = "torch==2.13.0"
# numpy 2, transformers 5 and setuptools 81 break it; sentencepiece after 0.2.1 does not import beside protobuf 4
REST = (
    COMET, "transformers>=4.57,<5", "numpy<2", "huggingface-hub<1", "protobuf<5", "sentencepiece==0.2.1",
    "setuptools<81",
)  # fmt: skip
PYTHONS = ("3.12", "3.11", "3.10")  # for which NumPy 1 has wheels
SIZE = "about 1.4 GB, and 5 GB more where torch comes with CUDA"
MARKER, STAMP, LOG = ".babelset-setup", "babelset-comet.json", "setup.log"
CURE = "babelset setup comet"
CHECK = (
    "import comet, json; from importlib.metadata import version; "
    'print(json.dumps({name: version(name) for name in ("unbabel-comet", "torch", "transformers", "numpy")}))'
)

Say = Callable[[str], None]


def default() -> Path:
    """Where the environment is made, and looked for, when nothing else is said."""
    data = os.environ.get("XDG_DATA_HOME") or ""
    return (Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share") / "babelset" / "comet"


def python(folder: Path | None = None) -> str:
    """The interpreter of the environment that was set up; ConfigError where it was not."""
    folder = folder or default()
    if not _done(folder):
        raise ConfigError(f"unbabel-comet has no environment in {folder}. To make it, run: {CURE}")
    return str(_interpreter(folder))


def diagnose() -> Finding:
    """For `babelset doctor`."""
    folder = default()
    if not (done := _done(folder)):
        return Finding("comet", False, f"unbabel-comet has no environment in {folder}", CURE)
    versions = ", ".join(f"{name} {version}" for name, version in done.versions.items())
    return Finding("comet", True, f"in {folder}: {versions}")


class _Stamp(BaseModel):
    requirements: tuple[str, ...]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Setup:
    """
    How to make the environment in `folder`.

    Setup(default(), python="3.12", torch_index="https://download.pytorch.org/whl/cpu").run(print)

    `python` is an interpreter or, with uv, a version; `torch_index` a package index with another build of torch;
    `pip_args` are handed to each installation.
    """

    folder: Path
    python: str = ""
    torch_index: str = ""
    pip_args: tuple[str, ...] = ()

    def commands(self) -> list[list[str]]:
        """What is run, in order: environment, torch, the rest, trial."""
        uv, inside = shutil.which("uv"), str(_interpreter(self.folder))
        index = ["--index-url", self.torch_index] if self.torch_index else []
        if uv:
            wanted = self.python or suitable() or PYTHONS[0]  # which uv fetches
            make = [uv, "venv", "--allow-existing", "--python", wanted, str(self.folder)]
            install = [uv, "pip", "install", "--python", inside, *self.pip_args]
        else:
            make = [self.python or suitable() or _no_python(), "-m", "venv", str(self.folder)]
            install = [inside, "-m", "pip", "install", "--disable-pip-version-check", *self.pip_args]
        return [make, [*install, *index, TORCH], [*install, TORCH, *REST], [inside, "-I", "-c", CHECK]]

    def run(self, say: Say) -> Path:
        """
        Make the environment, unless it is there; its interpreter.

        An unfinished one is begun anew. Raises ConfigError with the last lines of the log where a command fails, and
        where the folder holds something else.
        """
        if (done := _done(self.folder)) and done.requirements == (TORCH, *REST):
            say(f"{self.folder} is set up already: nothing to do")
            return _interpreter(self.folder)
        commands = self.commands()
        self._clear()
        names = ("making the environment", "installing torch", f"installing {COMET} and what it needs", "trying it")
        for name, command in zip(names, commands, strict=True):
            say(f"{name}: {shlex.join(command)}")
            output = self._do(name, command)
        stamp = _Stamp(requirements=(TORCH, *REST), versions=json.loads(output.splitlines()[-1]))
        part = self.folder / (STAMP + ".part")
        part.write_text(stamp.model_dump_json(indent=1), "utf-8")
        part.replace(self.folder / STAMP)
        return _interpreter(self.folder)

    def _clear(self) -> None:
        """An empty folder with the marker; ConfigError rather than touch what is not ours."""
        folder = self.folder
        ours = any((folder / name).is_file() for name in (MARKER, STAMP))
        try:
            if ours:
                (folder / MARKER).touch()  # stays until all else has gone, or nobody would know whose it is
                for path in [path for path in folder.iterdir() if path.name != MARKER]:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise ConfigError(f"{folder} holds something else; name a new or an empty folder with --path")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / MARKER).touch()
        except OSError as error:
            raise ConfigError(f"{folder}: {error.strerror}; name another folder with --path") from None

    def _do(self, name: str, command: Sequence[str]) -> str:
        log = self.folder / LOG
        environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
        with log.open("a+b") as file:
            try:
                done = subprocess.run(command, stdout=subprocess.PIPE, stderr=file, env=environment, check=False)
            except OSError as error:
                raise ConfigError(f"{command[0]}: {error.strerror}; name an interpreter with --python") from None
            file.write(done.stdout)
            lines = [f"  {line}" for line in last_lines(file)]
        if done.returncode:
            raise ConfigError(f"{name} failed with code {done.returncode}. The end of {log}:", *lines)
        return done.stdout.decode("utf-8", "replace")


def suitable() -> str | None:
    """An interpreter that NumPy 1 has wheels for: this one, or one on PATH."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" in PYTHONS:
        return sys.executable
    return next(filter(None, (shutil.which(f"python{version}") for version in PYTHONS)), None)


def _no_python() -> NoReturn:
    raise ConfigError(
        f"unbabel-comet needs Python {PYTHONS[-1]} to {PYTHONS[0]}, and none is here. Install one and name it with "
        f"--python, or install uv, which fetches it"
    )


def _interpreter(folder: Path) -> Path:
    return folder / "bin" / "python"


def _done(folder: Path) -> _Stamp | None:
    """What the stamp says; None where the environment is missing, unfinished or has lost its interpreter."""
    if not _interpreter(folder).is_file():
        return None
    try:
        return _Stamp.model_validate_json((folder / STAMP).read_bytes())
    except (OSError, ValidationError):
        return None
