"""How good an answer is, by a rubric and beside an English reference answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.evidence import BESIDE, known_of
from babelset.contracts.filter import Outcome, Rating, Scored, Unit
from babelset.engines.llm.generation import astray
from babelset.engines.llm.languagemodel import LLM
from babelset.engines.llm.prompt import Prompt
from babelset.engines.llm.request import Talk
from babelset.engines.llm.rubric import graded, unjudged
from babelset.errors import ConfigError
from babelset.files.lossless import dumps
from babelset.files.row import KEY
from babelset.languages import Pair
from babelset.scoring.graded import Graded

RESPONSES = ("response", "answer", "output")
REFERENCES = ("reference_answer", "reference", "expert_answer")
RUBRICS = ("rubric", "specific_rubric", "general_rubric")
ANSWERING = ("output", "turn/assistant")  # roles of fields
ENGLISH = "eng_Latn"


class Rubric(Graded):
    """
    Let a language model grade the answer in each row from 1 to 5, by a rubric and an English reference answer.

    >>> Rubric(model="Qwen/Qwen3-8B", response="answer", reference="reference_answer", rubric="rubric.txt")

    The grade is absolute, with feedback as its note. The answer is in the row's language. It stands in the column
    `response`, the reference in the column `reference`; for an answer that was translated from English, its source is
    the reference. `rubric` is a column or a text file; without one, a general rubric. A row without a reference, an
    answer in another language and a grade that cannot be read are "unjudged", and never good. It reads rows that steps
    of a pipeline made, and translated rows. Source: AI4Bharat/CIA.
    """

    name: ClassVar[str] = "rubric"
    unit: ClassVar[Unit] = "row"

    prompt: str = Field("rubric", description="a grading prompt's name or file")
    response: str = Field("", description="column of the answer; else response, answer, output, or the last turn")
    reference: str = Field("", description="column of the reference; else reference_answer, reference, or the source")
    rubric: str = Field("", description="a column, or a text file; else the columns rubric, specific_rubric")

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        if "." in self.rubric and not Path(self.rubric).is_file():  # better now than after hours
            raise ConfigError(f"scorer 'rubric': rubric: there is no file {self.rubric!r}; check its path")

    def units(self, outcome: Outcome) -> list[Scored]:
        """One: the reference as its source, the answer as its target, and what the answer is about."""
        data = {key: value for key, value in outcome.data.items() if key != KEY}
        fields = {field.field: field for field in outcome.fields}
        where = _column(data, self.response, RESPONSES) or _answering(outcome.fields)
        answer = fields[where].target if where in fields else data.get(where)
        known = _column(data, self.reference, REFERENCES)
        pair = outcome.row.pair
        if BESIDE in known_of(outcome.data):  # the row itself is in the source language
            pair = Pair(pair.source, pair.source)
        english = pair.source.code == ENGLISH and pair.source != pair.target
        told = fields.get(known or where)
        reference = told.source if told and english else data.get(known)
        rubric = _column(data, self.rubric, RUBRICS)
        task = {key: value for key, value in data.items() if key not in (where, known, rubric)}
        about = dumps({"task": task, "rubric": data.get(rubric) or self.rubric_text})
        return [Scored(_text(reference), _text(answer) or None, pair, where, "output", about=about)]

    def shown(self, unit: Scored) -> Scored | Rating:
        if unit.target is None:
            return Rating(None)
        if not unit.source:
            return unjudged("there is no English reference answer; name its column with the option reference")
        if wrong := astray(unit.target, unit.pair.target):
            return unjudged(f"the answer {wrong}")
        return unit

    def talk(self, unit: Scored, prompt: Prompt, engine: LLM) -> Talk[Rating]:
        return graded(unit, prompt, self.retries, engine.temperature, engine.seed)

    def deciding(self) -> dict[str, Any]:
        return {**super().deciding(), "rubric_text": self.rubric_text}

    @cached_property
    def rubric_text(self) -> str:
        """What the rubric's file says; "" where `rubric` is no file."""
        path = Path(self.rubric)
        return path.read_text(encoding="utf-8") if self.rubric and path.is_file() else ""


def _column(data: dict[str, Any], named: str, usual: Sequence[str]) -> str:
    """The first of the columns that holds something; "" for none."""
    return next((name for name in ([named] if named else usual) if data.get(name)), "")


def _answering(fields: Sequence[Scored]) -> str:
    return next((field.field for field in reversed(fields) if field.role in ANSWERING), "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value.strip() else ""
