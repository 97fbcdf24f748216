from __future__ import annotations

from typing import Any

import pytest

from babelset.contracts.step import Failed, Made, Rejected, Stage
from babelset.errors import ConfigError
from babelset.files.row import KEY
from babelset.steps.fewshot import Fewshot
from tests.steps.conftest import Work, made


def row(number: int) -> dict[str, Any]:
    """A question that babelset translated, its answer left in English."""
    source = f"Where is bridge {number}?"
    known = {"row": number, "file": "g.jsonl", "line": number + 1, "status": "accepted", "schema": "mgsm",
             "source": "eng_Latn", "target": "cat_Latn", "translator": "x", "segments": [], "scores": {}, "verdicts": [],
             "fields": [{"path": ["question"], "role": "question", "source": source, "keeps": []}]}  # fmt: skip
    return {"question": f"On és {number}?", "answer": f"Behind it.\n#### {number}", "n": number, KEY: known}


ROWS = [row(number) for number in range(5)]


def test_messages(dictionary: Any, work: Work) -> None:
    outcomes = work(Fewshot(shots=2, via=("es", "ca")), ROWS)
    for number, outcome in enumerate(outcomes):
        new = made(outcome)
        said = [one["content"] for one in new["messages"]]
        assert [one["role"] for one in new["messages"]] == ["user", "assistant"] * 3
        assert said[4] == f"On és {number}?"
        assert said[5] == f"On is pont {number}?\n\nBehind it.\n#### {number}", "the answer to the byte"
        assert (
            said[0].startswith("Where is bridge")
            and said[0] != said[2]
            and f"bridge {number}?" not in said[0] + said[2]
        )
        assert new["n"] == number and "question" not in new and new[KEY]["language"] == "eng_Latn"
        assert isinstance(outcome, Made) and len(outcome.parents) == 2
    assert [made(one) for one in work(Fewshot(shots=2, via=("es", "ca")), ROWS)] == [made(one) for one in outcomes]


def test_without_examples_and_second_language(dictionary: Any, work: Work) -> None:
    first = made(work(Fewshot(shots=0), ROWS)[0])
    assert [one["content"] for one in first["messages"]] == ["On és 0?", "Behind it.\n#### 0"]


def test_what_cannot_be_made(dictionary: Any, work: Work) -> None:
    plain = {"question": "Where?", "answer": "There."}
    outcomes = work(Fewshot(shots=5), [*ROWS, plain])
    assert outcomes[0] == Rejected("too few rows to draw examples from") and isinstance(outcomes[5], Failed)
    with pytest.raises(ConfigError, match="a language other than Catalan"):
        work(Fewshot(via=("ca",)), ROWS)
    with pytest.raises(ConfigError, match="unknown language 'blue'"):
        Fewshot(via=("blue",)).check(Stage((), "", "eng_Latn"))
