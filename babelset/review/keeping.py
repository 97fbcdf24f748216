"""What the file of a review holds, how it is seen that a disk has damaged it, and what can be saved then."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from babelset.files.lossless import dumps
from babelset.review.record import Decision, Item, segments_of
from babelset.work.damage import CHECKSUM, Damaged, checksum
from babelset.work.salvage import is_text, readable, surrogates

SIGN = 0x62734C52  # application_id: this SQLite file is a review of babelset
FORMAT = 1
EXCERPT = 120
TABLES = """
CREATE TABLE items (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, row INTEGER NOT NULL, place TEXT NOT NULL, run TEXT NOT NULL,
    target TEXT NOT NULL, kinds TEXT NOT NULL, excerpt TEXT NOT NULL, quality REAL, failed INTEGER NOT NULL,
    verdict TEXT NOT NULL, reviewer TEXT NOT NULL
);
CREATE INDEX items_verdict ON items(verdict);
CREATE TABLE bodies (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE decisions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
    UNIQUE (item, version)
);
CREATE TABLE drafts (item TEXT, reviewer TEXT, body TEXT NOT NULL, PRIMARY KEY (item, reviewer));
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
KEYS = {"items": "number", "bodies": "number", "texts": "number", "decisions": "sequence", "drafts": "item"}
WITHOUT = "DELETE FROM {} WHERE number NOT IN (SELECT number FROM {})"


def sealed(made: Decision) -> str:
    """A decision as it is stored, with its checksum."""
    return dumps({**made, CHECKSUM: _checksum(dict(made))})


def unsealed(body: str) -> Decision:
    """Raises Damaged for what is not as it was stored; one of an earlier version has no checksum."""
    try:
        found = json.loads(body)
    except ValueError:
        raise Damaged("a decision is not JSON") from None
    if not isinstance(found, dict) or found.pop(CHECKSUM, None) not in (None, _checksum(found)):
        raise Damaged("the checksum of a decision")
    decision: Decision = found  # type: ignore[assignment]
    return decision


def valid(text: str) -> str:
    """The text as SQLite holds it: valid Unicode."""
    return text.encode("utf-8", "replace").decode()


def write_decision(db: sqlite3.Connection, made: Decision) -> None:
    id, reviewer = made["item"], valid(made["reviewer"])
    db.execute("INSERT INTO decisions (item, version, body) VALUES (?, ?, ?)", (id, made["version"], sealed(made)))
    _mark(db, made)
    db.execute("DELETE FROM drafts WHERE item = ? AND reviewer = ?", (id, reviewer))


def _mark(db: sqlite3.Connection, made: Decision) -> None:
    """Show an item as it was decided."""
    values = made["verdict"], valid(made["reviewer"]), made["item"]
    db.execute("UPDATE items SET verdict = ?, reviewer = ? WHERE id = ?", values)


def write_item(db: sqlite3.Connection, item: Item, number: int) -> int:
    """How many items that made: one, or none where it was there."""
    parts = (part for field in item["fields"] for part in field["parts"])
    sources = [part if isinstance(part, str) else part["source"] for part in parts]
    targets = [part["target"] or "" for _, part in segments_of(item)]
    excerpt = " ".join(" ".join(sources)[: 4 * EXCERPT].split())[:EXCERPT]
    values = (
        number, item["id"], item["row"], valid(item["place"]), valid(item["run"]), item["target"],
        json.dumps(item["kinds"]), valid(excerpt), item["quality"], len(item["reasons"]),
    )  # fmt: skip
    marks = ", ".join("?" * len(values))
    if not db.execute(f"INSERT OR IGNORE INTO items VALUES ({marks}, 'open', '')", values).rowcount:
        return 0
    for (body,) in db.execute("SELECT body FROM decisions WHERE item = ? ORDER BY version", (item["id"],)).fetchall():
        _mark(db, unsealed(body))  # of an item that was damaged
    searched = "\n".join([item["place"], item["id"], *sources, *targets])
    db.execute("INSERT INTO bodies VALUES (?, ?)", (number, dumps({**item, "number": number})))
    db.execute("INSERT INTO texts VALUES (?, ?)", (number, valid(searched).casefold()))
    return 1


def check(db: sqlite3.Connection) -> None:
    """Raise Damaged, or what SQLite raises, for a review that a disk has damaged."""
    [why] = db.execute("PRAGMA quick_check(1)").fetchone()
    if why != "ok":
        raise Damaged(str(why).splitlines()[-1])
    for (body,) in db.execute("SELECT body FROM decisions"):
        unsealed(body)


def saved(path: Path, new: sqlite3.Connection) -> int:
    """Copy what can still be read of the review in `path`; how many decisions that are."""
    with closing(sqlite3.connect(path)) as old:
        old.text_factory = surrogates
        for table, key in {**KEYS, "settings": "name"}.items():
            for row in readable(old, table, key):
                if all(map(is_text, row)) and (table != "decisions" or _is_sound(row)):
                    new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    for table, needed in (("items", "bodies"), ("items", "texts"), ("bodies", "items"), ("texts", "items")):
        new.execute(WITHOUT.format(table, needed))  # half an item is none; the next `review` adds it again
    return int(new.execute("SELECT count(*) FROM decisions").fetchone()[0])


def _is_sound(row: tuple[Any, ...]) -> bool:
    try:
        unsealed(row[-1])
    except Damaged:
        return False
    return True


def _checksum(content: dict[str, Any]) -> str:
    return checksum("decision", json.dumps(content, sort_keys=True).encode()).hex()
