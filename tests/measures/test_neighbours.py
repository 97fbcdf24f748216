"""Mutual nearest neighbours are those of the definition, whatever the size of the blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.measures.neighbours import Match, mutual
from babelset.measures.ngrams import NGrams


def by_definition(source: np.ndarray, target: np.ndarray) -> list[tuple[int, int]]:
    product = source @ target.T
    return [
        (row, int(column))
        for row, column in enumerate(product.argmax(1) if product.size else ())
        if product[:, column].argmax() == row and product[row, column] > 0
    ]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_blocks_change_nothing(rows: int, columns: int, block: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    source, target = (draw.integers(-2, 3, (count, 3)).astype(float) for count in (rows, columns))
    found = [(match.source, match.target) for match in mutual(source, target, block)]
    assert found == by_definition(source, target)
    assert len({row for row, _ in found}) == len({column for _, column in found}) == len(found)


def margin(cosines: list[list[float]], row: int, column: int, most: int) -> float:
    """As the paper has it: the cosine over the sum of both texts' nearest ones, each divided by 2k."""
    own = sorted(cosines[row], reverse=True)[:most]
    theirs = sorted((each[column] for each in cosines), reverse=True)[:most]
    return cosines[row][column] / (sum(own) / (2 * len(own)) + sum(theirs) / (2 * len(theirs)))


@given(st.integers(1, 25), st.integers(1, 25), st.integers(1, 9), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_margin_is_that_of_the_paper(rows: int, columns: int, block: int, most: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    source, target = (draw.random((count, 4)) + 0.01 for count in (rows, columns))
    source, target = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (source, target))
    cosines = (source @ target.T).tolist()
    every = [[margin(cosines, row, column, most) for column in range(columns)] for row in range(rows)]
    found = list(mutual(source, target, block, most))
    assert found
    for match in found:
        score, cosine = every[match.source][match.target], cosines[match.source][match.target]
        assert (match.margin, match.similarity) == (pytest.approx(score), pytest.approx(cosine))
        assert score >= max(max(every[match.source]), max(each[match.target] for each in every)) - 1e-9


def test_a_text_that_is_near_to_all_is_nearest_to_none_by_the_margin() -> None:
    """The hub is nearer to the first text by the cosine, and to everything else as well."""
    target = np.array([[1, 1, 1, 1], [1, -0.5, -0.5, -0.5]], float)
    source = np.array([[1, 0.15, 0.15, 0.15], [0, 1, 0, 1], [0, 0, 1, 1], [0, 1, 1, 0]], float)
    sides = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in (source, target)]
    assert [(match.source, match.target) for match in mutual(*sides)] == [(1, 0)]
    assert (0, 1) in [(match.source, match.target) for match in mutual(*sides, neighbours=2)]


@pytest.mark.parametrize(
    ("source", "target", "pairs"),
    [
        ([[1, 0], [0, 1]], [[0, 1], [1, 0]], [(0, 1), (1, 0)]),
        ([[1, 0], [1, 0]], [[1, 0]], [(0, 0)]),  # equally near: the first
        ([[1, 0]], [[0, 1]], []),  # nothing in common
        ([[1, 0]], [[-1, 0]], []),
        ([], [[1, 0]], []),
    ],
)
def test_pairs(source: list[list[int]], target: list[list[int]], pairs: list[tuple[int, int]]) -> None:
    sides = [np.array(side, float).reshape(-1, 2) for side in (source, target)]
    assert [(match.source, match.target) for match in mutual(*sides)] == pairs
    assert all(isinstance(match, Match) and match.similarity == 1 for match in mutual(*sides))


TEXTS = [
    "La biblioteca és oberta.",
    "Plou des d'ahir.",
    "हिन्दी में लिखा है",
    "图书馆今天开门",
    "a",
    "",
    "\ud800 x",
    "x" * 50_000,
]


def test_n_grams_find_the_same_text_and_hardly_anything_else() -> None:
    one, other = NGrams.both(TEXTS, [text.upper() for text in TEXTS])
    product = one[0 : len(one)] @ other[0 : len(other)].T
    assert np.allclose(np.diag(product), [bool(text) for text in TEXTS], atol=1e-5)
    apart = product[:4, :4] - np.diag(np.diag(product[:4, :4]))
    assert abs(apart).max() < 0.1


def test_n_grams_of_both_lists_weigh_less() -> None:
    one, other = NGrams.both(["the common words apple"] * 3, ["the common words pear", "other apple"])
    near = (one[0:1] @ other[0:2].T)[0]
    plain, others = NGrams.both(["the common words apple"], ["the common words pear"])
    assert near[0] < float((plain[0:1] @ others[0:1].T)[0, 0])


@given(st.lists(st.text(max_size=20), max_size=8))
def test_n_grams_take_any_text(texts: list[str]) -> None:
    one, other = NGrams.both(texts, texts)
    lengths = np.linalg.norm(one[0 : len(texts)], axis=1)
    assert len(one) == len(other) == len(texts) and np.all(np.isclose(lengths, 1, atol=1e-4) | (lengths == 0))
