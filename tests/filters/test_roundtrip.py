"""What comes back of a translation that is translated back; the engine is a table, and once Apertium."""

from __future__ import annotations

import pickle
import random
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from babelset.contracts.engine import Engine
from babelset.contracts.filter import Compared, Scored, Verdict
from babelset.contracts.translator import Failure
from babelset.errors import ConfigError
from babelset.filters import roundtrip
from babelset.filters.roundtrip import Roundtrip
from babelset.languages import Pair, find
from babelset.scoring.calibration.calibrate import auc
from tests.budget import examples
from tests.filters.conftest import scores

Ask = Callable[..., Verdict]
EN, CA = "The library is open.", "La biblioteca és oberta."
BACK = {
    CA: EN,
    "La biblioteca és tancada.": "The library is closed.",
    "Executa xqzvq ara.": "Run xqzvq now.",
    "Executa": "Run",
    "ara.": "now.",
    "xqzvq oberta xqzvbq.": "xqzvq open xqzvbq.",
    "Plou.": "It rains.",
    "xqzvq Plou.": "xqzvq It rains.",
    "Espera.": "Wait.",
}
NTREX = Path(__file__).resolve().parents[3] / "shared/data/ntrex128"
PAIR = Pair(find("en"), find("ca"))


@pytest.fixture
def engine(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Knows the sentences above, and leaves others as they are; it has only the scheme "letters"."""
    fake = scripted(lambda text: BACK.get(text, text), schemes=("letters",))
    monkeypatch.setattr(Engine, "make", lambda self: fake)
    return fake


SCORED = [
    # what it shows, source, target, kept texts, the score: None, or least and most
    ("all of it comes back", EN, CA, (), (1, 1)),
    ("another word comes back", EN, "La biblioteca és tancada.", (), (0.4, 0.8)),
    ("another sentence comes back", EN, "Plou.", (), (0, 0.2)),
    ("a copy comes back whole: for others to catch", EN, EN, (), (1, 1)),
    ("sentence by sentence", "It rains. Wait.", "Plou. Espera.", (), (1, 1)),
    ("code comes back unseen", "Run `ls` now.", "Executa `ls` ara.", ("`ls`",), (1, 1)),
    ("code does not count", "Run `a-long-command --quiet` now.", "Plou.", ("`a-long-command --quiet`",), (0, 0.2)),
    ("code that was lost", "Run `ls` now.", "Executa ara.", ("`ls`",), (0, 0.7)),
    ("equal kept texts", "*open*.", "*oberta*.", ("*", "*"), (0, 1)),
    ("an icon that was kept", "\ue000 It rains.", "\ue000 Plou.", ("\ue000",), (0.9, 1)),
    ("an icon from nowhere", "It rains.", "\ue007Plou.", (), (0.9, 1)),
    ("code alone", "`ls`", "`ls`", ("`ls`",), None),
    ("a number", "42.", "42.", (), None),
    ("no target", EN, None, (), None),
    ("a blank target", EN, " \n", (), None),
]


@pytest.mark.parametrize(("what", "source", "target", "keeps", "bounds"), SCORED, ids=[case[0] for case in SCORED])
def test_what_scores_how_much(
    what: str,
    source: str,
    target: str | None,
    keeps: tuple[str, ...],
    bounds: tuple[float, float] | None,
    engine: Any,
) -> None:
    (score,) = scores(Roundtrip(), [Scored(source, target, PAIR, keeps=keeps)])
    if bounds is None:
        assert score is None and not engine.seen
    else:
        assert score is not None and bounds[0] - 1e-9 <= score <= bounds[1] + 1e-9
    assert not any(char == "`" or "\ue000" <= char <= "\uf8ff" for text in engine.seen for char in text)


@pytest.mark.parametrize("source", [EN, "Run `ls` now."])
def test_what_the_engine_cannot_translate_is_not_covered(source: str, engine: Any) -> None:
    engine.reply = lambda text: Failure("no such word")
    units = [Scored(source, CA, PAIR), Scored(EN, "Plou. Espera.", PAIR)]
    assert scores(Roundtrip(least=0.9), units) == [None, None]


def test_a_language_that_the_engine_does_not_know_is_not_covered(engine: Any) -> None:
    engine.supports = lambda pair: pair.source.code == "cat_Latn" and pair.target.code == "eng_Latn"
    units = [
        Scored(EN, CA, Pair(find("en"), find("zul"))),
        Scored(EN, CA, PAIR),
        Scored(EN, CA, Pair(find("ca"), find("en"))),
    ]
    assert scores(Roundtrip(), units) == [None, pytest.approx(1), None]


def test_each_segment_gets_its_score_in_order_and_equal_targets_are_asked_once(engine: Any) -> None:
    units = [Scored(EN, text, PAIR, field) for field in "xy" for text in (CA, "Plou.", None, CA)]
    found = scores(Roundtrip(), units)
    assert found == [found[0], found[1], None, found[0]] * 2 and found[0] != found[1]
    assert sorted(engine.seen) == [CA, "Plou."]


def test_comparing_what_is_scored_already_asks_for_nothing(engine: Any) -> None:
    units = [Scored(EN, CA, PAIR), Scored("42.", "42.", PAIR)]
    with Roundtrip().open() as check:
        check.score(units)
        seen = list(engine.seen)
        assert check.compared(units) == [Compared(EN, EN, PAIR.source), None] and engine.seen == seen


def test_what_is_remembered_in_a_folder_outlives_the_process(
    engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roundtrip, "REMEMBERED", 0)
    for _ in range(3):
        with Roundtrip().open(tmp_path) as check:
            assert [rating.score for rating in check.score([Scored(EN, CA, PAIR)])] == [pytest.approx(1)]
            check.score([Scored("It rains.", "Plou.", PAIR)])
    assert engine.seen == [CA, "Plou."]
    scores(Roundtrip(), [Scored(EN, CA, PAIR)])
    assert engine.seen == [CA, "Plou.", CA], "elsewhere nothing is known of it"


def test_memory_is_bounded(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roundtrip, "REMEMBERED", 1)
    with Roundtrip().open() as check:
        for _ in range(3):
            assert check.score([Scored(EN, CA, PAIR), Scored(EN, "Plou.", PAIR)])[0].score == pytest.approx(1)
        assert len(engine.seen) == 6 and len(check.loaded.memory) == 2


def test_the_row_must_reach_what_is_demanded(engine: Any, ask_row: Ask) -> None:
    rows = [(EN, CA), (EN, "Plou.")]
    verdict = ask_row(Roundtrip(least=0.3, aggregate="min"), rows, "ca")
    assert not verdict.ok and "output[1]" in verdict.reason and "below 0.30: 'Plou.'" in verdict.reason
    assert ask_row(Roundtrip(least=0.3), rows, "ca").ok and ask_row(Roundtrip(), rows, "ca").ok


def test_any_installed_engine_will_do() -> None:
    with Roundtrip(translator="echo").open() as check:
        (compared,) = check.compared([Scored("Run `ls`.", "Fes `ls`.", PAIR, keeps=("`ls`",))])
    assert compared is not None and compared.hypothesis == "⟦en⟧Fes  ." and compared.language.code == "eng_Latn"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"translator": "apertum"}, "unknown translator 'apertum'. Did you mean 'apertium'"),
        ({"translator": "echo", "options": {"beam": 4}}, "translator 'echo': beam: unknown option"),
    ],
)
def test_an_engine_that_cannot_be_made_is_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        scores(Roundtrip(**options), [Scored(EN, CA, PAIR)])


@pytest.mark.parametrize("options", [{"least": 1.5}, {"aggregate": "max"}, {"model": "x"}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Roundtrip(**options)


def test_it_is_an_alarm_that_ranks_nothing_and_can_be_pickled() -> None:
    check = Roundtrip(translator="echo", least=0.2)
    scores(check, [Scored(EN, CA, PAIR)])
    assert check.compares and not check.quality
    assert pickle.loads(pickle.dumps(check)) == check, "filters go to worker processes"
    assert dict(check).keys() == Roundtrip.model_fields.keys()


texts = st.text(max_size=40) | st.text("ab *`.\n\ue000\ue001\uf8ff\ud800", max_size=20)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=texts, target=texts, keeps=st.lists(texts, max_size=4))
def test_any_text_gets_a_score_and_the_engine_no_kept_text(
    source: str, target: str, keeps: list[str], engine: Any
) -> None:
    unit = Scored(source, target, PAIR, keeps=tuple(keeps))
    with Roundtrip().open() as check:
        (rating,), (compared,) = check.score([unit]), check.compared([unit])
    assert rating.score is None or 0 <= rating.score <= 1
    assert compared is None or compared.reference == unit.prose[0]


@pytest.mark.core(2)
@pytest.mark.parametrize("target", ["a" * 1_000_000, "`" * 1_000_000, "Plou. " * 150_000, "* " * 500_000])
def test_a_megabyte_takes_no_time(target: str, engine: Any) -> None:
    started = time.process_time()
    scores(Roundtrip(), [Scored(EN, target, PAIR, keeps=("`", "*") * 50)])
    assert time.process_time() - started < 20


def apertium_has(*modes: str) -> bool:
    folder = Path("/usr/share/apertium/modes")
    return shutil.which("apertium") is not None and all((folder / f"{mode}.mode").exists() for mode in modes)


PLANTED: dict[str, tuple[Callable[[Sequence[str], Sequence[str]], Sequence[str]], float, float]] = {
    # what is wrong, how it is made of sources and targets, the least and the most AUC that is expected
    "of another source": (lambda sources, targets: [*targets[1:], targets[0]], 0.97, 1),
    "cut in half": (lambda sources, targets: [text[: len(text) // 2] for text in targets], 0.9, 1),
    "untranslated: for others to catch": (lambda sources, targets: sources, 0, 0.1),
}


@pytest.mark.engine
@pytest.mark.shared
@pytest.mark.skipif(not NTREX.exists(), reason="real datasets are not here")
@pytest.mark.skipif(not apertium_has("eng-cat", "cat-eng"), reason="apertium-eng-cat is not installed")
def test_gross_errors_in_real_translations_are_told_apart() -> None:
    from babelset.text.segment import Segment
    from babelset.translators.apertium import Apertium

    lines = (NTREX / "newstest2019-src.eng.txt").read_text(encoding="utf-8").splitlines()
    sources = random.Random(20).sample(lines, 60)
    with_engine = Apertium()
    answers = with_engine.translate([Segment(text) for text in sources], PAIR)
    with_engine.close()
    targets = [getattr(answer, "text", "") for answer in answers]
    good = covered(sources, targets)
    for what, (plant, least, most) in PLANTED.items():
        found = auc(good, covered(sources, plant(sources, targets)))
        assert found is not None and least <= found <= most, what


def covered(sources: Sequence[str], targets: Sequence[str]) -> list[float]:
    units = [Scored(source, target, PAIR) for source, target in zip(sources, targets, strict=True)]
    return [score for score in scores(Roundtrip(), units) if score is not None]
