"""The hypothesis the others agree with, or the one that a quality filter prefers."""

from __future__ import annotations

import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset import plugins
from babelset.contracts.filter import Filter, Rating, Scored, Unit
from babelset.engines.llm.candidates import chooser, chrf, mbr
from babelset.errors import ConfigError, ContractError
from babelset.languages import Pair

TEXTS = st.text(alphabet="abc ", max_size=12) | st.text(max_size=12, alphabet=st.characters())  # lone surrogates too
POOLS = st.lists(TEXTS, min_size=1, max_size=4)
SENTENCE = "Escriu un poema curt sobre les fulles de la tardor i explica per què el cel és blau."
VARIANTS = [
    SENTENCE,
    SENTENCE[:40],
    SENTENCE[7:],
    SENTENCE.replace("poema", "conte"),
    SENTENCE.replace("e", "a"),
    "El cel.",
]
SAMPLES = (POOLS | st.just(VARIANTS)).flatmap(lambda pool: st.lists(st.sampled_from(pool), max_size=7))


def best(hypotheses: Sequence[str]) -> str:
    scores = mbr(hypotheses)
    return hypotheses[scores.index(max(scores))]


@pytest.mark.parametrize(
    ("hypotheses", "winner"),
    [
        (["Bona nit.", "Bon dia a tothom.", "Bon dia a tothom."], "Bon dia a tothom."),
        (["Bon dia", "Bon dia, amics", "Bon dia", "Bon dia, amics", "Bon dia"], "Bon dia"),
        (["El gat dorm.", "El gat dorm ara.", "El gos menja."], "El gat dorm."),
        (["I cannot translate that.", "Tanca la porta.", "Tanca la porta ja.", "Tanqueu la porta."], "Tanca la porta."),
        (["", "", "", "Hola.", "Hola, Anna.", "Hola."], "Hola."),
        (["猫が寝ている。", "猫は寝ている。", "犬が走る。"], "猫が寝ている。"),
        ([" ", "\x00", "\ud800 sí", "\ud800 sí"], "\ud800 sí"),
    ],
    ids=["majority", "no addition", "centre", "refusal", "blank", "unspaced", "hostile"],
)
def test_the_hypothesis_that_the_others_agree_with_wins(hypotheses: list[str], winner: str) -> None:
    assert best(hypotheses) == winner
    assert best(hypotheses[::-1]) == winner


@pytest.mark.parametrize(
    ("hypotheses", "scores"),
    [
        ([], []),
        (["Hola."], [1.0]),
        ([""], [1.0]),
        (["Hola.", "Hola."], [1.0, 1.0]),
        (["abc", "xyz"], [0.0, 0.0]),
        (["abc", "abc", "xyz"], [0.5, 0.5, 0.0]),
        (["", ""], [0.0, 0.0]),
        (["abc", "abc", "abc", " abc"], [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_scores_are_known_where_texts_agree_wholly_or_not_at_all(hypotheses: list[str], scores: list[float]) -> None:
    assert mbr(hypotheses) == scores


@given(SAMPLES, st.data())
def test_the_order_of_the_hypotheses_does_not_matter(hypotheses: list[str], data: Any) -> None:
    order = data.draw(st.permutations(range(len(hypotheses))))
    scores = mbr(hypotheses)
    assert mbr([hypotheses[place] for place in order]) == [scores[place] for place in order]


@given(SAMPLES)
def test_scores_are_shares(hypotheses: list[str]) -> None:
    scores = mbr(hypotheses)
    assert len(scores) == len(hypotheses)
    assert all(0 <= score <= 1 for score in scores)


@given(SAMPLES.filter(lambda texts: len(texts) > 1))
def test_a_score_is_the_mean_over_all_others_one_by_one(hypotheses: list[str]) -> None:
    def mean(place: int) -> float:
        others = hypotheses[:place] + hypotheses[place + 1 :]
        return sum(chrf([hypotheses[place]], other, beta=1)[0] for other in others) / len(others)

    assert mbr(hypotheses) == pytest.approx([mean(place) for place in range(len(hypotheses))])


@given(st.lists(st.sampled_from(["aaa", "bbb bb", "c", "ddddddd", "ééé"]), min_size=1, max_size=9))
def test_among_unlike_hypotheses_the_most_frequent_wins(hypotheses: list[str]) -> None:
    counts = Counter(hypotheses)
    assert counts[best(hypotheses)] == max(counts.values())


def test_equal_hypotheses_are_compared_once() -> None:
    started = time.process_time()
    scores = mbr([SENTENCE] * 5000 + ["Bona nit."])
    assert scores[0] > 0.99 > scores[-1]
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("unit", ["a", "\ud800", "xé ", "字"])
def test_a_long_hypothesis_is_compared_by_its_beginning(unit: str) -> None:
    long = unit * (1_000_000 // len(unit))
    started = time.process_time()
    assert mbr([long, long + "!"]) == [1.0, 1.0]
    assert time.process_time() - started < 2


def test_chrf_weighs_recall_unless_told_otherwise() -> None:
    longer, shorter = "Bon dia a tothom", "Bon dia"
    assert chrf([longer], shorter) > chrf([shorter], longer)
    assert chrf([longer], shorter, beta=1) == chrf([shorter], longer, beta=1)


def pairs_per_second(seconds: float = 0.2) -> float:
    """Pairs of sentences, of 84 characters, that `mbr` compares in a second; eight samples of a segment are 28."""
    samples = [SENTENCE[place:] + SENTENCE[:place] for place in range(8)]
    rounds, started = 0, time.process_time()
    while time.process_time() - started < seconds:
        mbr(samples)
        rounds += 1
    return 28 * rounds / (time.process_time() - started)


def test_eight_samples_cost_milliseconds() -> None:
    assert pairs_per_second() > 500  # thousands on a free core


def test_agreement_ignores_the_sources(pair: Pair) -> None:
    with chooser("mbr") as choose:
        assert choose(["Hi.", "Bye."], [["abc", "abc", "xyz"], ["Adéu."]], pair) == [[0.5, 0.5, 0.0], [1.0]]
        assert choose([], [], pair) == []


LOST: dict[str, float | None] = {"1": None, "2": math.nan}


class Fluency(Filter):
    """Prefers long words; knows no digits."""

    name: ClassVar[str] = "fluency"
    unit: ClassVar[Unit] = "segment"
    quality: ClassVar[bool] = True
    asked: ClassVar[list[list[Scored]]] = []

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        self.asked.append(list(units))
        return [Rating(LOST.get(unit.target or "", len(unit.target or ""))) for unit in units]

    def judge(self, ratings: Any) -> Any:
        raise AssertionError("a chooser does not judge")


class Short(Fluency):
    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(1.0)]


class Rows(Fluency):
    unit: ClassVar[Unit] = "row"


class Compared(Fluency):
    needs_candidates: ClassVar[bool] = True


class Plain(Fluency):
    quality: ClassVar[bool] = False


class Point:
    value = "somewhere:Filter"

    def __init__(self, found: type[Fluency] | None) -> None:
        self.found = found

    def load(self) -> type[Fluency]:
        if self.found is None:
            raise ImportError("no torch")
        return self.found


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"fluency": Fluency, "short": Short, "rows": Rows, "plain": Plain, "compared": Compared, "broken": None}
    points = {name: Point(filter) for name, filter in found.items()}
    monkeypatch.setattr(plugins, "available", lambda group: points)
    Fluency.asked.clear()


@pytest.mark.usefixtures("installed")
def test_a_quality_filter_is_asked_once_for_everything(pair: Pair) -> None:
    with chooser("fluency") as choose:
        scores = choose(["Hi.", "Bye.", "Hi."], [["Hola.", "1", "2", "Hola."], [], ["Hola.", "Ei."]], pair)
    assert scores == [[5.0, -math.inf, -math.inf, 5.0], [], [5.0, 3.0]]
    [asked] = Fluency.asked
    assert asked == [Scored("Hi.", target, pair) for target in ("Hola.", "1", "2", "Ei.")]


@pytest.mark.usefixtures("installed")
def test_nothing_to_choose_is_not_sent(pair: Pair) -> None:
    with chooser("fluency") as choose:
        assert choose(["Hi."], [[]], pair) == [[]]
    assert Fluency.asked == []


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("mbrr", ConfigError, r"unknown chooser 'mbrr'\. Did you mean 'mbr'\? Installed: mbr, fluency, short$"),
        ("plain", ConfigError, r"the filter 'plain' does not score quality\. Installed: mbr, fluency, short$"),
        ("rows", ConfigError, r"the filter 'rows' does not score quality\."),
        (
            "compared",
            ConfigError,
            r"the filter 'compared' does not score a hypothesis by itself: choose with mbr\. Inst",
        ),
        ("broken", ContractError, r"'broken' .* cannot be imported: ImportError: no torch"),
    ],
)
def test_a_name_that_cannot_choose_is_refused(name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message), chooser(name):
        pass


@pytest.mark.usefixtures("installed")
def test_a_filter_that_loses_hypotheses_is_reported(pair: Pair) -> None:
    message = "the filter 'fluency' got 2 segments and returned 1"
    with chooser("short") as choose, pytest.raises(ContractError, match=message):
        choose(["Hi."], [["Hola.", "Ei."]], pair)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("copied", r"'copied' does not score quality\..*Installed: mbr"),
        ("agreement", r"'agreement' does not score a hypothesis by itself: choose with mbr\..*Installed: mbr, [^a]"),
        ("embedding", r"filter 'embedding': model: field required"),
    ],
)
def test_the_built_in_filters_that_cannot_choose_are_refused(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message), chooser(name):
        pass


def test_without_sacrebleu_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.chrf", None)
    with pytest.raises(ConfigError, match=r"pip install 'babelset\[llm\]'"):
        mbr(["Hola.", "Ola."])
