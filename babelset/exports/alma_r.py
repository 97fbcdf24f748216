"""ALMA-R's preference data: the rows of `translation-pairs` under the names that ALMA's trainer reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.errors import DataError

TEXTS = ("source", "chosen", "rejected", "prompt_language", "response_language")
SCORES = ("chosen_score", "rejected_score")
SCORERS = ("kiwi", "xcomet", "kiwi_xcomet")


class AlmaR(Export, BaseModel, extra="forbid"):
    """
    Preference pairs as ALMA-R has them: {"translation": {"en": .., "ca": .., "gpt4_ca": .., "alma_ca": .., ...}}

    The trainer takes the best and the worst of a reference and two systems, by a score. Here the reference (`ca`) and
    `gpt4_ca` are the better translation of a pair and `alma_ca` is the worse one, whoever made them: the names are the
    trainer's. Fields of the other direction are null, and `required_directions` forbids it; Delta is 0, as people have
    not compared them. Rows are those of `babelset run translation-pairs`. Source: fe1ixxu/ALMA, utils.py.
    """

    endings: ClassVar[Sequence[str]] = TEXT_FILES
    scorer: Literal["kiwi", "xcomet", "kiwi_xcomet"] = Field(
        "kiwi_xcomet", description="the fields that hold the scores: what the trainer is told by --cpo_scorer"
    )

    def convert(self, row: TranslatedRow) -> Sequence[Exported]:
        data = row.data
        if not all(isinstance(data.get(key), str) for key in TEXTS):
            raise DataError("it is no pair of translations; make pairs with: babelset run translation-pairs")
        if not all(isinstance(data.get(key), int | float) for key in SCORES):
            raise DataError("has no scores", field=SCORES[0])
        source, target = (data[key].partition("-")[0] for key in TEXTS[3:])
        if source == target:
            raise DataError(f"both languages are {source!r} in ALMA-R's names")
        return [Exported({"translation": self._shaped(data, source, target)})]

    def _shaped(self, data: dict[str, Any], source: str, target: str) -> dict[str, Any]:
        better, worse = (float(data[key]) for key in SCORES)
        systems = {"gpt4": (data["chosen"], better), "alma": (data["rejected"], worse), "ref": (data["chosen"], better)}
        shaped: dict[str, Any] = {source: data["source"], target: data["chosen"]}
        for name, (text, score) in systems.items():
            for language in (source, target):
                told = language == target
                if name != "ref":  # its text stands under the language alone
                    shaped[f"{name}_{language}"] = text if told else None
                shaped |= {
                    f"{name}_{language}_{each}": score if told and each == self.scorer else None for each in SCORERS
                }
        directions = {"language_pair": f"{source}-{target}", "required_directions": f"{source}-{target}"}
        return {**shaped, "Delta": 0.0, **directions}
