"""
Environments that programs live in which cannot share babelset's: for their versions, or for their licence.

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

MARKER, LOG = ".babelset-setup", "setup.log"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tool:
    """
    A program with an environment of its own.

    >>> Tool("eflomal", "eflomal", "about 100 MB", ("3.12", "3.11"), (("installing it", ("eflomal==2.0.0",)),), "...")

    `parts` are installed one after the other; `trial` is Python code that ends with a JSON object of versions.
    """

    name: str  # "comet": of its folder and of `babelset setup`
    package: str  # "unbabel-comet"
    size: str
    pythons: tuple[str, ...]  # that it runs on, the best first
    parts: tuple[tuple[str, tuple[str, ...]], ...]  # what is said, and the requirements
    trial: str

    @property
    def stamp(self) -> str:
        return f"babelset-{self.name}.json"

    @property
    def cure(self) -> str:
        return f"babelset setup {self.name}"

    @property
    def requirements(self) -> tuple[str, ...]:
        return self.parts[-1][1]

    def default(self) -> Path:
        """Where the environment is made, and looked for, when nothing else is said."""
        data = os.environ.get("XDG_DATA_HOME") or ""
        home = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
        return home / "babelset" / self.name

    def python(self, folder: Path | None = None) -> str:
        """The interpreter of the environment that was set up; ConfigError where it was not."""
        folder = folder or self.default()
        if not self.done(folder):
            raise ConfigError(f"{self.package} has no environment in {folder}. To make it, run: {self.cure}")
        return str(_interpreter(folder))

    def diagnose(self) -> Finding:
        """For `babelset doctor`."""
        folder = self.default()
        if not (done := self.done(folder)):
            return Finding(self.name, False, f"{self.package} has no environment in {folder}", self.cure)
        versions = ", ".join(f"{name} {version}" for name, version in done.versions.items())
        return Finding(self.name, True, f"in {folder}: {versions}")

    def done(self, folder: Path) -> Stamp | None:
        """What the stamp says; None where the environment is missing, unfinished or has lost its interpreter."""
        if not _interpreter(folder).is_file():
            return None
        try:
            return Stamp.model_validate_json((folder / self.stamp).read_bytes())
        except (OSError, ValidationError):
            return None

    def suitable(self) -> str | None:
        """An interpreter that it runs on: this one, or one on PATH."""
        if f"{sys.version_info.major}.{sys.version_info.minor}" in self.pythons:
            return sys.executable
        return next(filter(None, (shutil.which(f"python{version}") for version in self.pythons)), None)


class Stamp(BaseModel):
    requirements: tuple[str, ...]
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Setup:
    """
    How to make the environment of a tool in `folder`.

    Setup(COMET, COMET.default(), python="3.12", index="https://download.pytorch.org/whl/cpu").run(print)

    `python` is an interpreter or, with uv, a version; `index` a package index with another build of what is installed
    first, where that is torch; `pip_args` are handed to each installation.
    """

    tool: Tool
    folder: Path
    python: str = ""
    index: str = ""
    pip_args: tuple[str, ...] = ()

    def commands(self) -> list[list[str]]:
        """What is run, in order: environment, the parts, trial."""
        uv, inside = shutil.which("uv"), str(_interpreter(self.folder))
        index = ["--index-url", self.index] if self.index else []
        if uv:
            wanted = self.python or self.tool.suitable() or self.tool.pythons[0]  # which uv fetches
            make = [uv, "venv", "--allow-existing", "--python", wanted, str(self.folder)]
            install = [uv, "pip", "install", "--python", inside, *self.pip_args]
        else:
            make = [self.python or self.tool.suitable() or _no_python(self.tool), "-m", "venv", str(self.folder)]
            install = [inside, "-m", "pip", "install", "--disable-pip-version-check", *self.pip_args]
        (_, first), *more = self.tool.parts
        parts = [[*install, *index, *first], *([*install, *part] for _, part in more)]
        return [make, *parts, [inside, "-I", "-c", self.tool.trial]]

    def run(self, say: Say) -> Path:
        """
        Make the environment, unless it is there; its interpreter.

        An unfinished one is begun anew. Raises ConfigError with the last lines of the log where a command fails, and
        where the folder holds something else.
        """
        if (done := self.tool.done(self.folder)) and done.requirements == self.tool.requirements:
            say(f"{self.folder} is set up already: nothing to do")
            return _interpreter(self.folder)
        commands = self.commands()
        self._clear()
        names = ("making the environment", *(name for name, _ in self.tool.parts), "trying it")
        for name, command in zip(names, commands, strict=True):
            say(f"{name}: {shlex.join(command)}")
            output = self._do(name, command)
        stamp = Stamp(requirements=self.tool.requirements, versions=json.loads(output.splitlines()[-1]))
        part = self.folder / (self.tool.stamp + ".part")
        part.write_text(stamp.model_dump_json(indent=1), "utf-8")
        part.replace(self.folder / self.tool.stamp)
        return _interpreter(self.folder)

    def _clear(self) -> None:
        """An empty folder with the marker; ConfigError rather than touch what is not ours."""
        folder = self.folder
        ours = any((folder / name).is_file() for name in (MARKER, self.tool.stamp))
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


def _no_python(tool: Tool) -> NoReturn:
    raise ConfigError(
        f"{tool.package} needs Python {tool.pythons[-1]} to {tool.pythons[0]}, and none is here. Install one and name "
        f"it with --python, or install uv, which fetches it"
    )


def _interpreter(folder: Path) -> Path:
    return folder / "bin" / "python"
