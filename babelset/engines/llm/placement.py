"""
Whether the answers to one request stand under their own numbers, seen from all pairs of source and answer at once.

A single sign says little: a number that is missing, a length that is odd. But where each answer fits another source
better than its own, and no two the same, they were swapped or moved on by one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import regex

from babelset.contracts.filter import Scored
from babelset.measures.figures import numbers
from babelset.measures.length import expected

NAME = regex.compile(r"(?<=[\p{L}\p{N},;:'’\"“«(-]\s?)\p{Lu}[\p{L}\p{M}]{2,}")  # a capital within a sentence
STEM = 4  # letters of a name that stay the same in another language, mostly
MARKS = ("?？؟⸮፧՞;", "!！", ":：")
# A segment, in the mean. Of 9,200 requests of 2 to 20 news sentences with human translations in five languages none
# gains so much; of those that were moved on by one 74 to 99 % do in Latin script, 44 to 77 % in Devanagari.
GAIN = 0.4

Table = Sequence[Sequence[float]]  # a row for each source, in it how well each answer fits


def misplaced(units: Sequence[Scored]) -> set[int]:
    """
    The answers that stand under another number: they fit each other's sources so much better, or hold what a
    neighbour lacks, as their length tells.
    """
    said = [place for place, unit in enumerate(units) if (unit.target or "").strip()]
    moved = displaced(fit([units[place] for place in said]), GAIN)
    return {said[place] for place in moved} | _merged(units, set(said))


def _merged(units: Sequence[Scored], said: set[int]) -> set[int]:
    """Neighbours of an empty answer that are about as long as both translations together should be."""
    found = set()
    for hole in set(range(len(units))) - said:
        for place in said & {hole - 1, hole + 1}:
            own, size = expected(units[place]), len((units[place].target or "").strip())
            both = own + expected(units[hole])
            if size > math.sqrt(own * both) and both > 1.3 * own:  # nearer to both, and that is much more
                found.add(place)
    return found


def fit(units: Sequence[Scored]) -> Table:
    """How well each answer fits each source: names and numbers in common, length, the mark at the end."""
    sources = [(anchors(unit.source), expected(unit), _mark(unit.source)) for unit in units]
    answers = [
        (anchors(unit.target or ""), len((unit.target or "").strip()), _mark(unit.target or "")) for unit in units
    ]
    return [[_alike(source, answer) for answer in answers] for source in sources]


def anchors(text: str) -> set[str]:
    """`anchors("In 1998 the Rhine froze.")` -> {"1998", "rhin"}: what a translation shares with its source."""
    names = {match.casefold()[:STEM] for match in NAME.findall(text)}
    figures = {"".join(number.parts) for number in numbers(text)}
    return names | {digits for digits in figures if len(digits) > 1}


def _alike(source: tuple[set[str], float, int], answer: tuple[set[str], int, int]) -> float:
    common, either = len(source[0] & answer[0]), len(source[0] | answer[0])
    shared = common / either if either else 0.0
    away = abs(math.log((source[1] + 5) / (answer[1] + 5)))  # a few letters more or less say nothing
    return shared - min(away, 1.5) / 1.5 - 0.5 * (source[2] != answer[2])


def _mark(text: str) -> int:
    end = text.rstrip(" \n\"'”’»)*_")[-1:]
    return next((place for place, marks in enumerate(MARKS) if end and end in marks), -1)


def displaced(table: Table, gain: float) -> set[int]:
    """
    The rows that belong to another column than their own: in the best assignment of rows to columns, one each, they
    form circles in which each row gains so much in the mean.

    >>> displaced([[0.1, 0.9, 0.2], [0.8, 0.2, 0.1], [0.0, 0.3, 0.7]], 0.5)
    {0, 1}
    """
    if all(max(row) - row[place] < gain for place, row in enumerate(table)):
        return set()
    found, best = set[int](), assignment(table)
    for start in range(len(best)):
        circle, place = [start], best[start]
        while place != start:
            circle.append(place)
            place = best[place]
        gained = math.fsum(table[row][best[row]] - table[row][row] for row in circle)
        if len(circle) > 1 and gained >= gain * len(circle):
            found.update(circle)
    return found


def assignment(table: Table) -> list[int]:
    """
    The column of each row, one each, with the highest sum: the Hungarian method, in the cube of the size.

    >>> assignment([[1.0, 2.0], [2.0, 9.0]])
    [0, 1]
    """
    size = len(table)
    row_price, price, row_of = [0.0] * (size + 1), [0.0] * (size + 1), [size] * (size + 1)
    for row in range(size):
        row_of[size], column = row, size  # the last column stands for the row that has none yet
        slack, back, tight = [math.inf] * size, [size] * size, [False] * (size + 1)
        while row_of[column] != size:
            tight[column], here = True, row_of[column]
            for other in range(size):
                if not tight[other] and (rest := -table[here][other] - row_price[here] - price[other]) < slack[other]:
                    slack[other], back[other] = rest, column
            column = min((other for other in range(size) if not tight[other]), key=slack.__getitem__)
            step = slack[column]
            for other in range(size + 1):
                if tight[other]:
                    row_price[row_of[other]] += step
                    price[other] -= step
                elif other < size:
                    slack[other] -= step
        while column != size:
            row_of[column], column = row_of[back[column]], back[column]
    columns = [0] * size
    for column, row in enumerate(row_of[:size]):
        columns[row] = column
    return columns
