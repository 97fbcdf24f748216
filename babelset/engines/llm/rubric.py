"""
The talk with a language model that grades an answer by a rubric: feedback first, then a whole number from 1 to 5.

What cannot be read as just that is asked for again, and then unjudged: never a grade in the middle. Source: the rules
of AI4Bharat/CIA, whose parser takes no grade but one from 1 to 5 at the very end.
"""

from __future__ import annotations

from typing import Any

from babelset.contracts.filter import Rating, Scored
from babelset.engines.llm.generation import Manners, Unanswered, generated, loops
from babelset.engines.llm.prompt import Brief, Prompt
from babelset.engines.llm.request import Talk
from babelset.files.lossless import loads
from babelset.languages import find

FEEDBACK = 1000  # characters that are kept


def graded(unit: Scored, prompt: Prompt, retries: int = 2, temperature: float = 0.0, seed: int = 0) -> Talk[Rating]:
    """
    The grade of an answer, `unit.target`, beside its reference, `unit.source`; the feedback is the note.

    >>> in_step([graded(unit, load("rubric", "generates"))], send)
    [Rating(2.0, note="It names the river, and not where it ends.")]
    """
    about = loads(unit.about)
    given = {"reference": unit.source, "response": unit.target, "rubric": about["rubric"]}
    brief = Brief(about["task"], find("en"), unit.pair.target, given)
    answer = yield from generated(prompt, brief, _examine, Manners(temperature, seed, retries))
    if isinstance(answer, Unanswered):
        return unjudged(answer.reason)
    return Rating(float(answer["score"]), note=_plain(answer["feedback"]))


def unjudged(reason: str) -> Rating:
    """No grade, and why."""
    return Rating(None, note=f"could not be judged: {_plain(reason)}")


def _examine(answer: dict[str, Any]) -> str:
    if answer["score"] not in (1, 2, 3, 4, 5):  # of a prompt of somebody's own, whose schema may allow more
        return f"grades with {answer['score']!r}, which is no whole number from 1 to 5"
    return "repeats itself" if loops(answer["feedback"], find("en")) else ""


def _plain(text: str) -> str:
    """In one line, without characters that cannot be seen, and not too long."""
    return " ".join("".join(char if char.isprintable() else " " for char in text[:FEEDBACK]).split())
