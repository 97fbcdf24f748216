"""
Word links between sentences and their translations, from all of them together.

>>> links_of([["the", "old", "house"]], [["la", "casa", "vella"]], folder)
[[(0, 0), (1, 2), (2, 1)]]

It samples: another run may give other links for rare words. So its answer is kept in `folder`, and read there again.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from babelset.engines.eflomal.environment import TOOL
from babelset.engines.processes import last_lines
from babelset.errors import DataError, EngineError

Links = list[tuple[int, int]]
LOG = "eflomal.log"


def align(pairs: Iterable[tuple[Sequence[str], Sequence[str]]], folder: Path, name: str) -> Iterator[Links]:
    """
    The links of each pair, in order, that both directions agree on; words hold no white space.

    Raises ConfigError where eflomal has no environment, EngineError where it fails.
    """
    files = {what: folder / f"{name}.{what}" for what in ("source", "target", "forward", "reverse")}
    if not files["reverse"].exists():
        _write(pairs, files["source"], files["target"])
        if not files["source"].stat().st_size:
            return
        _run(files, folder / LOG)
    with files["forward"].open("rb") as forward, files["reverse"].open("rb") as reverse:
        for there, back in zip(forward, reverse, strict=True):
            yield sorted(_read(there) & _read(back))


def _write(pairs: Iterable[tuple[Sequence[str], Sequence[str]]], source: Path, target: Path) -> None:
    with source.open("w", encoding="utf-8") as left, target.open("w", encoding="utf-8") as right:
        for one, other in pairs:
            left.write(" ".join(one) + "\n")
            right.write(" ".join(other) + "\n")


def _run(files: dict[str, Path], log: Path) -> None:
    python = TOOL.python()
    part = files["reverse"].with_suffix(".part")  # renamed when all is done
    command = [python, "-I", str(Path(python).with_name("eflomal-align")), "--overwrite"]
    command += ["-s", str(files["source"]), "-t", str(files["target"])]
    command += ["-f", str(files["forward"]), "-r", str(part)]
    with log.open("w+b") as file:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False)
        if done.returncode:
            why = "; ".join(last_lines(file, 2)) or "it said nothing"
            raise EngineError(f"eflomal ended with code {done.returncode}: {why}. To make it anew, run: {TOOL.cure}")
    part.replace(files["reverse"])


def _read(line: bytes) -> set[tuple[int, int]]:
    """`_read(b"0-0 1-2")` -> {(0, 0), (1, 2)}."""
    try:
        links = (link.partition(b"-") for link in line.split())
        return {(int(one), int(other)) for one, _, other in links}
    except ValueError:
        raise DataError(f"eflomal wrote no links: {line[:60]!r}") from None
