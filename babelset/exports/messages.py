"""Chat messages with roles, as OpenAI, TRL and most chat templates read them."""

from __future__ import annotations

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.exports.conversation import beside, messages_of


class Messages(Export):
    """{"instruction": "A", "input": "", "output": "B"} -> {"messages": [user A, assistant B]}"""

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Exported:
        if isinstance(row.data.get("messages"), list):
            return Exported(row.data)
        return Exported(beside({"messages": messages_of(row)}, row))
