"""MEXA is what its definition says: strictly nearer, seen from both sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.measures.alignment import aligned, cosines, mexa


def by_definition(matrix: np.ndarray) -> float:
    """Sentence by sentence."""
    right = 0
    for place in range(len(matrix)):
        row = [value for at, value in enumerate(matrix[place]) if at != place]
        column = [value for at, value in enumerate(matrix[:, place]) if at != place]
        right += matrix[place, place] > max(row) and matrix[place, place] > max(column)
    return right / len(matrix)


@given(st.integers(2, 30), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_it_equals_the_definition(count: int, size: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    source = draw.normal(size=(count, size))
    target = source + draw.normal(size=(count, size)) * draw.uniform(0, 2)
    plain = np.array([[float(a @ b / np.sqrt(a @ a) / np.sqrt(b @ b)) for b in target] for a in source])
    assert np.allclose(cosines(source, target), plain, atol=1e-9)
    assert mexa(plain) == pytest.approx(by_definition(plain), abs=1e-9)
    assert aligned([source], [target])["cosine"] == pytest.approx(float(np.mean(np.diag(plain))), abs=1e-9)


EYE = np.eye(5)
TABLE = {
    "identity": (EYE, EYE, 1.0),
    "shuffled": (EYE, np.roll(EYE, 1, axis=0), 0.0),
    "all the same": (np.ones((5, 3)), np.ones((5, 3)), 0.0),
    "all nearly the same way": (np.full((5, 7), 0.1), np.full((5, 7), 0.3), 0.0),
    "two are the same": (EYE, np.vstack([EYE[0], EYE[0], EYE[2:]]), 0.6),
    "nearest in the row alone": (EYE[:2], np.array([[1, 0, 0, 0, 0], [2, 1, 0, 0, 0.0]]), 0.5),
    "nothing": (np.zeros((3, 2)), np.zeros((3, 2)), 0.0),
    "longer vectors": (EYE, 9 * EYE, 1.0),
    "in half precision": (EYE.astype(np.float16), EYE.astype(np.float32), 1.0),
}


@pytest.mark.parametrize("kind", TABLE)
def test_hand_made_vectors(kind: str) -> None:
    source, target, share = TABLE[kind]
    assert mexa(cosines(source, target)) == pytest.approx(share, abs=1e-9)


def test_layers_are_pooled() -> None:
    found = aligned([EYE, EYE], [EYE, np.roll(EYE, 1, axis=0)])
    assert (found["mexa"], found["mexa_max"], found["cosine"]) == (0.5, 1.0, 0.5)
    assert found["layers"] == [{"mexa": 1.0, "cosine": 1.0}, {"mexa": 0.0, "cosine": 0.0}]
