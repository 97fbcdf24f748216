"""Whatever was translated can be taken apart exactly as the run had it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from babelset.contracts.evidence import Evidence
from babelset.contracts.schema import load_schema
from babelset.contracts.translator import Failure
from babelset.files.row import KEY, Row
from babelset.review.apart import apart, masked
from babelset.text.segment import Segment, rebuild, restore
from babelset.translation.ladder import Ladder
from babelset.translation.parsing import ParseOptions, Spanned, parsed, spanned
from babelset.translators.echo import Echo
from babelset.work.memory import Memory
from tests.conftest import Scripted
from tests.review.conftest import PAIR, Documents, translated

PIECES = [
    "Run `ls` now. ", "ls", "`ls`", "# List\n", "- one\n- two\n", "```py\n# a comment\nx = 1\n```\n", "**Note:** read on. ",
    "<think>Why 3?</think>", "$x^2$", "| a b | c |\n|---|---|\n| d | 5 |\n", "🎉 ", "It is 5 kg. ", "a", "a. a. A a. ", "\n\n",
    "\r\n", "See [this](https://a.org). ", "你好。", " ", "\ue000", "\ud800", "{\"a\": \"b\"}\n", "1. Go.\n", "x" * 30 + " ",
]  # fmt: skip
documents = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), min_size=1, max_size=12).map("".join)


def same(text: str) -> str:
    return text


ENGINES = {
    "echo": Echo,
    "shouts": lambda: Scripted(str.upper, ["raw"]),
    "copies": lambda: Scripted(same, ["raw"]),
    "says a": lambda: Scripted(
        lambda text: "a" + "".join(char for char in text if "\ue000" <= char < "\uf8ff"), ["raw"]
    ),
    "reads rows": lambda: Documents(same, ["raw"]),
}
OPTIONS = {"": ParseOptions(), "all": ParseOptions(True, True, True), "numbers": ParseOptions(numbers=True)}


def row_of(text: str, engine: Any, options: ParseOptions = OPTIONS[""]) -> tuple[dict[str, Any], Evidence]:
    [data] = translated({"text": text}, engine=engine, schema="text", options=options)
    return data, data[KEY]


def parts_of(text: str, engine: Any, options: ParseOptions) -> list[str | Segment]:
    """The parts as the worker has them."""
    row = spanned(Row(0, "a.jsonl", 1, {"text": text}), load_schema("text"), options)
    assert isinstance(row, Spanned)
    return parsed(row, Ladder(engine, Memory(":memory:")), PAIR).fields[0][2]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("options", OPTIONS)
@given(text=documents.filter(str.strip))
@example(
    text='# List\n$x^2$Run `ls` now. {"a": "b"}\n0A/0# List\nRun `ls` now. '
)  # code without a fence, a comment in it
def test_any_document_comes_apart_as_it_was(engine: str, options: str, text: str) -> None:
    data, evidence = row_of(text, ENGINES[engine](), OPTIONS[options])
    parts = parts_of(text, ENGINES[engine](), OPTIONS[options])
    found = apart(data, evidence)[0]
    segments = [part for part in parts if isinstance(part, Segment)]
    numbers = iter(range(len(parts)))
    assert not found.torn
    assert found.parts == [part if isinstance(part, str) else next(numbers) for part in parts]
    assert list(found.texts.values()) == [segment.text for segment in segments]
    others = [f"<{number}>" for number in range(len(segments))]
    assert found.together(dict(enumerate(others))) == rebuild(parts, others)


@given(text=documents.filter(str.strip))
def test_a_search_finds_a_split_that_gives_both_texts(text: str) -> None:
    data, evidence = row_of(text, Echo())
    for segment in evidence["segments"]:
        segment["keeps"] = [*segment["keeps"], "no way of cutting gives this"]
    found = apart(data, evidence)[0]
    assert not found.torn
    segments = evidence["segments"]
    assert found.together({n: str(segment["target"]) for n, segment in enumerate(segments)}) == data["text"]
    assert found.together({n: segment["source"] for n, segment in enumerate(segments)}) == text


def test_a_segment_without_a_target_has_its_place() -> None:
    engine = Scripted(lambda text: Failure("no") if "ls" in text else text.upper())
    data, evidence = row_of("`ls`\n\nls\n\nBye", engine)
    assert data["text"] is None
    assert apart(data, evidence)[0].parts == ["`ls`\n\n", 0, "\n\n", 1]
    assert apart({"text": "filled in by hand"}, evidence)[0].torn


def test_a_table_has_no_null() -> None:
    data, evidence = row_of("Hello.", Scripted(lambda text: Failure("no")))
    assert apart({"text": ""}, evidence) == apart(data, evidence) and not apart(data, evidence)[0].torn


def test_many_fields_take_no_quadratic_time() -> None:
    messages = [{"role": "user", "content": f"Say {number}."} for number in range(5000)]
    [data] = translated({"messages": messages}, schema="messages")
    started = time.process_time()
    found = apart(data, data[KEY])
    assert [field.parts for field in found] == [[number] for number in range(5000)]
    assert time.process_time() - started < 20


@pytest.mark.parametrize("text", ["Another text.", None, "", "HELLO. NOW", "HELLO.  NOW."])
def test_a_row_that_was_changed_since_is_torn(text: str | None) -> None:
    data, evidence = row_of("Hello. Now.", Scripted(str.upper))
    assert data["text"] == "HELLO. NOW."
    found = apart({"text": text}, evidence)[0]
    assert found.torn and found.parts == [0, 1]


@pytest.mark.parametrize(
    "sources, targets, source, target",
    [
        (["a" * 500] * 200, ["a" * 499] * 200, "a" * 300_000, "a" * 299_800),
        (["a"] * 3000, ["aa"] * 3000, "a" * 300_000, "a" * 303_000),
        (["ab" * 200] * 100, ["ab" * 200 + "c"] * 100, "ab" * 100_000, "ab" * 100_000),
    ],
)
def test_hostile_rows_take_no_quadratic_time(sources: Any, targets: Any, source: str, target: str) -> None:
    _, evidence = row_of("Hello.", Echo())
    evidence["fields"][0]["source"] = source
    new = zip(sources, targets, strict=True)
    evidence["segments"] = [{**evidence["segments"][0], "source": old, "target": text} for old, text in new]
    started = time.process_time()
    apart({"text": target}, evidence)
    assert time.process_time() - started < 20


A, B = "\ue000", "\ue001"


@pytest.mark.parametrize(
    "text, keeps, expected",
    [
        ("Executa `ls` ara.", ["`ls`"], f"Executa {A} ara."),
        ("Abans de `ps`, `ls`.", ["`ls`", "`ps`"], f"Abans de {B}, {A}."),
        ("**Nota**", ["**", "**"], f"{A}Nota{B}"),
        ("*a* **b**", ["**", "**", "*", "*"], "\ue002a\ue003 \ue000b\ue001"),
        ("Res.", [], "Res."),
        ("Executa ara.", ["`ls`"], None),
        ("`ls` i `ls`", ["`ls`"], None),
        (f"Una {A} icona", [], None),
        (f"Una {A} icona", [A], f"Una {A} icona"),
        (f"Una {B} icona", [A], None),
    ],
)
def test_masked(text: str, keeps: list[str], expected: str | None) -> None:
    assert masked(text, keeps) == expected
    if expected:
        assert restore(expected, tuple(keeps)) == text
