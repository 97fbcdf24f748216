"""What is asked of CometKiwi, and what a row's verdict makes of its scores; the model is a table."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from babelset.contracts.checks import deciding
from babelset.contracts.filter import Rating, Scored, Verdict, with_units
from babelset.engines.comet.kiwi import Rating as Mark
from babelset.errors import ConfigError
from babelset.filters import cometkiwi
from babelset.filters.cometkiwi import LONG, CometKiwi
from babelset.languages import Pair, find
from tests.budget import examples
from tests.filters.conftest import CA, COVERED, EN, rated, scores

Ask = Callable[..., Verdict]


class Table:
    """Scores by target, 0.5 for all others; what is longer than 100 characters takes two parts."""

    def __init__(self) -> None:
        self.scores: dict[str, float] = {}
        self.asked: list[tuple[str, str]] = []
        self.options: list[tuple[Any, ...]] = []

    def __call__(self, *options: Any) -> Table:
        self.options.append(options)
        return self

    def rate(self, pairs: Sequence[tuple[str, str]]) -> list[Mark]:
        self.asked += pairs
        return [Mark(self.scores.get(target, 0.5), 1 + (len(target) > 100)) for _, target in pairs]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    fake = Table()
    monkeypatch.setattr(cometkiwi.Kiwi, "load", fake)
    yield fake


@pytest.mark.parametrize(("what", "source", "target", "language", "asked"), COVERED, ids=[case[0] for case in COVERED])
def test_what_is_scored(
    what: str, source: str, target: str | None, language: str, asked: bool, table: Table, ask: Ask
) -> None:
    verdict = ask(CometKiwi(least=0.4), source, target, language)
    assert verdict.ok and verdict.score == (0.5 if asked else None)
    assert table.asked == ([(source, target)] if asked else []), "kept text stays in its place"


@pytest.mark.parametrize(("source", "target"), [("en", "bem"), ("bem", "en"), ("bem", "tum")])
@pytest.mark.parametrize("force", [False, True])
def test_a_language_that_is_not_covered_is_scored_by_force_only(
    source: str, target: str, force: bool, table: Table
) -> None:
    unit = Scored("Text.", "Text.", Pair(find(source), find(target)))
    assert scores(CometKiwi(force=force), [unit]) == [0.5 if force else None]


def test_nothing_to_score_loads_no_model(table: Table) -> None:
    units = [Scored(EN, None, Pair(find("en"), find("ca"))), Scored(EN, "Kitabu.", Pair(find("en"), find("bem")))]
    assert scores(CometKiwi(), units) == [None, None] and scores(CometKiwi(), []) == []
    assert table.options == []


SHORT, LONGER, LONGEST = "Open.", "It is open.", "It is open again, all day long."  # 5, 11 and 31 characters
ROWS = [
    # scores of the three segments, aggregate, the row's score
    ((0.2, 0.6, 0.9), "mean", 1.7 / 3),
    ((0.2, 0.6, 0.9), "min", 0.2),
    ((0.2, 0.6, 0.9), "weighted", (5 * 0.2 + 11 * 0.6 + 31 * 0.9) / 47),
    ((0.9, 0.6, 0.2), "weighted", (5 * 0.9 + 11 * 0.6 + 31 * 0.2) / 47),
    ((0.7, 0.7, 0.7), "weighted", 0.7),
    ((None, 0.6, 0.8), "mean", 0.7),
    ((None, 0.6, 0.8), "weighted", (11 * 0.6 + 31 * 0.8) / 42),
    ((None, 0.6, None), "min", 0.6),
    ((None, None, None), "min", None),
    ((-0.1, 0.1, 0.0), "mean", 0.0),
    ((1.1, 1.1, 1.1), "mean", 1.1),
]


@pytest.mark.parametrize(("scores", "aggregate", "total"), ROWS)
def test_the_row_is_an_aggregate_of_its_segments(
    scores: tuple[float | None, ...], aggregate: Any, total: float | None
) -> None:
    verdict = CometKiwi(aggregate=aggregate).judge(row(scores, SHORT, LONGER, LONGEST))
    assert verdict.ok and verdict.score == (None if total is None else pytest.approx(total))


def row(values: Sequence[float | None], *sources: str) -> list[Rating]:
    pair = Pair(find("en"), find("ca"))
    units = [Scored(source, f"«{source}»", pair, f"output[{place}]") for place, source in enumerate(sources)]
    return rated(units, values)


JUDGED = [
    # demanded, scores, the reason
    (0.0, (0.1, 0.2), ""),
    (0.0, (-0.3, -0.1), ""),
    (0.5, (0.4, 0.6), ""),
    (0.6, (0.4, 0.6), "output[0]: scores 0.40, the row 0.50, below 0.60: '«Open.»'"),
    (0.6, (0.8, 0.1), "output[1]: scores 0.10, the row 0.45, below 0.60: '«It is open.»'"),
    (0.6, (None, 0.1), "output[1]: scores 0.10, the row 0.10, below 0.60: '«It is open.»'"),
    (0.6, (None, None), ""),
    (1.0, (1.2, 0.9), ""),
]


@pytest.mark.parametrize(("least", "scores", "reason"), JUDGED)
def test_the_row_must_reach_what_is_demanded(least: float, scores: tuple[float | None, ...], reason: str) -> None:
    verdict = CometKiwi(least=least, aggregate="mean").judge(row(scores, SHORT, LONGER))
    assert (verdict.ok, verdict.reason) == (not reason, reason)


@pytest.mark.parametrize(
    ("dtype", "device", "form"), [("auto", "cpu", "bf16"), ("auto", "cuda:1", "fp16"), ("fp32", "cpu", "fp32")]
)
def test_what_decides_spells_out_what_auto_means(
    dtype: Any, device: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = {("auto", "cpu"): "bf16", ("auto", "cuda:1"): "fp16", ("fp32", "cpu"): "fp32"}
    monkeypatch.setattr(cometkiwi, "devices", lambda device: [device])
    monkeypatch.setattr(cometkiwi, "form_of", lambda *asked: forms[asked])
    told = deciding([CometKiwi(model="models/kiwi", dtype=dtype, device=device)])["cometkiwi"]
    assert (told["model"], told["dtype"]) == ("models/kiwi", form)


def test_without_torch_auto_stays_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(device: str) -> list[str]:
        raise ModuleNotFoundError("No module named 'torch'")

    monkeypatch.setattr(cometkiwi, "devices", missing)
    assert deciding([CometKiwi()])["cometkiwi"]["dtype"] == "auto"


def test_a_changed_threshold_needs_no_model() -> None:
    check = CometKiwi(model="nowhere/at-all", least=0.5)
    assert not check.judge(row([0.4], SHORT)).ok and check.judge(row([0.6], SHORT)).ok


def test_each_segment_gets_its_score_in_order_and_equal_ones_are_asked_once(table: Table, ask_row: Ask) -> None:
    table.scores = {"a": 0.1, "b": 0.2}
    units = [Scored(EN, target, Pair(find("en"), find("ca")), field) for field in "xy" for target in ("b", "a", None)]
    assert scores(CometKiwi(), [*units, *units]) == [0.2, 0.1, None] * 4
    assert len(table.options) == 1 and table.asked.count((EN, "a")) <= 2


def test_segments_that_are_scored_in_parts_are_counted(table: Table, ask_row: Ask) -> None:
    check = CometKiwi()
    verdict = ask_row(check, [(EN, "a" * 101), (EN, CA), (EN, "b" * 101)], "ca")
    assert verdict.ok and verdict.counts == {LONG: 2}
    assert not ask_row(check, [(EN, CA)], "ca").counts
    assert ask_row(CometKiwi(least=0.9), [(EN, "a" * 101)], "ca").counts == {LONG: 1}


def test_its_options_reach_the_model(table: Table, ask: Ask) -> None:
    check = CometKiwi(model="here", device="cuda:0,1", dtype="bf16", batch_tokens=99, download=True)
    ask(check, EN, CA, "ca")
    assert table.options == [("here", "cuda:0,1", "bf16", 99, True)]


def test_a_model_that_is_not_there_is_told(tmp_path: Any, ask: Ask) -> None:
    with pytest.raises(ConfigError, match=r"has no hparams\.yaml"):
        ask(CometKiwi(model=str(tmp_path)), EN, CA, "ca")


def test_it_chooses_among_translations_and_can_be_pickled() -> None:
    check = CometKiwi(least=0.6)
    assert check.quality and check.unit == "segment"
    assert pickle.loads(pickle.dumps(check)) == check  # filters go to worker processes
    assert dict(check).keys() == CometKiwi.model_fields.keys()  # what the manifest tells


@pytest.mark.parametrize(
    "options",
    [{"least": 1.5}, {"least": -0.1}, {"aggregate": "max"}, {"dtype": "fp8"}, {"device": "tpu"}, {"device": "cuda:"},
     {"batch_tokens": -1}, {"modell": "x"}],
)  # fmt: skip
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CometKiwi(**options)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(st.tuples(st.text(max_size=60) | st.just("\ud800 a"), st.none() | st.text(max_size=60)), max_size=5),
    least=st.floats(0, 1),
    aggregate=st.sampled_from(["mean", "min", "weighted"]),
)
def test_any_text_gets_one_score_and_a_verdict(
    pairs: list[tuple[str, str | None]], least: float, aggregate: Any, table: Table
) -> None:
    check = CometKiwi(least=least, aggregate=aggregate)
    units = [Scored(source, target, Pair(find("en"), find("ca")), "output") for source, target in pairs]
    with check.open():
        ratings = check.score(units)
    assert len(ratings) == len(units)
    verdict = check.judge(with_units(ratings, units))
    assert verdict.ok == (not verdict.reason) == (verdict.score is None or verdict.score >= least)
