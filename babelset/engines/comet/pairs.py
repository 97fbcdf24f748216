"""Source and translation as one sequence of token ids, in several parts where it is too long for the encoder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from babelset.files.halves import HALF

SPECIALS = 4  # <s> translation </s></s> source </s>
SLACK = 8  # a cut may move by this fraction of a part to stand at the end of a sentence
ENDS = tuple(".!?…。！？।॥؟۔։።")


class Tokens:
    """
    The encoder's tokenizer; `longest` is the number of its positions.

    >>> Tokens(folder, 512).sequences([("Hello.", "Hola.")])
    [[[0, 3293, 11, 5, 2, 2, 35378, 5, 2]]]
    """

    def __init__(self, folder: Path, longest: int) -> None:
        from transformers import XLMRobertaTokenizerFast

        self.longest = longest
        self._tokenizer: Any = XLMRobertaTokenizerFast.from_pretrained(str(folder), local_files_only=True)

    def sequences(self, pairs: Sequence[tuple[str, str]]) -> list[list[list[int]]]:
        """For each pair (source, target) one sequence, or as many as it takes to hold it."""
        ids = self._encode(list(dict.fromkeys(text for pair in pairs for text in pair)))
        found = []
        for source, target in pairs:
            cut = parts(ids[source], ids[target], self.longest - SPECIALS, self._ends)
            found.append([self._joined(*part) for part in cut])
        return found

    def _encode(self, texts: list[str]) -> dict[str, list[int]]:
        if not texts:
            return {}
        clean = [HALF.sub("\ufffd", text) for text in texts]
        rows = self._tokenizer(clean, add_special_tokens=False, return_attention_mask=False, verbose=False)["input_ids"]
        pad = self._tokenizer.pad_token_id  # "<pad>" in a text: unbabel-comet leaves it out
        return {text: [token for token in row if token != pad] for text, row in zip(texts, rows, strict=True)}

    def _joined(self, source: list[int], target: list[int]) -> list[int]:
        start, end = self._tokenizer.cls_token_id, self._tokenizer.sep_token_id
        return [start, *target, end, end, *source, end]

    @cached_property
    def _ends(self) -> frozenset[int]:
        """Tokens that a sentence may end with."""
        return frozenset(number for piece, number in self._tokenizer.get_vocab().items() if piece.endswith(ENDS))


def parts(
    source: list[int], target: list[int], room: int, ends: Collection[int] = ()
) -> list[tuple[list[int], list[int]]]:
    """
    Cut a pair of more than `room` tokens into parts of `room` at most, both texts in the same proportions.

    >>> parts([1, 2, 3, 4], [5, 6], room=6)
    [([1, 2, 3, 4], [5, 6])]

    A cut moves to the nearest token in `ends`, where one is near.
    """
    total = len(source) + len(target)
    if total <= room:
        return [(source, target)]
    count = -(-total * (SLACK + 2) // (SLACK * (room - 2)))  # room for two cuts that moved apart, and for rounding
    pieces = zip(_cut(source, count, ends), _cut(target, count, ends), strict=True)
    return list(pieces)


def _cut(tokens: list[int], count: int, ends: Collection[int]) -> list[list[int]]:
    reach = len(tokens) // (SLACK * count)
    inner = (_near_end(tokens, len(tokens) * place // count, reach, ends) for place in range(1, count))
    return [tokens[start:stop] for start, stop in pairwise([0, *inner, len(tokens)])]


def _near_end(tokens: list[int], aim: int, reach: int, ends: Collection[int]) -> int:
    for distance in range(reach + 1):
        for place in (aim - distance, aim + distance):
            if place and tokens[place - 1] in ends:
                return place
    return aim
