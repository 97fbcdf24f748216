"""Rows on their ways: which engine gets them, which one is asked next, and whose translation is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelset.contracts.filter import Filter, Outcome, Rating, Scored, Unit, Verdict
from babelset.contracts.schema import load_schema
from babelset.contracts.translator import Failure
from babelset.errors import ContractError
from babelset.files.row import KEY, BadRow, Row
from babelset.languages import Pair, find
from babelset.scoring.refilter import redecide
from babelset.translation.deciding import judge, score
from babelset.translation.ladder import Ladder
from babelset.translation.routes import Routes
from babelset.translation.worker import Worker
from babelset.work.account import RouteTally, Tally
from babelset.work.journal import Entry
from babelset.work.memory import Memory


class Quality(Filter):
    """A filter whose scores stand in the target: `at` says which word; "-" is not covered."""

    name: ClassVar[str] = "quality"
    unit: ClassVar[Unit] = "segment"
    at: int = 0
    least: float = 0.5

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        words = [unit.target.split()[self.at] if unit.target else "-" for unit in units]
        return [Rating(None if word == "-" else float(word)) for word in words]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        ok = all(rating.score is None or rating.score >= self.least for rating in ratings)
        return Verdict(self.name, ok and all(rating.of.target for rating in ratings), None, "" if ok else "low")


class Merit(Quality):
    name: ClassVar[str] = "merit"
    at: int = 1
    least: float = 0.0


FILTERS = (Quality(), Merit())


def routes(*rules: dict[str, Any], **more: Any) -> Routes:
    engines = {name: {"name": "echo"} for name in "abc"}
    return Routes.model_validate({"engines": engines, "routes": list(rules), **more})


def worker(plan: Routes, engines: Mapping[str, Any], pair: Pair) -> Worker:
    ladders = {name: Ladder(engine, Memory(":memory:")) for name, engine in engines.items()}
    return Worker(pair, load_schema("text"), ladders, FILTERS, ways=plan.ways(pair, engines), retry=plan.retry)


def rows(*texts: str) -> list[Row | BadRow]:
    return [Row(number, "a.jsonl", number + 1, {"text": text}) for number, text in enumerate(texts)]


def run(crew: Worker, given_rows: Sequence[Row | BadRow]) -> list[Entry]:
    return crew.translate(crew.parse(given_rows))


KEPT = [
    # answers of the engines a, b, c (quality and merit, "" for a failure), engines asked, the one that is kept
    ("the first did well", ["0.9 0", "0.9 9", "0.9 9"], "a", "a"),
    ("the first was rejected", ["0.4 9", "0.9 0", "0.9 9"], "ab", "b"),
    ("the first failed", ["", "0.9 0", "0.9 9"], "ab", "b"),
    ("accepted, but below", ["0.6 9", "0.8 0", "0.9 9"], "ab", "b"),
    ("as good as demanded is not below", ["0.7 0", "0.9 9", "0.9 9"], "a", "a"),
    ("not covered is not below", ["- 0", "0.9 9", "0.9 9"], "a", "a"),
    ("all below: the best of them", ["0.6 0.1", "0.6 0.3", "0.65 0.2"], "abc", "b"),
    ("accepted goes before rejected", ["0.4 9", "0.6 0", "0.4 9"], "abc", "b"),
    ("all rejected: the fewest failed checks", ["0.1 -1", "0.1 0", "0.4 -9"], "abc", "b"),
    ("all rejected alike: the best of them", ["0.4 1", "0.3 2", "0.2 3"], "abc", "c"),
    ("no score is the lowest", ["0.4 -", "0.3 0", ""], "abc", "b"),
    ("equals: the earliest", ["0.6 1", "0.65 1", "0.6 1"], "abc", "a"),
    ("all failed: the earliest", ["", "", ""], "abc", "a"),
]


@pytest.mark.parametrize(("what", "answers", "tried", "kept"), KEPT, ids=[case[0] for case in KEPT])
def test_what_is_tried_and_kept(
    what: str, answers: list[str], tried: str, kept: str, scripted: Any, pair: Pair
) -> None:
    retry = {"below": {"quality": 0.7}, "best_by": "merit"}
    engines = {
        name: scripted(lambda text, answer=answer: answer or Failure("no idea"), name=f"engine {name}")
        for name, answer in zip("abc", answers, strict=True)
    }
    [entry] = run(worker(routes({"use": list("abc")}, retry=retry), engines, pair), rows("Hello."))
    evidence = entry["data"][KEY]
    assert evidence["route"] == {"rule": 0, "tried": list(tried), "kept": kept}
    assert evidence["translator"] == f"engine {kept}"
    target = answers["abc".index(kept)] or None
    assert entry["data"]["text"] == target and evidence["segments"][0]["target"] == target
    assert [engines[name].seen for name in "abc"] == [["Hello."] if name in tried else [] for name in "abc"]
    if len(tried) == 1:
        assert "candidates" not in evidence
        return
    assert [(found["engine"], found["signature"], found["targets"]) for found in evidence["candidates"]] == [
        (name, f"engine {name}", [answers["abc".index(name)] or None]) for name in tried
    ]
    [same] = [found for found in evidence["candidates"] if found["engine"] == kept]
    assert {**evidence, **same} == {**evidence, "engine": kept, "signature": f"engine {kept}", "targets": [target]}


def test_a_score_of_a_row_is_the_mean_over_what_is_covered(scripted: Any, pair: Pair) -> None:
    answers = {"One.": "0.5 1", "Two.": "0.8 1", "Three.": "- 1", "Four.": "0.7 1"}
    engines = {"a": scripted(answers.__getitem__), "b": scripted(lambda text: "1 1")}
    plan = routes({"use": ["a", "b"]}, retry={"below": {"quality": 0.7}})
    low, fine = run(worker(plan, engines, pair), rows("One. Two. Three.", "Two. Three. Four."))
    assert low["data"][KEY]["route"]["tried"] == ["a", "b"] and fine["data"][KEY]["route"]["tried"] == ["a"]


def test_an_engine_gets_all_its_rows_of_a_chunk_at_once(scripted: Any, pair: Pair) -> None:
    calls: list[list[str]] = []

    class Noted(scripted):  # type: ignore[misc]
        batch: ClassVar[Any] = 100

        def translate(self, segments: Any, pair: Pair) -> Any:
            calls.append([self.signature, *sorted(segment.text for segment in segments)])
            return super().translate(segments, pair)

    plan = routes({"length": {"above": 8}, "use": ["b"]}, {"use": ["a", "b"]})
    engines = {"b": Noted(lambda text: "1 1", name="b"), "a": Noted(lambda text: "0 0", name="a")}
    run(worker(plan, engines, pair), rows("Short.", "Quite long.", "Tiny.", "Long enough."))
    assert calls == [["a", "Short.", "Tiny."], ["b", "Long enough.", "Quite long.", "Short.", "Tiny."]]


def test_rows_without_text_and_bad_rows_pass(scripted: Any, pair: Pair) -> None:
    engines = {"a": scripted(lambda text: "1 1")}
    bad = BadRow(1, "a.jsonl", 2, "broken", "{")
    found = run(worker(routes({"use": ["a"]}), engines, pair), [*rows(" "), bad, Row(2, "a.jsonl", 3, {"t": 1})])
    assert [entry["status"] for entry in found] == ["accepted", "failed", "failed"]
    assert found[0]["data"][KEY]["route"]["kept"] == "a" and engines["a"].seen == []


GRADES = st.sampled_from(["", "- 0", "0.2 1", "0.2 -", "0.6 1", "0.6 2", "0.9 0"])
USE = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it is a class, without a state
@given(
    use=st.tuples(USE, USE),
    answers=st.lists(st.fixed_dictionaries({"a": GRADES, "b": GRADES, "c": GRADES}), max_size=6),
    below=st.none() | st.sampled_from([0.1, 0.7, 2.0]),
    best_by=st.none() | st.just("merit"),
)
def test_every_row_is_tried_until_it_is_done_well(
    use: Any, answers: Any, below: Any, best_by: Any, scripted: Any, pair: Pair
) -> None:
    def engine(name: str) -> Any:
        return scripted(lambda text: by_text[text][name] or Failure("no"), name=name)

    texts = [f"Row {'x' * number}." for number in range(len(answers))]
    by_text = dict(zip(texts, answers, strict=True))
    retry = {"below": {"quality": below} if below else {}, "best_by": best_by}
    plan = routes({"length": {"above": 7}, "use": use[0]}, {"use": use[1]}, retry=retry)
    found = run(worker(plan, {name: engine(name) for name in "abc"}, pair), rows(*texts))
    assert [entry["data"][KEY]["row"] for entry in found] == list(range(len(texts)))
    for entry, answer in zip(found, answers, strict=True):
        route = entry["data"][KEY]["route"]
        tried, way = route["tried"], use[route["rule"]]

        def well(name: str, answer: Any = answer) -> bool:
            quality = answer[name].split()[0] if answer[name] else "0"
            return quality == "-" or float(quality) >= max(0.5, below or 0)

        assert tried == way[: len(tried)] and not any(map(well, tried[:-1]))
        assert well(tried[-1]) or tried == way
        assert route["kept"] == tried[-1] if well(tried[-1]) else route["kept"] in tried
        assert entry["data"]["text"] == (answer[route["kept"]] or None)


def test_threads_take_turns_at_the_engines(scripted: Any, pair: Pair) -> None:
    inside = {"a": 0, "b": 0}
    most = {"a": 0, "b": 0}
    lock = threading.Lock()

    class Slow(scripted):  # type: ignore[misc]
        def translate(self, segments: Any, pair: Pair) -> Any:
            with lock:
                inside[self.signature] += 1
                most[self.signature] = max(most[self.signature], inside[self.signature])
            time.sleep(0.01)
            with lock:
                inside[self.signature] -= 1
            return super().translate(segments, pair)

    class Threaded(Slow):
        reads_rows: ClassVar[bool] = True
        parallel: ClassVar[int] = 3

    engines = {"a": Slow(lambda text: "0 0", name="a"), "b": Threaded(lambda text: "1 1", name="b")}
    crew = worker(routes({"length": {"above": 8}, "use": ["b"]}, {"use": ["a"]}), engines, pair)
    assert crew.parallel == 3
    texts = [f"{start} {number}." for number in range(8) for start in ("Row", "A long row")]
    threads = [threading.Thread(target=run, args=(crew, rows(text))) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most["a"] == 1 and most["b"] <= 3
    assert crew.seconds["a"] >= 8 * 0.01 and crew.seconds["b"] >= 8 * 0.01


def entry_of(tried: str, kept: str, rule: int = 0) -> dict[str, Any]:
    evidence: dict[str, Any] = {
        "segments": [{"flags": []}] * 2, "fields": [], "verdicts": [], "scores": {},
        "route": {"rule": rule, "tried": list(tried), "kept": kept},
    }  # fmt: skip
    if len(tried) > 1:
        evidence["candidates"] = [{"targets": ["x"] * (2 + at)} for at in range(len(tried))]
    return {"status": "accepted", "data": {KEY: evidence}}


def test_the_account_counts_rows_by_route() -> None:
    tally = Tally(routes=RouteTally({"a": {}, "b": {"requests": 3}, "c": {}}, rules=3))
    for entry in (entry_of("a", "a"), entry_of("ab", "b", 2), entry_of("ab", "a", 2), entry_of("b", "b")):
        tally.add(entry)
    assert tally.report(4)["routes"] == {
        "engines": {
            "a": {"rows": 2, "tried": 3, "segments": 6, "after": {}},
            "b": {"rows": 2, "tried": 3, "segments": 8, "after": {"a": 1}, "account": {"requests": 3}},
            "c": {"rows": 0, "tried": 0, "segments": 0, "after": {}},
        },
        "rules": {"0": 2, "1": 0, "2": 2},
    }
    assert "routes" not in Tally().report(0)


def test_deciding_again_keeps_the_candidates(scripted: Any, pair: Pair) -> None:
    engines = {"a": scripted(lambda text: "0.4 1"), "b": scripted(lambda text: "0.6 1")}
    [entry] = run(worker(routes({"use": ["a", "b"]}), engines, pair), rows("Hello."))
    [again] = redecide([Row(0, "out.jsonl", 1, entry["data"])], [Quality(least=0.7)])
    old, new = entry["data"][KEY], again["data"][KEY]
    assert again["status"] == "rejected" and entry["status"] == "accepted"
    assert new["route"] == old["route"] and new["candidates"] == old["candidates"]


@pytest.mark.parametrize(
    ("method", "answer", "message"),
    [
        ("score", lambda units: [Rating(1.0)], "got 2 segments and returned 1"),
        ("score", lambda units: [1.0 for _ in units], "returned float in place of Rating"),
        ("score", lambda units: (Rating(1.0) for _ in units), "returned generator in place of Sequence"),
        ("judge", lambda ratings: True, "returned bool in place of Verdict"),
    ],
)
def test_a_filter_that_answers_something_else_is_named(method: str, answer: Any, message: str) -> None:
    class Odd(Quality):
        pass

    setattr(Odd, method, lambda self, given: answer(given))
    unit = Scored("a", "1 b", Pair(find("en"), find("ca")), "output", "output")
    outcome = Outcome([unit, unit], [unit], unit)
    with pytest.raises(ContractError, match=f"the filter 'quality' {message}"):
        [outcome.marks] = score((Odd(),), [outcome])
        judge((Odd(),), outcome)
