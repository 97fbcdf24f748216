"""
One row as its reviewer decided.

A corrected row has the new texts in its fields and segments, the latter flagged "corrected", and is accepted when
nothing is missing and no kept text was lost. All its other scores and notes spoke of the old text and are dropped:
`babelset filter` and `babelset score` make new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from babelset.contracts.checks import opened
from babelset.contracts.evidence import (
    REVIEW,
    Evidence,
    SegmentEvidence,
    add_marks,
    outcome_of,
    path_name,
    value_at,
    verdict_evidence,
)
from babelset.contracts.filter import Filter, Verdict
from babelset.contracts.loading import build_filter
from babelset.contracts.shape import Where
from babelset.errors import DataError
from babelset.files.encoded import ENCODED, decode, encode
from babelset.files.row import KEY
from babelset.review.apart import one_apart, owned
from babelset.review.record import Decision
from babelset.translation.deciding import judge, score
from babelset.work.journal import Entry

CORRECTED = "corrected"
CHECKS = ("complete", "preserved")  # of a corrected row: nothing is missing, and no kept text was lost
DONE = {"accept": "accepted", "reject": "rejected", "correct": "corrected"}


def decided(data: dict[str, Any], evidence: Evidence, decision: Decision) -> Entry:
    """
    The row with the reviewer's verdict beside those that it leaves standing; `data` and `evidence` stay as they are.

    Whatever was decided, a row that lacks a translation is rejected, and so is a corrected one whose text was changed
    after the run, so that the correction has no place in it.
    """
    said = f"{DONE[decision['verdict']]} by {decision['reviewer']}"
    said += f": {decision['reason']}" if decision["reason"] else ""
    verdict = Verdict(REVIEW, decision["verdict"] != "reject", None, said)
    evidence = {**evidence, "verdicts": [each for each in evidence["verdicts"] if each["check"] != REVIEW]}
    try:
        if decision["verdict"] == "accept":
            _demand_all(data, evidence)
            overruled = [f"{each['check']}: {each['reason']}" for each in evidence["verdicts"] if not each["ok"]]
            evidence["verdicts"] = [each for each in evidence["verdicts"] if each["ok"]]
            verdict = replace(verdict, reason=", against ".join([said, *overruled]))
        elif decision["verdict"] == "correct":
            data, evidence = _corrected(data, evidence, decision["targets"])
    except DataError as error:
        verdict = replace(verdict, ok=False, reason=f"{said}, but {error}")
    evidence["verdicts"] = [*evidence["verdicts"], verdict_evidence(verdict)]
    evidence["status"] = "accepted" if all(each["ok"] for each in evidence["verdicts"]) else "rejected"
    return {"status": evidence["status"], "data": {**data, KEY: evidence}}


@cache
def _checks() -> tuple[Filter, ...]:
    return tuple(build_filter(name, {}) for name in CHECKS)


def _demand_all(data: dict[str, Any], evidence: Evidence) -> None:
    for unit in outcome_of(data, evidence).fields:
        if not unit.target:
            raise DataError(f"{unit.field} has no translation")


def _corrected(data: dict[str, Any], evidence: Evidence, targets: Mapping[str, str]) -> tuple[dict[str, Any], Evidence]:
    changes = {int(number): target for number, target in targets.items()}
    segments = [
        _changed(segment, changes[number]) if number in changes else segment
        for number, segment in enumerate(evidence["segments"])
    ]
    for index in sorted({segments[number]["field"] for number in changes}):
        path = evidence["fields"][index]["path"]
        data = with_value(data, tuple(path), _text(data, evidence, index, changes))
    new: Evidence = {**evidence, "segments": segments, "scores": {}, "verdicts": []}
    new.pop("notes", None)
    outcome = outcome_of(data, new)
    checks = _checks()
    with opened(checks):
        [outcome.marks] = score(checks, [outcome])
    add_marks(new, outcome.marks)
    new["verdicts"] = [verdict_evidence(verdict) for verdict in judge(checks, outcome)]
    return data, new


def _changed(segment: SegmentEvidence, target: str) -> SegmentEvidence:
    flags = list(dict.fromkeys([*segment["flags"], CORRECTED]))
    return {**segment, "target": target, "flags": flags, "reason": ""}


def _text(data: dict[str, Any], evidence: Evidence, index: int, changes: Mapping[int, str]) -> str | None:
    """The text of a field with the changes; None where a segment of it is still missing."""
    field, own = evidence["fields"][index], owned(evidence)[index]
    text = value_at(data, field["path"])
    found = one_apart(field, own, text, evidence["source"])
    old = {number: segment["target"] for number, segment in own.items()}
    if not found.torn:
        new = {number: target for number, before in old.items() if (target := changes.get(number, before)) is not None}
        return found.together(new) if len(new) == len(old) else None
    for number, before in old.items():
        if number in changes:
            if not isinstance(text, str) or not before or text.count(before) != 1:
                name = path_name(field["path"])
                raise DataError(f"{name} was changed after the run, and segment {number} has no certain place in it")
            text = text.replace(before, changes[number])
    return str(text)


def with_value(data: Any, path: Where, value: Any) -> Any:
    """A copy of `data` with `value` at `path`; DataError where the path leads nowhere."""
    if not path:
        return value
    if path[0] == ENCODED and isinstance(data, str):
        return encode(with_value(decode(data), path[1:], value), data)
    try:
        inner, copied = data[path[0]], data.copy()
    except (KeyError, IndexError, TypeError, AttributeError):
        raise DataError(f"there is no {path_name(path)} in it") from None
    copied[path[0]] = with_value(inner, path[1:], value)
    return copied
