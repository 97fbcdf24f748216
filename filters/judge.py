"""What a language model says of the translation: FAITH grades, with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from babelset.contracts.filter import Rating, Scored, Unit
from babelset.engines.llm.judging import PARTS, judged
from babelset.engines.llm.languagemodel import LLM
from babelset.engines.llm.prompt import Does, Prompt
from babelset.engines.llm.request import Talk
from babelset.measures.covers import covers
from babelset.scoring.graded import SHOWN, Graded


class Judge(Graded):
    """
    Let a language model grade each field: fluency, accuracy, idiomaticity, terminology and format, 1 to 5.

    >>> Judge(engine="vllm", model="Qwen/Qwen3-8B", least=3, least_part=2)

    A field scores the mean of its five grades, a row the mean of its fields. With `least` or `least_part` a row is
    rejected too when the model gives no usable answer for one of its fields: that is "unjudged", and never good. The
    grades of a small model say little; calibrate them. Raises ConfigError where the engine, its options or the prompt
    are wrong, and what the engine raises.
    """

    name: ClassVar[str] = "judge"
    unit: ClassVar[Unit] = "field"
    parts: ClassVar[tuple[str, ...]] = PARTS
    does: ClassVar[Does] = "judges"

    prompt: str = Field("judge-faith", description="a judging prompt's name or file")
    least_part: float = Field(0.0, ge=0, le=5, description="what each grade of each field must reach; 0 for any")

    def shown(self, unit: Scored) -> Scored | Rating:
        """The texts; those without prose or target are not covered."""
        told = Scored(unit.source, unit.target, unit.pair, role=unit.role)
        return told if covers(unit, force=True) else Rating(None)

    def talk(self, unit: Scored, prompt: Prompt, engine: LLM) -> Talk[Rating]:
        return judged(unit, prompt, self.retries, engine.temperature, engine.seed)

    @property
    def demanding(self) -> bool:
        return bool(self.least or self.least_part)

    def weak(self, ratings: Sequence[Rating]) -> str:
        rated = [rating for rating in ratings if rating.score is not None]
        grades = [(rating.parts.get(part) or 0.0, part, rating) for rating in rated for part in self.parts]
        grade, part, rating = min(grades, key=lambda item: item[0])
        if grade >= self.least_part:
            return ""
        return f"{rating.of.field}: a grade below {self.least_part:g}: {rating.note[:SHOWN] or f'{part} {grade:g}'}"
