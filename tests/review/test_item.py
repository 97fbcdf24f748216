from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.translator import Failure, Translation
from babelset.files.row import KEY
from babelset.review.item import id_of, item_of
from babelset.review.record import Item
from tests.review.conftest import translated

ROW = {"instruction": "Run `ls`. Then stop.", "input": "", "output": "```\nx = 1\n```\nDone."}
QUALITY = {"cometkiwi", "judge"}


def item(data: dict[str, Any], **evidence: Any) -> Item:
    data = {**data, KEY: {**data[KEY], **evidence}}
    return item_of(data, data[KEY], "es.jsonl", QUALITY)


def test_a_row_is_shown_with_all_that_is_known_of_it() -> None:
    [data] = translated(ROW)
    shown = item(
        data,
        scores={"cometkiwi": [0.5, None, 0.9], "judge": [4.0, 2.0], "length": [None], "odd": [float("inf")]},
        notes={"judge": ["instruction: fine", "output: dull"], "terms": ["", "wrong term", ""]},
        verdicts=[{"check": "length", "ok": False, "score": None, "reason": "too long"}],
    )
    assert json.loads(json.dumps(shown)) == shown
    assert shown["scores"] == {"cometkiwi": 0.7, "judge": 3.0} and shown["quality"] == 0.7
    assert shown["reasons"] == [["length", "too long"]]
    assert (shown["place"], shown["run"], shown["row"]) == ("a.json:1", "es.jsonl", 0)
    assert (shown["source_name"], shown["target_lang"], shown["target_dir"]) == ("English", "es", "ltr")
    instruction, output = shown["fields"]
    first, second = instruction["parts"][0], instruction["parts"][2]
    assert first == {
        "segment": 0, "source": "Run `ls`.", "target": "RUN `ls`.", "keeps": ["`ls`"], "flags": [], "reason": "",
        "notes": [["judge", "instruction: fine"]],
    }  # fmt: skip
    assert second["notes"] == [["judge", "instruction: fine"], ["terms", "wrong term"]]  # type: ignore[index]
    assert output["parts"][0] == "```\nx = 1\n```\n"
    assert output["parts"][1]["notes"] == [["judge", "output: dull"]]  # type: ignore[index]
    assert "torn" not in instruction


def test_a_row_that_was_changed_since_is_torn() -> None:
    [data] = translated(ROW)
    changed = item({**data, "instruction": "ALTRA COSA."})
    assert [field.get("torn", False) for field in changed["fields"]] == [True, False]
    assert [part["segment"] for part in changed["fields"][0]["parts"]] == [0, 1]  # type: ignore[index]


def test_a_segment_without_a_translation_says_why() -> None:
    [data] = translated(ROW, reply=lambda text: Failure("too hard") if "Then" in text else text.upper())
    shown = item(data)["fields"][0]
    assert shown["parts"][2]["target"] is None and shown["parts"][2]["reason"] == "too hard"  # type: ignore[index]
    assert shown["parts"][1] == " "


def test_other_engines_and_hypotheses_are_alternatives() -> None:
    def reply(text: str) -> Translation:
        return Translation(text.upper(), candidates=((text.upper(), 0.9), (text.title(), 0.5), (text.title(), 0.4)))

    [data] = translated({"instruction": "say hello", "output": "so."}, reply=reply)
    route = {"rule": 0, "tried": ["nllb", "llm"], "kept": "llm"}
    candidate = {"signature": "", "status": "rejected", "scores": {}, "verdicts": []}
    candidates = [
        {**candidate, "engine": "nllb", "targets": ["digues", None]},
        {**candidate, "engine": "llm", "targets": ["SAY HELLO", "SO."]},
    ]
    shown = item(data, route=route, candidates=candidates)
    assert shown["engine"] == "llm"
    assert shown["alternatives"] == [
        ["nllb", "digues "],
        ["hypothesis for segment 0", "Say Hello"],
        ["hypothesis for segment 1", "So."],
    ]


@pytest.mark.parametrize(
    "change, same",
    [
        (lambda data: None, True),
        (lambda data: data[KEY].update(status="rejected", scores={"judge": [1.0]}), True),
        (lambda data: data.update(instruction="ALTRA COSA."), False),
        (lambda data: data[KEY].update(target="cat_Latn"), False),
        (lambda data: data[KEY].update(row=1), False),
        (lambda data: data[KEY].update(file="b.json"), False),
    ],
)
def test_an_item_is_known_by_its_place_and_texts(change: Any, same: bool) -> None:
    [data], [other] = translated(ROW), translated(ROW)
    change(other)
    ids = id_of(data, data[KEY]), id_of(other, other[KEY])
    assert (ids[0] == ids[1]) is same
    assert all(len(id) == 16 and int(id, 16) >= 0 for id in ids)


@given(text=st.text(min_size=1).filter(str.strip), target=st.text(min_size=1))
def test_any_row_is_an_item(text: str, target: str) -> None:
    [data] = translated({"text": text}, schema="text", reply=lambda sent: target)
    shown = item(data)
    assert json.loads(json.dumps(shown)) == shown
    texts = [part if isinstance(part, str) else part["source"] for part in shown["fields"][0]["parts"]]
    assert "".join(texts) == text
