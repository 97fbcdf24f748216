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
from babelset.languages import find

OTHERS = 3  # distractors
LONGEST = 300  # characters of an answer: what is longer is no answer, and slow to look for
SHORT = 4  # letters below which a word is like many others
ENDING = 4  # letters that an ending has at most
DIGITS = re.compile(r"\d+")
JOINED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"  # no spaces between words
UNSPACED = regex.compile(JOINED)
LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}_]--{JOINED}]"
TAIL = regex.compile(rf"(?V1){LETTER}*+\Z", regex.REVERSE)
HEAD = regex.compile(rf"(?V1){LETTER}*+")
# Languages that write case and the like as endings, or particles at the word: ISO 639-3.
ENDINGS = frozenset({
    "fin", "est", "ekk", "hun", "eus", "tur", "azj", "tuk", "uzn", "kaz", "kir", "tat", "bak", "uig", "khk", "kat",
    "hye", "tam", "tel", "kan", "mal", "kor", "sme", "quy", "ayr",
})  # fmt: skip


class Grounded(RowStep, frozen=True):
    """
    Keep a translated question when its answer stands in the paragraph that people wrote, and no distractor does.

    >>> Grounded(paragraph="paragraph_target", least=90)

    An answer stands there as whole words, but for case and the form of characters; or nearly, by `rapidfuzz.ratio`,
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
        language = row.language or find(running.stage.source)
        if wrong := self._wrong(options, folded(data[self.paragraph]), language.code[:3] in ENDINGS):
            return Rejected(wrong)
        order = list(range(len(options)))
        running.stage.draw(row.id).shuffle(order)
        return Made([self._row(row, options, order)])

    def _wrong(self, options: Sequence[str], paragraph: str, endings: bool) -> str:
        """Why a question is not kept; "" where it is."""
        forms = [folded(option) for option in options]
        if not all(forms) or max(map(len, forms)) > LONGEST:
            return f"an option is empty, or longer than {LONGEST} characters"
        if len(set(forms)) < len(forms):
            return "two options are alike"
        there = [stands(form, paragraph, self.least, endings) for form in forms]
        if not there[0]:
            return "the answer is not in the paragraph"
        return "a distractor is in the paragraph" if any(there[1:]) else ""

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
    return str(regex.sub(r"^\W+|\W+$", "", " ".join(plain.split())))  # of `regex`: vowel signs are of the word


def stands(answer: str, paragraph: str, least: float, endings: bool = False) -> bool:
    """
    Whether an answer stands in a paragraph as whole words, both folded, as it is or nearly; with `endings`, also with a
    few letters behind it, as in the languages that write "in" and "of" so.

    >>> stands("river ebro", "the river ebre is long", 90), stands("1936", "in 1937", 70), stands("ebro", "ebrolux", 90)
    (True, False, False)
    """
    if regex.search(_whole(answer, endings), paragraph):
        return True
    if len(answer) < SHORT or len(answer) > len(paragraph):
        return False
    from rapidfuzz.fuzz import partial_ratio_alignment, ratio

    place = partial_ratio_alignment(answer, paragraph, score_cutoff=least)
    if place is None:
        return False
    near = paragraph[place.dest_start : place.dest_end]
    if not UNSPACED.search(answer):
        near = TAIL.search(paragraph[: place.dest_start])[0] + near + HEAD.match(paragraph[place.dest_end :])[0]
    return set(DIGITS.findall(answer)) == set(DIGITS.findall(near)) and ratio(answer, near) >= least


def _whole(answer: str, endings: bool) -> str:
    """A pattern of the answer that is no part of a longer word or number, where words have spaces between them."""
    spaced = not UNSPACED.search(answer)
    before = r"(?<!\d)" if answer[0].isdigit() else f"(?<!{LETTER})" if spaced else ""
    after = r"(?!\d)" if answer[-1].isdigit() else f"(?!{LETTER})" if spaced else ""
    ending = f"{LETTER}{{0,{ENDING}}}+" if endings and spaced and not answer[-1].isdigit() else ""
    return f"(?V1){before}{regex.escape(answer)}{ending}{after}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
