"""
Cases that others saw go wrong, each standing for its kind: what comes out is right, or the row is turned away.

They lie beside the repository, in ../shared/cases, and nothing of them is here but their names. A case is run as its
README says, with Apertium, and is looked at without babelset: what of the source must be in the target, what must not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from babelset import plugins
from tests.oracle import cipher
from tests.oracle.cases import BESIDE, CASES, Run, ran
from tests.oracle.run import EVIDENCE, babelset

pytestmark = BESIDE
needs_apertium = [
    pytest.mark.engine,
    pytest.mark.skipif(not Path("/usr/share/apertium/modes").exists(), reason="Apertium is not installed"),
]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Run]]:
    """`case("10-x.jsonl", "--field", "text", translator="cipher")`; run once, however many tests look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(cipher.installed(tmp_path_factory.mktemp("plugin"))))
        plugins.available.cache_clear()

        @cache
        def run(name: str, *options: str, translator: str = "apertium") -> Run:
            return ran(tmp_path_factory.mktemp("case"), name, *options, translator=translator)

        yield run
    plugins.available.cache_clear()


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in {"uuid", "id", "instruction_id_list", EVIDENCE}:
                yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def prose(value: Any) -> set[str]:
    """Sentences of three words and more, wherever they stand."""
    found = (part.strip() for text in strings(value) for part in re.split(r"(?<=[.?!:])\s|\n", text))
    return {part for part in found if re.match(r"[A-Z][a-z]* [a-z]+ [a-z]+", part)}


def flat(value: Any) -> str:
    return "\n".join(strings(value))


@pytest.mark.parametrize(
    "name, options",
    [
        ("01-parts-with-value.jsonl", ()),
        ("02-orca-dpo-question-left.jsonl", ()),
        ("03-alpaca-system-history-text.jsonl", ()),
        ("04-messages-system-beside.jsonl", ()),
        ("05-duplicated-text-columns.jsonl", ()),
        ("06-lf-dpo-sharegpt.jsonl", ()),
        ("23-unknown-known-formats.jsonl", ()),
        ("31-reasoning-content.jsonl", ("--translate-reasoning",)),
        ("32-ranked-outputs.jsonl", ()),
        ("33-icu-whole-kept.jsonl", ()),
    ],
)
@pytest.mark.parametrize("translator", ["cipher", pytest.param("apertium", marks=needs_apertium)])
def test_no_sentence_of_an_accepted_row_stays_english(name, options, translator, case):
    """Or nothing comes out at all; the joined column `text` may be left, if the row says so."""
    run = case(name, *options, translator=translator)
    if not run.counts["accepted"]:
        assert run.said.strip() and (run.code or run.counts["rejected"])
    for source, target in run.accepted():
        assert source != target
        allowed = {"text"} & run.named()
        assert {column for column in source if prose(source[column]) & prose(target.get(column))} <= allowed


def test_equal_texts_come_out_equal(case):
    for source, target in case("05-duplicated-text-columns.jsonl", translator="cipher").accepted():
        pairs = list(zip(strings(source), strings(target), strict=True))
        for text, made in pairs:
            assert {other_made for other, other_made in pairs if other == text} == {made}


# What must stand in the target as it stands in the source, wherever the row is accepted.
KEPT = {
    "07-answer-letter.jsonl": [r"^\(?[A-D][.):]?$", r"^[A-D][.)] ", r"\([A-D]\)", r"A, B, C", r"\b[A-D]\.$", r"^A:"],
    "08-roman-numerals.jsonl": [r"^I{1,3}\. ", r"\bI{2,3}\b", r"^I\b"],
    "10-latex-command-without-dollar.jsonl": [r"\\boxed\{\\text\{\w+\}\}", r"\\boxed\{\d+\}", r"\\frac\{3\}\{4\}"],
    "11-dunder-names.jsonl": [r"__\w+__"],
    "12-python-literals.jsonl": [r"\{'.*'?\}", r"\['.*?'\]"],
    "13-single-quoted-words.jsonl": [r"'"],
    "14-calls-commands-names.jsonl": [
        r"torch\.hub\.load\(.*?\)", r"model\.eval\(\)", "pip install torch", "git commit -m", r"meta-llama/[\w.-]*\w",
        "acme/vision", "PATH=%PATH%", r'df\.groupby\("city"\)\.mean\(\)', r'print\("hello world"\)',
    ],
    "15-format-specs.jsonl": [r"\{\w+[!:][^}]*\}", r"\{%.*?%\}"],
    "16-hashtags-and-am.jsonl": [r"10:30 AM"],
    "17-humaneval-docstring.jsonl": [r"^def .*:", r"^ *>>> .*\n.*", r"^from .*"],
    "33-icu-whole-kept.jsonl": [r"\{count, plural, one \{#", r"other \{#", r"\{user\}"],
}  # fmt: skip


@pytest.mark.parametrize("name, patterns", KEPT.items())
@pytest.mark.parametrize("translator", ["cipher", pytest.param("apertium", marks=needs_apertium)])
def test_what_must_be_kept(name, patterns, translator, case):
    options = ("--field", "prompt") if name.startswith("17") else ()
    run = case(name, *options, translator=translator)
    assert run.code == 0, run.said
    for source, target in run.accepted():
        for pattern in patterns:
            find = re.compile(pattern, re.MULTILINE).findall
            assert sorted(find(flat(target))) == sorted(find(flat(source))), (pattern, flat(target))


@pytest.mark.parametrize("translator", ["cipher", pytest.param("apertium", marks=needs_apertium)])
def test_the_branches_of_an_icu_message_are_prose(translator, case):
    for _, target in case("33-icu-whole-kept.jsonl", translator=translator).accepted():
        assert "removed" not in flat(target)


@pytest.mark.parametrize("name", [name for name in KEPT if not name.startswith(("12", "13"))])
def test_such_rows_are_not_simply_turned_away(name, case):
    options = ("--field", "prompt") if name.startswith("17") else ()
    assert case(name, *options, translator="cipher").counts["accepted"] > 0


def test_hashtags_stay_one_word_each(case):
    for source, target in case("16-hashtags-and-am.jsonl", translator="cipher").accepted():
        assert len(re.findall(r"#\w+(?= |$)", flat(target))) == len(re.findall(r"#\w+", flat(source)))


@pytest.mark.engine
def test_options_stay_different(case):
    for source, target in case("09-choices-become-equal.jsonl").accepted():
        assert all(target["choices"]) and len(target["choices"]) == len(source["choices"])
        assert len(set(target["choices"])) == len(set(source["choices"])), target["choices"]


@pytest.mark.engine
def test_one_decision_for_a_docstring(case):
    for source, target in case("17-humaneval-docstring.jsonl", "--field", "prompt").accepted():
        left = prose(source) & prose(target)
        assert not left or prose(source) == left


@pytest.mark.engine
def test_answers_are_where_their_offsets_say(case):
    fields = [part for path in ("context", "question", "answers.text[*]") for part in ("--field", path)]
    for _, target in case("18-squad-offsets.jsonl", *fields).accepted():
        for text, start in zip(target["answers"]["text"], target["answers"]["answer_start"], strict=True):
            assert target["context"][start:].startswith(text)


@pytest.mark.engine
def test_keywords_of_another_column_are_in_the_prompt(case):
    for _, target in case("19-linked-keywords.jsonl", "--field", "prompt").accepted():
        for keyword in strings(target["kwargs"]):
            assert keyword.casefold() in target["prompt"].casefold()


@pytest.mark.engine
def test_a_task_about_the_form_of_english_is_rejected(case):
    run = case("20-task-misses.jsonl")
    assert [source["instruction"] for source, _ in run.accepted()] == []
    assert run.counts["rejected"] == len(run.sources)


@pytest.mark.engine
def test_a_task_that_only_sounds_like_it_is_not(case):
    run = case("21-task-false-alarms.jsonl")
    assert [reason for made in run.made for reason in made.reasons if reason.startswith("task")] == []


@pytest.mark.parametrize(
    "name, rows",
    [
        ("22-roles.jsonl", 3), ("23-unknown-known-formats.jsonl", 1), ("26-array-in-jsonl.jsonl", 1), ("27-semicolon.csv", 1),
        ("28-list-column.csv", 1), ("29-wrapped.json", 2), ("30-nan.jsonl", 2), ("32-ranked-outputs.jsonl", 1),
    ],
)  # fmt: skip
def test_it_is_read(name, rows, case):
    run = case(name, translator="cipher")
    assert run.code == 0, run.said
    assert run.counts["accepted"] == run.counts["read"] == rows


@pytest.mark.parametrize("out", ["x.out", "x.unknown"])
def test_the_name_of_the_output_is_looked_at_first(out, tmp_path):
    done = babelset(
        tmp_path, "translate", str(CASES / "24-output-ending.json"), "--to", "es", "--translator", "echo",
        "-o", str(tmp_path / out),
    )  # fmt: skip
    assert done.returncode == 2 and "ending" in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("x")] == []


@pytest.mark.parametrize("options", [("--field", "text"), ("--schema", "alpaca"), ()])
def test_a_missing_input_is_said_well(options, tmp_path):
    done = babelset(tmp_path, "translate", "nosuch.jsonl", "--to", "es", "-o", "out.jsonl", *options)
    assert done.returncode == 3 and "nosuch.jsonl" in done.stderr and "Traceback" not in done.stderr
