"""A SQLite file of ours: what a disk does to it costs the entries that it hit, and nothing else."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from hashlib import md5
from pathlib import Path

import pytest

from babelset.errors import ConfigError, OutputError
from babelset.work.damage import telling
from babelset.work.database import Database, Kind
from tests.work.damaging import DAMAGE, damage

KIND = Kind("a memory", 0x62734C58, {"memory": "key BLOB PRIMARY KEY, target TEXT NOT NULL, score REAL NOT NULL"})
KEYS = [md5(bytes([number % 256, number // 256])).digest() for number in range(3000)]
ROWS = {key: (f"«{key.hex()}»" * 4, 0.5) for key in KEYS}
PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with all rows, as a finished process leaves it."""
    with closing(Database(tmp_path / "m.sqlite", KIND)) as database:
        database.put({"memory": [(key, *row) for key, row in ROWS.items()]})
    return tmp_path / "m.sqlite"


def found(path: Path) -> tuple[dict[bytes, tuple[object, ...]], list[str]]:
    """What is there, all of it right, and what is said; what was lost can be put there again."""
    told: list[str] = []
    with telling(told.append), closing(Database(path, KIND)) as database:
        kept = database.get("memory", KEYS)
        assert kept.items() <= ROWS.items()
        database.put({"memory": [(key, *ROWS[key]) for key in KEYS if key not in kept]})
        assert database.get("memory", KEYS) == ROWS
    with closing(Database(path, KIND)) as database:
        assert database.get("memory", KEYS) == ROWS
    return kept, told


@pytest.mark.parametrize("how", DAMAGE)
def test_as_a_whole(how: str, path: Path) -> None:
    damage(path, how)
    held = path.read_bytes()
    kept, told = found(path)
    if how == "twice":  # SQLite knows how long its file is
        assert len(kept) == len(KEYS)
        return
    assert len(told) == 1 and str(path) in told[0] and "\n" not in told[0], told
    if how in ("a bit flipped", "a block of zeros", "the last byte missing"):
        assert len(kept) > 2500
    elif how != "empty":
        assert Path(f"{path}.damaged").read_bytes() == held


@pytest.mark.core(6)
@pytest.mark.parametrize("seed", range(12))
def test_pages_that_are_zeros_or_noise(seed: int, path: Path) -> None:
    draw, data = random.Random(seed), bytearray(path.read_bytes())
    hit = draw.sample(range(len(data) // PAGE), 1 + seed % 3)
    for page in hit:
        data[page * PAGE : (page + 1) * PAGE] = draw.choice([bytes(PAGE), draw.randbytes(PAGE)])
    path.write_bytes(data)
    kept, told = found(path)
    assert len(told) == 1 or len(kept) == len(KEYS)
    if not {0, 1} & set(hit):  # the beginning of the file, and the page from which all others are found
        assert len(kept) > len(KEYS) - 500 * len(hit), "only what stood on those pages, or behind them"


@pytest.mark.core(5)
@pytest.mark.parametrize("seed", range(30))
def test_any_bit(seed: int, path: Path) -> None:
    draw, data = random.Random(seed), bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)
    kept, told = found(path)
    assert all(str(path) in line and "\n" not in line for line in told)
    assert len(kept) > 2800 or told


def test_an_entry_that_was_changed_is_set_aside_and_said_once(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE memory SET target = 'nonsense' WHERE key IN (?, ?)", KEYS[:2])
        db.execute("UPDATE memory SET key = ? WHERE key = ?", (b"x" * 16, KEYS[2]))
    told: list[str] = []
    with telling(told.append), closing(Database(path, KIND)) as database:
        for key in KEYS[:2]:
            assert database.get("memory", [key]) == {}
        assert len(database.get("memory", KEYS[3:])) == len(KEYS) - 3
        assert database.get("memory", [b"x" * 16]) == {}
    assert told == [f"{path}: an entry is damaged (checksum): all such are set aside in its table damaged_memory"]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM damaged_memory").fetchone() == (3,)


def test_an_earlier_version_had_no_checksums(tmp_path: Path) -> None:
    path, told = tmp_path / "old.sqlite", list[str]()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"CREATE TABLE memory ({KIND.tables['memory']}) WITHOUT ROWID")
        db.execute("INSERT INTO memory VALUES (?, 'Hola.', 1)", (KEYS[0],))
    for _ in range(2):
        with telling(told.append), closing(Database(path, KIND)) as database:
            assert database.get("memory", [KEYS[0]]) == {KEYS[0]: ("Hola.", 1.0)}
    assert told == [f"{path}: entries of an earlier version have no checksum: they are used as they are"]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("notes.txt", lambda path: path.write_text("no database\n" * 900)),
        ("theirs.sqlite", lambda path: sqlite3.connect(path).execute("CREATE TABLE places (a)").connection.close()),
        ("same.sqlite", lambda path: sqlite3.connect(path).execute("CREATE TABLE memory (a)").connection.close()),
        ("signed.sqlite", lambda path: sqlite3.connect(path).execute("PRAGMA application_id=7").connection.close()),
    ],
)
def test_what_somebody_else_made_is_left_alone(name: str, make: object, tmp_path: Path) -> None:
    path = tmp_path / name
    make(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=f"{name}: not a memory"):
        Database(path, KIND)
    assert path.read_bytes() == before and [found.name for found in tmp_path.iterdir()] == [name]


def test_what_waits_beside_the_file_is_saved_too(path: Path) -> None:
    """A process that was killed leaves its last entries in the -wal file."""
    child = os.fork()
    if child == 0:
        Database(path, KIND).put({"memory": [(b"k" * 16, "last", 1.0)]})
        os._exit(0)
    os.waitpid(child, 0)
    assert Path(f"{path}-wal").stat().st_size
    data = bytearray(path.read_bytes())
    data[5 * PAGE : 6 * PAGE] = bytes(PAGE)
    path.write_bytes(data)
    kept, told = found(path)
    assert len(kept) > 2900 and len(told) == 1
    with closing(Database(path, KIND)) as database:
        assert database.get("memory", [b"k" * 16]) == {b"k" * 16: ("last", 1.0)}


def test_a_full_disk_is_said_and_nothing_is_half_there(path: Path) -> None:
    with closing(Database(path, KIND)) as database:
        database._db.execute("PRAGMA max_page_count=1")
        with pytest.raises(OutputError, match="make room"):
            database.put({"memory": [(bytes([n]) * 16, "x" * 5000, 0.0) for n in range(50)]})
        database._db.execute("PRAGMA max_page_count=1000000")
        assert database.one("SELECT count(*) FROM memory") == (len(KEYS),)
        database.put({"memory": [(b"n" * 16, "x", 0.0)]})
