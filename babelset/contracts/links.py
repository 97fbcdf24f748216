"""
Values of a row that depend on its texts, and must do so after translation.

answer_start   where the answer begins in the context (SQuAD): looked for again
keywords       words that another column must hold (IFEval, Multi-IF): must be in its translation
entry_point    a name of code that the texts speak of: must be in them as often
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from babelset.files.encoded import value_at

Where = tuple[str | int, ...]
CONTEXTS = ("context", "passage", "paragraph", "document", "article", "story")
NAMES = ("entry_point", "function_name", "method_name")


def offsets(row: Mapping[str, Any]) -> dict[Where, Any]:
    """
    New values of every answer_start and answer_end in a row, from where its answers stand in its contexts now.

    {"context": "a b c", "answers": {"text": ["b"], "answer_start": [0]}} -> {("answers", "answer_start"): [2]}

    An answer that the context does not hold exactly once gets the offset -1.
    """
    changes: dict[Where, Any] = {}
    for path, answer, context in _answers(row, (), ""):
        texts = answer["text"] if isinstance(answer["text"], list) else [answer["text"]]
        starts = [_only(text, context) for text in texts]
        ends = [start + len(str(text)) if start >= 0 else -1 for start, text in zip(starts, texts, strict=True)]
        for key, found in (("answer_start", starts), ("answer_end", ends)):
            if key in answer:
                changes[*path, key] = found if isinstance(answer["text"], list) else found[0]
    return changes


def _answers(data: Any, path: Where, context: str) -> Iterator[tuple[Where, Mapping[str, Any], str]]:
    if isinstance(data, dict):
        context = next((data[key] for key in CONTEXTS if isinstance(data.get(key), str)), context)
        if "answer_start" in data and isinstance(data.get("text"), list | str):
            yield path, data, context
        for key, item in data.items():
            yield from _answers(item, (*path, key), context)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            if isinstance(item, dict):
                yield from _answers(item, (*path, index), context)


def _only(text: Any, context: str) -> int:
    if not isinstance(text, str) or not text:
        return -1
    first = context.find(text)
    return first if first == context.rfind(text) else -1


def broken_offsets(row: Mapping[str, Any]) -> str:
    """Which answer has no certain place in its context, "" where every one has."""
    for path, found in offsets(row).items():
        for index, start in enumerate(found if isinstance(found, list) else [found]):
            if start < 0:
                answer = value_at(row, (*path[:-1], "text"))
                text = answer[index] if isinstance(answer, list) else answer
                return f"{path[-1]}: the translated answer {text!r:.60} is not in the context exactly once"
    return ""


def broken_keywords(targets: Sequence[tuple[str, str, str | None]]) -> str:
    """Of (field, role, target): which keyword is in no other text, "" where every one is."""
    told = "\n".join(target for _, role, target in targets if role != "keyword" and target).casefold()
    for field, role, target in targets:
        if role == "keyword" and target and _bare(target).casefold() not in told:
            return f"{field}: the translated keyword {target!r:.60} is in no other text of the row"
    return ""


def _bare(text: str) -> str:
    return text.strip().rstrip(".") if len(text.split()) == 1 else text.strip()


def broken_names(row: Mapping[str, Any], texts: Sequence[tuple[str, str | None]]) -> str:
    """Of (source, target): which name of code that the row tells is gone from a text, "" where none is."""
    names = [row[key] for key in NAMES if isinstance(row.get(key), str) and len(row[key]) > 2]
    for name in names:
        for source, target in texts:
            if target is not None and source.count(name) > target.count(name):
                return f"the name {name!r:.60} is in the source more often than in the translation"
    return ""
