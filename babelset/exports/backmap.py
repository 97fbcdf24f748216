"""
Free answers to a translated test set, mapped back to its rows and, if asked, translated back.

{"id": "q-9", "prediction": "Seven."}                                      a line of one's own, or
{"doc_id": 0, "doc": {"id": "q-9", ..}, "filtered_resps": ["Seven."]}      one of lm-eval's --log_samples
-> {"id": "q-9", "prediction": "Seven.", "prediction_translated": "Set."}

Answers to multiple choice need none of this: the labels are those of the source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from babelset.errors import ContractError, DataError

Line = dict[str, str]
Back = Callable[[Sequence[str]], Sequence[str | None]]  # texts into the language of the answers; None where it failed


class Backmap:
    """
    The rows of a test set by id, in order, and which of them were answered.

    >>> Backmap(["q-9"]).lines([{"id": "q-9", "prediction": "Seven."}])
    [{'id': 'q-9', 'prediction': 'Seven.'}]

    Raises DataError for an id that two rows have: nobody could tell whose an answer is.
    """

    def __init__(self, ids: Sequence[str], back: Back | None = None) -> None:
        self._ids, self._back = [str(each) for each in ids], back
        self._known = dict.fromkeys(self._ids, False)
        if len(self._known) < len(self._ids):
            twice = Counter(self._ids).most_common(1)[0][0]
            raise DataError(f"two rows of the test set have the id {twice!r}; give each its own", field="id")

    @property
    def unanswered(self) -> list[str]:
        """The rows that no answer was mapped to so far."""
        return [each for each, answered in self._known.items() if not answered]

    def lines(self, predictions: Sequence[Mapping[str, Any]]) -> list[Line | DataError]:
        """A line for each prediction, same length, same order; in its place, why there is none."""
        found = [self._line(prediction) for prediction in predictions]
        if self._back is None:
            return found
        told = [each["prediction"] for each in found if not isinstance(each, DataError)]
        back = self._back(told) if told else ()
        if len(back) != len(told):
            raise ContractError(f"the translator got {len(told)} predictions and returned {len(back)}")
        texts = iter(back)
        return [each if isinstance(each, DataError) else _translated(each, next(texts)) for each in found]

    def _line(self, prediction: Mapping[str, Any]) -> Line | DataError:
        try:
            id_, text = self._id(prediction), _text(prediction)
        except DataError as error:
            return error
        if self._known[id_]:
            return DataError(f"the row {id_!r} has an answer already", field="id")
        self._known[id_] = True
        return {"id": id_, "prediction": text}

    def _id(self, prediction: Mapping[str, Any]) -> str:
        doc, at = prediction.get("doc"), prediction.get("doc_id")
        said = prediction.get("id", doc.get("id") if isinstance(doc, dict) else None)
        if said is None and type(at) is int and 0 <= at < len(self._ids):
            return self._ids[at]
        if said is None:
            raise DataError("says neither id nor doc_id of a row", field="id")
        if str(said) not in self._known:
            raise DataError(f"is {said!r}, which no row of the test set has", field="id")
        return str(said)


def _text(prediction: Mapping[str, Any]) -> str:
    """What was answered: lm-eval logs a list, one item a request, in it the text or once more a list."""
    found = next((prediction[key] for key in ("prediction", "filtered_resps", "resps") if key in prediction), None)
    while isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, str):
        raise DataError("holds no answer in words", field="prediction")
    return found


def _translated(line: Line, text: str | None) -> Line | DataError:
    if text is None:
        return DataError("could not be translated back", field="prediction")
    return {**line, "prediction_translated": text}
