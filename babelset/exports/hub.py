"""
A dataset for the Hugging Face hub: a configuration a language, Parquet, and a card that says how it was made.

data/ca/train-00000-of-00002.parquet   the rows in their own columns, Zstandard; a column that a row lacks is null
data/ca/test-00000-of-00001.parquet    splits are those of the dataset that the rows are from
README.md                              licence, sources, engines, checks, what was rejected, how to make it again
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from babelset.contracts.export import Export, Exported, TranslatedRow
from babelset.errors import DataError, OutputError
from babelset.exports.hubcard import Facts, card
from babelset.files.formats.parquet import Columns
from babelset.files.halves import REASON, halved
from babelset.files.hub import hub
from babelset.files.hubsplits import split_of
from babelset.files.lossless import dumps

Part = tuple[str, str]  # a language, as a BCP-47 tag, and a split


@dataclass(slots=True)
class _Shards:
    """Where the shards of a part begin, in rows."""

    starts: list[int] = field(default_factory=list)
    rows: int = 0
    size: int = 0  # of the last one, in bytes of JSON

    def add(self, size: int, most: int) -> None:
        if not self.starts or self.size + size > most:
            self.starts.append(self.rows)
            self.size = 0
        self.rows += 1
        self.size += size


class Hub(Export):
    """
    A folder for `babelset push`: Parquet files by language and split, and a card, README.md, that says how it was made.

    `load_dataset(FOLDER, "ca")` reads it as it is. The card tells of the runs whose manifests are beside the inputs.
    """

    endings = ()
    looks = True
    shard: ClassVar[int] = 500_000_000
    """Bytes of rows, as JSON, in a file: about 150 MB of Parquet."""

    def __init__(self) -> None:
        hub()  # raises ConfigError where the extra is missing, before a row is read
        self.shards: defaultdict[Part, _Shards] = defaultdict(_Shards)
        self.columns: defaultdict[str, Columns] = defaultdict(Columns)  # by language: its splits have the same
        self.facts = Facts()
        self.placed: defaultdict[Part, list[int]] = defaultdict(lambda: [0, -1])  # rows so far, number of the shard

    def look(self, row: TranslatedRow, data: Mapping[str, Any]) -> None:
        if halved(row.data):
            return
        self.shards[_part(row)].add(len(dumps(dict(data))), self.shard)
        self.columns[row.language.bcp47].add(data)
        self.facts.see(row)

    def convert(self, row: TranslatedRow) -> Exported:
        if name := halved(row.data):
            raise DataError(REASON, field=name)
        part = language, split = _part(row)
        starts, placed = self.shards[part].starts, self.placed[part]
        if placed[1] + 1 < len(starts) and placed[0] == starts[placed[1] + 1]:
            placed[1] += 1
        placed[0] += 1
        return Exported(row.data, f"data/{language}/{split}-{placed[1]:05}-of-{len(starts):05}.parquet")

    def format(self, file: str) -> Any:
        language = PurePosixPath(file).parent.name
        try:
            return self.columns[language].format()
        except OutputError as error:
            raise OutputError(f"{language}: {error}") from None

    def texts(self, folder: Path, counts: Mapping[str, int]) -> dict[str, str]:
        rows = {part: shards.rows for part, shards in sorted(self.shards.items())}
        return {"README.md": card(folder.name, rows, self.facts, self.runs, self.licenses)}


def _part(row: TranslatedRow) -> Part:
    return row.language.bcp47, split_of(row.evidence["file"]).replace("-", "_")
