"""Standard input and output as files: rows from a pipe are spooled, so they are accounted for like any others."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError
from babelset.job import Job
from babelset.run import Manifest, Watch, translate

SNIFFED = 1 << 16  # bytes that a format is recognised from


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
        changes: dict[str, Any] = {}
        if "-" in job.inputs:
            spooled = spool(folder, job.format)
            changes["inputs"] = tuple(spooled if path == "-" else path for path in job.inputs)
        if job.output == "-":
            changes["output"] = str(folder / "out.jsonl")
        manifest = translate(job.model_copy(update=changes), watch)
        if job.output == "-":
            _send(folder, manifest, watch, rejected)
        return manifest


def spool(folder: Path, format: str | None) -> str:
    """Standard input as a file in `folder`, named after its format."""
    path = folder / "stdin"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
    with path.open("rb") as file:
        ending = format or sniff(file.read(SNIFFED))
    return str(path.rename(path.with_name(f"stdin.{ending}")))


def sniff(start: bytes) -> str:
    """The format of a stream by its beginning: "parquet", "json", "jsonl" or "txt"."""
    if start.startswith(b"PAR1"):
        return "parquet"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        return "json"
    return "jsonl" if text.startswith(b"{") else "txt"


def _send(folder: Path, manifest: Manifest, watch: Watch, rejected: str | None) -> None:
    with (folder / "out.jsonl").open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    others = manifest["rows"]["rejected"] + manifest["rows"]["failed"]
    if rejected is not None:
        if not rejected.endswith(".jsonl"):
            raise ConfigError(f"--rejected {rejected!r}: write it as a .jsonl file")
        with Path(rejected).open("wb") as out:
            for name in ("out.rejected.jsonl", "out.failed.jsonl"):
                out.write((folder / name).read_bytes())
    elif others:
        watch.say(
            f"{others} rejected or failed rows were not written: name a place for them with --rejected FILE.jsonl"
        )
    manifest["files"] = {"accepted": "-", **({"rejected": rejected} if rejected else {})}
