"""
Does an answer do what was demanded of its form? One checker for each of IFEval's 25 instructions, in any language.

The instructions are IFEval's (arXiv 2311.07911), as Multi-IF (arXiv 2410.15553) asks them in several languages; the
checkers are our own. Words are runs of letters and digits, in scripts without spaces single characters; sentences are
found by the rules of the answer's language; commas and quotation marks are those of all scripts.
"""

from __future__ import annotations

import json
import operator
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import regex

from babelset.contracts.filter import Scored
from babelset.errors import ConfigError
from babelset.languages import Language, Pair, find, meant
from babelset.measures.language import judged
from babelset.measures.script import share
from babelset.text.segment import sentences_of

RELATIONS: Mapping[str, Callable[[float, float], bool]] = {"less than": operator.lt, "at least": operator.ge}
UNSPACED = frozenset({"Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"})  # scripts of single characters
WORD, CHARACTER = regex.compile(r"\w+"), regex.compile(r"[\p{L}\p{N}]\p{M}*")
COMMAS = regex.compile(
    "[,\N{ARMENIAN COMMA}\N{ARABIC COMMA}\N{NKO COMMA}\N{ETHIOPIC COMMA}\N{MONGOLIAN COMMA}\N{MONGOLIAN MANCHU COMMA}"
    "\N{TURNED COMMA}\N{RAISED COMMA}\N{REVERSED COMMA}\N{MEDIEVAL COMMA}\N{LISU PUNCTUATION COMMA}\N{VAI COMMA}"
    "\N{BAMUM COMMA}\N{IDEOGRAPHIC COMMA}，､︐︑﹐﹑]"
)
QUOTES = {
    '"': '"', "“": "”", "„": "“”", "«": "»", "»": "«", "「": "」", "『": "』", "‘": "’", "”": "”", "＂": "＂",
    "‹": "›", "›": "‹", "‚": "‘’",
}  # fmt: skip
QUOTED = regex.compile(r"[\"“„«「『](.{2,60}?)[\"”“»」』]|(?<!\w)['‘‚‹](.{2,60}?)['’‘›](?!\w)")
HIDDEN = regex.compile(r"[\p{Cf}--[\u200c\u200d]]", regex.V1)  # joiners are letters' own, as in Persian and Hindi
CHOICES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
FENCE = regex.compile(r"\A```(?:json)?\s*(.*?)\s*```\Z", regex.DOTALL | regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """One instruction about one answer, its arguments, the language of the answer and the prompt that asked for it."""

    answer: str
    told: Mapping[str, Any]
    language: Language
    prompt: str = ""

    def number(self, name: str) -> int:
        value = self.told.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
            return int(value)
        raise ValueError(f"{name} is {value!r}, no number")

    def text(self, name: str) -> str:
        value = self.told.get(name)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name} is {value!r}, no text")
        return seen(value)

    def texts(self, name: str) -> list[str]:
        value = self.told.get(name)
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            raise ValueError(f"{name} is {value!r}, no list of texts")
        return [seen(each) for each in value]

    def compare(self, count: float, number: str, relation: str = "relation") -> bool:
        compare = RELATIONS.get(str(self.told.get(relation)))
        if compare is None:
            raise ValueError(f"{relation} is {self.told.get(relation)!r}; there are {', '.join(RELATIONS)}")
        return compare(count, self.number(number))


def follows(instruction: str, asked: Asked) -> bool:
    """
    Whether the answer does as the instruction demands.

    >>> follows("punctuation:no_comma", Asked("Un riu fred.", {}, find("ca")))
    True

    Raises ValueError for an instruction that nobody knows, and for arguments that are missing or of another kind.
    """
    if instruction not in CHECKERS:
        raise ValueError(f"nobody knows the instruction {instruction!r}")
    asked = replace(asked, answer=seen(asked.answer), prompt=seen(asked.prompt))
    return bool(asked.answer.strip()) and CHECKERS[instruction](asked)


def follows_loosely(instruction: str, asked: Asked) -> bool:
    """The same of the answer without its first or last line, or without `*`: IFEval's eight forms of it."""
    return any(form.strip() and follows(instruction, replace(asked, answer=form)) for form in loose_forms(asked.answer))


def loose_forms(answer: str) -> Iterator[str]:
    """The answer, and without its first line, its last one, and both; each also without `*`."""
    lines = answer.split("\n")
    for form in (lines, lines[1:], lines[:-1], lines[1:-1]):
        text = "\n".join(form).strip()
        yield from (text, text.replace("*", ""))


def seen(text: str) -> str:
    """A text as a reader sees it: é is one letter however it is spelt, and a hidden character parts no word."""
    return unicodedata.normalize("NFC", HIDDEN.sub("", text))


def words(text: str, language: Language) -> list[str]:
    """`words("Un riu.", catalan)` -> ["Un", "riu"]; of scripts without spaces the characters."""
    return list((CHARACTER if language.script in UNSPACED else WORD).findall(text))


def _found(word: str, asked: Asked) -> list[str]:
    """Where a word or phrase is in the answer; of scripts with spaces not as a part of another word."""
    pattern = regex.escape(word.strip())
    if asked.language.script not in UNSPACED:
        pattern = rf"(?<![\w]){pattern}(?![\w])"
    return list(regex.findall(pattern, asked.answer, regex.IGNORECASE | regex.FULLCASE))


def _sentences(asked: Asked) -> int:
    lines = (line.strip() for line in asked.answer.splitlines())
    return sum(bool(sentence.strip()) for line in lines for sentence in sentences_of(line, asked.language.bcp47))


def _language(asked: Asked) -> bool:
    try:
        return any(_is_in(asked.answer, wanted) for wanted in meant(asked.text("language")))
    except ConfigError as error:
        raise ValueError(str(error)) from None


def _is_in(text: str, language: Language) -> bool:
    unit = Scored("", text, Pair(find("es" if language.code == "eng_Latn" else "en"), language))
    written, margin = share(unit), judged(unit, letters=20).whole
    return (written is None or written >= 0.5) and (margin is None or margin.score >= 0)


def _first_word(asked: Asked) -> bool:
    paragraphs = [each.strip() for each in regex.split(r"\n\s*\n", asked.answer.strip()) if each.strip()]
    nth = asked.number("nth_paragraph")
    if len(paragraphs) != asked.number("num_paragraphs") or not 0 < nth <= len(paragraphs):
        return False
    start = regex.sub(r"\A[\p{P}\p{S}\s]+", "", paragraphs[nth - 1]).casefold()
    wanted = asked.text("first_word").strip().casefold()
    if asked.language.script in UNSPACED:
        return bool(start.startswith(wanted))
    return regex.match(rf"{regex.escape(wanted)}(?!\w)", start) is not None


def _postscript(asked: Asked) -> bool:
    marker = asked.text("postscript_marker").strip()
    loose = r"\s*".join(regex.escape(char) for char in marker if not char.isspace())
    return regex.search(rf"^\s*[*_]*{loose}", asked.answer, regex.IGNORECASE | regex.MULTILINE) is not None


def _sections(asked: Asked) -> bool:
    splitter = regex.escape(asked.text("section_spliter").strip())
    return len(regex.findall(rf"(?<!\w){splitter}\s?\d+", asked.answer, regex.IGNORECASE)) >= asked.number(
        "num_sections"
    )


def _paragraphs(asked: Asked) -> bool:
    parts = [part.strip() for part in regex.split(r"\s?\*\*\*\s?", asked.answer)]
    inner = [part for number, part in enumerate(parts) if part or 0 < number < len(parts) - 1]
    return all(inner) and len(inner) == asked.number("num_paragraphs")


def _two(asked: Asked) -> bool:
    parts = [part.strip() for part in asked.answer.split("******")]
    inner = [part for number, part in enumerate(parts) if part or 0 < number < len(parts) - 1]
    return len(inner) == 2 and all(inner) and inner[0] != inner[1]


def _json(asked: Asked) -> bool:
    text = asked.answer.strip()
    fenced = FENCE.match(text)
    try:
        json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return False
    return True


def _chosen(asked: Asked) -> bool:
    """One of the options that the prompt quotes last, three at most; of IFEval's own where it quotes none, or these."""
    quoted = [one or other for one, other in QUOTED.findall(asked.prompt)][-len(CHOICES) :]
    own = len(quoted) < 2 or all(choice in asked.prompt for choice in CHOICES)
    return any(option.strip() in asked.answer for option in (CHOICES if own else quoted))


def _highlighted(asked: Asked) -> bool:
    bold = [each for each in regex.findall(r"\*\*([^\n*]+)\*\*", asked.answer) if each.strip()]
    rest = regex.sub(r"\*\*[^\n*]+\*\*", "", asked.answer)
    single = [each for each in regex.findall(r"\*([^\n*]+)\*", rest) if each.strip()]
    return len(bold) + len(single) >= asked.number("num_highlights")


def _bullets(asked: Asked) -> bool:
    return len(regex.findall(r"^\s*(?:\*(?!\*)|-(?!-)|•)\s*\S", asked.answer, regex.MULTILINE)) == asked.number(
        "num_bullets"
    )


def _ends(asked: Asked) -> bool:
    answer = asked.answer.strip().casefold()
    bare = answer.strip("".join(QUOTES) + "".join(QUOTES.values()) + "*")
    return any(text.endswith(asked.text("end_phrase").strip().casefold()) for text in (answer, bare))


def _quoted(asked: Asked) -> bool:
    text = asked.answer.strip()
    return len(text) > 1 and text[-1] in QUOTES.get(text[0], "")


def _repeats(asked: Asked) -> bool:
    return asked.answer.strip().casefold().startswith(asked.text("prompt_to_repeat").strip().casefold())


def _letters(asked: Asked) -> bool:
    count = asked.answer.lower().count(asked.text("letter").strip().lower())  # ß is one letter, and no s
    return asked.compare(count, "let_frequency", "let_relation")


def _capitals(asked: Asked) -> bool:
    count = sum(word.isupper() for word in WORD.findall(asked.answer))
    return asked.compare(count, "capital_frequency", "capital_relation")


CHECKERS: Mapping[str, Callable[[Asked], bool]] = {
    "keywords:existence": lambda asked: all(_found(word, asked) for word in asked.texts("keywords")),
    "keywords:frequency": lambda asked: asked.compare(len(_found(asked.text("keyword"), asked)), "frequency"),
    "keywords:forbidden_words": lambda asked: not any(_found(word, asked) for word in asked.texts("forbidden_words")),
    "keywords:letter_frequency": _letters,
    "language:response_language": _language,
    "length_constraints:number_sentences": lambda asked: asked.compare(_sentences(asked), "num_sentences"),
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_words": lambda asked: asked.compare(
        len(words(asked.answer, asked.language)), "num_words"
    ),
    "length_constraints:nth_paragraph_first_word": _first_word,
    "detectable_content:number_placeholders": lambda asked: (
        len(regex.findall(r"\[[^\[\]\n]+\]", asked.answer)) >= asked.number("num_placeholders")
    ),
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:constrained_response": _chosen,
    "detectable_format:number_highlighted_sections": _highlighted,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json,
    "detectable_format:title": lambda asked: regex.search(r"<<[^\n<>]*[^\s<>][^\n<>]*>>", asked.answer) is not None,
    "combination:two_responses": _two,
    "combination:repeat_prompt": _repeats,
    "startend:end_checker": _ends,
    "change_case:capital_word_frequency": _capitals,
    "change_case:english_capital": lambda asked: asked.answer.isupper() and _is_in(asked.answer.lower(), find("en")),
    "change_case:english_lowercase": lambda asked: asked.answer.islower() and _is_in(asked.answer, find("en")),
    "punctuation:no_comma": lambda asked: COMMAS.search(asked.answer) is None,
    "startend:quotation": _quoted,
}
