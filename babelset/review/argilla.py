"""
The review as a dataset of Argilla 2: `argilla.Dataset.from_disk` reads the folder, what `to_disk` writes comes back.

Argilla's SDK writes and reads such folders only with a server behind it, and all records at once: so it is done here.

A row is a record. Its segments are numbered, "⟦0⟧ Hola.", and so is the correction, which holds all of them or some.
What was decided before stands there as a suggestion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ValidationError

from babelset.contracts.filter import shorten
from babelset.errors import ConfigError, DataError, OutputError
from babelset.files.reading import read
from babelset.files.row import BadRow
from babelset.files.writing import make_folder, says, write_whole
from babelset.plugins import explain
from babelset.review.proposal import Proposal
from babelset.review.record import Decision, Item, Said, Verdict, segments_of
from babelset.review.sheet import CHOICES, alike
from babelset.review.store import Store

RECORDS = "records.json"
NUMBER = re.compile(r"⟦(\d{1,9})⟧")
UNFIT = re.compile("[\x00\ud800-\udfff]")  # in no database of Argilla's
GUIDELINES = (
    "Accept a row that is good as it is, reject one that is not worth mending, and say why. To mend it, choose correct "
    "and change the text of its segments under correction; leave their numbers, code and links as they are."
)


def write_folder(store: Store, folder: Path, *, force: bool = False) -> int:
    """How many records; ConfigError where there are other ones already and `force` is not given."""
    name = re.sub(r"\W+", "-", store.path.name.removesuffix(".sqlite"), flags=re.ASCII).strip("-_") or "review"
    parts: dict[Path, Callable[[], Iterable[str]]] = {
        folder / ".argilla" / "settings.json": lambda: [json.dumps(_settings())],
        folder / ".argilla" / "dataset.json": lambda: [json.dumps({"name": name, "guidelines": GUIDELINES})],
        folder / RECORDS: lambda: _lines(store),
    }
    for path, lines in parts.items():
        if path.exists() and not force and not says(path, lines()):
            raise ConfigError(f"{path} exists, and says something else; name another folder, or add --force")
    try:
        make_folder(folder / ".argilla")
    except OSError as error:
        raise OutputError(f"{folder}: cannot make the folder ({error.strerror}); name another place") from None
    for path, lines in parts.items():
        write_whole(path, lines())
    return store.progress()["items"]


def _lines(store: Store) -> Iterator[str]:
    """The records as one JSON list, a line each, in ASCII, which any locale reads."""
    start = "["
    for item in store.items():
        yield start + json.dumps(_record(item, store.decision(item["id"])))
        start = ","
    yield "]" if start == "," else "[]"


def _settings() -> dict[str, Any]:
    options = [{"value": choice, "text": choice} for choice in CHOICES]
    verdict = {"type": "label_selection", "options": options}
    kinds = dict.fromkeys(("run", "place", "language", "status"), "terms") | {"quality": "float", "version": "integer"}
    return {
        "guidelines": GUIDELINES,
        "fields": [_text(name, required=True) for name in ("source", "target")],
        "questions": [
            {"name": "verdict", "title": "verdict", "required": True, "settings": verdict},
            _text("correction", required=False),
            _text("reason", required=False),
        ],
        "metadata": [{"name": name, "title": name, "settings": {"type": kind}} for name, kind in kinds.items()],
        "vectors": [],
        "allow_extra_metadata": True,
    }


def _text(name: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "title": name, "required": required, "settings": {"type": "text", "use_markdown": False}}


def _record(item: Item, decision: Decision | None) -> dict[str, Any]:
    said = decision if decision and decision["verdict"] != "open" else None
    agent = said["reviewer"] if said else item["engine"] or "babelset"
    told = {"correction": "" if _locked(item) else _correction(item, said["targets"] if said else {})}
    if said:
        told |= {"verdict": said["verdict"], "reason": said["reason"]}
    metadata = {
        "run": item["run"], "place": item["place"], "language": item["target_name"], "status": item["status"],
        "quality": item["quality"], "version": decision["version"] if decision else 0,
    }  # fmt: skip
    return {
        "id": item["id"],
        "fields": {"source": _fit(_marked(item, "source")), "target": _fit(_marked(item, "target"))},
        "metadata": {name: _fit(value) for name, value in metadata.items() if value is not None},
        "suggestions": {
            name: {"value": _fit(value), "score": None, "agent": _fit(agent)} for name, value in told.items() if value
        },
        "responses": {},
        "vectors": {},
    }


def _fit(value: Any) -> Any:
    return UNFIT.sub("\ufffd", value) if isinstance(value, str) else value


def _marked(item: Item, side: Literal["source", "target"]) -> str:
    """All texts of the row, its segments numbered."""
    fields = []
    for field in item["fields"]:
        parts = [
            part if isinstance(part, str) else f"⟦{part['segment']}⟧ {part[side] or ''}" for part in field["parts"]
        ]
        fields.append(f"{field['name']}:\n" + (" " if field.get("torn") else "").join(parts))
    return "\n\n".join(fields)


def _correction(item: Item, targets: Mapping[str, str]) -> str:
    texts = ((part["segment"], targets.get(str(part["segment"]), part["target"])) for _, part in segments_of(item))
    return "\n".join(f"⟦{number}⟧ {text or ''}" for number, text in texts)


def _locked(item: Item) -> bool:
    """Whether a correction of the row could not be read again."""
    texts = (text or "" for _, part in segments_of(item) for text in (part["source"], part["target"]))
    return any(NUMBER.search(text) or UNFIT.search(text) for text in texts)


def proposals(store: Store, path: Path, reviewer: str) -> Iterator[Proposal | DataError | None]:
    """
    What the responses to each record say; None of one that nobody answered.

    Argilla's records name users by their ids only: `reviewer` is who they were, or "argilla " and the id.
    """
    for line, row in enumerate(read([path], format="json"), 1):
        try:
            if isinstance(row, BadRow):
                raise DataError(row.reason)
            yield _proposal(store, line, row.data, reviewer)
        except DataError as error:
            yield DataError(error.reason, file=f"{path} record", line=line)


class _Answer(BaseModel):
    value: Any = None
    user_id: str = ""


class _Told(BaseModel):
    id: str
    metadata: dict[str, Any] | None = None
    responses: dict[str, list[_Answer]] | None = None


def _proposal(store: Store, line: int, data: dict[str, Any], reviewer: str) -> Proposal | None:
    try:
        told = _Told.model_validate(data)
    except ValidationError as error:
        raise DataError(f"not a record of Argilla: {explain(error)}") from None
    if (item := store.get(told.id)) is None:
        raise DataError(f"unknown id {shorten(told.id)}; this is the folder of another review")
    version = (told.metadata or {}).get("version")
    version = version if type(version) is int else None
    users: dict[str, dict[str, str]] = {}
    for question, answers in (told.responses or {}).items():
        for answer in answers:
            users.setdefault(answer.user_id, {})[question] = str(answer.value or "")
    old = store.decision(told.id, version)
    found = [
        said for user, texts in users.items() if (said := _said(item, old, texts, reviewer or f"argilla {user[:8]}"))
    ]
    if any({**said, "reviewer": ""} != {**found[0], "reviewer": ""} for said in found):
        raise DataError(f"{len(found)} users decided differently; settle it in Argilla")
    return Proposal(line, found[0], version) if found else None


def _said(item: Item, old: Decision | None, answers: dict[str, str], reviewer: str) -> Said | None:
    verdict = answers.get("verdict", "").strip()
    targets = (
        _targets(item, old["targets"] if old else {}, answers.get("correction", "")) if verdict != "reject" else {}
    )
    if not verdict and not targets:
        return None
    known = next((choice for choice in get_args(Verdict) if choice == verdict), None)
    if known is None and verdict:
        raise DataError(f"unknown verdict {shorten(verdict)}; known: {', '.join(CHOICES)}")
    return {
        "item": item["id"],
        "verdict": "correct" if targets else known or "open",
        "reason": answers.get("reason", "").strip(),
        "targets": targets,
        "reviewer": reviewer,
    }


def _targets(item: Item, old: Mapping[str, str], text: str) -> dict[str, str]:
    """The segments whose text in a correction is another one than their target."""
    if not text.strip():
        return {}
    if _locked(item):
        raise DataError("this row has characters that no correction in Argilla can have; use babelset review")
    start, *pieces = NUMBER.split(text)
    numbers = [str(int(number)) for number in pieces[::2]]
    targets = {str(part["segment"]): part["target"] or "" for _, part in segments_of(item)}
    if start.strip() or len(set(numbers)) < len(numbers) or not targets.keys() >= set(numbers):
        raise DataError("its correction is no longer in segments: each begins with its number, as ⟦0⟧, once")
    found = {}
    for number, new in zip(numbers, map(str.strip, pieces[1::2]), strict=True):
        if number in old and alike(new, old[number].strip()):
            found[number] = old[number]
        elif new and not alike(new, targets[number].strip()):
            found[number] = new
    return found
