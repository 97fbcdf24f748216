"""
Answers: code of one language in one layout, with prose of ours around it.

>>> answers({"python": 2})[0].layout
'alone'
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from tests.oracle import found, prose, written
from tests.oracle.tokens import tokens

FULL = {
    "python": 700, "repl": 100, "json": 260, "javascript": 220, "typescript": 100, "java": 200, "c": 200, "c++": 160,
    "sql": 220, "bash": 220, "html": 180, "css": 120, "latex": 180,
}  # fmt: skip
SAMPLE = {language: max(10, number // 14) for language, number in FULL.items()}
LAYOUTS = ("alone", "fenced", "bare fence", "after", "close after", "before", "between")
INLINE = "inline"  # for LaTeX, in place of "bare fence"


@dataclass(frozen=True, slots=True)
class Answer:
    language: str
    layout: str
    code: str
    tokens: tuple[str, ...]
    text: str
    around: tuple[str, ...]  # the sentences of prose


def answers(sizes: dict[str, int], seed: int = 20) -> list[Answer]:
    return [answer for language, size in sizes.items() for answer in islice(of(language, seed), size)]


def of(language: str, seed: int) -> Iterator[Answer]:
    chance = random.Random(f"{seed} {language}")
    seen: set[str] = set()
    for code in mixed(language, chance):
        found_tokens = tokens(language, code) if code not in seen else None
        if found_tokens:
            layout = LAYOUTS[len(seen) % len(LAYOUTS)]
            seen.add(code)
            yield laid_out(
                language,
                INLINE if (language, layout) == ("latex", "bare fence") else layout,
                code,
                found_tokens,
                chance,
            )


def mixed(language: str, chance: random.Random) -> Iterator[str]:
    """One of what is written for two that are found, and only written code when the files end; it may repeat."""
    ours = islice(written.snippets(language, chance), 20_000)
    for code in found.snippets(language, chance):
        yield code
        if chance.random() < 0.4:
            yield from islice(ours, 1)
    yield from chain(ours)


def laid_out(language: str, layout: str, code: str, found_tokens: list[str], chance: random.Random) -> Answer:
    before, after = chance.choice(prose.BEFORE), chance.choice(prose.AFTER)
    fence = "~~~~" if "```" in code else "```"
    match layout:
        case "alone":
            text, around = code, ()
        case "fenced":
            text, around = f"{before}:\n\n{fence}{language}\n{code}\n{fence}", (before,)
        case "bare fence":
            text, around = f"{fence}\n{code}\n{fence}\n\n{after}", (after,)
        case "after":
            text, around = f"{before}:\n\n{code}", (before,)
        case "close after":
            text, around = f"{before}:\n{code}", (before,)
        case "before":
            text, around = f"{code}\n\n{after}", (after,)
        case "between":
            text, around = f"{before}:\n\n{code}\n\n{after}", (before, after)
        case _:
            text, around = f"The answer to the question is {code}, as you can see.", ("The answer to the question is",)
    return Answer(language, layout, code, tuple(found_tokens), text, around)
