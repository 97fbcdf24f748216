"""Is every text of a translated row accounted for? What the columns of a row demand of each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from babelset.contracts.evidence import COLUMNS
from babelset.contracts.filter import Outcome, Scored, Verdict
from babelset.contracts.links import broken_keywords, broken_names, broken_offsets
from babelset.contracts.shape import Look
from babelset.text.document import Span
from babelset.text.prose import reads_as_prose
from babelset.text.scan.code import is_program

ANSWERS = ("output", "turn/assistant")
WORDS = re.compile(r"[^\W\d_]{2}")


def accounted(found: Look, outcome: Outcome, broken: str = "") -> list[Verdict]:
    """No verdict for a row whose columns agree, else one that says what does not; `broken` is what is known already."""
    reason = broken or next(filter(None, _faults(found, outcome)), "")
    return [Verdict(COLUMNS, False, None, reason)] if reason else []


def _faults(found: Look, outcome: Outcome) -> Iterator[str]:
    yield _nothing_taken(found, outcome)
    targets = [(unit.field, unit.role, unit.source, unit.target) for unit in outcome.fields]
    if all(unit.target is not None for unit in outcome.fields):
        yield broken_offsets(outcome.data)
        yield broken_keywords(targets)
        yield broken_names(outcome.data, [(unit.source, unit.target) for unit in outcome.fields])


def _nothing_taken(found: Look, outcome: Outcome) -> str:
    if outcome.segments:
        return ""
    prose = [unit.field for unit in outcome.fields if reads_as_prose(unit.source) and not is_program(unit.source)]
    if names := [*prose, *found.left]:
        return f"nothing was translated, though {names[0]} holds prose"
    return ""


def kept_whole(outcome: Outcome, parse: Callable[[Scored], Iterable[Span]]) -> dict[str, str]:
    """
    The answers that hold words of which none was translated, with the reason: {"output": "kept whole: code"}.

    Of a row from which nothing was translated, every field.
    """
    taken = {segment.field for segment in outcome.segments}
    told = [unit for unit in outcome.fields if not taken or unit.role in ANSWERS]
    left = [unit for unit in told if unit.field not in taken]
    return {unit.field: _kinds(parse(unit)) for unit in left if WORDS.search(unit.source)}


def _kinds(spans: Iterable[Span]) -> str:
    kinds = dict.fromkeys(kind for span in spans if (kind := getattr(span, "kind", "")))
    return f"kept whole: {', '.join(kinds) or 'no words'}"
