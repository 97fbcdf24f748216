"""What a routes file may say, which rule fits a row, and which rules are in play for a language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.schema import load_schema
from babelset.errors import ConfigError
from babelset.files.row import Row
from babelset.languages import Pair, find
from babelset.text.scan import inline
from babelset.translation.job import Job
from babelset.translation.parsing import ParseOptions, Spanned, spanned
from babelset.translation.routes import KINDS, Routes, read_routes
from babelset.translation.worker import measure

ENGLISH = find("en")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCAN = Path(__file__).resolve().parents[2] / "babelset" / "text" / "scan"


def routes(*rules: dict[str, Any], **more: Any) -> Routes:
    engines = {name: {"name": "echo"} for name in "abc"}
    return Routes.model_validate({"engines": engines, "routes": list(rules), **more})


CODE = "Look at this.\n```python\nprint(1)\n```\nDone."
CONDITIONS = [
    # a condition, a row that fits, a row that does not
    ({"roles": ["turn/*"]}, [("user", "Hello.")], [("system", "Hello.")]),
    ({"roles": ["system", "turn/assistant"]}, [("user", "Hi."), ("assistant", "Hello.")], [("user", "Hello.")]),
    ({"kinds": ["code"]}, [("user", "Hello."), ("assistant", CODE)], [("user", "Run `ls` now.")]),
    ({"kinds": ["latex", "inline_code"]}, [("user", "Run `ls` now.")], [("user", CODE)]),
    ({"kept_share": {"above": 0.3}}, [("user", "Run `ls -l | grep code` now.")], [("user", "Run `ls`, which lists.")]),
    ({"kept_share": {"below": 0.3}}, [("user", "Run `ls`, which lists.")], [("user", "Run `ls -l | grep code` now.")]),
    ({"kept_share": {"below": 0.5}}, [("user", " ")], [("user", "`ls`")]),
    ({"length": {"above": 9}}, [("user", "Hello."), ("assistant", "Hi.\n\n")], [("user", "Hello."), ("assistant", "Hi.")]),
    ({"length": {"above": 2, "below": 9}}, [("user", "Hello.")], [("user", "Hello there.")]),
    ({"kinds": ["inline_code"], "length": {"below": 20}}, [("user", "Run `ls` now.")], [("user", "Run it now.")]),
    ({"kinds": ["inline_code"], "length": {"below": 9}}, [("user", "Run `ls`")], [("user", "Run `ls` now.")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "fitting", "other"), CONDITIONS, ids=[str(case[0]) for case in CONDITIONS])
def test_a_rule_fits_where_all_its_conditions_hold(rule: Any, fitting: Any, other: Any) -> None:
    condition = routes({**rule, "use": ["a"]}, {"use": ["b"]}).rules[0]
    for turns, fits in ((fitting, True), (other, False)):
        data = {"messages": [{"role": role, "content": text} for role, text in turns]}
        row = spanned(Row(0, "a.jsonl", 1, data), load_schema("messages"), ParseOptions())
        assert isinstance(row, Spanned) and condition.fits(measure(row)) == fits


WAYS = [
    # target, rules, engines that translate it, the rules in play with their engines
    ("a language of the rule", "oc", [{"languages": ["ast", "Occitan"], "use": ["a"]}, {"use": ["b"]}], "ab", [(0, "a"), (1, "b")]),
    ("another language", "ca", [{"languages": ["ast", "oc"], "use": ["a"]}, {"use": ["b"]}], "ab", [(1, "b")]),
    ("a region of the language", "pt-BR", [{"languages": ["pt"], "use": ["a"]}, {"use": ["b"]}], "ab", [(0, "a"), (1, "b")]),
    ("another region", "pt", [{"languages": ["pt-BR"], "use": ["a"]}, {"use": ["b"]}], "ab", [(1, "b")]),
    ("the first engine does not translate it", "ca", [{"use": ["a", "b"]}, {"use": ["b"]}], "b", [(1, "b")]),
    ("a later engine does not", "ca", [{"use": ["a", "b", "c"]}, {"use": ["c"]}], "ac", [(0, "ac"), (1, "c")]),
    ("the last rule is for all rows", "ca", [{"use": ["a", "b"]}], "b", [(0, "b")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "target", "rules", "able", "ways"), WAYS, ids=[case[0] for case in WAYS])
def test_rules_in_play(what: str, target: str, rules: Any, able: str, ways: Any, scripted: Any) -> None:
    plan, pair = routes(*rules), Pair(ENGLISH, find(target))
    engines = {name: scripted(str.upper) for name in plan.names(pair.target)}
    for name, engine in engines.items():
        engine.supports = lambda pair, name=name: name in able
    assert [(way.index, "".join(way.engines)) for way in plan.ways(pair, engines)] == ways


@pytest.mark.parametrize(
    ("rules", "key"),
    [
        ([{"languages": ["ca"], "use": ["a", "b"]}, {"use": ["c"]}], "routes.0.use: a, b: "),
        ([{"languages": ["oc"], "use": ["c"]}, {"use": ["b"]}], "routes.1.use: b: "),
    ],
)
def test_a_rule_without_an_engine_for_the_pair_is_found_before_the_run(rules: Any, key: str, scripted: Any) -> None:
    plan, pair = routes(*rules), Pair(ENGLISH, find("ca"))
    engines = {name: scripted(str.upper) for name in plan.names(pair.target)}
    for name, engine in engines.items():
        engine.supports = lambda pair, name=name: name == "c"
    with pytest.raises(ConfigError, match=f"{key}no engine here translates English into Catalan"):
        plan.ways(pair, engines)


TOML = """
[engines.a]
name = "echo"
[engines.b]
name = "echo"
[[routes]]
{rule}
use = ["a"]
[[routes]]
use = ["b"]
"""
MISTAKES = [
    # what is wrong, the file, what is said
    ("no file", None, "routes.toml: cannot be read (No such file"),
    ("no TOML", "[engines", "routes.toml: not valid TOML: "),
    ("no rules", '[engines.a]\nname = "echo"', "routes.toml: routes: field required"),
    ("no engines", '[[routes]]\nuse = ["a"]', "routes.toml: engines: field required"),
    ("unknown table", TOML.format(rule="") + "[retries]", "routes.toml: retries: unknown option"),
    ("unknown condition", TOML.format(rule='lang = ["ca"]'), "routes.toml: routes.0.lang: unknown option"),
    ("unknown bound", TOML.format(rule="length = { over = 3 }"), "routes.0.length.over: unknown option"),
    ("no bound", TOML.format(rule="length = {}"), "routes.toml: routes.0.length: say above or below"),
    ("empty bounds", TOML.format(rule="kept_share = { above = 0.5, below = 0 }"), "routes.0.kept_share: nothing is above"),
    ("no language", TOML.format(rule="languages = []"), "routes.0.languages: tuple should have at least 1 item"),
    ("unknown language", TOML.format(rule='languages = ["catlan"]'), "routes.toml: routes.0.languages: unknown language 'catlan'. Did you mean Catalan"),
    ("open language", TOML.format(rule='languages = ["zh"]'), "routes.0.languages: which language is 'zh'?"),
    ("unknown kind", TOML.format(rule='kinds = ["code", "latx"]'), "routes.toml: routes.0.kinds: unknown kind of kept span 'latx'. Did you mean 'latex'"),
    ("unknown engine", TOML.format(rule="") + '[[routes]]\nuse = ["b", "d"]', "routes.toml: routes.2.use: unknown engine 'd'. There are: a, b"),
    ("an engine twice", TOML.format(rule="") + '[[routes]]\nuse = ["b", "b"]', "routes.2.use: an engine is named twice"),
    ("unknown translator", TOML.format(rule="").replace('"echo"', '"eco"', 1), "routes.toml: engines.a.name: unknown translator 'eco'. Did you mean 'echo'"),
    ("the last rule has a condition", TOML.format(rule="") + '[[routes]]\nroles = ["text"]\nuse = ["b"]', "routes.2.roles: the last rule is for all other rows"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "message"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_a_mistake_is_said_with_file_and_key(what: str, text: str | None, message: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "routes.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_routes(tmp_path / "routes.toml")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "retry", "message"),
    [
        ({"roles": ["trun/*"]}, {}, "routes.0.roles: no field has a role like 'trun/*'. Roles: choice, input, instruction"),
        ({}, {"below": {"lenght": 0.5}}, "retry.below: unknown filter 'lenght'. Did you mean 'length'? There are: length"),
        ({}, {"best_by": "comett"}, "retry.best_by: unknown filter 'comett'"),
        ({}, {"best_by": "copied"}, "retry.best_by: the filter 'copied' does not run"),
        ({"roles": ["turn/*", "system", "text"]}, {"below": {"length": 0.5}, "best_by": "length"}, ""),
    ],
)  # fmt: skip
def test_what_the_run_does_not_have_is_refused(rule: Any, retry: Any, message: str) -> None:
    plan = routes({**rule, "use": ["a"]}, {"use": ["b"]}, retry=retry)
    if not message:
        return plan.check(load_schema("text"), ["length"])
    with pytest.raises(ConfigError) as caught:
        plan.check(load_schema("text"), ["length"])
    assert message in str(caught.value)
    return None


def test_every_kind_that_a_scanner_keeps_is_known() -> None:
    lines = [line for path in SCAN.glob("*.py") for line in path.read_text("utf-8").splitlines()]
    named = {name for line in lines if re.search(r"Mark\(|_paired\(", line) for name in re.findall(r'"(\w+)"', line)}
    assert {"code", "json", "symbol", "html"} <= named
    assert named | inline.TOKENS.groupindex.keys() - {"turn"} == set(KINDS)


def test_the_example_is_sound() -> None:
    plan = read_routes(EXAMPLES / "routes.toml")
    plan.check(load_schema("alpaca"), ["length", "language"])
    assert list(plan.engines) == ["nllb", "llm"] and plan.rules[-1].use == ("nllb", "llm")


def test_the_rules_decide_the_output_not_the_name_of_their_file(tmp_path: Path) -> None:
    def deciding(name: str, text: str) -> dict[str, Any]:
        (tmp_path / name).write_text(text, "utf-8")
        job = Job(inputs=("a",), output="b", target="ca", routes=read_routes(tmp_path / name))
        return job.deciding()

    one = deciding("one.toml", TOML.format(rule="length = { above = 5 }"))
    assert one == deciding("two.toml", TOML.format(rule="length = { above = 5 }"))
    assert one != deciding("one.toml", TOML.format(rule="length = { above = 6 }"))
    assert one["translator"] is None and str(tmp_path) not in str(one)
