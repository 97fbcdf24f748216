"""
TaCo (translation-assisted chain of thought): asked in the target language, the answer thinks in English.

The three labels and their order are those of UNHSAILLab/TaCo.
"""

from __future__ import annotations

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.errors import DataError
from babelset.exports.alpaca import alpaca

ENGLISH = "eng_Latn"


class TaCo(Export):
    """
    {"instruction": "Saluda.", "input": "", "output": "Hola."} with its English sources
    -> output "Instruction in English: Say hello.\nResponse in English: Hello.\nResponse in Catalan: Hola."
    """

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Exported:
        if (source := row.evidence["source"]) != ENGLISH:
            raise DataError(f"taco answers by way of English; this row was translated from {source}")
        target, english = alpaca(row), alpaca(row.source)
        if not english["output"].strip():
            raise DataError("there is no answer: the output is empty")
        asked = "\n".join(text for text in (english["instruction"], english["input"]) if text.strip())
        steps = (
            f"Instruction in English: {asked}",
            f"Response in English: {english['output']}",
            f"Response in {row.language.name}: {target['output']}",
        )
        return Exported({**target, "output": "\n".join(steps)})
