"""
Shapes of rows whose labels are tied to places in a text, and how they are written again around its translation.

tokens and tags    {"tokens": ["Ana", "sings"], "tags": ["B-PER", "O"]}, as CoNLL files hold them in IOB2
text and spans     {"text": "Ana sings", "spans": [{"start": 0, "end": 3, "label": "PER"}]}
SQuAD              {"context": "Ana sings", "question": "Who sings?", "answers": {"text": ["Ana"], "answer_start": [0]}}
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from babelset.errors import DataError
from babelset.steps.alignment.links import Labelled
from babelset.steps.alignment.passages import Where
from babelset.steps.alignment.words import Span, only, tokens

NO_SPACE_BEFORE = frozenset(".,;:!?)]}%…»”’'")
NO_SPACE_AFTER = frozenset("([{«“‘¿¡$€£")

Data = Mapping[str, Any]


class Shape(ABC):
    """One of the shapes. Raises DataError, with the field, for labels that are not where they say."""

    path: ClassVar[Where]  # of the text with labels, in a row that babelset translated
    apart: ClassVar[bool] = True  # whether labels must not meet
    all_or_nothing: ClassVar[bool] = False  # whether a row without any of its labels is of no use

    @abstractmethod
    def texts(self, data: Data) -> list[tuple[Where, str]]:
        """What is translated, the text with labels first."""

    @abstractmethod
    def spans(self, data: Data, sources: Mapping[Where, str]) -> list[Labelled | None]:
        """The labelled parts of the source text; None for one whose place is not known."""

    @abstractmethod
    def written(self, data: Data, targets: Mapping[Where, str], spans: Sequence[Labelled]) -> dict[str, Any]:
        """The row with the translated texts, and the spans in them."""


class Tokens(Shape):
    path = ("tokens",)

    def texts(self, data: Data) -> list[tuple[Where, str]]:
        return [(self.path, joined(_strings(data, "tokens"))[0])]

    def spans(self, data: Data, sources: Mapping[Where, str]) -> list[Labelled | None]:
        found, tags = _strings(data, "tokens"), _strings(data, "tags")
        if len(found) != len(tags):
            raise DataError(f"{len(found)} tokens and {len(tags)} tags", field="tags")
        return list(_labelled(tags, joined(found)[1]))

    def written(self, data: Data, targets: Mapping[Where, str], spans: Sequence[Labelled]) -> dict[str, Any]:
        text = targets[self.path]
        edges = sorted({0, len(text), *(edge for span in spans for edge in span.span)})
        cut = [(a + start, a + end) for a, b in pairwise(edges) for start, end in tokens(text[a:b])]
        tags, at = list[str](), 0
        for start, end in cut:
            while at < len(spans) and spans[at].end <= start:
                at += 1
            inside = at < len(spans) and spans[at].start < end
            begins = inside and (not tags or start <= spans[at].start or tags[-1] == "O")
            tags.append(f"{'B' if begins else 'I'}-{spans[at].label}" if inside else "O")
        return {**data, "tokens": [text[start:end] for start, end in cut], "tags": tags}


class Spans(Shape):
    path = ("text",)

    def texts(self, data: Data) -> list[tuple[Where, str]]:
        return [(self.path, _text(data, "text"))]

    def spans(self, data: Data, sources: Mapping[Where, str]) -> list[Labelled | None]:
        text, found = sources[self.path], data["spans"]
        if not isinstance(found, list):
            raise DataError("is no list of spans", field="spans")
        return [_span(each, number, text) for number, each in enumerate(found)]

    def written(self, data: Data, targets: Mapping[Where, str], spans: Sequence[Labelled]) -> dict[str, Any]:
        new = [{**data["spans"][span.number], "start": span.start, "end": span.end} for span in spans]
        text = targets[self.path]
        new = [{**each, **({"text": text[each["start"] : each["end"]]} if "text" in each else {})} for each in new]
        return {**data, "text": text, "spans": new}


class Squad(Shape):
    path = ("context",)
    apart = False
    all_or_nothing = True

    def texts(self, data: Data) -> list[tuple[Where, str]]:
        return [(self.path, _text(data, "context")), (("question",), _text(data, "question"))]

    def spans(self, data: Data, sources: Mapping[Where, str]) -> list[Labelled | None]:
        texts, starts = _answers(data)
        context = sources[self.path]
        if any(path[:1] == ("answers",) for path in sources):  # translated, so its offsets are not those of the source
            said = [sources.get(("answers", "text", number), text) for number, text in enumerate(texts)]
            places = [only(text, context) for text in said]
            return [Labelled(*place, "", number) if place else None for number, place in enumerate(places)]
        for number, (text, start) in enumerate(zip(texts, starts, strict=True)):
            if start < 0 or context[start : start + len(text)] != text or not text:
                raise DataError(
                    f"the context does not hold {text[:40]!r} there", field=f"answers.answer_start[{number}]"
                )
        return [
            Labelled(start, start + len(text), "", number)
            for number, (text, start) in enumerate(zip(texts, starts, strict=True))
        ]

    def written(self, data: Data, targets: Mapping[Where, str], spans: Sequence[Labelled]) -> dict[str, Any]:
        context = targets[self.path]
        texts, starts = [context[slice(*span.span)] for span in spans], [span.start for span in spans]
        answers = {**data["answers"], "text": texts, "answer_start": starts}
        if "answer_end" in answers:
            answers["answer_end"] = [span.end for span in spans]
        return {
            **data,
            "context": context,
            "question": targets.get(("question",), data["question"]),
            "answers": answers,
        }


SHAPES: tuple[tuple[frozenset[str], Shape], ...] = (
    (frozenset({"tokens", "tags"}), Tokens()),
    (frozenset({"text", "spans"}), Spans()),
    (frozenset({"context", "question", "answers"}), Squad()),
)


def shape_of(data: Data) -> Shape:
    """The shape of a row; DataError for none of them."""
    for columns, shape in SHAPES:
        if columns <= data.keys():
            return shape
    known = "; ".join(", ".join(sorted(columns)) for columns, _ in SHAPES)
    raise DataError(f"no columns with labels; known are: {known}")


def joined(words: Sequence[str]) -> tuple[str, list[Span]]:
    """
    Tokens as running text, and where each of them stands in it.

    >>> joined(["Hello", ",", "world", "."])
    ('Hello, world.', [(0, 5), (5, 6), (7, 12), (12, 13)])
    """
    out, spans, at = [], list[Span](), 0
    for number, word in enumerate(words):
        close = not number or word[:1] in NO_SPACE_BEFORE or words[number - 1][-1:] in NO_SPACE_AFTER
        gap = "" if close else " "
        spans.append((at + len(gap), at + len(gap) + len(word)))
        out += [gap, word]
        at += len(gap) + len(word)
    return "".join(out), spans


def _labelled(tags: Sequence[str], places: Sequence[Span]) -> Iterator[Labelled]:
    """IOB2, and IOB1, in which a label begins with I- where the one before is another."""
    begun, label, number = -1, "", 0
    for at, tag in enumerate([*tags, "O"]):
        kind, _, name = tag.partition("-")
        if kind not in ("B", "I", "O") or (kind != "O") != bool(name):
            raise DataError(f"{tag!r} is no tag of IOB2, as B-PER, I-PER or O", field=f"tags[{at}]")
        if begun >= 0 and (kind != "I" or name != label):
            yield Labelled(places[begun][0], places[at - 1][1], label, number)
            begun, number = -1, number + 1
        if kind != "O" and begun < 0:
            begun, label = at, name


def _span(each: Any, number: int, text: str) -> Labelled:
    field = f"spans[{number}]"
    if not isinstance(each, dict) or not all(type(each.get(key)) is int for key in ("start", "end")):
        raise DataError("has no whole numbers start and end", field=field)
    start, end, label = each["start"], each["end"], each.get("label", "")
    if not 0 <= start < end <= len(text):
        raise DataError(f"{start} to {end} is not inside the text of {len(text)} characters", field=field)
    if not isinstance(label, str):
        raise DataError("its label is no text", field=field)
    return Labelled(start, end, label, number)


def _answers(data: Data) -> tuple[list[str], list[int]]:
    answers = data["answers"]
    texts, starts = (answers.get(key) if isinstance(answers, dict) else None for key in ("text", "answer_start"))
    if not isinstance(texts, list) or not isinstance(starts, list) or len(texts) != len(starts):
        raise DataError("holds no lists text and answer_start of one length", field="answers")
    if not all(isinstance(text, str) for text in texts) or not all(type(start) is int for start in starts):
        raise DataError("text holds texts, and answer_start whole numbers", field="answers")
    return texts, starts


def _strings(data: Data, name: str) -> list[str]:
    found = data[name]
    if not isinstance(found, list) or not all(isinstance(each, str) and each for each in found):
        cure = "; write their names in place of numbers" if name == "tags" else ""
        raise DataError(f"is no list of texts{cure}", field=name)
    return found


def _text(data: Data, name: str) -> str:
    if not isinstance(data[name], str):
        raise DataError("is no text", field=name)
    found: str = data[name]
    return found
