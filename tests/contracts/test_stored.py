"""Evidence as it stands in a file: short, and the same again when it is read."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.evidence import evidence_of
from babelset.contracts.stored import CHANGED, MOST, stored
from babelset.errors import DataError
from babelset.files.row import KEY

SOURCE, TARGET = "1. Run `ls`. Now.\n", "1. Executa `ls`. Ara.\n"
SEGMENTS = [("Run `ls`.", "Executa `ls`.", ["`ls`"]), ("Now.", "Ara.", [])]


def segment(source: str, target: str | None, keeps: list[str], field: int = 0, **more: Any) -> dict[str, Any]:
    return {"field": field, "source": source, "target": target, "keeps": keeps, "flags": [], "reason": "", **more}


def row(**evidence: Any) -> dict[str, Any]:
    fields = [
        {"path": ["instruction"], "role": "instruction", "source": SOURCE, "keeps": ["1. ", "`ls`"]},
        {"path": ["turns", 0, "value"], "role": "turn/user", "source": "Thanks. Bye.", "keeps": []},
    ]
    whole = {
        "row": 3,
        "file": "a.jsonl",
        "line": 4,
        "status": "accepted",
        "schema": "alpaca",
        "source": "eng_Latn",
        "target": "cat_Latn",
        "translator": "echo|v:1",
        "fields": fields,
        "segments": [
            *(segment(*each) for each in SEGMENTS),
            segment("Thanks.", "Gràcies.", [], 1),
            segment("Bye.", "Adeu.", [], 1),
        ],
        "scores": {"complete": [1.0, 1.0, 1.0, 1.0], "length": [1.02, 1.04], "length.part": [None, 0.5]},
        "verdicts": [
            {"check": "complete", "ok": True, "score": 1.0, "reason": ""},
            {"check": "length", "ok": True, "score": 1.03, "reason": ""},
        ],
    }
    return {"instruction": TARGET, "turns": [{"value": "Gràcies. Adeu."}], KEY: {**whole, **evidence}}


def short(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stored(data)[KEY])
    return found


def test_what_the_row_tells_is_left_out() -> None:
    assert short(row()) == {
        "row": 3,
        "file": "a.jsonl",
        "line": 4,
        "schema": "alpaca",
        "source": "eng_Latn",
        "target": "cat_Latn",
        "translator": "echo|v:1",
        "texts": [1208455645, 2191011346],
        "fields": [
            ["instruction", SOURCE, [0, 3, 4, 4]],
            [["turns", 0, "value"], "Thanks. Bye.", [], "turn/user"],
        ],
        "segments": [
            [3, 9, 3, 13, 0, [4, 4]],
            [1, 4, 1, 4],
            [0, 7, 0, 8, 1],
            [1, 4, 1, 5],
        ],
        "scores": {"complete": 1, "length": [1.02, 1.04], "length.part": [None, 0.5]},
    }


def test_flags_and_reasons_stand_once() -> None:
    marked = [{**each, "flags": ["unknown_words"] if number in (0, 2) else []} for number, each in enumerate(SPLIT)]
    marked[3]["flags"] = ["retried", "unknown_words"]
    verdicts = [{**TOO_LONG, "check": "complete", "score": None}, TOO_LONG]
    found = short(row(segments=marked, verdicts=verdicts, status="rejected"))
    assert found["flags"] == {"unknown_words": [0, 2]}
    assert found["segments"][3] == {"field": 1, "source": [1, 4], "target": [1, 5], "flags": marked[3]["flags"]}
    assert found["exceptions"] == {"complete": [None, "too long"], "length": [1.04, "too long"]}


SPLIT = row()[KEY]["segments"]
TOO_LONG = {"check": "length", "ok": False, "score": 1.04, "reason": "too long"}
FAILED = {"check": "length", "ok": False, "score": 1.04, "reason": "too long", "counts": {"a": 1}}
REVIEWED = {"check": "review", "ok": True, "score": None, "reason": ""}


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("nothing special", {}),
        ("no verdicts", {"verdicts": []}),
        ("a verdict that failed", {"status": "rejected", "verdicts": [row()[KEY]["verdicts"][0], TOO_LONG]}),
        ("a verdict with counts", {"status": "rejected", "verdicts": [row()[KEY]["verdicts"][0], FAILED]}),
        ("flags", {"segments": [{**each, "flags": list("ab")[:number]} for number, each in enumerate(SPLIT)]}),
        ("a flag without a target", {"segments": [segment("Now.", None, [], flags=["a"])]}),
        ("kept texts that are not in their segment", {"segments": [segment("Now.", "Ara.", ["x"])]}),
        ("a status that the verdicts do not tell", {"status": "rejected"}),
        ("a verdict without scores", {"verdicts": [*row()[KEY]["verdicts"], REVIEWED]}),
        ("another order of verdicts", {"verdicts": row()[KEY]["verdicts"][::-1]}),
        ("two verdicts of one check", {"verdicts": [*row()[KEY]["verdicts"], REVIEWED, REVIEWED]}),
        ("no segments and no fields", {"fields": [], "segments": [], "scores": {}, "verdicts": []}),
        ("a segment without a target", {"segments": [segment("Now.", None, [], reason="no answer", flags=["retried"])]}),
        ("targets that are not in the row", {"segments": [segment("Now.", "Aleshores.", []), segment("Run", "Exe", [])]}),
        ("segments in no order", {"segments": [segment("Now.", "Ara.", []), segment("Run `ls`.", "Executa `ls`.", [])]}),
        ("candidates", {"segments": [segment("Now.", "Ara.", [], candidates=[["Ara.", 0.5], ["Ja.", 0.25]])]}),
        ("kept texts that are not in the source", {"fields": [{**row()[KEY]["fields"][0], "keeps": ["x"]}], "segments": []}),
        ("lone surrogates", {"file": "\ud800.jsonl"}),
        ("large scores", {"scores": {"complete": [1e300, -1e18], "length": [0.1]}, "verdicts": []}),
    ],
)  # fmt: skip
def test_what_is_read_is_what_was_written(what: str, change: dict[str, Any]) -> None:
    data = row(**change)
    written = stored(data)
    assert isinstance(written[KEY], str) and {**written, KEY: 0} == {**data, KEY: 0}
    assert evidence_of(written) == evidence_of(data) == evidence_of({**data, KEY: json.dumps(data[KEY])})
    assert stored({**data, KEY: evidence_of(written)}) == stored({**data, KEY: evidence_of(data)})
    assert evidence_of({**written, KEY: json.loads(written[KEY])}) == evidence_of(data), "a text that others parsed"


def test_a_text_that_was_changed_has_no_known_sentences() -> None:
    written = {**stored(row()), "instruction": "Executa `ls` ja."}
    found = evidence_of(written)
    assert [(each["target"], each["reason"]) for each in found["segments"]] == [
        (None, CHANGED), (None, CHANGED), ("Gràcies.", ""), ("Adeu.", ""),
    ]  # fmt: skip
    assert [each["source"] for each in found["segments"]] == [each["source"] for each in row()[KEY]["segments"]]


def test_a_row_without_its_columns_still_says_what_was_made_of_it() -> None:
    found = evidence_of({KEY: stored(row())[KEY]})
    assert found["status"] == "accepted" and {each["target"] for each in found["segments"]} == {None}


WHOLE = stored(row())[KEY]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(json.loads(WHOLE))), JSON)
def test_damaged_evidence_is_told(key: str, value: Any) -> None:
    for damaged in ({**json.loads(WHOLE), key: value}, {**row()[KEY], key: value}, value):
        for data in ({**row(), KEY: damaged}, {**row(), KEY: json.dumps(damaged)}):
            with suppress(DataError):
                evidence_of(data)
            again = stored(data)
            assert isinstance(again[KEY], str) or not isinstance(data[KEY], dict)


@pytest.mark.parametrize(
    "change",
    [
        {"segments": [[1, 1, 1, 1]] * 4000, "scores": {str(number): 1 for number in range(MOST // 4000 + 1)}},
        {"segments": [[-1, 1, 1, 1]]},
        {"segments": [[1, -1, 1, 1]]},
        {"segments": [[1, 1]]},
        {"segments": [[0, 1, 0, 1, 7]]},
        {"segments": [[0, 1, 0, 1, 0, [1]]]},
        {"flags": {"a": [9]}},
        {"scores": {"a": "many"}},
        {"texts": []},
    ],
)
def test_numbers_that_lead_nowhere(change: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="damaged evidence"):
        evidence_of({**row(), KEY: json.dumps({**json.loads(WHOLE), **change})})


@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6) | st.none()), max_size=5), st.text(max_size=3))
def test_any_texts_come_back(pairs: list[tuple[str, str | None]], between: str) -> None:
    fields = [{"path": ["a"], "role": "x", "source": between.join(source for source, _ in pairs), "keeps": []}]
    segments = [segment(source, target, []) for source, target in pairs]
    data = row(fields=fields, segments=segments, scores={}, verdicts=[])
    data["a"] = between.join(target or "" for _, target in pairs)
    assert json.loads(json.dumps(evidence_of(stored(data)))) == json.loads(json.dumps(data[KEY]))
