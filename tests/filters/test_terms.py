"""The check that a glossary was followed: what it counts, what it rejects, and what it leaves alone."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from babelset.contracts.filter import Scored, Verdict, with_units
from babelset.errors import ConfigError
from babelset.filters.terms import Terms
from babelset.languages import Pair, find
from tests.budget import examples

Ask = Callable[..., Verdict]
ROWS = """source,target,language
neural network,xarxa neuronal,ca
neural network,神经网络,zho_Hans
neural network,نیورل نیٹ ورک,ur
cloud,núvol,ca
Kubernetes,,
"""
EN = "A neural network runs in the cloud, on Kubernetes."


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("glossary") / "terms.csv"
    file.write_text(ROWS, encoding="utf-8")
    return str(file)


FOLLOWED = [
    # what it shows, source, target, language, the share of terms honoured
    ("all", EN, "Una xarxa neuronal funciona al núvol, a Kubernetes.", "ca", 1.0),
    ("inflected", "Neural network", "Les xarxes neuronals", "ca", 1.0),
    ("two of three", EN, "Una xarxa neuronal funciona al cel, a Kubernetes.", "ca", 2 / 3),
    ("none", EN, "Una malla funciona al cel, a K8s.", "ca", 0.0),
    ("no term in the source", "It rains.", "Plou.", "ca", None),
    ("no target", EN, None, "ca", None),
    ("an empty target", EN, "", "ca", 0.0),
    ("a term in code only", "Run `neural network` now.", "Executa `neural network` ara.", "ca", None),
    ("a target term in code only", "Kubernetes runs `Kubernetes`.", "K8s executa `Kubernetes`.", "ca", 0.0),
    ("Chinese", "A neural network on Kubernetes.", "Kubernetes上的神经网络。", "zho_Hans", 1.0),
    ("Urdu", "A neural network on Kubernetes.", "Kubernetes پر ایک نیورل نیٹ ورک۔", "ur", 1.0),
    ("Urdu, missing", "A neural network.", "ایک عصبی جال۔", "ur", 0.0),
    ("a language with one term only", EN, "Una red neuronal, en Kubernetes.", "es", 1.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "source", "target", "language", "share"), FOLLOWED, ids=[case[0] for case in FOLLOWED]
)
def test_the_score_is_the_share_of_terms_honoured(
    what: str, source: str, target: str | None, language: str, share: float | None, path: str, ask: Ask
) -> None:
    verdict = ask(Terms(glossary=path), source, target, language)
    assert verdict.ok and verdict.score == (None if share is None else pytest.approx(share))


REJECTED = [
    # share demanded, source, target, the reason
    (1.0, EN, "Una malla al núvol, a Kubernetes.", "output[0]: 'neural network' is not translated as 'xarxa neuronal'"),
    (0.5, EN, "Una xarxa neuronal al cel, a K8s.", "output[0]: 'cloud' is not translated as 'núvol'"),
    (0.6, EN, "Una xarxa neuronal al cel, a Kubernetes.", ""),
    (1.0, "On Kubernetes.", "A K8s.", "output[0]: 'Kubernetes' is not kept as it is"),
    (0.0, EN, "Res.", ""),
    (1.0, "It rains.", "Plou.", ""),
]


@pytest.mark.parametrize(("least", "source", "target", "reason"), REJECTED)
def test_a_row_needs_its_share(least: float, source: str, target: str, reason: str, path: str, ask: Ask) -> None:
    verdict = ask(Terms(glossary=path, least=least), source, target, "ca")
    assert (verdict.ok, verdict.reason) == (not reason, reason)


def test_the_row_is_judged_as_a_whole_and_counted_by_term(path: str, ask_row: Ask) -> None:
    pairs = [
        ("The cloud.", "El núvol."),
        ("It rains.", "Plou."),
        ("A cloud, a neural network.", "Un cel, una xarxa neuronal."),
        ("Clouds and the cloud.", None),
        ("Cloud.", "Núvol."),
    ]
    verdict = ask_row(Terms(glossary=path, least=0.8), pairs, "ca")
    assert not verdict.ok and verdict.score == 3 / 4
    assert verdict.reason == "output[2]: 'cloud' is not translated as 'núvol'"
    assert verdict.counts == {"cloud: used": 2, "cloud: missing": 1, "neural network: used": 1}


def test_it_can_be_pickled(path: str) -> None:
    assert Terms.main_option == "glossary"
    check = Terms(glossary=path)
    assert pickle.loads(pickle.dumps(check)) == check  # filters go to worker processes


@pytest.mark.parametrize("options", [{}, {"glossary": 3}, {"least": 1.5}, {"least": -0.1}, {"lest": 0.5}])
def test_wrong_options_are_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError):
        Terms(**({"glossary": path} | options if options else {}))


def test_a_missing_glossary_is_told_before_anything_is_translated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.csv'; check its path"):
        Terms(glossary=str(tmp_path / "nowhere.csv"))


def test_a_glossary_that_disappears_is_told(tmp_path: Path, ask: Ask) -> None:
    file = tmp_path / "terms.csv"
    file.write_text(ROWS, encoding="utf-8")
    check = Terms(glossary=str(file))
    file.unlink()
    with pytest.raises(ConfigError, match="check the path"):
        ask(check, EN, "Res.", "ca")


def test_a_changed_glossary_is_read_again(tmp_path: Path, ask: Ask) -> None:
    file = tmp_path / "terms.csv"
    check = None
    for changed, target in enumerate(["núvol", "boira"], start=1):
        file.write_text(f"cloud,{target}\n", encoding="utf-8")
        os.utime(file, (changed, changed))
        check = check or Terms(glossary=str(file))
        assert ask(check, "The cloud.", f"El mot {target}.", "ca").score == 1


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    source=st.text(max_size=80)
    | st.lists(st.sampled_from([*EN.split(), "neural network", "<1/>", "\ud800"])).map(" ".join),
    target=st.none()
    | st.text(max_size=80)
    | st.lists(st.sampled_from(["xarxes", "neuronals", "núvol", "\x1b"])).map(" ".join),
    least=st.floats(0, 1),
)
def test_any_text_gets_one_score_and_a_verdict(source: str, target: str | None, least: float, path: str) -> None:
    check, unit = Terms(glossary=path, least=least), Scored(source, target, Pair(find("en"), find("ca")), "output")
    [rating] = ratings = with_units(check.score([unit]), [unit])
    score, verdict = rating.score, check.judge(ratings)
    assert verdict.ok == (not verdict.reason) and verdict.ok == (score is None or score >= least)
    assert score is None or 0 <= score <= 1
    assert sum(verdict.counts.values()) == len({key.partition(":")[0] for key in verdict.counts})
