"""A run between pipes."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError, OutputError
from babelset.files.stdin import spooled
from babelset.files.writing import appear, part_of
from babelset.translation.job import Job
from babelset.translation.run import translate
from babelset.work.manifest import Manifest
from babelset.work.places import keep_apart
from babelset.work.watch import Watch


def translate_streams(job: Job, watch: Watch, rejected: str | None = None) -> Manifest:
    """
    `translate`, where "-" among the inputs is standard input and as output standard output.

    Such a run has no place for a journal: when it is stopped, it starts from the beginning. What is rejected or
    failed goes to `rejected`; without one the rows are counted, and the user is told that they were not written.
    """
    if "-" not in (*job.inputs, job.output):
        return translate(job, watch)
    if job.shard and job.output == "-":
        raise ConfigError("-o -: a shard is gathered by the manifest beside it; write a file with -o")
    if rejected is not None:
        _check(rejected, job)
    if job.output == "-":
        _probe()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="babelset-")))
        changes: dict[str, Any] = {"inputs": stack.enter_context(spooled(job.inputs, job.format))}
        if job.output == "-":
            changes["output"] = str(folder / "out.jsonl")
        manifest = translate(job.model_copy(update=changes), watch)
        if job.output == "-":
            _send(folder, manifest, watch, rejected)
        return manifest


def _check(rejected: str, job: Job) -> None:
    if not rejected.endswith(".jsonl"):
        raise ConfigError(f"--rejected {rejected!r}: write it as a .jsonl file")
    if Path(rejected).exists() and not job.force:
        raise ConfigError(f"{rejected} exists; name another file, or add --force")
    given = [path for path in (*job.inputs, job.memory) if path and path != "-"]
    keep_apart(given, {"rejected rows": Path(rejected)})


def _probe() -> None:
    """Raise OutputError where nothing can be written to standard output: before rows are paid for, not after."""
    with suppress(io.UnsupportedOperation), _told():  # what tests put in its place has no number
        os.write(sys.stdout.fileno(), b"")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise OutputError("standard output: its reader ended before it had all rows; write a file with -o") from None
    except OSError as error:
        raise OutputError(f"standard output cannot be written: {error.strerror}; write a file with -o") from None


def _send(folder: Path, manifest: Manifest, watch: Watch, rejected: str | None) -> None:
    with (folder / "out.jsonl").open("rb") as file, _told():
        if sys.stdout.isatty():  # as text, in which the command line escapes what would steer the terminal
            sys.stdout.writelines(line.decode() for line in file)
        else:
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    others = manifest["rows"]["rejected"] + manifest["rows"]["failed"]
    if rejected is not None:
        names = ("out.rejected.jsonl", "out.failed.jsonl")
        _copy([folder / name for name in names if (folder / name).exists()], Path(rejected))
    elif others:
        watch.say(f"{others} rejected or failed rows were not written: name a file for them with --rejected FILE.jsonl")
    manifest["files"] = {"accepted": "-", **({"rejected": rejected} if rejected else {})}


def _copy(files: Sequence[Path], to: Path) -> None:
    try:
        with part_of(to).open("wb") as out:
            for path in files:
                with path.open("rb") as file:
                    shutil.copyfileobj(file, out)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        part_of(to).unlink(missing_ok=True)
        raise OutputError(f"{to}: cannot be written: {error.strerror}; make room, or name another place") from None
    appear(to)
