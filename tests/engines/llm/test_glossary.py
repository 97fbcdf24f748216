"""What a glossary finds in a source, and what it takes for its term in a target."""

from __future__ import annotations

import re
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelset.engines.llm.glossary import Glossary, Term
from babelset.errors import ConfigError
from tests.budget import examples


def glossary(*sources: str, case: bool = False) -> Glossary:
    return Glossary(tuple(Term(source, f"<{source}>", case) for source in sources))


def found(terms: Glossary, text: str) -> list[str]:
    return [term.source for term in terms.matches(text)]


FOUND = [
    # what it shows, terms, text, the terms found
    ("one word", ["network"], "The network is down.", ["network"]),
    ("any case", ["Neural Network"], "NEURAL network", ["Neural Network"]),
    ("no part of a word", ["net", "work"], "network", []),
    ("no part of a number", ["12"], "In 1234 and 12a, not 3.12b", []),
    ("beside punctuation", ["network"], "(network)", ["network"]),
    ("beside a hyphen", ["neural"], "a neural-symbolic system", ["neural"]),
    ("once each, by first occurrence", ["a", "b"], "b a b a", ["b", "a"]),
    ("the longest only", ["neural", "neural network", "network"], "A neural network.", ["neural network"]),
    ("the shorter where it stands alone", ["neural network", "network"], "A neural network is a network.", ["neural network", "network"]),
    ("both of two that overlap", ["neural network", "network model"], "neural network model", ["neural network", "network model"]),
    ("over a line break", ["neural network"], "a neural\n  network", ["neural network"]),
    ("composed or not", ["café"], "a cafe\u0301 there", ["café"]),
    ("an accent is a part of the word", ["cafe"], "a cafe\u0301 and a café", []),
    ("two letters for one", ["Straße"], "STRASSE", ["Straße"]),
    ("Turkish capitals", ["istanbul", "ılık"], "İstanbul ILIK", ["istanbul", "ılık"]),
    ("marks and digits", ["C++", ".NET", "GPT-4"], "Write C++ or .NET with GPT-4.", ["C++", ".NET", "GPT-4"]),
    ("a mark does not begin a word", [".NET"], "ASP.NET", []),
    ("Urdu", ["نیورل نیٹ ورک"], "یہ ایک نیورل نیٹ ورک ہے۔", ["نیورل نیٹ ورک"]),
    ("no part of an Urdu word", ["کتاب"], "کتابیں", []),
    ("Hindi vowel signs belong to the word", ["कमल"], "कमला", []),
    ("Chinese", ["神经网络", "网络"], "深度神经网络学习", ["神经网络"]),
    ("Chinese over a line break", ["神经网络"], "神经\n网络", ["神经网络"]),
    ("Latin in Chinese", ["GPU"], "使用GPU训练", ["GPU"]),
    ("Chinese in Latin", ["神经网络"], "AI神经网络GPU", ["神经网络"]),
    ("with and without a space", ["AI 模型"], "使用AI模型。", ["AI 模型"]),
    ("Thai", ["โครงข่าย"], "นี่คือโครงข่ายประสาท", ["โครงข่าย"]),
    ("Korean with its particle", ["신경망"], "신경망을 쓴다", ["신경망"]),
    ("the end of a Korean word", ["망"], "신경망을 쓴다", []),
    ("a placeholder", ["1"], "Run <1/> and </1> and <1> now", []),
    ("a term over a placeholder", ["neural network"], "neural <1/> network and neural \ue000 network", []),
    ("a letter of a placeholder's size", ["1"], "1 <1/>", ["1"]),
    ("nothing", [], "A text.", []),
    ("an empty text", ["a"], "", []),
]  # fmt: skip


@pytest.mark.parametrize(("what", "terms", "text", "expected"), FOUND, ids=[case[0] for case in FOUND])
def test_terms_are_found_as_whole_words(what: str, terms: list[str], text: str, expected: list[str]) -> None:
    assert found(glossary(*terms), text) == expected


def test_capitals_matter_where_the_term_says_so() -> None:
    apple, fruit = Term("Apple", "Apple", case=True), Term("apple", "poma")
    both = Glossary((fruit, apple))
    assert both.matches("Apple sells no apple.") == [apple, fruit]
    assert both.matches("APPLE") == [fruit]
    assert found(glossary("Maß", case=True), "STRASSE MASS Straße Maß") == ["Maß"]


HONOURED = [
    # what it shows, target of the term, target text, whether it is honoured
    ("as it stands", "xarxa neuronal", "Una xarxa neuronal aprèn.", True),
    ("any case", "xarxa neuronal", "XARXA NEURONAL", True),
    ("Catalan plural", "xarxa neuronal", "Les xarxes neuronals aprenen.", True),
    ("after an elided article", "aprenentatge automàtic", "l'aprenentatge automàtic", True),
    ("composed or not", "automàtic", "automa\u0300tic", True),
    ("a synonym", "xarxa neuronal", "Una malla neuronal aprèn.", False),
    ("in another order", "xarxa neuronal", "neuronal xarxa", False),
    ("with a word between", "xarxa neuronal", "una xarxa molt neuronal", False),
    ("with quotation marks between", "xarxa neuronal", "una xarxa «neuronal»", True),
    ("inside a word", "xarxa", "subxarxa", False),
    ("a short term as it stands", "núvol", "al núvol", True),
    ("a short term's beginning", "red", "la redacción", False),
    ("Spanish plural", "lápiz", "dos lápices", True),
    ("Russian, another case", "нейронная сеть", "обучение нейронной сети", True),
    ("Polish, another case", "uczenie maszynowe", "o uczeniu maszynowym", True),
    ("Turkish capitals", "istanbul", "İSTANBUL'da", True),
    ("German compound parts", "Encoder-Decoder", "das Encoder-Decoder-Netz", True),
    ("not translated", "Kubernetes", "in Kubernetes", True),
    ("transliterated", "Kubernetes", "कुबेरनेटीस में", False),
    ("marks and digits", "GPT-4", "amb GPT-4.", True),
    ("another number", "GPT-4", "amb GPT-45", False),
    ("Urdu", "نیورل نیٹ ورک", "ایک نیورل نیٹ ورک سیکھتا ہے", True),
    ("Urdu, missing", "نیورل نیٹ ورک", "ایک عصبی جال سیکھتا ہے", False),
    ("Arabic articles", "شبكة عصبية", "والشبكات العصبية", True),
    ("Arabic article in a preposition", "الذكاء الاصطناعي", "للذكاء الاصطناعي", True),
    ("Arabic, in the middle of a word", "شبكة", "متشبكة", False),
    ("Hebrew preposition", "רשת עצבית", "ברשתות העצביות", True),
    ("Chinese", "神经网络", "深度神经网络学习", True),
    ("Chinese with spaces", "AI模型", "使用 AI 模型", True),
    ("Chinese, a part", "神经网络", "神经系统", False),
    ("Latin in Chinese", "GPU", "使用GPU训练", True),
    ("Korean particle", "신경망", "신경망을 쓴다", True),
    ("no target text", "núvol", "", False),
]


@pytest.mark.parametrize(("what", "target", "text", "expected"), HONOURED, ids=[case[0] for case in HONOURED])
def test_a_term_is_honoured(what: str, target: str, text: str, expected: bool) -> None:
    term = Term("source", target)
    assert Glossary((term,)).honoured(term, text) is expected


@pytest.mark.parametrize(("text", "expected"), [("La NASA", True), ("la nasa", False), ("Nasa", False)])
def test_capitals_of_the_target_matter_where_the_term_says_so(text: str, expected: bool) -> None:
    assert glossary().honoured(Term("NASA", "NASA", case=True), text) is expected


texts = st.text(max_size=60) | st.text("aB \u0301\u0130ß神é<1/>\ue000\ud800\0\n", max_size=60)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(texts.filter(str.strip), max_size=8), texts, st.booleans())
def test_no_text_is_trouble(sources: list[str], text: str, case: bool) -> None:
    terms = glossary(*sources, case=case)
    assert set(terms.matches(text)) <= set(terms.terms)
    for term in terms.terms:
        terms.honoured(term, text)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.from_regex(r"[ab]{1,2}( [ab]{1,2})?", fullmatch=True), max_size=6), st.text("abA .", max_size=40))
def test_matches_are_those_of_a_plain_search(sources: list[str], text: str) -> None:
    read = " ".join(text.lower().split())
    spans = {
        (place.start(1), place.end(1), source)
        for source in sources
        for place in re.finditer(rf"(?<![ab])(?=({source})(?![ab]))", read)
    }
    outer = [a for a in spans if not any(b != a and b[0] <= a[0] and a[1] <= b[1] for b in spans)]
    assert found(glossary(*sources), text) == list(dict.fromkeys(source for _, _, source in sorted(outer)))


@settings(max_examples=examples(100), deadline=None)
@given(st.text("abé神가ب C", min_size=1, max_size=20).filter(str.strip))
def test_a_term_is_found_in_itself_and_honours_itself(source: str) -> None:
    term = Term(source, "")
    assert Glossary((term,)).matches(f"({source})") == [term]
    assert Glossary((term,)).honoured(term, f"({source})")


@pytest.mark.core(3)
@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "a " * 100_000, "<1" * 100_000, " " * 200_000, "ß" * 100_000, "神 " * 100_000,
     "a" + "\u0301" * 80_000 + "\u0316" * 80_000],
    ids=["a letter", "words", "placeholders", "spaces", "folds", "Chinese", "marks out of order"],
)  # fmt: skip
def test_a_long_text_takes_no_time(text: str) -> None:
    terms = glossary("a", "a a", "a a a", "ß", "神神", "aaaaa aaaaa", "a - - a")
    started = time.process_time()
    terms.matches(text)
    for term in terms.terms:
        terms.honoured(term, text)
    assert time.process_time() - started < 10  # quadratic time would be minutes


def test_many_terms_cost_no_more_than_few() -> None:
    many = glossary(*(f"term{number} of many" for number in range(10_000)))
    started = time.process_time()
    for number in range(2000):
        assert found(many, f"Here is term{number} of many, and term{number} of none.") == [f"term{number} of many"]
    assert time.process_time() - started < 10


def test_without_the_extra_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ahocorasick", None)
    with pytest.raises(ConfigError, match=r"pip install 'babelset\[llm\]'"):
        glossary("a").matches("a")
