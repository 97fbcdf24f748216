"""
The talk with a language model that judges: five grades for one translated text, 1 to 5, each with a reason.

FAITH stands for fluency, accuracy, idiomaticity, terminology and the handling of format: Selective Translation, arXiv
2507.14304.

No input or output happens here: a `Talk` yields requests and takes replies, so that every engine holds it. What the
model answers is taken apart here too, whether or not a schema was enforced. An answer that is not what was asked for
is asked for again, with another seed and a note of what was wrong; what stays without grades is unjudged, never
passed off as good or bad.

What cannot be seen here: a grade that is wrong. Judges favour fluent text, long text and their own model's words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from zlib import compress

from babelset.contracts.filter import Rating, Scored, shorten
from babelset.engines.llm.answer import Malformed
from babelset.engines.llm.generation import given, lone_json
from babelset.engines.llm.prompt import Prompt, Values
from babelset.engines.llm.request import Request, Talk

PARTS = ("fluency", "accuracy", "idiomaticity", "terminology", "format")
GRADES = (1, 2, 3, 4, 5)
REASON = 200  # characters
ROOM = 1024  # tokens of an answer; more where it was cut off
LONGEST = 200_000  # characters of source and target: no model judges so much well

Grades = Mapping[str, tuple[int, str]]  # grade and reason, by part

_GRADE = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": REASON},
        "score": {"type": "integer", "enum": list(GRADES)},
    },
    "required": ["reason", "score"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": dict.fromkeys(PARTS, _GRADE),
    "required": list(PARTS),
    "additionalProperties": False,
}


def judged(unit: Scored, prompt: Prompt, retries: int = 2, temperature: float = 0.0, seed: int = 0) -> Talk[Rating]:
    """
    The rating of one field's translation: the mean of its grades, the grades, and the reasons of those below 5.

    >>> in_step([judged(unit, load("judge-faith", "judges"))], send)
    [Rating(4.2, {"fluency": 5, "accuracy": 1, ...}, "accuracy 1: answers the question")]

    Without grades, the rating has no score, and its note says why.
    """
    if (size := len(unit.source) + len(unit.target or "")) > LONGEST:
        return _unjudged(f"too long for any model ({size:,} characters)")
    notes, room = list[str](), ROOM
    for attempt in range(retries + 1):
        messages, extra = prompt.render(_values(unit, notes))
        warmth = max(temperature, 0.3 * attempt)  # at temperature 0 another seed would bring the same answer
        [reply] = yield [Request(messages, room, SCHEMA, warmth, seed + attempt, extra=extra)]
        if reply.error:  # no repetition will help
            return _unjudged(f"{'too long for the model' if reply.too_long else 'refused'} ({reply.error})")
        try:
            return _rating(grades(given(reply)))
        except Malformed as error:
            fault = error.fault
        notes = [f"The answer {fault.note}."]
        room *= 2 if fault.kind in ("truncated", "thinking") else 1
    return _unjudged(f"the answer {fault.note}")


def _values(unit: Scored, notes: list[str]) -> Values:
    pair = unit.pair
    return Values(pair.source, pair.target, unit.source, unit.role, notes=notes, translation=unit.target or "")


def grades(text: str) -> Grades:
    """
    What the answer says.

    >>> grades('{"fluency": {"reason": "no fault", "score": 5}, ...}')["fluency"]
    (5, 'no fault')

    Raises Malformed for anything but one JSON object of just the five parts, each with a text as its reason and a
    whole grade from 1 to 5.
    """
    found = lone_json(text)
    _expect(found, PARTS, "the answer")
    return {part: _grade(part, found[part]) for part in PARTS}


def _expect(value: object, keys: tuple[str, ...], what: str) -> None:
    if not isinstance(value, dict):
        raise Malformed("json", f"must be a JSON object, and in it an object for each of {', '.join(PARTS)}")
    if missing := [key for key in keys if key not in value]:
        raise Malformed("missing", f"lacks {', '.join(missing)} in {what}")
    if unknown := [key for key in value if key not in keys]:
        raise Malformed("extra", f"holds {shorten(unknown[0], 20)}, which was not asked for")


def _grade(part: str, value: dict[str, Any]) -> tuple[int, str]:
    _expect(value, ("reason", "score"), part)
    grade, reason = value["score"], value["reason"]
    if type(grade) is not int or grade not in GRADES:  # True is 1 to Python, and 4.0 is 4
        raise Malformed("grade", f"grades {part} with {shorten(grade, 20)}, which is no whole number from 1 to 5")
    if not isinstance(reason, str):
        raise Malformed("reason", f"gives no text as the reason for {part}")
    if _loops(reason):
        raise Malformed("repetition", f"repeats itself in the reason for {part}")
    return grade, _plain(reason)


def _loops(reason: str) -> bool:
    """A small model that must keep to a schema may say the same until it has to stop; its grade means nothing then."""
    return len(reason) >= REASON and 4 * len(compress(reason.encode("utf-8", "replace"))) < len(reason)


def _rating(found: Grades) -> Rating:
    parts = {part: float(grade) for part, (grade, _) in found.items()}
    faults = sorted((item for item in found.items() if item[1][0] < GRADES[-1]), key=lambda item: item[1][0])
    note = "; ".join(f"{part} {grade}: {reason}".removesuffix(": ") for part, (grade, reason) in faults)
    return Rating(math.fsum(parts.values()) / len(parts), parts, note)


def _unjudged(reason: str) -> Rating:
    return Rating(None, note=f"could not be judged: {_plain(reason)}")


def _plain(text: str) -> str:
    """In one line, without characters that cannot be seen, and not too long."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 5 * REASON]).split())
    return line if len(line) <= REASON else line[: REASON - 1] + "…"
