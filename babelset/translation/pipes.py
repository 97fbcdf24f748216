"""A run between pipes."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError
from babelset.files.stdin import spooled
from babelset.files.writing import appear, part_of
from babelset.translation.job import Job
from babelset.translation.run import translate
from babelset.work.manifest import Manifest
from babelset.work.watch import Watch


def translate_streams(job: Job, watch: Watch, rejected: str | None = None) -> Manifest:
    """
    `translate`, where "-" among the inputs is standard input and as output standard output.

    Such a run has no place for a journal: when it is stopped, it starts from the beginning. What is rejected or
    failed goes to `rejected`; without one the rows are counted, and the user is told that they were not written.
    """
    if "-" not in (*job.inputs, job.output):
        return translate(job, watch)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="babelset-")))
        changes: dict[str, Any] = {"inputs": stack.enter_context(spooled(job.inputs, job.format))}
        if job.output == "-":
            changes["output"] = str(folder / "out.jsonl")
        manifest = translate(job.model_copy(update=changes), watch)
        if job.output == "-":
            _send(folder, manifest, watch, rejected)
        return manifest


def _send(folder: Path, manifest: Manifest, watch: Watch, rejected: str | None) -> None:
    with (folder / "out.jsonl").open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    others = manifest["rows"]["rejected"] + manifest["rows"]["failed"]
    if rejected is not None:
        if not rejected.endswith(".jsonl"):
            raise ConfigError(f"--rejected {rejected!r}: write it as a .jsonl file")
        with part_of(Path(rejected)).open("wb") as out:
            for name in ("out.rejected.jsonl", "out.failed.jsonl"):
                out.write((folder / name).read_bytes())
            out.flush()
            os.fsync(out.fileno())
        appear(Path(rejected))
    elif others:
        watch.say(f"{others} rejected or failed rows were not written: name a file for them with --rejected FILE.jsonl")
    manifest["files"] = {"accepted": "-", **({"rejected": rejected} if rejected else {})}
