"""
Which tokens of a code answer did not come back, in order, in the text that was accepted.

>>> damaged(["return", "x", "in", "y"], "Regreso x in y")
['return']
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

ATOM = re.compile(r"\w+|[^\w\s]")


def damaged(tokens: Sequence[str], target: str) -> list[str]:
    """Tokens with an atom that the target lacks at its place; the usual case, all there, is linear."""
    if in_order(tokens, target):
        return []
    owners = [(number, atom) for number, token in enumerate(tokens) for atom in ATOM.findall(token)]
    blocks = SequenceMatcher(
        None, [atom for _, atom in owners], ATOM.findall(target), autojunk=False
    ).get_matching_blocks()
    whole = {at for block in blocks for at in range(block.a, block.a + block.size)}
    lost = {number for at, (number, _) in enumerate(owners) if at not in whole}
    return [tokens[number] for number in sorted(lost)]


def in_order(tokens: Sequence[str], target: str) -> bool:
    end = 0
    for token in tokens:
        found = re.compile(edged(token)).search(target, end)
        if found is None:
            return False
        end = found.end()
    return True


def edged(token: str) -> str:
    """The token, not as a part of a longer word."""
    before = r"(?<!\w)" if token[:1].isidentifier() else ""
    after = r"(?!\w)" if token[-1:].isidentifier() or token[-1:].isdigit() else ""
    return before + re.escape(token) + after
