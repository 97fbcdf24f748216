"""A run between pipes."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
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
    if rejected is not None:
        _check(rejected, job)
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


def _send(folder: Path, manifest: Manifest, watch: Watch, rejected: str | None) -> None:
    with (folder / "out.jsonl").open("rb") as file:
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
