"""Each of IFEval's 25 instructions, with an answer that follows it and one that does not, in four languages."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from babelset.languages import find
from babelset.measures.following import CHECKERS, CHOICES, Asked, follows, follows_loosely


@dataclass(frozen=True)
class Words:
    """Three sentences of a language, words of the first, and one that is in none of them."""

    code: str
    three: tuple[str, str, str]
    word: str
    other: str
    absent: str
    ending: str
    long: str
    space: str = " "

    def said(self, count: int = 3) -> str:
        return self.space.join(self.three[:count])


LANGUAGES = [
    Words("ca", ("El riu baixa fred.", "La vall és verda.", "Plou cada tarda."), "riu", "vall", "muntanya", "tarda", "El riu baixa fred de la muntanya i travessa tres pobles abans d'arribar a la mar."),
    Words("es", ("El río baja frío.", "El valle es verde.", "Llueve cada tarde."), "río", "valle", "montaña", "tarde", "El río baja frío de la montaña y cruza tres pueblos antes de llegar al mar."),
    Words("hi", ("नदी ठंडी बहती है।", "घाटी हरी है।", "शाम को बारिश होती है।"), "नदी", "घाटी", "पहाड़", "है", "नदी पहाड़ से ठंडी बहकर आती है और समुद्र तक पहुँचने से पहले तीन गाँवों से गुज़रती है।"),
    Words("zho_Hans", ("河水很冷。", "山谷是绿色的。", "下午下雨。"), "河水", "山谷", "大山", "下雨", "河水从山上流下来非常寒冷，在到达大海之前要经过三个村庄，那里的人们都很喜欢它。", ""),
]  # fmt: skip
ENGLISH = "The river comes down cold from the mountain and crosses three villages before it reaches the sea."


def cases(w: Words) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """Instruction, arguments, an answer that follows, and one that does not."""
    three, two, blank = w.said(), w.said(2), "\n\n"
    yield "keywords:existence", {"keywords": [w.word, w.other]}, three, w.three[0]
    yield (
        "keywords:frequency",
        {"keyword": w.word, "frequency": 2, "relation": "at least"},
        three + w.space + three,
        three,
    )
    yield (
        "keywords:frequency",
        {"keyword": w.word, "frequency": 2, "relation": "less than"},
        three,
        three + w.space + three,
    )
    yield "keywords:forbidden_words", {"forbidden_words": [w.absent]}, three, f"{three}{w.space}{w.absent}"
    yield (
        "keywords:letter_frequency",
        {"letter": "w", "let_frequency": 2, "let_relation": "at least"},
        f"{three} wW",
        f"{three} w",
    )
    yield "language:response_language", {"language": find(w.code).bcp47}, w.long, ENGLISH
    yield "length_constraints:number_sentences", {"num_sentences": 3, "relation": "at least"}, three, two
    yield "length_constraints:number_sentences", {"num_sentences": 3, "relation": "less than"}, two, three
    yield (
        "length_constraints:number_paragraphs",
        {"num_paragraphs": 2},
        f"{two}\n***\n{three}",
        f"{two}\n***\n{three}\n***\n{two}",
    )
    yield "length_constraints:number_words", {"num_words": 10, "relation": "at least"}, three, w.three[1]
    yield (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": w.word},
        f"{two}{blank}«{w.word}»",
        f"{w.word}{blank}{w.other}",
    )
    yield (
        "detectable_content:number_placeholders",
        {"num_placeholders": 2},
        f"{three} [{w.word}] [{w.other}]",
        f"{three} [{w.word}] []",
    )
    yield "detectable_content:postscript", {"postscript_marker": "P.S."}, f"{three}\nP. S. {two}", f"{three} P.S. {two}"
    yield (
        "detectable_format:number_bullet_lists",
        {"num_bullets": 2},
        f"* {w.word}\n- {w.other}",
        f"* {w.word}\n* {w.other}\n* {w.absent}",
    )
    yield "detectable_format:constrained_response", {}, "My answer is no.", three
    yield (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        f"*{w.word}* {three} **{w.other}**",
        f"*{w.word}* {three} ** **",
    )
    yield (
        "detectable_format:multiple_sections",
        {"section_spliter": w.absent, "num_sections": 2},
        f"{w.absent} 1\n{two}\n{w.absent} 2\n{three}",
        f"{w.absent} 1\n{two}",
    )
    yield (
        "detectable_format:json_format",
        {},
        f"```json\n{json.dumps({w.word: w.other}, ensure_ascii=False)}\n```",
        f"{{{w.word}: {w.other}}}",
    )
    yield "detectable_format:title", {}, f"<<{w.word}>>\n{three}", f"<< >>\n{three}"
    yield "combination:two_responses", {}, f"{two}\n******\n{three}", f"{two}\n******\n{two}"
    yield "combination:repeat_prompt", {"prompt_to_repeat": w.three[0]}, three, w.three[1]
    yield "startend:end_checker", {"end_phrase": w.ending}, f"{w.said(1)} {w.ending}", three + w.other
    yield (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        f"{three} ABC XYZ",
        f"{three} ABC Xyz",
    )
    yield "change_case:english_capital", {}, "THE RIVER IS COLD.", "The river is cold."
    yield "change_case:english_lowercase", {}, "the river is cold.", "The river is cold."
    yield "punctuation:no_comma", {}, three, f"{w.word}{'，' if w.code.startswith('zho') else ','} {w.other}"
    yield "startend:quotation", {}, f"“{three}”" if w.code != "ca" else f"«{three}»", f"“{w.word}” {three}"  # fmt: skip


TABLE = [(words.code, *case) for words in LANGUAGES for case in cases(words)]


def test_every_checker_is_in_the_table() -> None:
    assert {instruction for _, instruction, *_ in TABLE} == set(CHECKERS) and len(CHECKERS) == 25


@pytest.mark.parametrize(("code", "instruction", "told", "right", "wrong"), TABLE)
def test_one_follows_and_one_does_not(
    code: str, instruction: str, told: dict[str, Any], right: str, wrong: str
) -> None:
    language = find(code)
    assert follows(instruction, Asked(right, told, language))
    assert not follows(instruction, Asked(wrong, told, language))
    assert not follows(instruction, Asked(" \n", told, language))


@pytest.mark.parametrize("words", LANGUAGES, ids=lambda words: words.code)
def test_loosely_the_first_and_the_last_line_and_stars_are_forgiven(words: Words) -> None:
    language = find(words.code)
    talk = Asked(f"Here it is:\n{words.said()}\nI hope that helps, friend!", {}, language)
    assert not follows("punctuation:no_comma", talk) and follows_loosely("punctuation:no_comma", talk)
    starred = Asked(f"**{words.three[0]}**", {"prompt_to_repeat": words.three[0]}, language)
    assert not follows("combination:repeat_prompt", starred) and follows_loosely("combination:repeat_prompt", starred)


def test_the_prompt_may_name_the_options() -> None:
    asked = Asked(
        "La meva resposta és sí.", {}, find("ca"), "Respon «La meva resposta és sí.» o «La meva resposta és no.»"
    )
    assert follows("detectable_format:constrained_response", asked)


@pytest.mark.parametrize(
    ("instruction", "told", "said"),
    [
        ("keywords:gone", {}, "nobody knows the instruction 'keywords:gone'"),
        ("keywords:existence", {}, "keywords is None, no list of texts"),
        ("keywords:existence", {"keywords": ["a", 3]}, "no list of texts"),
        ("keywords:frequency", {"keyword": "a", "frequency": 2, "relation": "about"}, "relation is 'about'"),
        (
            "length_constraints:number_words",
            {"num_words": "ten", "relation": "at least"},
            "num_words is 'ten', no number",
        ),
        ("length_constraints:number_words", {"num_words": True, "relation": "at least"}, "no number"),
        ("language:response_language", {"language": "qq"}, "unknown language 'qq'"),
        ("length_constraints:number_words", {"num_words": 2.5, "relation": "at least"}, "no number"),
        ("length_constraints:number_words", {"num_words": float("inf"), "relation": "at least"}, "no number"),
        ("startend:end_checker", {"end_phrase": ""}, "end_phrase is '', no text"),
        ("keywords:existence", {"keywords": [" "]}, "no list of texts"),
    ],
)
def test_arguments_that_cannot_be_read_are_told(instruction: str, told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        follows(instruction, Asked("Un riu.", told, find("ca")))


@pytest.mark.parametrize("answer", ["[" * 50_000, "***" * 20_000, "*a" * 20_000, "<<" * 30_000, "「" * 30_000])
def test_nothing_is_quadratic_in_what_a_model_says(answer: str) -> None:
    """All of them take no more than some milliseconds; a test that hangs would be seen."""
    for _, instruction, told, _, _ in TABLE[:27]:
        follows_loosely(instruction, Asked(answer, told, find("ca")))


STRASSE, ELEVES = "Die Straße ist naß.", "Les élèves étudient ici."
DECOMPOSED = unicodedata.normalize("NFD", ELEVES)
IN_CAPITALS = "LE CHAT EST TRÈS NOIR ET IL DORT TOUTE LA JOURNÉE SUR LA TABLE DE LA CUISINE."
JAPANESE = "川は山から冷たく流れてきて、海に着く前に三つの村を通り抜けていきます。"
FEWER, MORE = {"let_frequency": 2, "let_relation": "less than"}, {"let_frequency": 2, "let_relation": "at least"}
OPTIONS = "Ist 'Faust' besser als 'Hamlet'? Antworte: 'Meine Antwort ist ja.', 'Meine Antwort ist nein.', 'Vielleicht.'"


@pytest.mark.parametrize(
    ("code", "instruction", "told", "answer", "right"),
    [
        ("fr", "keywords:forbidden_words", {"forbidden_words": ["élèves"]}, DECOMPOSED, False),
        ("fr", "keywords:existence", {"keywords": [unicodedata.normalize("NFD", "élèves")]}, ELEVES, True),
        ("fr", "combination:repeat_prompt", {"prompt_to_repeat": DECOMPOSED}, ELEVES, True),
        ("fr", "startend:end_checker", {"end_phrase": "« ici »"}, "Les élèves sont « ici »", True),
        ("de", "keywords:forbidden_words", {"forbidden_words": ["Straße"]}, "Die Stra\u00adße ist naß.", False),
        ("de", "keywords:forbidden_words", {"forbidden_words": ["Straße"]}, "Die Stra\u200bße ist naß.", False),
        ("de", "keywords:forbidden_words", {"forbidden_words": ["Straße"]}, STRASSE.upper(), False),
        ("de", "keywords:letter_frequency", {"letter": "s", **FEWER}, "Straße", True),
        ("de", "keywords:letter_frequency", {"letter": "ß", **MORE}, "Strasse", False),
        ("de", "keywords:letter_frequency", {"letter": "ß", **MORE}, STRASSE, True),
        ("fr", "keywords:letter_frequency", {"letter": "é", **MORE}, DECOMPOSED, True),
        ("fr", "keywords:letter_frequency", {"letter": "e", **FEWER}, unicodedata.normalize("NFD", "élève"), True),
        ("am", "punctuation:no_comma", {}, "ወንዙ፣ ቀዝቃዛ ነው።", False),
        ("ar", "punctuation:no_comma", {}, "النهر، بارد.", False),
        ("hy", "punctuation:no_comma", {}, "Գետը՝ սառն է։", False),
        ("de", "startend:quotation", {}, f"‚{STRASSE}‘", True),
        ("fr", "startend:quotation", {}, f"‹\u202f{ELEVES}\u202f›", True),
        ("ja", "startend:quotation", {}, f"＂{JAPANESE}＂", True),
        ("fr", "change_case:english_capital", {}, IN_CAPITALS, False),
        ("fr", "change_case:english_lowercase", {}, IN_CAPITALS.lower(), False),
        ("ja", "language:response_language", {"language": "zh"}, JAPANESE, False),
        ("zho_Hans", "language:response_language", {"language": "zh"}, LANGUAGES[3].long, True),
        ("am", "language:response_language", {"language": "am"}, JAPANESE, False),
    ],
)  # fmt: skip
def test_letters_are_what_a_reader_sees(
    code: str, instruction: str, told: dict[str, Any], answer: str, right: bool
) -> None:
    assert follows(instruction, Asked(answer, told, find(code))) == right


@pytest.mark.parametrize(("answer", "right"), [("Meine Antwort ist nein.", True), ("Hamlet ist besser.", False)])
def test_of_what_a_prompt_quotes_the_last_are_the_options(answer: str, right: bool) -> None:
    assert follows("detectable_format:constrained_response", Asked(answer, {}, find("de"), OPTIONS)) == right
    own = f'Is "Hamlet" good? Answer with one of: {", ".join(map(repr, CHOICES))}'
    assert not follows("detectable_format:constrained_response", Asked("Hamlet", {}, find("en"), own))
