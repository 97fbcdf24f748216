"""ROUGE-L by its definition, computed here the slow way, against the pool's."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.measures import similarity
from babelset.measures.similarity import MinHashPool, RougePool, words

VOCABULARIES = {
    "English": [
        "write",
        "a",
        "short",
        "list",
        "of",
        "three",
        "red",
        "fruits",
        "about",
        "the",
        "rain",
        "in",
        "spring",
        "and",
        "why",
        "it",
        "falls",
    ],
    "Urdu": [
        "بارش",
        "کے",
        "بارے",
        "میں",
        "ایک",
        "مختصر",
        "نظم",
        "لکھیں",
        "اور",
        "بتائیں",
        "کہ",
        "یہ",
        "کیوں",
        "ہوتی",
        "ہے",
    ],
    "Hindi": ["बारिश", "के", "बारे", "में", "एक", "छोटी", "कविता", "लिखो", "और", "बताओ", "कि", "यह", "क्यों", "होती", "है"],
    "Chinese": [*"写一首关于春天的短诗并解释为什么下雨"],
}


@cache
def rouge_l(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """2 LCS / (words of both): the harmonic mean of the LCS's share of either."""
    before = [0] * (len(other) + 1)
    for word in one:
        row = [0]
        for place, each in enumerate(other):
            row.append(before[place] + 1 if word == each else max(before[place + 1], row[place]))
        before = row
    return 2 * before[-1] / (len(one) + len(other)) if one and other else 0.0


def brute_force(texts: Sequence[Sequence[str]], threshold: float) -> list[list[tuple[str, float]]]:
    kept: list[int] = []
    found = []
    texts = [tuple(text) for text in texts]
    for number, text in enumerate(texts):
        scores = sorted((-round(rouge_l(text, texts[old]), 9), old) for old in kept)
        best = [(str(old), -score) for score, old in scores[:3] if score]
        found.append(best)
        if not best or threshold >= best[0][1] != 1:
            kept.append(number)
    return found


@pytest.mark.parametrize("language", VOCABULARIES)
@pytest.mark.parametrize("threshold", [0.5, 0.7, 1.0])
def test_the_pool_is_that_of_brute_force(language: str, threshold: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "BLOCK", 16)
    chance = random.Random(f"{language}{threshold}")
    drawn = [chance.choices(VOCABULARIES[language], k=chance.randint(1, 12)) for _ in range(90)]
    drawn += [[*text[:-1], "x"] for text in drawn[:30]]
    space = "" if language == "Chinese" else " "
    texts = [(str(number), space.join(text)) for number, text in enumerate(drawn)]
    expected = brute_force(drawn, threshold)
    for batch in (1, 7, 200):
        pool = RougePool(threshold)
        found = [near for start in range(0, len(texts), batch) for near in pool.sift(texts[start : start + batch])]
        assert [[(each.id, each.score) for each in near] for near in found] == expected
        assert len(pool._ids) == len(pool)
    kept = [tuple(words(texts[int(id)][1])) for id in pool._ids]
    assert all(rouge_l(a, b) <= threshold for n, a in enumerate(kept) for b in kept[:n])


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=8), max_size=12), st.sampled_from([0.3, 0.6, 0.7]))
def test_any_texts(texts: list[list[str]], threshold: float) -> None:
    found = RougePool(threshold).sift([(str(number), " ".join(text)) for number, text in enumerate(texts)])
    assert [[(each.id, each.score) for each in near] for near in found] == brute_force(texts, threshold)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't STOP, Straße!", ["don", "t", "stop", "strasse"]),
        ("हिन्दी में लिखो।", ["हिन्दी", "में", "लिखो"]),
        ("写一首诗 in 2024", ["写", "一", "首", "诗", "in", "2024"]),
        ("ทำไมฝนตก", ["ทํ", "า", "ไ", "ม", "ฝ", "น", "ต", "ก"]),
        ("ﬁne ①", ["fine", "1"]),
        ("?! …", ["?", "!", ".", ".", "."]),
        ("  ", []),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_equal_texts_are_too_near_in_every_script() -> None:
    for text in ("Name three fruits.", "تین پھلوں کے نام بتائیں", "तीन फलों के नाम बताओ", "说出三种水果", "?!"):
        for pool in (RougePool(1.0), MinHashPool(1.0)):
            found = pool.sift([("1", text), ("2", text)])
            assert pool.too_near(found[1]) and len(pool) == 1


def test_a_text_of_nothing_is_like_nothing() -> None:
    for pool in (RougePool(0.7), MinHashPool(0.7)):
        assert pool.sift([("1", ""), ("2", " \n"), ("3", "")]) == [[], [], []]


def test_more_words_than_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words then share characters; none is a surrogate, which rapidfuzz could not hold."""
    assert similarity._character(similarity.SURROGATES) == chr(0xE000)
    assert similarity._character(similarity.CODES - 1) == chr(0x10FFFF)
    assert similarity._character(similarity.CODES) == chr(0)


def document(chance: random.Random, length: int = 400) -> list[str]:
    return [f"w{chance.randrange(5000)}" for _ in range(length)]


def test_documents_that_are_nearly_the_same_are_found() -> None:
    """Of 400 words 4 changed: 20 of 396 sets of five words in a row, so 0.9 alike."""
    chance = random.Random(3)
    pool = MinHashPool(0.8)
    for number in range(50):
        text = document(chance)
        changed = [*text]
        for place in (50, 150, 250, 350):
            changed[place] = "changed"
        first, second = pool.sift([(f"{number}", " ".join(text)), (f"{number}b", " ".join(changed))])
        assert first == [] and second[0].id == str(number) and 0.8 < second[0].score < 1
    assert len(pool) == 50


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_bands_find_what_is_as_alike_as_the_threshold(threshold: float) -> None:
    bands = similarity._bands(threshold)
    rows = similarity.PERMUTATIONS // bands
    assert bands * rows == similarity.PERMUTATIONS and 1 - (1 - threshold**rows) ** bands >= similarity.FOUND
