"""What a model of unbabel-comet is asked, and what a row's verdict makes of its scores; the worker is a table."""

from __future__ import annotations

import json
import pickle
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from babelset.contracts.filter import Outcome, Scored, Verdict
from babelset.engines.comet.process import WORKER, CometProcess, Hello, Mark, Triple
from babelset.engines.environment import Tool
from babelset.errors import ConfigError, ContractError
from babelset.filters import comet
from babelset.filters.comet import CUT, NO_REFERENCE, Comet
from babelset.languages import Pair, find
from babelset.translation.deciding import judge, score
from tests.filters.conftest import CA, COVERED, EN, rated, scores

Ask = Callable[..., Verdict]
PAIR = Pair(find("en"), find("ca"))
FAKE = Path(__file__).parents[1] / "engines" / "comet" / "fake_comet_worker.py"


class Table:
    """Marks by target, 0.5 for all others."""

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}
        self.asked: list[Triple] = []
        self.options: list[tuple[Any, ...]] = []
        self.references: Any = "none"
        self.closed = 0

    def __call__(self, *options: Any, download: bool, timeout: float) -> Table:
        self.options.append((*options, download, timeout))
        return self

    def close(self) -> None:
        self.closed += 1

    def hello(self) -> Hello:
        return Hello(versions={}, references=self.references, batch_tokens=512)

    def score(self, rows: Sequence[Triple]) -> list[Mark]:
        self.asked += rows
        return [self.marks.get(row.mt, Mark(0.5)) for row in rows]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    fake = Table()
    monkeypatch.setattr(comet, "CometProcess", fake)
    monkeypatch.setattr(Tool, "python", lambda self: "py")
    yield fake


@pytest.mark.parametrize(("what", "source", "target", "language", "asked"), COVERED, ids=[case[0] for case in COVERED])
def test_what_is_scored(
    what: str, source: str, target: str | None, language: str, asked: bool, table: Table, ask: Ask
) -> None:
    verdict = ask(Comet(model="m", least=0.4), source, target, language)
    assert verdict.ok and verdict.score == (0.5 if asked else None)
    assert table.asked == ([Triple(source, str(target))] if asked else []), "kept text stays in its place"


def test_a_language_that_is_not_covered_is_scored_by_force_only(table: Table) -> None:
    unit = Scored("Text.", "Text.", Pair(find("en"), find("bem")))
    assert scores(Comet(model="m"), [unit]) == [None] and not table.options, "nothing to score starts no worker"
    assert scores(Comet(model="m", force=True), [unit]) == [0.5] and table.closed == 1


def test_each_segment_gets_its_score_in_order_and_equal_ones_are_asked_once(table: Table) -> None:
    table.marks = {"a": Mark(0.1), "b": Mark(-3.2)}
    units = [Scored(EN, target, PAIR, field) for field in "xy" for target in ("b", "a", None)]
    assert scores(Comet(model="m"), [*units, *units]) == [-3.2, 0.1, None] * 4
    assert len(table.asked) == 4


JUDGED = [
    # demanded, aggregate, scores, the reason
    (None, "mean", (-1.0, -2.0), ""),
    (0.0, "mean", (-1.0, 0.5), "output[0]: scores -1.00, the row -0.25, below 0.00: '«Open.»'"),
    (-0.3, "mean", (-1.0, 0.5), ""),
    (0.5, "min", (0.4, 0.9), "output[0]: scores 0.40, the row 0.40, below 0.50: '«Open.»'"),
    (0.5, "weighted", (0.4, 0.9), ""),
    (0.5, "min", (None, 0.9), ""),
    (0.5, "min", (None, None), ""),
]


@pytest.mark.parametrize(("least", "aggregate", "scores", "reason"), JUDGED)
def test_the_row_must_reach_what_is_demanded(
    least: float | None, aggregate: Any, scores: tuple[float | None, ...], reason: str
) -> None:
    units = [Scored(source, f"«{source}»", PAIR, f"output[{at}]") for at, source in enumerate(("Open.", "It is open."))]
    check = Comet(model="m", least=least, aggregate=aggregate)
    verdict = check.judge(rated(units, scores))
    assert (verdict.ok, verdict.reason) == (not reason, reason)


def test_what_is_special_about_scores_is_counted(table: Table, ask_row: Ask) -> None:
    table.marks = {"long": Mark(0.7, cut=True), "bad": Mark(None, reason="the worker was killed")}
    check = Comet(model="m")
    verdict = ask_row(check, [(EN, "long"), (EN, "bad"), (EN, CA), (EN, "long")], "ca")
    assert verdict.ok and verdict.counts == {CUT: 2, "not scored: the worker was killed": 1}
    assert not ask_row(check, [(EN, CA)], "ca").counts
    assert ask_row(check, [(EN, "bad")], "ca").counts


FILES = {
    "r.jsonl": "\n".join(
        json.dumps(row)
        for row in [
            {"source": EN, "target": "Està oberta.", "language": "cat_Latn"},
            {"source": EN, "target": "¿Está abierta?", "language": "es"},
            {"source": "For all.", "target": "Per a tothom."},
            {"source": EN, "target": "una altra", "language": "ca"},
            {"source": "Blank.", "target": " "},
        ]
    ),
    "r.csv": f"source,target,language\n{EN},Està oberta.,ca\n{EN},¿Está abierta?,es\nFor all.,Per a tothom.,\nBlank.,,\n",
    "r.tsv": f"source\ttarget\n{EN}\tEstà oberta.\nFor all.\tPer a tothom.\n",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("references", ["optional", "required"])
def test_references_are_found_by_source_and_language(
    name: str, references: str, table: Table, ask_row: Ask, tmp_path: Path
) -> None:
    table.references = references
    (tmp_path / name).write_text(FILES[name])
    check = Comet(model="m", references=str(tmp_path / name))
    pairs = [(f" {EN} ", "a"), ("For all.", "b"), ("Blank.", "c"), ("Unknown.", "d")]
    verdict = ask_row(check, pairs, "ca")
    assert table.asked == [Triple(f" {EN} ", "a", "Està oberta."), Triple("For all.", "b", "Per a tothom.")]
    assert verdict.score == 0.5 and verdict.counts == {NO_REFERENCE: 2}


def test_a_model_that_may_read_references_needs_none(table: Table, ask: Ask) -> None:
    table.references = "optional"
    ask(Comet(model="m"), EN, CA, "ca")
    assert table.asked == [Triple(EN, CA)]


@pytest.mark.parametrize(
    ("kind", "references", "message"),
    [
        ("required", "", r"comet: m compares with references: name a file of them, references=FILE"),
        ("none", "r.csv", r"comet: m reads no references; leave out references="),
    ],
)
def test_references_that_do_not_fit_the_model_are_told(
    kind: str, references: str, message: str, table: Table, ask: Ask
) -> None:
    table.references = kind
    with pytest.raises(ConfigError, match=message):
        ask(Comet(model="m", references=references), EN, CA, "ca")


def test_references_that_cannot_be_read_are_told(table: Table, ask: Ask, tmp_path: Path) -> None:
    table.references = "required"
    (tmp_path / "r.csv").write_text("source,target\n")
    with pytest.raises(ConfigError, match=r"r\.csv: no references"):
        ask(Comet(model="m", references=str(tmp_path / "r.csv")), EN, CA, "ca")


def test_its_options_reach_the_worker(table: Table, ask: Ask) -> None:
    ask(Comet(model="m", python="py", device="cuda:1", batch_tokens=9, download=True, timeout=3), EN, CA, "ca")
    assert table.options == [("py", "m", "cuda:1", 9, True, 3.0)]


def test_without_the_environment_the_cure_is_told(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match="To make it, run: babelset setup comet"):
        ask(Comet(model="m"), EN, CA, "ca")
    [finding] = Comet.diagnose()
    assert not finding.ok and finding.cure == "babelset setup comet"


def test_a_worker_is_started_once_while_the_filter_is_open_and_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[CometProcess] = []

    def fake(python: str, model: str, *rest: Any, **more: Any) -> CometProcess:
        made.append(CometProcess(sys.executable, model, script=FAKE))
        return made[-1]

    (tmp_path / "script.json").write_text(json.dumps({"worker": str(WORKER), "faults": ["die"]}))
    monkeypatch.setattr(comet, "CometProcess", fake)
    expected = round(runpy.run_path(str(FAKE))["score_of"](EN, CA), 6)
    with Comet(model=str(tmp_path), python="py").open() as check:
        for _ in range(2):
            assert check.score([Scored(EN, CA, PAIR)])[0].score == pytest.approx(expected, abs=1e-6)
        assert len(made) == 1 and made[0]._channel
    assert not made[0]._channel
    with pytest.raises(ContractError, match=r"'comet' needs what it loads: score within `with check\.open"):
        check.score([Scored(EN, CA, PAIR)])


def test_what_is_special_about_stored_scores_is_counted_again(table: Table, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(FILES["r.csv"])
    table.references, table.marks = "required", {"long": Mark(0.7, cut=True)}
    units = [Scored(EN, "long", PAIR), Scored("Unknown.", "d", PAIR), Scored("42.", "42.", PAIR)]
    row, check = Outcome(units, units, units[0]), Comet(model="m", references=str(tmp_path / "r.csv"))
    with check.open():
        [row.marks] = score([check], [row])
    [verdict] = judge([check], row)
    assert verdict.counts == {CUT: 1, NO_REFERENCE: 1} and verdict.score == 0.7


def test_it_chooses_among_translations_and_can_be_pickled() -> None:
    check = Comet(model="m", least=0.6)
    assert check.quality and check.unit == "segment"
    assert pickle.loads(pickle.dumps(check)) == check  # filters go to worker processes
    assert dict(check).keys() == Comet.model_fields.keys()  # what the manifest tells


@pytest.mark.parametrize(
    "options",
    [{}, {"model": ""}, {"model": "m", "least": float("nan")}, {"model": "m", "aggregate": "max"},
     {"model": "m", "device": "tpu"}, {"model": "m", "device": "cuda:0,1"}, {"model": "m", "timeout": 0},
     {"model": "m", "batch_tokens": -1}, {"model": "m", "dtype": "fp16"}],
)  # fmt: skip
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Comet(**options)
