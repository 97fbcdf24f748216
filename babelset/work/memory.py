"""The translation memory: every segment that an engine or a reviewer has answered, kept in one SQLite file."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import xxhash

from babelset.contracts.translator import Translation
from babelset.errors import ConfigError, OutputError
from babelset.languages import Pair
from babelset.text.segment import Segment

_TABLE = """
CREATE TABLE IF NOT EXISTS memory (
    key BLOB PRIMARY KEY, source TEXT NOT NULL, target TEXT NOT NULL, flags TEXT NOT NULL,
    candidates TEXT NOT NULL, pair TEXT NOT NULL, signature TEXT NOT NULL
) WITHOUT ROWID
"""
SURROGATE = re.compile("[\ud800-\udfff]")
REVIEWED = "reviewed"  # the flag of an answer that a person wrote
_LOOKUP = 500  # keys per query; SQLite's own limit of variables was 999 for long


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

    Targets are stored with placeholder characters in the place of kept spans, as in `Segment.text`.
    Raises ConfigError where the file is not a translation memory, OutputError where it cannot be written.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        try:
            # threads take turns, and none of them need be the one that opened it
            self._lock = threading.Lock()
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")  # a commit survives a power cut, too
            self._db.execute(_TABLE)
            self._db.execute("SELECT key, source, target, flags, candidates, pair, signature FROM memory LIMIT 1")
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"{path}: cannot open the translation memory ({error}); name another place with --memory"
            ) from None
        except sqlite3.DatabaseError as error:
            raise ConfigError(f"{path}: not a translation memory ({error}); name another file with --memory") from None

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Translation]:
        found = {}
        for start in range(0, len(keys), _LOOKUP):
            some = keys[start : start + _LOOKUP]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, target, flags, candidates FROM memory WHERE key IN ({marks})"
            with self._lock:
                rows = self._db.execute(query, some).fetchall()
            for key, target, flags, candidates in rows:
                scored = tuple((text, score) for text, score in json.loads(candidates)) if candidates else ()
                found[key] = Translation(target, tuple(flags.split(",")) if flags else (), scored)
        return found

    def put(self, items: Iterable[tuple[bytes, Segment, Translation]], pair: Pair, signature: str) -> None:
        rows = [
            (key, segment.text, found.text, ",".join(found.flags), _json(found.candidates), str(pair), signature)
            for key, segment, found in items
            if not SURROGATE.search(segment.text + found.text)  # SQLite's text is valid Unicode
        ]
        try:
            with self._lock:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany("INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
                self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"{self.path}: cannot write the translation memory ({error}); "
                "make room or name another place with --memory, then run the same command again"
            ) from None

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM memory").fetchone()[0])

    def close(self) -> None:
        self._db.close()


def _json(candidates: tuple[tuple[str, float], ...]) -> str:
    return json.dumps(candidates, ensure_ascii=False) if candidates else ""
