from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.evidence import evidence_of, outcome_of
from babelset.contracts.translator import Failure
from babelset.files.row import KEY
from babelset.review.decided import decided, with_value
from babelset.review.record import Decision
from babelset.review.remember import corrections
from tests.review.conftest import PAIR, translated

ROW = {"instruction": "Run `ls`. Then stop.", "input": "", "output": "```\nx = 1\n```\nDone."}
CHECKS = ("complete", "preserved", "length")


def said(verdict: str, reason: str = "", **targets: str) -> Decision:
    return {
        "item": "a", "verdict": verdict, "reason": reason, "reviewer": "Anna", "version": 1, "at": "2026-01-01T00:00:00Z",
        "targets": {number.removeprefix("s"): target for number, target in targets.items()},
    }  # type: ignore[typeddict-item, return-value]  # fmt: skip


def after(data: dict[str, Any], decision: Decision) -> dict[str, Any]:
    before = deepcopy(data)
    entry = decided(data, evidence_of(data), decision)
    assert data == before
    assert entry["status"] == entry["data"][KEY]["status"]
    assert evidence_of(entry["data"]) == entry["data"][KEY]
    return entry["data"]


def verdicts(data: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    return {verdict["check"]: (verdict["ok"], verdict["reason"]) for verdict in data[KEY]["verdicts"]}


def rejected(data: dict[str, Any]) -> dict[str, Any]:
    verdict = {"check": "length", "ok": False, "score": 9.0, "reason": "too long"}
    return {**data, KEY: {**data[KEY], "status": "rejected", "verdicts": [verdict]}}


def test_an_accepted_row_stays_as_it_is() -> None:
    [data] = translated(ROW, checks=CHECKS)
    found = after(data, said("accept"))
    assert verdicts(found).pop("review") == (True, "accepted by Anna")
    assert {**found, KEY: {**found[KEY], "verdicts": data[KEY]["verdicts"]}} == data


def test_a_reviewer_overrules_a_check_and_says_so() -> None:
    [data] = translated(ROW)
    found = after(rejected(data), said("accept", "fine"))
    assert found[KEY]["status"] == "accepted"
    assert verdicts(found) == {"review": (True, "accepted by Anna: fine, against length: too long")}


def test_a_rejected_row_says_why() -> None:
    [data] = translated(ROW, checks=CHECKS)
    found = after(data, said("reject", "unnatural"))
    assert found[KEY]["status"] == "rejected"
    assert verdicts(found)["review"] == (False, "rejected by Anna: unnatural")
    assert verdicts(found)["length"] == (True, "")
    assert found["instruction"] == data["instruction"]


def test_the_newest_review_is_the_only_one() -> None:
    [data] = translated(ROW)
    found = after(after(data, said("reject")), said("accept"))
    assert verdicts(found) == {"review": (True, "accepted by Anna")}


def test_a_corrected_row_has_the_new_texts_and_no_stale_score() -> None:
    [data] = translated(ROW, checks=CHECKS)
    data[KEY]["scores"]["cometkiwi"], data[KEY]["notes"] = [0.9] * 3, {"judge": ["fine"] * 3}
    found = after(rejected(data), said("correct", s0="Ejecuta `ls`.", s2="Hecho."))
    assert found["instruction"] == "Ejecuta `ls`. THEN STOP."
    assert found["output"] == "```\nx = 1\n```\nHecho."
    assert found["input"] == data["input"]
    evidence = found[KEY]
    assert evidence["status"] == "accepted"
    assert evidence["scores"] == {"complete": [1.0] * 3, "preserved": [1.0] * 2}
    assert "notes" not in evidence
    assert [segment["flags"] for segment in evidence["segments"]] == [["corrected"], [], ["corrected"]]
    assert [segment["target"] for segment in evidence["segments"]] == ["Ejecuta `ls`.", "THEN STOP.", "Hecho."]
    assert verdicts(found)["review"] == (True, "corrected by Anna")
    assert evidence["translator"] == data[KEY]["translator"]
    assert [unit.target for unit in outcome_of(found, evidence).fields] == [found["instruction"], found["output"]]


def test_a_correction_that_loses_a_kept_text_is_rejected() -> None:
    [data] = translated(ROW, checks=CHECKS)
    found = after(data, said("correct", s0="Ejecuta."))
    assert found[KEY]["status"] == "rejected"
    assert verdicts(found)["preserved"] == (False, "instruction: 1 of 1 kept spans were lost; '`ls`'")


def test_a_missing_translation_is_written_by_the_reviewer() -> None:
    [data] = translated(ROW, reply=lambda text: Failure("no") if text in ("Then stop.", "Done.") else text.upper())
    assert data["instruction"] is None
    half = after(data, said("correct", s1="Luego para."))
    assert half["instruction"] == "RUN `ls`. Luego para." and half["output"] is None
    assert half[KEY]["status"] == "rejected" and not verdicts(half)["complete"][0]
    whole = after(data, said("correct", s1="Luego para.", s2="Hecho."))
    assert whole[KEY]["status"] == "accepted" and whole["output"] == "```\nx = 1\n```\nHecho."
    assert whole[KEY]["segments"][1]["reason"] == ""


def test_a_row_without_a_translation_is_not_accepted() -> None:
    [data] = translated(ROW, reply=lambda text: Failure("no"))
    found = after(data, said("accept"))
    assert found[KEY]["status"] == "rejected"
    assert verdicts(found)["review"] == (False, "accepted by Anna, but instruction has no translation")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("See: RUN `ls`. THEN STOP.", "See: Ejecuta `ls`. THEN STOP."),
        ("RUN `ls`. RUN `ls`.", None),
        ("Something else.", None),
        (None, None),
    ],
)
def test_a_row_that_was_changed_since(text: str | None, expected: str | None) -> None:
    [data] = translated(ROW)
    found = after({**data, "instruction": text}, said("correct", s0="Ejecuta `ls`."))
    assert found["instruction"] == (expected or text)
    if expected is None:
        reason = "instruction was changed after the run, and segment 0 has no certain place in it"
        assert verdicts(found)["review"] == (False, f"corrected by Anna, but {reason}")
        assert found[KEY]["scores"] == data[KEY]["scores"]


def test_a_row_whose_field_is_gone() -> None:
    [data] = translated(ROW)
    del data["instruction"]
    found = after(data, said("correct", s0="Ejecuta `ls`."))
    assert found[KEY]["status"] == "rejected" and "instruction" not in found


def test_a_value_deep_in_a_row() -> None:
    row = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "id": 1}
    new = with_value(row, ("messages", 1, "content"), "c")
    assert new == {"messages": [row["messages"][0], {"role": "assistant", "content": "c"}], "id": 1}  # type: ignore
    assert row["messages"][1]["content"] == "b"  # type: ignore[index]


@pytest.mark.parametrize(
    "number, text, source, target",
    [
        ("0", "Ahora `ls`.", "Run \ue000.", "Ahora \ue000."),
        ("1", "Luego, para.", "Then stop.", "Luego, para."),
        ("0", "Ejecuta.", "Run \ue000.", None),
        ("0", "`ls` y `ls`", "Run \ue000.", None),
    ],
)
def test_a_correction_is_remembered_with_placeholders(number: str, text: str, source: str, target: str | None) -> None:
    [data] = translated(ROW)
    [found] = corrections(data, data[KEY], said("correct", **{f"s{number}": text}), Path("m.sqlite"))
    assert (found.source, found.target) == (source, target)
    assert (found.reviewer, found.pair) == ("Anna", PAIR)
