"""How like a reference a text is: one sentence, and a corpus with interval and signature."""

from __future__ import annotations

import random
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelset.errors import ConfigError
from babelset.languages import find
from babelset.scoring import metrics
from babelset.scoring.metrics import METRICS, Metric, corpus, sentence
from tests.budget import examples

CA = find("ca")
REFERENCE = "La biblioteca és oberta cada dia de la setmana."
TEXTS = st.text(max_size=60) | st.text("ab ,.\u0300\ud800<&;", max_size=40)
WORSE = [
    # what became of the reference, the text
    ("one word is another", "La biblioteca és tancada cada dia de la setmana."),
    ("half of it is missing", "La biblioteca és oberta"),
    ("it comes twice", f"{REFERENCE} {REFERENCE}"),
    ("words in another order", "de la setmana cada dia és oberta La biblioteca."),
]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("what", "text"), WORSE, ids=[case[0] for case in WORSE])
def test_errors_cost_and_unrelated_texts_score_least(metric: Metric, what: str, text: str) -> None:
    unrelated = sentence(metric, "Xqz wpk jjj.", REFERENCE, CA)
    assert unrelated < 0.15
    assert unrelated <= sentence(metric, text, REFERENCE, CA) < sentence(metric, REFERENCE, REFERENCE, CA) == 1


SPACELESS = [
    # language, reference, a text with one character changed
    ("zho_Hans", "图书馆除星期日外每天开放。", "图书馆除星期一外每天开放。"),
    ("zho_Hant", "圖書館除星期日外每天開放。", "圖書館除星期一外每天開放。"),
    ("jpn_Jpan", "図書館は日曜日を除いて毎日開いています。", "図書館は月曜日を除いて毎日開いています。"),
    ("tha_Thai", "ห้องสมุดเปิดทุกวันยกเว้นวันอาทิตย์", "ห้องสมุดเปิดทุกวันยกเว้นวันจันทร์"),
    ("khm_Khmr", "បណ្ណាល័យបើករាល់ថ្ងៃ", "បណ្ណាល័យបិទរាល់ថ្ងៃ"),
]


@pytest.mark.parametrize(("language", "reference", "text"), SPACELESS)
def test_scripts_without_spaces_are_compared_by_character(language: str, reference: str, text: str) -> None:
    assert 0.5 < sentence("bleu", text, reference, find(language)) < 1
    assert sentence("bleu", text, reference, find("ca")) < 0.3, "as words they would have nothing in common"


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=examples(60), deadline=None)
@given(hypothesis=TEXTS, reference=TEXTS)
def test_every_score_is_from_0_to_1(metric: Metric, hypothesis: str, reference: str) -> None:
    assert 0 <= sentence(metric, hypothesis, reference, CA) <= 1


@pytest.mark.parametrize("metric", METRICS)
@given(text=st.text("aàbc dé.", min_size=1, max_size=60).filter(str.strip))
@settings(max_examples=examples(60), deadline=None)
def test_a_text_is_like_itself(metric: Metric, text: str) -> None:
    assert sentence(metric, text, text, CA) == pytest.approx(1)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("hypothesis", "reference"), [("", ""), (" \n", " "), ("", "La casa."), ("La casa.", "")])
def test_nothing_is_like_nothing(metric: Metric, hypothesis: str, reference: str) -> None:
    assert sentence(metric, hypothesis, reference, CA) == 0


@pytest.mark.core(2)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("text", ["a" * 1_000_000, "a b " * 250_000, "<" * 1_000_000], ids=["word", "words", "signs"])
def test_a_megabyte_takes_no_time(metric: Metric, text: str) -> None:
    shuffled = "".join(random.Random(1).sample("abc " * 250_000, 1_000_000))
    started = time.process_time()
    sentence(metric, text, shuffled, CA)
    corpus([text], [shuffled], CA, resamples=10)
    assert time.process_time() - started < 20  # TER of the whole of it would take days


def test_a_corpus_is_scored_as_sacrebleu_does_with_interval_and_signature() -> None:
    from sacrebleu import corpus_bleu, corpus_chrf, corpus_ter

    texts = [text for _, text in WORSE] * 5
    references = [REFERENCE] * len(texts)
    found = corpus(texts, references, CA, resamples=200)
    assert list(found) == list(METRICS)
    assert found["bleu"].score == pytest.approx(corpus_bleu(texts, [references]).score, abs=1e-4)
    assert found["chrf"].score == pytest.approx(corpus_chrf(texts, [references]).score, abs=1e-4)
    assert found["chrf++"].score == pytest.approx(corpus_chrf(texts, [references], word_order=2).score, abs=1e-4)
    assert found["ter"].score == pytest.approx(corpus_ter(texts, [references]).score, abs=1e-4)
    for score in found.values():
        assert score.low < score.score < score.high
        assert "|nrefs:1|bs:200|seed:" in score.signature and "version:" in score.signature
    assert "tok:13a" in found["bleu"].signature and "nw:2" in found["chrf++"].signature


def test_the_same_corpus_has_the_same_interval() -> None:
    texts, references = [text for _, text in WORSE], [REFERENCE] * len(WORSE)
    assert corpus(texts, references, CA, resamples=50) == corpus(texts, references, CA, resamples=50)


@pytest.mark.parametrize(("texts", "score", "edits"), [([REFERENCE] * 3, 100, 0), ([""] * 3, 0, 100)])
def test_the_best_and_the_worst_corpus(texts: list[str], score: float, edits: float) -> None:
    found = corpus(texts, [REFERENCE] * 3, CA, resamples=20)
    assert {name: (each.score, each.low, each.high) for name, each in found.items()} == {
        **dict.fromkeys(("bleu", "chrf", "chrf++"), (score, score, score)),
        "ter": (edits, edits, edits),
    }


@pytest.mark.parametrize(("texts", "references"), [([], []), (["a"], []), (["a"], ["a", "b"])])
def test_a_corpus_has_pairs(texts: list[str], references: list[str]) -> None:
    with pytest.raises(ValueError, match="give one for each"):
        corpus(texts, references, CA)


@pytest.mark.parametrize("texts", [["Xqz", REFERENCE], [REFERENCE, "Xqz", "Xqz"], ["", REFERENCE]])
def test_a_corpus_of_good_and_useless_texts_has_an_interval(texts: list[str]) -> None:
    for score in corpus(texts, [REFERENCE] * len(texts), CA, resamples=100).values():
        assert score.low <= score.score <= score.high and score.low < score.high


MANY = [
    # pairs, resamples wanted, those that there are, pairs that TER compares
    (3, 1000, 1000, 3),
    (30, 1000, 500, 20),
    (30, 50, 50, 20),
    (300, 1000, 100, 20),
]


@pytest.mark.parametrize(("pairs", "wanted", "resamples", "edited"), MANY)
def test_a_large_corpus_costs_no_more_and_its_signature_says_how(
    pairs: int, wanted: int, resamples: int, edited: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "RESAMPLED", 20_000)
    monkeypatch.setattr(metrics, "MOST_EDITED", 20)
    found = corpus(["La casa."] * pairs, [REFERENCE] * pairs, CA, resamples=wanted)
    assert [score.units for score in found.values()] == [pairs, pairs, pairs, edited]
    assert f"|bs:{resamples}|" in found["chrf"].signature


def test_the_signature_says_where_texts_were_cut() -> None:
    found = corpus(["La casa."] * 2, [REFERENCE, "casa " * 101], CA, resamples=20)
    assert [metric for metric, score in found.items() if "cut" in score.signature] == ["ter"]
    assert found["ter"].signature.endswith("|cut:500") and found["ter"].signature.startswith("TER|nrefs:1|bs:20|")


def test_without_sacrebleu_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.bleu", None)
    metrics._metric.cache_clear()
    with pytest.raises(ConfigError, match=r"pip install 'babelset\[quality\]'"):
        sentence("chrf", "a", "a", CA)
