"""
What a disk does to files: noticed by a checksum, said in one line, set aside, and made again.

>>> write_sealed(Path("run.json"), {"beam": 4})  # {"beam": 4, "xxh3_128": "5d1e..."}
>>> read_sealed(Path("run.json"))
{'beam': 4}

A checksum is of the content and of what the file is for, so that the content of another file is no better than noise.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import xxhash

from babelset.errors import DataError, OutputError
from babelset.files.writing import sync, write_whole

CHECKSUM = "xxh3_128"
ENDING = ".damaged"
BLOCK = 1 << 20
SEAL = f'{{"{CHECKSUM}":"'.encode()  # how the last line of a chunk begins; no entry does
SEALED = len(SEAL) + 32 + len('"}\n')  # bytes of that line
# controls, marks and embeddings of direction, other line ends, byte order marks, halves of pairs
UNSEEN = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")
Say = Callable[[str], None]

_teller: ContextVar[Say] = ContextVar("teller", default=logging.getLogger("babelset").warning)


class Damaged(DataError):
    """A file, or a part of one, is not what was written there; its reason is a few words."""


@contextmanager
def telling(say: Say) -> Iterator[None]:
    """Within it damage is told to `say`; elsewhere to the logger "babelset"."""
    token = _teller.set(say)
    try:
        yield
    finally:
        _teller.reset(token)


def teller() -> Say:
    """Who is told; to be asked for in the thread that runs the command."""
    return _teller.get()


def set_aside(path: Path, why: str, then: str = "making it again") -> Path:
    """
    Give a damaged file another name, beside the output that it was for, and say so. Nothing is deleted.

    >>> set_aside(Path("ca.work/run.json"), "checksum")
    PosixPath('ca.run.json.damaged')
    """
    place = path.with_name(path.name)
    if path.parent.suffix == ".work":  # which goes when the output is finished
        place = path.parent.with_name(f"{path.parent.stem}.{path.name}")
    number, aside = 1, place.with_name(place.name + ENDING)
    while os.path.lexists(aside):
        number += 1
        aside = place.with_name(f"{place.name}.{number}{ENDING}")
    try:
        path.replace(aside)
        sync(path.parent)
        sync(aside.parent)
    except OSError as error:
        raise OutputError(f"{path} is damaged ({why}), and cannot be set aside: {error.strerror}") from None
    teller()(f"{path} is damaged ({why}): set aside as {aside}, {then}")
    return aside


def checksum(of: str, *parts: bytes) -> bytes:
    """128-bit xxh3 of the parts, which stand `of` something; no two lists of parts run into each other."""
    digest = xxhash.xxh3_128(of.encode("utf-8", "surrogatepass"))
    for part in parts:
        digest.update(b"\x00%d\x00" % len(part))
        digest.update(part)
    return digest.digest()


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON with its checksum, whole or not at all."""
    plain = json.loads(json.dumps(content))
    sealed = {**plain, CHECKSUM: _of_json(plain)}
    write_whole(path, [as_text(sealed)])


def as_text(content: Mapping[str, Any]) -> str:
    """
    JSON to be written: names of files as they are, but for what a terminal would obey, or UTF-8 lacks.

    >>> as_text({"file": "b\\u202ea"})
    '{\\n "file": "b\\\\u202ea"\\n}'
    """
    whole = json.dumps(content, indent=1, ensure_ascii=False)
    return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", whole)


def read_sealed(path: Path) -> dict[str, Any]:
    """
    What `write_sealed` wrote. A file without a checksum, of an earlier version, is taken as it is.

    Raises FileNotFoundError, and Damaged for anything else that keeps it from being read.
    """
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise Damaged(str(error.strerror)) from None
    except (ValueError, RecursionError):
        raise Damaged("not JSON" if path.stat().st_size else "empty") from None
    if not isinstance(found, dict):
        raise Damaged("not what was written there")
    if found.pop(CHECKSUM, None) not in (None, _of_json(found)):
        raise Damaged("checksum")
    return found


def _of_json(content: Mapping[str, Any]) -> str:
    return checksum("json", json.dumps(content, sort_keys=True).encode()).hex()


def sealed_lines(lines: Iterable[bytes], of: str) -> Iterator[bytes]:
    """The lines, and behind them one with their checksum."""
    digest = xxhash.xxh3_128(of.encode())
    for line in lines:
        digest.update(line)
        digest.update(b"\n")
        yield line
    yield SEAL + f'{digest.hexdigest()}"}}'.encode()


def check_lines(path: Path, of: str) -> None:
    """Raise Damaged for a file that is not what `sealed_lines` gave."""
    digest = xxhash.xxh3_128(of.encode())
    try:
        with path.open("rb") as file:
            left = os.fstat(file.fileno()).st_size - SEALED
            if left < 0:
                raise Damaged("cut off" if left > -SEALED else "empty")
            while left and (block := file.read(min(left, BLOCK))):
                digest.update(block)
                left -= len(block)
            seal = file.read()
    except OSError as error:
        raise Damaged(str(error.strerror)) from None
    if seal != SEAL + f'{digest.hexdigest()}"}}\n'.encode():
        raise Damaged("checksum" if seal.startswith(SEAL) else "without a checksum")
