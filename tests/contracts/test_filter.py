"""What the contract of filters promises: ratings that are stored decide the same, and nothing outlives a run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from babelset import plugins
from babelset.contracts.checks import DEFAULT, accounts, build_filters, cautioning, deciding, opened
from babelset.contracts.evidence import (
    add_marks,
    evidence_of,
    marks_of,
    outcome_of,
    segment_evidence,
    whole_row,
)
from babelset.contracts.filter import Filter, Outcome, Rating, Scored, Unit, Verdict, known, with_units
from babelset.contracts.lazy import Lazy
from babelset.contracts.loading import build_filter, diagnoses, filter_class
from babelset.engines.comet.kiwi import Rating as KiwiMark
from babelset.engines.comet.process import Hello, Mark
from babelset.errors import ConfigError, ContractError
from babelset.files.row import KEY
from babelset.filters import comet, cometkiwi, embedding, judge, use
from babelset.languages import Pair, find
from babelset.translation import deciding as rows_decided
from tests.budget import examples

PAIR = Pair(find("en"), find("ca"))
BUILT_IN = [name for name, point in plugins.available("filters").items() if point.value.startswith("babelset.")]
WORDS = [
    "The library is open.",
    "La biblioteca és oberta.",
    "Run `ls`.",
    "42 and 1,250.",
    "Write a haiku?",
    "cloud",
    "a",
]
texts = st.text(max_size=30) | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
rows = st.lists(st.tuples(texts, st.none() | texts), max_size=4)


class Model:
    """Stands for every model that a filter loads: any text has a score, some of them are special."""

    temperature = seed = 0

    def __init__(self, *_: Any, **__: Any) -> None:
        self.asked = 0

    def rate(self, pairs: Sequence[tuple[str, str]]) -> list[KiwiMark]:
        return [KiwiMark(len(target) % 7 / 7, 1 + len(target) % 2) for _, target in pairs]

    def score(self, triples: Sequence[Any]) -> list[Mark]:
        kinds = [Mark(0.5), Mark(0.25, cut=True), Mark(None, reason="the worker was killed")]
        return [kinds[len(triple.mt) % 3] for triple in triples]

    def hello(self) -> Hello:
        return Hello(versions={}, references="optional", batch_tokens=9)

    def encode(self, texts: Sequence[str]) -> Any:
        import numpy as np

        return np.array([[np.cos(len(text)), np.sin(len(text))] for text in texts], np.float32)

    def hold(self, talks: Sequence[Any]) -> list[Rating]:
        self.asked += len(talks)
        notes = ["", "accuracy 1: no", "could not be judged: cut off"]
        return [
            Rating(None if at % 3 == 2 else 4.2, {"accuracy": float(at % 3 + 1)}, notes[at % 3])
            for at, _ in enumerate(talks)
        ]

    def account(self) -> dict[str, Any]:
        return {"requests": self.asked}

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Filter]]:
    """Every built-in filter, made strict, with models that are tables."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "terms.csv").write_text("source,target,language\ncloud,núvol,ca\nlibrary,biblioteca,ca\n", "utf-8")
    options: dict[str, dict[str, Any]] = {
        "terms": {"glossary": str(folder / "terms.csv"), "least": 0.9},
        "reference": {"file": str(folder / "terms.csv"), "unit": "field", "least": 0.9},
        "comet": {"model": "m", "least": 0.4, "references": str(folder / "terms.csv"), "python": "py"},
        "cometkiwi": {"least": 0.4},
        "embedding": {"model": "m", "least": 0.4},
        "use": {"least": 0.4, "floor": 0.3},
        "judge": {"model": "m", "least": 4, "least_part": 2},
        "roundtrip": {"translator": "echo", "least": 0.9},
        "language": {"letters": 12, "least_line": -2},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comet, "CometProcess", Model)
        patch.setattr(cometkiwi.Kiwi, "load", Model)
        patch.setattr(embedding, "encoder", Model)
        patch.setattr(use, "encoder", Model)
        patch.setattr(judge.Judge, "_make", lambda self: Model())
        patch.setattr(judge, "judged", lambda *_: iter(()))
        yield {name: build_filter(name, options.get(name, {})) for name in BUILT_IN}


def outcome(pairs: Sequence[tuple[str, str | None]]) -> Outcome:
    segments = [
        Scored(source, target, PAIR, f"turns[{at}]", "instruction", ("`ls`",) if "`ls`" in source else ())
        for at, (source, target) in enumerate(pairs)
    ]
    return Outcome(segments, segments, whole_row(segments, PAIR), {"turns": [unit.target for unit in segments]})


def stored(row: Outcome) -> Outcome:
    """The row after its evidence went through JSON."""
    fields = [
        {"path": ["turns", at], "role": unit.role, "source": unit.source, "keeps": list(unit.keeps)}
        for at, unit in enumerate(row.fields)
    ]
    evidence: Any = {
        "row": 0, "file": "a", "line": 1, "status": "accepted", "schema": "s", "source": "eng_Latn",
        "target": "cat_Latn", "translator": "t", "fields": fields, "scores": {}, "verdicts": [],
        "segments": [segment_evidence(unit, at) for at, unit in enumerate(row.segments)],
    }  # fmt: skip
    add_marks(evidence, row.marks)
    data = json.loads(json.dumps({**row.data, KEY: evidence}))
    again = outcome_of(data, evidence_of(data))
    again.marks = marks_of(data[KEY])
    return again


@pytest.mark.parametrize("name", BUILT_IN)
@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(pairs=rows)
def test_stored_ratings_decide_as_fresh_ones_do(
    name: str, pairs: list[tuple[str, str | None]], checks: Mapping[str, Filter]
) -> None:
    check, row = checks[name], outcome(pairs)
    with check.open():
        [row.marks] = rows_decided.score([check], [row])
    [fresh], [again] = rows_decided.judge([check], row), rows_decided.judge([check], stored(row))
    assert fresh == again and fresh.ok == (not fresh.reason)


@pytest.mark.parametrize("name", ["comet", "cometkiwi", "embedding", "judge", "roundtrip"])
def test_a_filter_that_needs_a_model_says_so_where_it_is_not_open(name: str, checks: Mapping[str, Filter]) -> None:
    check, unit = checks[name], Scored("library", "La biblioteca.", PAIR)
    with check.open():
        assert len(check.score([unit])) == 1
    with pytest.raises(ContractError, match=rf"{name!r} needs what it loads: score within `with check.open"):
        check.score([unit])


def test_a_rating_without_its_unit_cannot_be_judged() -> None:
    with pytest.raises(ContractError, match=r"with_units\(ratings, units\)"):
        build_filter("complete", {}).judge([Rating(0.0)])
    with pytest.raises(ValueError, match="shorter"):
        with_units([Rating(0.0)], [])


class Costly(Filter):
    """A stranger's: notes what is loaded and unloaded."""

    name: ClassVar[str] = "costly"
    unit: ClassVar[Unit] = "segment"
    operational: ClassVar[frozenset[str]] = frozenset({"timeout"})
    seen: ClassVar[list[str]] = []

    least: float = 0.5
    timeout: float = 3

    def load(self, folder: Path | None) -> str:
        self.seen.append(f"load {folder}")
        return "model"

    def unload(self, model: str) -> None:
        self.seen.append(f"unload {model}")

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        return [Rating(float(len(self.loaded)))] * len(units)

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        return Verdict(self.name, min(known(ratings), default=1) >= self.least)

    def account(self) -> dict[str, Any]:
        return {"requests": 1} if self.least > 0.5 else {}

    def caution(self, translator: str) -> str:
        return f"{translator} is mine" if translator else ""


def test_what_is_loaded_is_loaded_once_by_need_and_ended_whatever_happens(tmp_path: Path) -> None:
    Costly.seen.clear()
    with Costly().open():
        pass
    assert Costly.seen == [], "nobody needed it"
    with pytest.raises(KeyboardInterrupt), opened([Costly()], tmp_path):
        raise KeyboardInterrupt
    with pytest.raises(KeyError), Costly().open(tmp_path) as check:
        check.score([]), check.score([Scored("a", "b", PAIR)]), check.score([Scored("a", "b", PAIR)])
        raise KeyError
    assert Costly.seen == [f"load {tmp_path}", "unload model"]


def test_a_lazy_thing_is_made_once_for_many_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    made: list[int] = []
    ended: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    with Lazy(make, ended.append) as lazy, ThreadPoolExecutor(8) as pool:
        assert lazy.made is None and set(pool.map(lambda _: lazy.get(), range(50))) == {0}
        lazy.close()
        assert lazy.get() == 1, "after an end there is a new one"
    assert ended == [0, 1]


def test_options_and_costs_of_all_filters_are_told_by_name() -> None:
    filters, said = [Costly(), Costly(least=0.9)], list[str]()
    assert deciding(filters[:1]) == {"costly": {"least": 0.5}}
    assert accounts(filters[:1]) == {} and accounts(filters) == {"costly": {"requests": 1}}
    see = cautioning(filters, said.append)
    see("echo"), see("echo"), see("")
    assert said == ["echo is mine"]


@pytest.mark.parametrize("wrong", [{"lest": 1}, {"name": "other"}, {"quality": True}])
def test_only_fields_are_options(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Costly(**wrong)


class Point:
    value = "somewhere:Filter"
    dist = None

    def __init__(self, name: str, found: Any) -> None:
        self.name, self.found = name, found

    def load(self) -> Any:
        return self.found


class Half(Filter):
    name: ClassVar[str] = "half"
    unit: ClassVar[Unit] = "row"


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    before, mine = plugins.available, {"costly": Costly, "half": Half, "odd": object}
    more = {name: Point(name, found) for name, found in mine.items()}
    monkeypatch.setattr(plugins, "available", lambda group: {**before(group), **(more if group == "filters" else {})})


@pytest.mark.usefixtures("strangers")
def test_a_stranger_runs_when_it_is_named_and_never_because_it_is_installed() -> None:
    assert [check.name for check in build_filters({})] == list(DEFAULT)
    named = [check.name for check in build_filters({"costly": {"least": 1}, "task": False})]
    assert named == sorted({*DEFAULT, "costly"} - {"task"})
    assert [check.name for check in build_filters({"costly": False})] == list(DEFAULT)


@pytest.mark.usefixtures("strangers")
def test_what_keeps_no_contract_is_refused_with_the_cure() -> None:
    with pytest.raises(ContractError, match=r"'odd' is no filter: derive its class from babelset\.contracts\.filter"):
        filter_class("odd")
    with pytest.raises(ContractError, match=r"'half' is not complete: .*judge"):
        build_filter("half", {})
    with pytest.raises(ConfigError, match=r"unknown filter 'costy'\. Did you mean 'costly'"):
        build_filters({"costy": True})
    [finding] = [finding for finding in diagnoses() if finding.part == "odd"]
    assert not finding.ok and "derive its class" in finding.detail
    [told] = [entry for entry in plugins.describe()["filters"] if entry["name"] == "half"]
    assert told["promise"] == "", "neither its base's docstring nor its module's"
