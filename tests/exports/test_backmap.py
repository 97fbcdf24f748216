from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.errors import ContractError, DataError
from babelset.exports.backmap import Backmap

IDS = ["a", "b", "7"]


@pytest.mark.parametrize(
    "prediction, line",
    [
        ({"id": "a", "prediction": "Seven."}, {"id": "a", "prediction": "Seven."}),
        ({"id": 7, "prediction": ""}, {"id": "7", "prediction": ""}),
        ({"doc_id": 1, "filtered_resps": ["Seven."]}, {"id": "b", "prediction": "Seven."}),
        ({"doc_id": 1, "doc": {"id": "a"}, "filtered_resps": ["x"], "resps": [["y"]]}, {"id": "a", "prediction": "x"}),
        ({"doc_id": 0, "resps": [["y"]]}, {"id": "a", "prediction": "y"}),
        ({"id": "z", "prediction": "x"}, "id: is 'z', which no row"),
        ({"doc_id": 3, "resps": [["y"]]}, "neither id nor doc_id"),
        ({"doc_id": -1, "resps": [["y"]]}, "neither id nor doc_id"),
        ({"doc_id": True, "resps": [["y"]]}, "neither id nor doc_id"),
        ({"prediction": "x"}, "neither id nor doc_id"),
        ({"id": "a"}, "prediction: holds no answer"),
        ({"id": "a", "prediction": None}, "prediction: holds no answer"),
        ({"doc_id": 0, "filtered_resps": [[-1.5, False], [-2.0, True]]}, "prediction: holds no answer"),
    ],
)
def test_a_prediction_finds_its_row_or_says_why_not(prediction, line):
    [found] = Backmap(IDS).lines([prediction])
    assert str(found).startswith(line) or line in str(found) if isinstance(line, str) else found == line


def test_a_row_has_one_answer_and_those_without_are_told():
    mapping = Backmap(IDS)
    first, second = mapping.lines([{"id": "b", "prediction": "x"}, {"doc_id": 1, "resps": ["y"]}])
    assert first == {"id": "b", "prediction": "x"} and "has an answer already" in str(second)
    assert mapping.unanswered == ["a", "7"]


def test_two_rows_with_one_id_are_refused():
    with pytest.raises(DataError, match="two rows of the test set have the id 'a'"):
        Backmap(["a", "b", "a"])


@given(st.lists(st.tuples(st.sampled_from([*IDS, "z"]), st.sampled_from(["one", "two", "none"]))))
def test_translations_come_to_the_predictions_they_are_of(told):
    mapping = Backmap(IDS, lambda texts: [None if text == "none" else text.upper() for text in texts])
    made = mapping.lines([{"id": id_, "prediction": text} for id_, text in told])
    assert len(made) == len(told)
    for (id_, text), line in zip(told, made, strict=True):
        if isinstance(line, dict):
            assert line == {"id": id_, "prediction": text, "prediction_translated": text.upper()}
        else:
            assert line.reason


def test_a_translator_that_loses_one_is_found():
    with pytest.raises(ContractError, match="got 1 predictions and returned 0"):
        Backmap(IDS, lambda texts: []).lines([{"id": "a", "prediction": "x"}])
