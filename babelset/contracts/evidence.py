"""
What is known about a translated row, carried in the row itself under one key, `_babelset`.

>>> from babelset import evidence_of
>>> evidence_of({"instruction": "Escriu ...", "_babelset": "..."})
{"row": 17, "file": "alpaca.json", "line": 133, "status": "accepted", "schema": "alpaca",
 "source": "eng_Latn", "target": "cat_Latn", "translator": "apertium|eng-cat|...",
 "fields": [{"path": ["instruction"], "role": "instruction", "source": "Write ...", "keeps": ["`ls`"]}],
 "segments": [{"field": 0, "source": "Write ...", "target": "Escriu ...", "keeps": [], "flags": [], "reason": ""}],
 "scores": {"length": [1.04]},
 "verdicts": [{"check": "length", "ok": true, "score": 1.04, "reason": ""}]}

In a file it is one text, and shorter: see contracts.stored. `evidence_of` reads that, and files of all versions before.

Scores may have parts, as "judge.accuracy" is of "judge"; "notes" then say why, a text for each unit.

Where routes led to several translators, "route" says which were tried and which was kept, and "candidates" what each
of them made of the row, when there was more than one.

Scores travel with the row, so deciding again, exporting or reviewing needs neither the run nor the translator.
Rows, indices and fields count from 0, lines from 1. `target` is null where translation failed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic cannot read the one of Python 3.11

from babelset.contracts.filter import RIGHT, Marks, Outcome, Scored, Verdict
from babelset.contracts.shape import Field
from babelset.contracts.stored import ODD, filled
from babelset.errors import ConfigError, DataError
from babelset.files.encoded import ENCODED
from babelset.files.encoded import value_at as value_at
from babelset.files.row import KEY
from babelset.languages import Pair, find

COLUMNS = "columns"  # the check of columns that depend on each other; no filter takes it back
MADE = "made"  # the key of what steps of a pipeline say of how they made the row
BESIDE = "beside"  # the key of the column that a translation stands in, beside its source
NONE = float("-inf")  # the score of a candidate that nothing could score; JSON has no number for it
REVIEW = "review"  # the check of a reviewer's verdict, which no filter takes back


class FieldEvidence(TypedDict):
    """One text of the row; its translation is in the row itself, at `path`."""

    path: list[str | int]  # ["messages", 2, "content"]
    role: str  # "instruction", "turn/user" ...
    source: str  # the text before translation
    keeps: list[str]  # texts in it that were not translated: code, links ...
    right: NotRequired[bool]  # true for the right one of some options


class SegmentEvidence(TypedDict):
    """One sentence, the unit of translation."""

    field: int  # index into `fields`
    source: str
    target: str | None  # null where translation failed
    keeps: list[str]  # texts in it that were not translated
    flags: list[str]  # "truncated", "repetition", "unknown_words", "retried", "pieces" ...
    reason: str  # why there is no target, otherwise empty
    candidates: NotRequired[list[tuple[str, float | None]]]  # where several hypotheses were asked for; null: no score


class VerdictEvidence(TypedDict):
    """What one check decided about the row."""

    check: str  # name of the filter; "review" for a reviewer
    ok: bool
    score: float | None
    reason: str  # empty when ok
    counts: NotRequired[dict[str, int]]  # summed over all rows in the manifest


class RouteEvidence(TypedDict):
    """Which way the row took."""

    rule: int  # of the routes file, from 0
    tried: list[str]  # engines, in order
    kept: str  # the engine whose translation was kept


class CandidateEvidence(TypedDict):
    """What one engine made of the row."""

    engine: str  # its name in the routes file
    signature: str
    status: str  # "accepted" or "rejected"
    targets: list[str | None]  # of its segments
    scores: dict[str, list[float | None]]
    verdicts: list[VerdictEvidence]


class Evidence(TypedDict):
    """
    What is known about a translated row: `evidence_of(row.data)["verdicts"]`.

    Further keys are those of steps of a pipeline, and are carried along.
    """

    row: int  # number over all inputs, from 0
    file: str  # it was read from
    line: int  # in that file, from 1
    status: str  # "accepted" or "rejected"
    schema: str  # name of the shape
    source: str  # FLORES-200 code
    target: str  # FLORES-200 code
    translator: str  # its signature
    fields: list[FieldEvidence]  # texts of the row, in the order of the schema
    segments: list[SegmentEvidence]  # sentences of these fields, in reading order
    scores: dict[str, list[float | None]]  # by filter, one for each of its units; null is "not covered"
    verdicts: list[VerdictEvidence]  # one for each check
    beside: NotRequired[str]  # the column that the translation stands in, where the row stays in the source language
    derived: NotRequired[list[str]]  # commands that copied the row from another output: "score", "filter" ...
    left: NotRequired[dict[str, str]]  # columns that hold prose and were not translated, and why
    input_note: NotRequired[str]  # what was made of the row when it was read: "NaN read as null"
    notes: NotRequired[dict[str, list[str]]]  # of filters that say why of a unit, aligned with their scores
    route: NotRequired[RouteEvidence]  # where routes led to several translators
    candidates: NotRequired[list[CandidateEvidence]]  # where more than one of them was asked


def path_name(path: Sequence[str | int]) -> str:
    """`path_name(["messages", 2, "content"])` -> "messages[2].content"."""
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path if part != ENCODED)
    return name.removeprefix(".")


def evidence_of(data: dict[str, Any], *, file: str = "", line: int = 0) -> Evidence:
    """
    The evidence that a translated row carries, whole.

    >>> for row in read(["ca.jsonl"]):
    ...     print(evidence_of(row.data)["scores"]["length"])

    DataError for a row that has none or a damaged one.
    """
    from pydantic import ValidationError

    raw = data.get(KEY)
    if raw is None:
        raise DataError(f"no {KEY!r} key: this row was not written by babelset translate", file=file, line=line)
    try:
        found: Evidence = _adapter().validate_python(filled(data, json.loads(raw) if isinstance(raw, str) else raw))
    except ValidationError as error:
        first = error.errors()[0]
        where = path_name([KEY, *first["loc"]])
        raise DataError(f"damaged evidence: {first['msg']}", file=file, line=line, field=where) from None
    except (*ODD, RecursionError):
        raise DataError("damaged evidence: not what is written there", file=file, line=line, field=KEY) from None
    for key in ("source", "target"):
        try:
            find(found[key])
        except ConfigError as error:
            raise DataError(f"damaged evidence: {error}", file=file, line=line, field=f"{KEY}.{key}") from None
    if not all(field["path"] for field in found["fields"]):
        raise DataError("damaged evidence: a field without a path", file=file, line=line, field=f"{KEY}.fields")
    if any(not 0 <= segment["field"] < len(found["fields"]) for segment in found["segments"]):
        raise DataError("damaged evidence: a segment of no field", file=file, line=line, field=f"{KEY}.segments")
    return found


def evidence_of_made(data: dict[str, Any]) -> Evidence:
    """
    The evidence of a row that a step of a pipeline made: of one that was never translated, without texts.

    DataError for a row that was not made by a step, or whose evidence is damaged.
    """
    known = known_of(data)
    try:
        made = known[MADE]
        file, _, number = made["parents"][0].partition("/")[0].rpartition(":")
        code, row = known.get("source" if BESIDE in known else "target") or made["language"], int(number)
    except (LookupError, TypeError, ValueError, AttributeError):
        raise DataError("damaged evidence: it does not say what made the row", field=f"{KEY}.{MADE}") from None
    usual = {
        "row": row, "file": file, "line": 0, "status": "accepted", "schema": COLUMNS, "source": code,
        "target": code, "translator": "", "fields": [], "segments": [], "scores": {}, "verdicts": [],
    }  # fmt: skip
    return evidence_of({**data, KEY: {**usual, **known}})


@cache
def _adapter() -> Any:
    from pydantic import ConfigDict, TypeAdapter

    Evidence.__pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[attr-defined]
    return TypeAdapter(Evidence)


def carried(data: dict[str, Any]) -> dict[str, Any]:
    """What steps of a pipeline know about a row, which a translation of it is told too."""
    return {key: value for key, value in known_of(data).items() if key not in Evidence.__annotations__}


def known_of(data: dict[str, Any]) -> dict[str, Any]:
    """What is known about a row, as it stands under its key `_babelset`; {} for nothing, or for nothing of ours."""
    known = data.get(KEY)
    try:
        found = filled(data, json.loads(known) if isinstance(known, str) else known or {})
    except (*ODD, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def sources_of(data: dict[str, Any]) -> dict[str, str]:
    """The texts of a translated row before it was translated, `{"question": "Where?"}`; {} for any other row."""
    try:
        return {path_name(field["path"]): field["source"] for field in evidence_of(data)["fields"]}
    except DataError:
        return {}


def outcome_of(data: dict[str, Any], evidence: Evidence) -> Outcome:
    """What filters look at, rebuilt from a translated row and its evidence."""
    pair = Pair(find(evidence["source"]), find(evidence["target"]))
    fields = [
        Scored(
            source=field["source"],
            target=target if isinstance(target := value_at(data, field["path"]), str) else None,
            pair=pair,
            field=path_name(field["path"]),
            role=field["role"],
            keeps=tuple(field["keeps"]),
            flags=(RIGHT,) if field.get("right") else (),
        )
        for field in evidence["fields"]
    ]
    segments = []
    for number, segment in enumerate(evidence["segments"]):
        home = fields[segment["field"]]
        segments.append(
            Scored(
                source=segment["source"],
                target=segment["target"],
                pair=pair,
                field=home.field,
                role=home.role,
                keeps=tuple(segment["keeps"]),
                flags=tuple(segment["flags"]),
                reason=segment["reason"],
                candidates=tuple(
                    (text, NONE if score is None else score) for text, score in segment.get("candidates", ())
                )
                or _of_engines(evidence, number),
            )
        )
    return Outcome(segments, fields, whole_row(segments, pair), data)


def _of_engines(evidence: Evidence, number: int) -> tuple[tuple[str, float], ...]:
    """What the engines that were asked made of a segment, where they took the row apart alike."""
    alike = (each["targets"] for each in evidence.get("candidates", ()))
    targets = (each[number] for each in alike if len(each) == len(evidence["segments"]))
    return tuple((target, 0.0) for target in targets if target is not None)


def marks_of(evidence: Evidence) -> Marks:
    """What filters made of the row."""
    return Marks(evidence["scores"], evidence.get("notes", {}))


def add_marks(evidence: Evidence, marks: Marks) -> None:
    """Store what filters make of the row now."""
    evidence["scores"].update(marks.scores)
    others = {name: notes for name, notes in evidence.pop("notes", {}).items() if name not in marks.scores}
    if notes := {**others, **marks.notes}:
        evidence["notes"] = notes


def whole_row(segments: Sequence[Scored], pair: Pair) -> Scored:
    """All prose of a row as one unit, a segment a line, for checks that need much text."""
    proses = [segment.prose for segment in segments if segment.target is not None]
    return Scored("\n".join(source for source, _ in proses), "\n".join(target for _, target in proses), pair)


def field_evidence(field: Field, keeps: Sequence[str]) -> FieldEvidence:
    told: FieldEvidence = {"path": list(field.path), "role": field.role, "source": field.text, "keeps": list(keeps)}
    return {**told, "right": True} if field.right else told


def segment_evidence(segment: Scored, field: int) -> SegmentEvidence:
    evidence: SegmentEvidence = {
        "field": field,
        "source": segment.source,
        "target": segment.target,
        "keeps": list(segment.keeps),
        "flags": list(segment.flags),
        "reason": segment.reason,
    }
    if segment.candidates:
        evidence["candidates"] = [(text, None if score == NONE else score) for text, score in segment.candidates]
    return evidence


def verdict_evidence(verdict: Verdict) -> VerdictEvidence:
    evidence: VerdictEvidence = {
        "check": verdict.check,
        "ok": verdict.ok,
        "score": None if verdict.score is None else round(verdict.score, 4),
        "reason": verdict.reason,
    }
    if verdict.counts:
        evidence["counts"] = dict(verdict.counts)
    return evidence
