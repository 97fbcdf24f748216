"""What is scored once is never scored again, whoever stopped it, and however many rows there are."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import PrivateAttr

from babelset.contracts.filter import Filter, Rating, Scored, Unit, Verdict
from babelset.errors import ConfigError, ContractError
from babelset.files.row import Row
from babelset.report import collect as collecting
from babelset.scoring import refilter as refiltering
from babelset.scoring import scores as scoring
from babelset.scoring.calibration import calibrate as calibration
from babelset.scoring.distribution import Spread
from babelset.scoring.refilter import Refilter, refilter
from babelset.scoring.scores import Scoring, add_scores, build_scorers
from babelset.scoring.selection import KeepBest, value_of
from tests.commands import program
from tests.rows import rows_of as rows
from tests.rows import underived
from tests.servers import until


class Words(Filter):
    """A scorer that writes down what it is asked: a word of the target is worth a tenth, a target `none` unknown."""

    name: ClassVar[str] = "words"
    unit: ClassVar[Unit] = "segment"
    quality: ClassVar[bool] = True
    worth: float = 0.1

    _asked: list[str] = PrivateAttr(default_factory=list)
    _fails: bool = False

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        if self._fails and self._asked:
            raise RuntimeError("out of memory")
        self._asked += [unit.target or "" for unit in units]
        return [
            Rating(None if unit.target == "none" else self.worth * len((unit.target or "").split())) for unit in units
        ]

    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        return Verdict(self.name, True)


def translated(number: int, *targets: str, language: str = "cat_Latn", **scores: list[float | None]) -> dict[str, Any]:
    """A row with one field of so many segments."""
    segments = [
        {"field": 0, "source": "A source.", "target": target, "keeps": [], "flags": [], "reason": ""}
        for target in targets
    ]
    evidence = {
        "row": number, "file": "in.jsonl", "line": number + 1, "status": "rejected" if number % 3 == 2 else "accepted",
        "schema": "alpaca", "source": "eng_Latn", "target": language, "translator": "echo",
        "fields": [{"path": ["output"], "role": "output", "source": "A source.", "keeps": []}],
        "segments": segments, "scores": scores, "verdicts": [],
    }  # fmt: skip
    return {"output": " ".join(targets), "_babelset": evidence}


def write(path: Path, rows: Sequence[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def asked(scorer: Words) -> list[str]:
    return scorer._asked


@pytest.fixture
def ten(tmp_path: Path) -> str:
    return write(tmp_path / "in.jsonl", [translated(number, f"row {number}", "two") for number in range(10)])


def test_scores_are_added_and_nothing_else_changes(ten: str, tmp_path: Path) -> None:
    add_scores(Scoring([ten], str(tmp_path / "out.jsonl"), [Words()]))
    found = rows(tmp_path / "out.jsonl")
    assert [row["_babelset"]["scores"].pop("words") for row in found] == [[0.2, 0.1]] * 10
    assert underived(found) == rows(Path(ten))


def test_scores_that_a_row_has_are_kept_unless_forced(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", [translated(0, "a b", words=[0.7]), translated(1, "a", "b", words=[0.7])])
    for force, scores, scored in [(False, [[0.7], [0.1, 0.1]], 1), (True, [[0.2], [0.1, 0.1]], 2)]:
        order = Scoring([path], str(tmp_path / "out.jsonl"), [Words()], force=force)
        assert add_scores(order)["this_process"]["scored"] == {"words": scored}, "one that does not fit is none"
        assert [row["_babelset"]["scores"]["words"] for row in rows(tmp_path / "out.jsonl")] == scores


def test_a_second_run_asks_nothing(ten: str, tmp_path: Path) -> None:
    first, again, other = Words(), Words(), Words()
    manifest = add_scores(Scoring([ten], str(tmp_path / "out.jsonl"), [first]))
    assert add_scores(Scoring([ten], str(tmp_path / "out.jsonl"), [again])) == manifest
    add_scores(Scoring([str(tmp_path / "out.jsonl")], str(tmp_path / "more.jsonl"), [other]))
    assert len(asked(first)) == 20 and asked(again) == asked(other) == []
    assert rows(tmp_path / "more.jsonl") == rows(tmp_path / "out.jsonl")


def test_another_order_for_the_same_output_is_refused_with_the_difference(ten: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out.jsonl")
    add_scores(Scoring([ten], out, [Words()]))
    with pytest.raises(ConfigError, match=r"scorers\.words\.worth: 0\.1 -> 0\.2"):
        add_scores(Scoring([ten], out, [Words(worth=0.2)]))
    with pytest.raises(ConfigError, match="is read, and would be written"):
        add_scores(Scoring([ten], ten, [Words()], force=True))
    (tmp_path / "other.jsonl").write_text("mine\n")
    with pytest.raises(ConfigError, match="was not made by this command"):
        add_scores(Scoring([ten], str(tmp_path / "other.jsonl"), [Words()]))


@pytest.mark.parametrize("force", [False, True])
def test_a_scorer_that_raises_leaves_what_it_finished(force: bool, ten: str, tmp_path: Path) -> None:
    failing, again = Words(), Words()
    failing._fails = True
    with pytest.raises(RuntimeError):
        add_scores(Scoring([ten], str(tmp_path / "out.jsonl"), [failing], chunk=4, force=force))
    assert not (tmp_path / "out.jsonl").exists()
    add_scores(Scoring([ten], str(tmp_path / "out.jsonl"), [again], chunk=4, force=force))
    assert asked(failing) + asked(again) == [text for n in range(10) for text in (f"row {n}", "two")]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in.jsonl", "out.jsonl", "out.manifest.json",
    ]  # fmt: skip


def test_a_scorer_that_answers_too_little_is_refused(ten: str, tmp_path: Path) -> None:
    class Short(Words):
        def score(self, units: Sequence[Scored]) -> list[Rating]:
            return [Rating(0.5)]

    with pytest.raises(ContractError):
        add_scores(Scoring([ten], str(tmp_path / "out.jsonl"), [Short()]))


@pytest.mark.parametrize(("sample", "stretches"), [(1, 1), (3, 3), (10, 10), (50, 10)])
def test_a_sample_is_drawn_evenly_and_the_same_each_time(sample: int, stretches: int, ten: str, tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        add_scores(Scoring([ten], str(tmp_path / f"{name}.jsonl"), [Words()], sample=sample))
        scored = [row["_babelset"]["row"] for row in rows(tmp_path / f"{name}.jsonl") if row["_babelset"]["scores"]]
        assert [(number * stretches) // 10 for number in scored] == list(range(stretches)), "one out of each"
        found.append(scored)
    assert found[0] == found[1]


def test_the_account_of_each_language(tmp_path: Path) -> None:
    given = [translated(number, " ".join("x" * number)) for number in range(1, 5)]
    given += [translated(5, "none"), translated(6, "none", "a b", language="spa_Latn"), {"output": "no evidence"}]
    manifest = add_scores(Scoring([write(tmp_path / "in.jsonl", given)], str(tmp_path / "out.jsonl"), [Words()]))
    assert manifest["rows"] == {"read": 7, "written": 6, "failed": 1}
    assert manifest["scores"] == {
        "cat_Latn": {
            "words": {"rows": 4, "not_covered": 1, "unjudged": 0, "without": 0, "mean": 0.25, "quartiles": [0.1, 0.2, 0.3]}
        },
        "spa_Latn": {
            "words": {"rows": 1, "not_covered": 0, "unjudged": 0, "without": 0, "mean": 0.2, "quartiles": [0.2, 0.2, 0.2]}
        },
    }  # fmt: skip
    [entry] = rows(tmp_path / "out.failed.jsonl")
    assert "no '_babelset' key" in entry["reason"]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.jsonl.zst"])
def test_any_format_holds_the_scores(name: str, ten: str, tmp_path: Path) -> None:
    add_scores(Scoring([ten], str(tmp_path / name), [Words()]))
    add_scores(Scoring([str(tmp_path / name)], str(tmp_path / "back.jsonl"), [Words()]))
    for row in rows(tmp_path / "back.jsonl"):
        assert value_of(row["_babelset"], "words") == pytest.approx(0.15)


class Stream:
    """Reads four hundred rows, and counts how many are alive at most."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.alive = self.most = 0

    def __call__(self, *_: Any, **__: Any) -> Iterator[Row]:
        for number in range(400):
            data = self.Data(translated(number, "a b", kiwi=[number / 400]))
            weakref.finalize(data, self.gone)
            self.alive += 1
            self.most = max(self.most, self.alive)
            yield Row(number, str(self.file), number + 1, data)

    def gone(self) -> None:
        self.alive -= 1

    class Data(dict[str, Any]):
        pass


READERS: list[tuple[Any, Callable[[str, str], Any], int]] = [
    # who reads, how it is called, how many rows may be alive: those of two chunks at most
    (scoring, lambda given, out: add_scores(Scoring([given], out, [Words()], chunk=10)), 20),
    (refiltering, lambda given, out: refilter(Refilter([given], out, [], keep=KeepBest.of("kiwi", percent=30))), 20),
    (calibration, lambda given, out: calibration.calibrate([given], [], by=["kiwi"]), 2),
    (calibration, lambda given, out: calibration.calibrate([given], [Words()], sample=5), 7),
    (collecting, lambda given, out: collecting.collect([given]), 2),
]


@pytest.mark.parametrize(("module", "call", "most"), READERS)
def test_few_rows_are_alive_at_once(
    module: Any, call: Callable[[str, str], Any], most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream(tmp_path / "in.jsonl")
    monkeypatch.setattr(module, "read", stream)
    monkeypatch.setattr(refiltering, "CHUNK", 10)
    call(write(tmp_path / "in.jsonl", []), str(tmp_path / "out.jsonl"))
    assert 0 < stream.most <= most


@given(st.lists(st.floats(-1000, 1000), min_size=1), st.floats(0, 1))
def test_a_quantile_is_the_lowest_score_that_so_many_do_not_exceed(values: list[float], share: float) -> None:
    spread = Spread()
    for value in values:
        spread.add(value)
    rounded = sorted(float(f"{value:.4g}") for value in values)
    found = spread.quantile(share)
    assert sum(value <= found for value in rounded) >= share * len(values)
    assert found == rounded[0] or sum(value < found for value in rounded) < share * len(values)


NAMED = [
    # the scorers named, options, config, what their options become
    (["length"], {}, {}, {"length": {}}),
    (["length"], {"tolerance": 3.0}, {}, {"length": {"tolerance": 3.0}}),
    (["length", "copied"], {"length.tolerance": 3.0, "copied.most": 0.1}, {}, {"length": {"tolerance": 3.0}, "copied": {"most": 0.1}}),
    (["length"], {"slack": 1}, {"length": {"tolerance": 3.0, "slack": 2}, "task": False}, {"length": {"tolerance": 3.0, "slack": 1.0}}),
    (["length"], {}, {"length": True}, {"length": {}}),
    (["cometkiwi:models/kiwi"], {"device": "cpu"}, {}, {"cometkiwi": {"model": "models/kiwi", "device": "cpu"}}),
    (["cometkiwi:C:/kiwi"], {}, {}, {"cometkiwi": {"model": "C:/kiwi"}}),
]  # fmt: skip


@pytest.mark.parametrize(("names", "options", "config", "made"), NAMED)
def test_scorers_and_their_options(names: Any, options: Any, config: Any, made: dict[str, dict[str, Any]]) -> None:
    built = build_scorers(names, options, config)
    assert {scorer.name: scorer.model_dump(exclude_unset=True) for scorer in built} == made  # type: ignore[attr-defined]


MISTAKES = [
    # the scorers named, options, what is said
    (["comett"], {}, "unknown filter 'comett'"),
    (["length:models/kiwi"], {}, "length takes nothing behind a colon"),
    (["length", "length"], {}, "named twice"),
    (["cometkiwi:a", "cometkiwi:b"], {}, "named twice"),
    (["length"], {"tolerance": "wide"}, "--option tolerance=wide: tolerance is a number"),
    (["length", "copied"], {"most": 1}, r"of which scorer\? Write it as length\.most=VALUE"),
    (["length"], {"copied.most": 1}, "'copied' is not among the scorers: length"),
    (["length"], {"tolerence": 1}, "tolerence: unknown option"),
]


@pytest.mark.parametrize(("names", "options", "said"), MISTAKES)
def test_mistakes_are_named(names: Any, options: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        build_scorers(names, options, {})


SLOW = """
import os, time
from typing import ClassVar
from babelset.contracts.filter import Filter, Rating, Verdict

class Slow(Filter):
    name: ClassVar[str] = "slow"
    unit: ClassVar[str] = "segment"

    def score(self, units):
        time.sleep(float(os.environ["PACE"]))
        with open(os.environ["ASKED"], "a", encoding="utf-8") as file:
            file.write("".join(unit.target + "\\n" for unit in units))
        return [Rating(len(unit.target) / 100) for unit in units]

    def judge(self, ratings):
        return Verdict(self.name, True)
"""
CHUNK = 8


@pytest.fixture
def plugged(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that has a slow scorer installed, which writes down what it is asked."""
    info = tmp_path / "site" / "slow-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[babelset.filters]\nslow = slow_scorer:Slow\n")
    (tmp_path / "site" / "slow_scorer.py").write_text(SLOW)
    return {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "ASKED": str(tmp_path / "asked.txt"), "PACE": "0"}


def start(env: dict[str, str], source: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [program(), "score", source, "-o", str(folder / "out.jsonl"), "--with", "slow"]
    return subprocess.Popen([*command, "--chunk", str(CHUNK), "-q"], env=env, stdout=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> int:
    process.communicate(timeout=300)
    return process.returncode


def test_kills_change_nothing_and_score_nothing_twice(tmp_path: Path, plugged: dict[str, str]) -> None:
    source = write(tmp_path / "in.jsonl", [translated(n, f"row {n}", "x" * (n % 50)) for n in range(400)])
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    assert ended(start(plugged, source, tmp_path / "whole")) == 0
    once = Counter(Path(plugged["ASKED"]).read_text("utf-8").splitlines())
    Path(plugged["ASKED"]).unlink()
    draw, deaths = random.Random(5), 0
    while deaths < 2:
        process = start({**plugged, "PACE": "0.5"}, source, tmp_path / "killed")  # 25 s in all
        before = len(list(tmp_path.glob("killed/out.work/chunk-*")))
        until(lambda: len(list(tmp_path.glob("killed/out.work/chunk-*"))) > before)  # noqa: B023
        time.sleep(draw.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        assert ended(process) == -signal.SIGKILL, "it ended before it could be killed"
        assert not (tmp_path / "killed/out.jsonl").exists()
        deaths += 1
    assert ended(start(plugged, source, tmp_path / "killed")) == 0
    assert (tmp_path / "killed/out.jsonl").read_bytes() == (tmp_path / "whole/out.jsonl").read_bytes()
    again = Counter(Path(plugged["ASKED"]).read_text("utf-8").splitlines()) - once
    assert again.total() <= deaths * CHUNK * 2, "more than the chunk in flight was scored twice"
