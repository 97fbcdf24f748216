"""What services have answered, kept until its run is complete: what has been paid for is never asked again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from babelset.work.database import IN_MEMORY, Database, Kind

KIND = Kind(
    "paid translations",
    0x62735044,
    {
        "answers": "key BLOB PRIMARY KEY, answer TEXT NOT NULL",
        "spent": "name TEXT PRIMARY KEY, amount REAL NOT NULL",
    },
    "make room, then run the same command again",
)


class Kept:
    """Answers by key, and counts by name, in one SQLite file or in memory; a crash loses nothing that was put."""

    def __init__(self, path: Path | str = IN_MEMORY) -> None:
        self._database = Database(path, KIND)

    def get(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        found = self._database.get("answers", keys)
        return {key: json.loads(answer) for key, (answer,) in found.items()}  # JSON: a lone surrogate is no UTF-8

    def put(self, answers: Mapping[bytes, str]) -> None:
        self._database.put({"answers": [(key, json.dumps(answer)) for key, answer in answers.items()]})

    def note(self, counts: Mapping[str, float]) -> None:
        self._database.put({"spent": [(name, float(amount)) for name, amount in counts.items()]})

    def noted(self) -> dict[str, int]:
        return {name: int(amount) for name, amount in self._database.where("spent", "1")}

    def close(self) -> None:
        self._database.close()
