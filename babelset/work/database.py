"""
Entries by key in one SQLite file: durable, shared by threads and processes, and mended where a disk has damaged it.

>>> database = Database("m.sqlite", Kind("a memory", 0x6273, {"memory": "key BLOB PRIMARY KEY, target TEXT NOT NULL"}))
>>> database.put({"memory": [(b"1f0c", "Hola.")]})
>>> database.get("memory", [b"1f0c"])
{b'1f0c': ('Hola.',)}

Every entry has a checksum. One that does not fit is moved into the table `damaged`, and is then not there. Where SQLite
itself finds damage, the entries that can still be read go into a new file, and the old one is set aside.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from babelset.errors import ConfigError, OutputError
from babelset.work.damage import checksum, teller
from babelset.work.salvage import exchange, is_text, readable, surrogates

T = TypeVar("T")
Row = tuple[Any, ...]
IN_MEMORY = ":memory:"  # SQLite's name for it
NAMES = (".sqlite", ".sqlite3", ".db")  # of files that say themselves that they are databases
DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
LOOKUP = 500  # keys per query; SQLite's own limit of variables was 999 for long


@dataclass(frozen=True, slots=True)
class Kind:
    """What is kept: its name, the sign of its files, its tables with their columns, the key first; what helps."""

    name: str
    sign: int  # application_id
    tables: Mapping[str, str]
    cure: str = "make room, or name another place"


class Database:
    """
    Raises ConfigError for a file that is something else, OutputError where it cannot be opened or written.

    A crash, also of the machine, loses nothing that `put` returned from.
    """

    def __init__(self, path: Path | str, kind: Kind) -> None:
        self.path, self.kind = path, kind
        self._lock, self._tell, self._told = threading.RLock(), teller(), False
        self._db = self._made()
        if path == IN_MEMORY:  # not by __del__: in a ring of objects the connection may be the first to go,
            weakref.finalize(self, self._db.close)  # and from Python 3.13 on there is a warning of what nobody closes

    def get(self, table: str, keys: Sequence[Any]) -> dict[Any, Row]:
        """The other columns by key, of those that are there."""
        found: dict[Any, Row] = {}
        for start in range(0, len(keys), LOOKUP):
            some = keys[start : start + LOOKUP]
            query = f"SELECT * FROM {table} WHERE {self._key(table)} IN ({','.join('?' * len(some))})"
            found |= {row[0]: row[1:] for row in self._sound(table, self._read(query, some))}
        return found

    def where(self, table: str, condition: str) -> list[Row]:
        """All entries for which it holds."""
        return list(self._sound(table, self._read(f"SELECT * FROM {table} WHERE {condition}")))

    def all(self, table: str) -> Iterator[list[Row]]:
        """All entries in the order of their keys, some at a time; keys are bytes."""
        key, last = self._key(table), b""
        while found := self._read(f"SELECT * FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT {LOOKUP}", [last]):
            last = found[-1][0]
            yield list(self._sound(table, found))

    def one(self, query: str) -> Row:
        """What a query over all entries counts."""
        [row] = self._read(query)
        return row

    def put(self, entries: Mapping[str, Iterable[Row]]) -> None:
        """Entries by table, in the place of those of the same key; all of them or none."""
        sealed = {table: [(*row, _seal(table, row)) for row in given] for table, given in entries.items()}
        full = {table: rows for table, rows in sealed.items() if rows}

        def write(db: sqlite3.Connection) -> None:
            with _transaction(db):
                for table, rows in full.items():
                    marks = ", ".join("?" * len(rows[0]))
                    db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)

        if full:
            self._do(write)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _read(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._do(lambda db: db.execute(query, values).fetchall())

    def _key(self, table: str) -> str:
        return self.kind.tables[table].split(maxsplit=1)[0]

    def _sound(self, table: str, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows without their checksums; those that these do not fit are set aside."""
        bad = []
        for row in rows:
            if is_sound(table, row):
                yield row[:-1]
            else:
                bad.append(row[0])
        if bad:
            self._set_aside(table, bad)

    def _set_aside(self, table: str, keys: Sequence[Any]) -> None:
        aside = f"damaged_{table}"

        def move(db: sqlite3.Connection) -> None:
            with _transaction(db):
                db.execute(f"CREATE TABLE IF NOT EXISTS {aside} AS SELECT * FROM {table} WHERE 0")
                for key in filter(is_text, keys):
                    db.execute(f"INSERT INTO {aside} SELECT * FROM {table} WHERE {self._key(table)} IS ?", (key,))
                    db.execute(f"DELETE FROM {table} WHERE {self._key(table)} IS ?", (key,))

        self._do(move)
        if not self._told:
            self._told = True
            self._tell(f"{self.path}: an entry is damaged (checksum): all such are set aside in its table {aside}")

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` makes of the database, which is mended where that shows damage."""
        with self._lock:
            try:
                return work(self._db)
            except sqlite3.DatabaseError as error:
                self._mend(error)
            try:
                return work(self._db)
            except sqlite3.DatabaseError as error:
                raise self._failed(error) from None

    def _failed(self, error: sqlite3.Error) -> OutputError:
        return OutputError(f"{self.path}: cannot keep {self.kind.name} ({error}); {self.kind.cure}")

    def _made(self) -> sqlite3.Connection:
        """The file opened, and made or mended where that is needed."""
        empty = self.path != IN_MEMORY and Path(self.path).is_file() and not Path(self.path).stat().st_size
        try:
            db = self._opened(self.path)
        except sqlite3.DatabaseError as error:
            self._mend(error)
            return self._db
        if empty:
            self._tell(f"{self.path} is empty: there is nothing in it to go on from")
        return db

    def _opened(self, path: Path | str) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        db.text_factory = surrogates
        try:
            self._claim(db)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            with _transaction(db):  # two processes may open a new file at once
                self._create(db)
        except BaseException:
            db.close()
            raise
        return db

    def _claim(self, db: sqlite3.Connection) -> None:
        """ConfigError for a database of somebody else; one that bears our sign, and not our tables, is damaged."""
        [sign] = db.execute("PRAGMA application_id").fetchone()
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        wanted = {table: self._columns(table) for table in self.kind.tables}
        fit = all(_columns(db, table) in (wanted[table], wanted[table][:-1]) for table in tables & wanted.keys())
        if (tables & wanted.keys() and fit) or (not tables and sign in (0, self.kind.sign)):
            return
        if sign == self.kind.sign:
            raise _Unreadable("the tables are not ours")
        raise self._strange("it holds something else")

    def _create(self, db: sqlite3.Connection) -> None:
        for table, columns in self.kind.tables.items():
            db.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns}, seal BLOB) WITHOUT ROWID")
            if _columns(db, table) != self._columns(table):
                db.execute(f"ALTER TABLE {table} ADD COLUMN seal BLOB")
                self._tell(f"{self.path}: entries of an earlier version have no checksum: they are used as they are")
        if db.execute("PRAGMA application_id").fetchone() != (self.kind.sign,):
            db.execute(f"PRAGMA application_id={self.kind.sign}")

    def _columns(self, table: str) -> list[str]:
        with closing(sqlite3.connect(IN_MEMORY)) as db:
            db.execute(f"CREATE TABLE {table} ({self.kind.tables[table]}, seal BLOB)")
            return _columns(db, table)

    def _strange(self, why: str) -> ConfigError:
        return ConfigError(f"{self.path}: not {self.kind.name} ({why}); name another file")

    def _mend(self, error: sqlite3.DatabaseError) -> None:
        """Put what can still be read into a new file, and set the old one aside."""
        path, code = Path(self.path), getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in DAMAGE or self.path == IN_MEMORY:
            raise self._failed(error) from None
        if code == sqlite3.SQLITE_NOTADB and path.suffix not in NAMES:
            raise self._strange(str(error)) from None
        if hasattr(self, "_db"):
            self._db.close()
        with FileLock(f"{path}.lock"):
            if not self._is_mended():
                self._replace(path, str(error))
        with suppress(OSError):
            Path(f"{path}.lock").unlink()
        try:
            self._db = self._opened(path)
        except sqlite3.DatabaseError as again:
            raise self._failed(again) from None

    def _is_mended(self) -> bool:
        """Whether another process did it meanwhile."""
        try:
            with closing(self._opened(self.path)) as db:
                return bool(db.execute("PRAGMA quick_check(1)").fetchone() == (b"ok",))
        except sqlite3.DatabaseError:
            return False

    def _replace(self, path: Path, why: str) -> None:
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as new, closing(sqlite3.connect(path)) as old:
                new.execute("PRAGMA synchronous=FULL")
                old.text_factory = surrogates
                kept = self._copy(old, new)
        except sqlite3.Error as error:
            part.unlink(missing_ok=True)
            raise self._failed(error) from None
        exchange(path, part, why, f"{kept:,} of its entries are kept")

    def _copy(self, old: sqlite3.Connection, new: sqlite3.Connection) -> int:
        """How many entries came over."""
        kept = 0
        with _transaction(new):
            self._create(new)
            for table in self.kind.tables:
                width = len(self._columns(table))
                statement = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * width)})"
                for found in readable(old, table, self._key(table)):
                    row = (*found, None)[:width]  # an earlier version had no checksums
                    if is_sound(table, row) and all(map(is_text, row)):
                        kept += new.execute(statement, row).rowcount
        return kept


class _Unreadable(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def is_sound(table: str, row: Row) -> bool:
    """Whether the row fits its checksum, its last column; one of an earlier version has none."""
    return row[-1] is None or row[-1] == _seal(table, row[:-1])


def _seal(table: str, row: Row) -> bytes:
    return checksum(table, *(_plain(value) for value in row))


def _plain(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [str(name) for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite itself takes it back where the disk is full
            db.execute("ROLLBACK")
        raise
