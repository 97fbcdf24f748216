"""The step `grounded`: multiple-choice questions whose translated answer stands in what people wrote."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import regex
from pydantic import Field

from babelset.contracts.evidence import sources_of
from babelset.contracts.step import Failed, Made, Rejected, Rows, RowStep, Running, StepOutcome, StepRow
from babelset.errors import ConfigError
from babelset.files.row import KEY

OTHERS = 3  # distractors
LONGEST = 300  # characters of an answer: what is longer is no answer, and slow to look for
SHORT = 4  # letters below which a word may stand inside many others
DIGITS = re.compile(r"\d+")
UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


class Grounded(RowStep, frozen=True):
    """
    Keep a translated question when its answer stands in the paragraph that people wrote, and no distractor does.

    >>> Grounded(paragraph="paragraph_target", least=90)

    An answer stands there as it is, but for case and the form of characters; or nearly, by `rapidfuzz.partial_ratio`,
    with all of its numbers. A row comes out as `paragraph`, `question`, four `options` in an order drawn by chance,
    `correct_answer`, `correct_index` and, in `english`, the same before translation. Others are rejected, with the
    reason. Source: SynDARin, whose own rule is not public.
    """

    paragraph: str = "paragraph_target"  # column of what people wrote in the language
    source: str = "paragraph_en"  # column of what the question was made from
    least: float = Field(90.0, ge=50, le=100)  # likeness, of 100, from which an answer stands there

    def needs(self) -> frozenset[str]:
        return frozenset({self.paragraph, "question", "correct_answer", "distractors"})

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return frozenset({"paragraph", "question", "options", "correct_answer", "correct_index", "english"})

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        try:
            import rapidfuzz  # noqa: F401
        except ImportError:
            raise ConfigError("grounded needs rapidfuzz: pip install 'babelset[dedup]'") from None
        yield lambda batch: [self._outcome(row, running) for row in batch]

    def _outcome(self, row: StepRow, running: Running) -> StepOutcome:
        data = row.data
        for name in (self.paragraph, "question", "correct_answer"):
            if not _is_text(data.get(name)):
                return Failed("is no text", name)
        others: Any = data["distractors"]
        if not isinstance(others, list) or len(others) != OTHERS or not all(map(_is_text, others)):
            return Failed(f"are not {OTHERS} texts", "distractors")
        options = [data["correct_answer"], *others]
        if wrong := self._wrong(options, folded(data[self.paragraph])):
            return Rejected(wrong)
        order = list(range(len(options)))
        running.stage.draw(row.id).shuffle(order)
        return Made([self._row(row, options, order)])

    def _wrong(self, options: Sequence[str], paragraph: str) -> str:
        """Why a question is not kept; "" where it is."""
        forms = [folded(option) for option in options]
        if not all(forms) or max(map(len, forms)) > LONGEST:
            return f"an option is empty, or longer than {LONGEST} characters"
        if len(set(forms)) < len(forms):
            return "two options are alike"
        if not stands(forms[0], paragraph, self.least):
            return "the answer is not in the paragraph"
        return (
            "a distractor is in the paragraph" if any(stands(form, paragraph, self.least) for form in forms[1:]) else ""
        )

    def _row(self, row: StepRow, options: Sequence[str], order: Sequence[int]) -> dict[str, Any]:
        before = sources_of(row.data)
        names = ["correct_answer", *(f"distractors[{at}]" for at in range(OTHERS))]
        english = [before.get(name, option) for name, option in zip(names, options, strict=True)]
        sides = [
            {
                "paragraph": paragraph,
                "question": question,
                "options": [answers[at] for at in order],
                "correct_answer": answers[0],
                "correct_index": order.index(0),
            }
            for paragraph, question, answers in (
                (row.data[self.paragraph], row.data["question"], options),
                (row.data.get(self.source, ""), before.get("question", row.data["question"]), english),
            )
        ]
        kept = {key: row.known[key] for key in ("made", "row", "file", "source", "target") if key in row.known}
        return {**sides[0], "english": sides[1], KEY: kept}


def folded(text: str) -> str:
    """`folded("« Río  EBRO. »")` -> "río ebro": one form of each character, ASCII digits, no marks around."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in plain)
    return re.sub(r"^\W+|\W+$", "", " ".join(plain.split()))


def stands(answer: str, paragraph: str, least: float) -> bool:
    """
    Whether an answer stands in a paragraph, both folded, as it is or nearly.

    >>> stands("river ebro", "the river ebre is long", 90), stands("1936", "in 1937", 70), stands("ur", "natural", 90)
    (True, False, False)
    """
    first, last = (r"(?<!\d)" if answer[0].isdigit() else "", r"(?!\d)" if answer[-1].isdigit() else "")
    if len(answer) < SHORT and not UNSPACED.search(answer):
        first, last = r"(?<!\w)", r"(?!\w)"
    if re.search(first + re.escape(answer) + last, paragraph):
        return True
    if (
        len(answer) < SHORT
        or len(answer) > len(paragraph)
        or not set(DIGITS.findall(answer)) <= set(DIGITS.findall(paragraph))
    ):
        return False
    from rapidfuzz.fuzz import partial_ratio

    return partial_ratio(answer, paragraph) >= least


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
