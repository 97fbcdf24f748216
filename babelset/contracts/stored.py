"""
How evidence stands in a file: one JSON text, without what the row and the evidence itself tell.

{"instruction": "Escriu `ls`. Ara.", "_babelset": "<the text>"}, of which the text is

{"row": 17, "file": "alpaca.json", ..., "texts": [2869346901],
 "fields": [["instruction", "Write `ls`. Now.", [6, 4]]],
 "segments": [[0, 11, 0, 12, 0, [6, 4]], [1, 4, 1, 4]], "flags": {"retried": [1]},
 "scores": {"length": [1.02], "copied": 0}, "exceptions": {"language": null}}

- A part of a text is two numbers: characters after the part before it, and its length. Segments and kept texts are
  parts of the source of their field, targets of the text that stands in the row.
- `texts` are the hashes (xxh32) of these texts; of one that was changed since, nobody knows the sentences any more.
- A field is its path (of a column the name alone), its source, the parts of it that were kept, its role where that is
  not the last key of the path, and what else is told of it. A segment is its parts in source and target, its field
  where it is not that of the one before, and the parts of its source that were kept; or it has keys.
- `flags` are those of segments that have one, with the numbers of the segments.
- A score that all segments share stands once. A check that passed with the mean of its scores has no verdict:
  `exceptions` are the others: a score that passed, a score and the reason why it did not, or keys; null where a score
  was never judged.
- Left out are also empty lists and texts, and a status that the verdicts tell.

What would not come back the same is stored as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import xxhash

from babelset.files.encoded import value_at
from babelset.files.lossless import dumps
from babelset.files.row import KEY

CHANGED = "the text was changed after it was translated"
ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # what anything else than evidence raises
MOST = 1_000_000  # scores of a row that are written out
PASSED = {"ok": True, "score": None, "reason": ""}
SEGMENT = {"keeps": [], "flags": [], "reason": ""}
PLAIN = {"field", "source", "target"}
Table = dict[str, Any]


def stored(data: Mapping[str, Any]) -> dict[str, Any]:
    """The row as it is written: its evidence as text. A row without evidence, or with text there, as it is."""
    evidence = data.get(KEY)
    if not isinstance(evidence, dict):
        return dict(data)
    try:
        short = _short(data, evidence)
        text = dumps(short if filled(data, short) == evidence else evidence)
    except ODD:
        text = dumps(evidence)
    return {**data, KEY: text}


def filled(data: Mapping[str, Any], found: Table) -> Table:
    """
    The evidence with all that it was stored without; `data` is its row. What was stored whole stays as it is.

    Raises one of ODD for what is no evidence.
    """
    if "texts" not in found:
        return found
    new = {**found, "fields": list(map(_full_field, found["fields"]))}
    hashes, exceptions = new.pop("texts"), new.pop("exceptions", {})
    texts = [_unchanged(data, field["path"], known) for field, known in zip(new["fields"], hashes, strict=True)]
    new["segments"] = list(_full_segments(new["segments"], new["fields"], texts))
    for flag, numbers in new.pop("flags", {}).items():
        for number in numbers:
            new["segments"][number]["flags"] = [flag]
    new["scores"] = _full_scores(new["scores"], len(new["segments"]))
    new["verdicts"] = _full_verdicts(new["scores"], exceptions)
    return {"status": _status(new["verdicts"]), **new}


def _short(data: Mapping[str, Any], evidence: Table) -> Table:
    texts = [value_at(data, field["path"]) for field in evidence["fields"]]
    new = {key: value for key, value in evidence.items() if key != "verdicts"}
    if evidence["status"] == _status(evidence["verdicts"]):
        del new["status"]
    new["texts"] = list(map(_hash, texts))
    new["fields"] = list(map(_short_field, evidence["fields"]))
    new["segments"] = list(_short_segments(evidence["segments"], evidence["fields"], texts))
    if flags := _flags(evidence["segments"]):
        new["flags"] = flags
    new["scores"] = {name: _short_scores(found, len(new["segments"])) for name, found in evidence["scores"].items()}
    if exceptions := dict(_exceptions(evidence["scores"], evidence["verdicts"])):
        new["exceptions"] = exceptions
    return new


def _status(verdicts: Iterable[Table]) -> str:
    return "accepted" if all(verdict["ok"] for verdict in verdicts) else "rejected"


# texts and their parts


def _hash(text: Any) -> int | None:
    return xxhash.xxh32_intdigest(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else None


def _unchanged(data: Mapping[str, Any], path: Sequence[str | int], known: int | None) -> str | None:
    text = value_at(data, path)
    return text if isinstance(text, str) and _hash(text) == known else None


class _Parts:
    """Parts of a text, in their order, as numbers."""

    def __init__(self, text: Any) -> None:
        self.text, self.at = text if isinstance(text, str) else None, 0

    def short(self, part: str | None) -> Any:
        """Two numbers; the part itself where it is not found, and all those after it, so that nothing is quadratic."""
        if self.text is None or part is None:
            return part
        if (start := self.text.find(part, self.at)) < 0:
            self.text = None
            return part
        numbers, self.at = [start - self.at, len(part)], start + len(part)
        return numbers

    def full(self, numbers: Any) -> Any:
        """The part; None where the text is not known, and the part itself where that was stored."""
        if not isinstance(numbers, list):
            return numbers
        skip, length = numbers
        if min(skip, length) < 0:
            raise ValueError("a part begins before the one before it ends")
        start = self.at + skip
        self.at = start + length
        return None if self.text is None else self.text[start : self.at]


def _short_field(field: Table) -> list[Any]:
    """Its path, or its column; its source; the parts that were kept; its role; what else is told. As far as needed."""
    path, role, keeps = field["path"], field["role"], _short_keeps(field["source"], field["keeps"])
    new = [path if len(path) > 1 else path[0], field["source"], keeps, role]
    if rest := {key: value for key, value in field.items() if key not in ("path", "role", "source", "keeps")}:
        return [*new, rest]
    return new if role != path[-1] else new[: 3 if keeps else 2]


def _full_field(found: Sequence[Any]) -> Table:
    where, source, *more = found
    path = where if isinstance(where, list) else [where]
    keeps = _full_keeps(source, more[0] if more else [])
    role, rest = more[1] if len(more) > 1 else path[-1], more[2] if len(more) > 2 else {}
    return {**rest, "path": path, "role": role, "source": source, "keeps": keeps}


def _short_keeps(source: str, keeps: Iterable[str]) -> list[int]:
    parts = _Parts(source)
    numbers = [number for keep in keeps for number in parts.short(keep)]
    if parts.text is None:
        raise ValueError("a kept text is not in the source")
    return numbers


def _full_keeps(source: str | None, numbers: Sequence[int]) -> list[Any]:
    parts = _Parts(source)
    return [parts.full([skip, length]) for skip, length in zip(numbers[::2], numbers[1::2], strict=True)]


def _short_segments(segments: Iterable[Table], fields: Sequence[Table], texts: Sequence[Any]) -> Iterator[Any]:
    sources, targets, before = [_Parts(field["source"]) for field in fields], list(map(_Parts, texts)), 0
    for segment in segments:
        at = segment["field"]
        parts = {"source": sources[at].short(segment["source"]), "target": targets[at].short(segment["target"])}
        moved, before = at != before, at
        rest = {key: value for key, value in segment.items() if SEGMENT.get(key, segment) != value} | parts
        if len(segment["flags"]) == 1:
            del rest["flags"]
        if rest.keys() - {"keeps"} != PLAIN or not all(isinstance(part, list) for part in parts.values()):
            yield rest
        elif keeps := _short_keeps(segment["source"], segment["keeps"]):
            yield [*parts["source"], *parts["target"], at, keeps]
        else:
            yield [*parts["source"], *parts["target"], *([at] if moved else [])]


def _flags(segments: Iterable[Table]) -> dict[str, list[int]]:
    """By flag, the numbers of the segments that have it alone."""
    found: dict[str, list[int]] = {}
    for number, segment in enumerate(segments):
        if len(segment["flags"]) == 1:
            found.setdefault(segment["flags"][0], []).append(number)
    return found


def _full_segments(segments: Iterable[Any], fields: Sequence[Table], texts: Sequence[str | None]) -> Iterator[Table]:
    sources, targets, before = [_Parts(field["source"]) for field in fields], list(map(_Parts, texts)), 0
    for found in segments:
        item = found if isinstance(found, dict) else _item(found, before)
        before = at = item["field"]
        new = {
            **SEGMENT,
            **item,
            "source": sources[at].full(item["source"]),
            "target": targets[at].full(item["target"]),
        }
        if isinstance(found, list) and found[5:]:
            new["keeps"] = _full_keeps(new["source"], found[5])
        if new["target"] is None and item["target"] is not None:
            new["reason"] = CHANGED
        yield new


def _item(found: Sequence[Any], before: int) -> Table:
    return {"source": found[:2], "target": found[2:4], "field": found[4] if found[4:] else before}


# scores and verdicts


def _short_scores(values: Sequence[float | None], count: int) -> Any:
    short = [
        int(value) if value is not None and value == int(value) and abs(value) < 1e9 else value for value in values
    ]
    return short[0] if len(short) == count and count > 1 and len(set(short)) == 1 else short


def _full_scores(scores: Mapping[str, Any], count: int) -> Table:
    if count * sum(not isinstance(found, list) for found in scores.values()) > MOST:
        raise ValueError("more scores than a row has")
    lists = {name: found if isinstance(found, list) else [found] * count for name, found in scores.items()}
    return {name: [value if value is None else float(value) for value in values] for name, values in lists.items()}


def _passed(name: str, scores: Iterable[float | None]) -> Table:
    told = [score for score in scores if score is not None]
    return {"check": name, **PASSED, "score": round(sum(told) / len(told), 4) if told else None}


def _exceptions(scores: Mapping[str, Sequence[float | None]], verdicts: Sequence[Table]) -> Iterator[tuple[str, Any]]:
    """The verdicts that the scores do not give, by check."""
    told = {verdict["check"]: verdict for verdict in verdicts}
    for name in dict.fromkeys([*(name for name in scores if "." not in name), *told]):
        if (verdict := told.get(name)) is None:
            yield name, None
        elif name not in scores or verdict != _passed(name, scores[name]):
            rest = {
                key: value for key, value in verdict.items() if key != "check" and PASSED.get(key, verdict) != value
            }
            if rest.keys() == {"score"}:
                yield name, verdict["score"]
            elif {"ok", "reason"} <= rest.keys() <= {"ok", "score", "reason"}:
                yield name, [verdict["score"], verdict["reason"]]
            else:
                yield name, rest


def _full_verdicts(scores: Mapping[str, Sequence[float | None]], exceptions: Table) -> list[Table]:
    """A verdict for each check that has scores, in their order, then the others."""
    names = dict.fromkeys([*(name for name in scores if "." not in name), *exceptions])
    return [
        _verdict(name, exceptions[name]) if name in exceptions else _passed(name, scores[name])
        for name in names
        if exceptions.get(name, name) is not None
    ]


def _verdict(name: str, found: Any) -> Table:
    if isinstance(found, list):
        score, reason = found
        found = {"ok": False, "score": score, "reason": reason}
    return {"check": name, **PASSED, **(found if isinstance(found, dict) else {"score": found})}
