"""Rows that are the same row in several languages: found on disk, since there may be millions of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

Key = bytes
END: Key = b"\xff" * 17  # behind every key of 16 bytes


class Groups:
    """Which languages a row is there in, by its key; only the first row of a key in a language counts."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @classmethod
    @contextmanager
    def of(cls, rows: Iterable[tuple[Key, str, int]], folder: Path) -> Iterator[Groups]:
        """The groups of rows: the key, the language and the number of each."""
        with (
            TemporaryDirectory(dir=folder) as scratch,
            closing(sqlite3.connect(Path(scratch, "groups"), isolation_level=None)) as database,
        ):
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")
            database.execute(
                "CREATE TABLE rows (key BLOB, language TEXT, row INTEGER, PRIMARY KEY (key, language)) WITHOUT ROWID"
            )
            database.executemany("INSERT OR IGNORE INTO rows VALUES (?, ?, ?)", rows)
            database.execute("COMMIT")
            yield cls(database)

    def languages(self) -> list[str]:
        return [language for (language,) in self._database.execute("SELECT DISTINCT language FROM rows ORDER BY 1")]

    def of_key(self, key: Key) -> dict[str, int]:
        """The number of the row by language."""
        return dict(self._database.execute("SELECT language, row FROM rows WHERE key = ?", (key,)))

    def fewer(self, least: int) -> int:
        """How many groups are in fewer languages."""
        one = "SELECT 1 FROM rows GROUP BY key HAVING count(*) < ?"
        return int(self._database.execute(f"SELECT count(*) FROM ({one})", (least,)).fetchone()[0])

    def counts(self, least: int, limit: Key) -> dict[str, int]:
        """The rows by language of groups in `least` languages or more, with keys before the limit."""
        whole = "SELECT key FROM rows WHERE key < ? GROUP BY key HAVING count(*) >= ?"
        query = f"SELECT language, count(*) FROM rows JOIN ({whole}) USING (key) GROUP BY language ORDER BY language"
        return dict(self._database.execute(query, (limit, least)))

    def limit(self, least: int, total: int) -> Key:
        """The key that whole groups, in `least` languages or more, are `total` rows before; `END` if they are fewer."""
        query = "SELECT key, count(*) FROM rows GROUP BY key HAVING count(*) >= ? ORDER BY key"
        for key, count in self._database.execute(query, (least,)):
            total -= count
            if total < 0:
                return bytes(key)
        return END
