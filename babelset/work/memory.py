"""The translation memory: every segment that an engine or a reviewer has answered, kept in one SQLite file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import xxhash

from babelset.contracts.translator import Translation
from babelset.files.halves import HALF
from babelset.languages import Pair
from babelset.text.segment import Segment
from babelset.work.database import Database, Kind

KIND = Kind(
    "a translation memory",
    0x62734C4D,
    {
        "memory": "key BLOB PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL, flags TEXT NOT NULL, "
        "candidates TEXT NOT NULL, pair TEXT NOT NULL, signature TEXT NOT NULL"
    },
    "make room, or name another place with --memory, then run the same command again",
)
REVIEWED = "reviewed"  # the flag of an answer that a person wrote


def key_of(segment: Segment, pair: Pair, signature: str) -> bytes:
    """
    128-bit xxh3 of what decides the answer: source text, kinds of its kept spans, pair, signature and, for
    translators that read it, the row around the segment.

    The kept texts themselves are left out, so "Run `ls` now." and "Run `ps` now." share one translation.
    """
    parts = (segment.text, ",".join(segment.kinds), str(pair), pair.target.bcp47, signature)
    around = segment.context.digest if segment.context else b""
    return xxhash.xxh3_128_digest("\x00".join(parts).encode("utf-8", "surrogatepass") + around)


def reviewed_key_of(text: str, pair: Pair) -> bytes:
    """Of what a person wrote for this `Segment.text`: it stands whatever the translator, the row and the kept texts."""
    return xxhash.xxh3_128_digest("\x00".join((text, str(pair), REVIEWED)).encode("utf-8", "surrogatepass"))


class Memory:
    """
    Translations by key. A crash loses nothing that `put` returned from; several processes may share one file.

    Targets are stored with placeholder characters in the place of kept spans, as in `Segment.text`. An entry that a
    disk has damaged is not there. Raises ConfigError where the file is not a translation memory, OutputError where it
    cannot be written.
    """

    def __init__(self, path: Path | str) -> None:
        self.path, self._database = path, Database(path, KIND)

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Translation]:
        found = {}
        for key, (_, target, flags, candidates, *_) in self._database.get("memory", keys).items():
            with suppress(ValueError, TypeError):  # an entry of an earlier version, which has no checksum
                found[key] = Translation(target, _flags(flags), _scored(candidates))
        return found

    def put(self, items: Iterable[tuple[bytes, Segment, Translation]], pair: Pair, signature: str) -> None:
        rows = [
            (key, segment.text, found.text, ",".join(found.flags), _json(found.candidates), str(pair), signature)
            for key, segment, found in items
            if not HALF.search(segment.text + found.text)  # SQLite's text is valid Unicode
        ]
        self._database.put({"memory": rows})

    def add(self, other: Memory) -> None:
        """All entries of another memory, in the place of those of the same key."""
        for rows in other._database.all("memory"):
            self._database.put({"memory": rows})

    def __len__(self) -> int:
        return int(self._database.one("SELECT count(*) FROM memory")[0])

    def close(self) -> None:
        self._database.close()


class OwnMemory(Memory):
    """The memory of one of several processes, in a file of its own; what is not there may be in that of all."""

    def __init__(self, path: Path, shared: Path | str) -> None:
        super().__init__(path)
        self._shared = Memory(shared)

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Translation]:
        found = super().get(keys)
        return {**self._shared.get([key for key in keys if key not in found]), **found}

    def close(self) -> None:
        super().close()
        self._shared.close()


def _flags(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _scored(text: str) -> tuple[tuple[str, float], ...]:
    return tuple((drawn, score) for drawn, score in json.loads(text)) if text else ()


def _json(candidates: tuple[tuple[str, float], ...]) -> str:
    return json.dumps(candidates, ensure_ascii=False) if candidates else ""
