"""What the runs show: damage of code in accepted rows, and prose that was kept for code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.oracle.answers import Answer
from tests.oracle.damage import damaged
from tests.oracle.run import FOR_CIPHER, Made, run

QUESTION = "Show me an example, please."
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# What may stay in prose: links, addresses, paths, calls, numbers with what hangs on them, names in capitals or camel case.
EXEMPT = re.compile(r"\S*(?:[/@_#%\\=<>{}\[\]|~^*`$&+]|\w\.\w|\d|[a-z][A-Z]|[A-Z]{2,}|--|\w\()\S*|\b[A-Z]\b|\bI\b")


@dataclass(slots=True)
class Seen:
    """One answer and what became of it: the tokens it lost, and whether words around the code were not translated."""

    answer: Answer
    made: Made
    lost: list[str]
    kept_prose: bool

    @property
    def bad(self) -> bool:
        return self.made.accepted and bool(self.lost)


def code_run(asked: Sequence[Answer], folder: Path, translator: str, to: str = "es") -> list[Seen]:
    rows = [{"instruction": QUESTION, "input": "", "output": answer.text} for answer in asked]
    return [seen(answer, made) for answer, made in zip(asked, run(rows, folder, translator, to), strict=True)]


def seen(answer: Answer, made: Made) -> Seen:
    target = made.row.get("output", "")
    return Seen(answer, made, damaged(answer.tokens, target), any(around in target for around in answer.around))


@dataclass(slots=True)
class Line:
    """A line of the table; `share` is what the target is about: damaged tokens of accepted rows, in per cent."""

    answers: int = 0
    accepted: int = 0
    tokens: int = 0
    damaged: int = 0
    rows_damaged: int = 0
    prose_kept: int = 0
    rejected_for: Counter[str] = field(default_factory=Counter)

    def add(self, one: Seen) -> None:
        self.answers += 1
        self.rejected_for.update({reason.partition(":")[0] for reason in one.made.reasons})
        if one.made.accepted:
            self.accepted += 1
            self.tokens += len(one.answer.tokens)
            self.damaged += len(one.lost)
            self.rows_damaged += bool(one.lost)
            self.prose_kept += one.kept_prose

    @property
    def share(self) -> float:
        return 100 * self.damaged / max(1, self.tokens)

    def as_dict(self) -> dict[str, Any]:
        return {
            "answers": self.answers,
            "accepted": self.accepted,
            "rejected": self.answers - self.accepted,
            "code tokens": self.tokens,
            "tokens damaged": self.damaged,
            "damaged %": round(self.share, 3),
            "rows damaged": self.rows_damaged,
            "rows with prose kept": self.prose_kept,
            "rejected for": dict(self.rejected_for.most_common(4)),
        }


def table(all_seen: Iterable[Seen]) -> dict[str, Line]:
    """By language, by layout, and in all."""
    lines: dict[str, Line] = {}
    for one in all_seen:
        for name in (one.answer.language, f"layout: {one.answer.layout}", "all"):
            lines.setdefault(name, Line()).add(one)
    return dict(sorted(lines.items(), key=lambda item: (item[0] == "all", item[0].startswith("layout"), item[0])))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Prose and the words of it that the translator was not sent, seen by the cipher having left them as they were."""

    text: str
    made: Made
    kept: tuple[str, ...]
    whole: bool


def prose_run(paragraphs: Sequence[str], folder: Path) -> list[Paragraph]:
    # `intact` finds that the cipher rewrites names, as YouTube, which a translator leaves alone
    checks = FOR_CIPHER + "intact = false\n"
    made = run([{"text": text} for text in paragraphs], folder, "cipher", "es", "--field", "text", checks=checks)
    return [paragraph(text, each) for text, each in zip(paragraphs, made, strict=True)]


def paragraph(text: str, made: Made) -> Paragraph:
    before, after = Counter(plain_words(text)), Counter(plain_words(made.row.get("text", text)))
    kept = tuple((before & after).elements())
    return Paragraph(text, made, kept, bool(kept) and len(kept) == before.total())


def plain_words(text: str) -> list[str]:
    return [word for word in WORD.findall(EXEMPT.sub(" ", text)) if len(word) > 2]
