"""What disks do to files."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

BLOCK = 512


def flipped(data: bytes) -> bytes:
    """One bit, in the middle."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def zeroed(data: bytes) -> bytes:
    """A block of zeros in the middle, or all of a small file."""
    at = len(data) // 2 // BLOCK * BLOCK
    return data[:at] + bytes(min(BLOCK, len(data) - at)) + data[at + BLOCK :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a bit flipped": flipped,
    "cut off": lambda data: data[: len(data) // 2],
    "the last byte missing": lambda data: data[:-2],
    "a block of zeros": zeroed,
    "only zeros": lambda data: bytes(len(data)),
    "noise": lambda data: random.Random(7).randbytes(999),
    "another JSON": lambda data: b'{"beam": 9}\n',
    "a list": lambda data: b"[1]\n",
    "nested without end": lambda data: b"[" * 100_000,
    "empty": lambda data: b"",
    "twice": lambda data: data + data,
}


def damage(path: Path, how: str) -> None:
    path.write_bytes(DAMAGE[how](path.read_bytes()))
