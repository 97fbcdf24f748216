"""Labels: short answers that the task names, which must be the same words in both places."""

from __future__ import annotations

import re
from collections.abc import Sequence

from babelset.engines.llm.answer import Fault
from babelset.text.segment import Segment

WORDS = 3  # of a label at most
EARLIER = 40  # segments that are searched for the text that names it
ENDS = ".,;:!?()[]\"' "
ANSWERS = ("output", "turn/assistant")

# "B", "(c)": the letter of an option, the same in every language; a letter without a capital may be a Chinese word
OPTION = re.compile(r"\W*[^\W\d_]\W*")


def is_option(segment: Segment) -> bool:
    """Whether it is the letter of an option, and all of a segment of the row: no piece that the ladder has cut."""
    whole = segment.context is None or segment.context.sources[segment.at][1] == segment.text
    return whole and segment.text.upper() != segment.text.lower() and OPTION.fullmatch(segment.text) is not None


def hosts(segments: Sequence[Segment]) -> dict[int, int]:
    """
    Where in a row labels stand, and the place of the text that names each.

    "Answer with positive or negative." before the answer "Positive" -> {1: 0}
    """
    found = {}
    for place, segment in enumerate(segments):
        word = _bare(segment.text)
        if not word or len(word.split()) > WORDS or segment.role not in ANSWERS:
            continue
        named = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
        for earlier in range(place - 1, max(place - EARLIER, 0) - 1, -1):
            other = segments[earlier]
            if other.role != segment.role and other.text.casefold() != word and named.search(other.text):
                found[place] = earlier
                break
    return found


def label_fault(source: str, hypothesis: str, host: str) -> Fault | None:
    """A label that is translated with other words than in the translation `host` of the text that names it."""
    if not host or _bare(hypothesis) in host.casefold():
        return None
    return Fault("label", f"must use the words that {source!r} has in the text that names it", hard=False)


def _bare(text: str) -> str:
    return text.strip(ENDS).casefold()
