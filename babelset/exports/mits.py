"""MITS: each source dataset in its own shape, a folder a dataset and a file a language."""

from __future__ import annotations

from babelset.contracts.export import Export, Exported, TranslatedRow, dataset


class MITS(Export):
    """A row of dolly.jsonl in Nepali -> the same shape in dolly/ne.json"""

    endings = ()

    def convert(self, row: TranslatedRow) -> Exported:
        return Exported(row.data, f"{dataset(row)}/{row.language.bcp47}.json")
