"""What a request says of the text around its segments: their roles, what stands before them and what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from babelset.files.halves import HALF
from babelset.text.segment import HELD, Segment

BEFORE, AFTER = 800, 200  # characters


def roles(segments: Sequence[Segment]) -> str:
    """ "1-2 instruction; 3 output" of a request's segments."""
    spans, last = [], 0
    for role, group in groupby(segment.role for segment in segments):
        first, last = last + 1, last + len(list(group))
        spans.append(f"{first}-{last} {role}" if last > first else f"{first} {role}")
    return "; ".join(spans)


def before(segment: Segment, translated: Callable[[int], str | None]) -> list[dict[str, str]]:
    """What stands before a segment in its row, the nearest last; `translated` knows what became of a place there."""
    sources = segment.context.sources if segment.context else ()
    found, room = list[dict[str, str]](), BEFORE
    for at in range(min(segment.at, len(sources)) - 1, -1, -1):
        role, source = sources[at][0], _shown(sources[at][1])
        if (room := room - len(source)) < 0:
            break
        target = translated(at)
        found.insert(0, {"role": role, "source": source} | ({} if target is None else {"target": target}))
    return found


def after(segment: Segment) -> list[dict[str, str]]:
    following = segment.context.sources[segment.at + 1 : segment.at + 2] if segment.context else ()
    return [{"role": role, "source": _shown(source)[:AFTER]} for role, source in following]


def _shown(text: str) -> str:
    return HALF.sub("\ufffd", HELD.sub("…", text))
