"""The rows, and what can be proven wrong of their translations by simple means of their own."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
FILE = HERE / "rows.jsonl"
FIELDS = ("instruction", "input", "output")
ROWS = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]

KEPT = re.compile(r"```.*?```|`[^`]+`|\$[^$]+\$|https?://[^\s)]+|\S+@\S+\.\w+|\{\w+\}|</?b>|\d+", re.DOTALL)
ENGLISH = frozenset(
    [
        "the",
        "and",
        "of",
        "with",
        "what",
        "how",
        "you",
        "are",
        "it",
        "to",
        "is",
        "this",
        "that",
        "for",
        "from",
        "on",
        "your",
        "when",
        "where",
        "who",
    ]
)
REQUEST = re.compile(r"<\d+/>|Translate:|Correction|Context (?:before|after)|\b(?:COPIED|LANGUAGE|MISSING|TAGS)\b")


def wrong(source: dict[str, str], target: dict[str, str]) -> Iterator[str]:
    """Why an accepted row should not have been, as "output: the source again"; nothing for a row that may be right."""
    for name in FIELDS:
        yield from (f"{name}: {what}: {target[name]!r}" for what in _wrong(source[name], target[name]))
    said = [target[name].casefold() for name in FIELDS if len(target[name]) > 15]
    if len(set(said)) < len({source[name].casefold() for name in FIELDS if len(target[name]) > 15}):
        yield "two fields say the same"


def _wrong(source: str, target: str) -> Iterator[str]:
    words = _words(target)
    if len(words) > 2 and words == _words(source):
        yield "the source again"
    if sum(word in ENGLISH for word in words) > 1:
        yield "English"
    if Counter(KEPT.findall(source)) != Counter(KEPT.findall(target)):
        yield "kept texts are others"
    if source.count("\n") != target.count("\n"):
        yield "lines are others"
    if REQUEST.search(target):
        yield "a piece of the request"
    if len(target) > 3 * len(source) + 20:
        yield "more than was asked for"


def _words(text: str) -> list[str]:
    """Outside of code and links; a JSON object is code as well."""
    return [] if text.startswith("{") else re.findall(r"[^\W\d_]+", KEPT.sub(" ", text).casefold())
