"""Examples from a file, and the nearest of them to a text."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.llm.examples import CANDIDATES, Examples
from babelset.errors import ConfigError
from babelset.files.writing import writing
from babelset.languages import Pair

ROWS = [
    {"source": "Good morning.", "target": "Bon dia."},
    {"source": "Good night, Anna.", "target": "Bona nit, Anna."},
    {"source": "Write a short poem about autumn leaves.", "target": "Escriu un poema curt sobre les fulles de tardor."},
]
PAIRS = [(row["source"], row["target"]) for row in ROWS]
TEXTS = st.text(alphabet=st.characters(), max_size=12)  # lone surrogates and control characters too


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with writing(path) as file:
        for row in rows:
            file.write(row)
    return path


def sources(examples: Examples, text: str, count: int = 1) -> list[str]:
    return [source for source, _ in examples.nearest(text, count)]


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "tsv", "parquet", "jsonl.gz"])
def test_every_table_is_read(ending: str, tmp_path: Path, pair: Pair) -> None:
    examples = Examples.read(write(tmp_path / f"examples.{ending}", ROWS), pair)
    assert len(examples) == 3
    assert examples.nearest("Write a long poem about leaves.", 1) == [PAIRS[2]]
    assert examples.digest == Examples(PAIRS).digest


@pytest.mark.parametrize("language", ["cat_Latn", "ca", "Catalan", "català", "", None])
def test_examples_for_other_languages_are_left_out(language: str | None, tmp_path: Path, pair: Pair) -> None:
    rows = [
        {"source": "Hello.", "target": "Hola.", "language": language},
        {"source": "Hello.", "target": "Bonjour.", "language": "fra_Latn"},
        {"source": "", "target": "", "language": "deu_Latn"},
    ]
    examples = Examples.read(write(tmp_path / "examples.jsonl", rows), pair)
    assert examples.nearest("Hello.", 5) == [("Hello.", "Hola.")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "source,text\nHi.,Hola.\n", r"x\.csv:2: target: missing; the columns are 'source', 'text'"),
        ("x.csv", "source,target\nHi.,Ei.\n  ,Hola.\n", r"x\.csv:3: source: empty; give each example"),
        ("x.tsv", "source\ttarget\nHi.\t\n", r"x\.tsv:2: target: empty"),
        ("x.csv", "source,target\nHi.\n", r"x\.csv:2: 1 values for 2 columns"),
        ("x.csv", "source,target\n", r"x\.csv: no example for Catalan \(cat_Latn\)"),
        ("x.jsonl", "", r"x\.jsonl: no example for Catalan"),
        ("x.jsonl", '{"source":"a","target":"b","language":"fr"}', r"x\.jsonl: no example for Catalan"),
        ("x.jsonl", '{"source":"a","target":"b","language":"zh"}', r"x\.jsonl:1: language: which language is 'zh'"),
        ("x.jsonl", '{"source":"a","target":"b","language":7}', r"x\.jsonl:1: language: unknown language '7'"),
        ("x.jsonl", '{"source":"a","target":"b"}\n{"source":["a"],"target":"b"}', r":2: source: not a text but list"),
        ("x.jsonl", '{"source":"a","target":null}', r"x\.jsonl:1: target: empty"),
        ("x.jsonl", "{}", r"x\.jsonl:1: source: missing; the columns are none"),
        ("x.jsonl", "{", r"x\.jsonl:1: .*JSON"),
        ("x.txt", "Hi.\n", r"x\.txt:1: source: missing; the columns are 'text'"),
        ("x.docx", "Hi.\n", r"the ending tells no format"),
        ("x.csv", None, r"examples: .*x\.csv: there is no such file"),
    ],
)
def test_a_mistake_in_the_file_is_named(name: str, text: str | None, message: str, tmp_path: Path, pair: Pair) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        Examples.read(tmp_path / name, pair)


@pytest.mark.parametrize(
    ("text", "others", "nearest"),
    [
        ("Explain why the sky is blue.", ["The grass is green.", "Explain why the sea is blue."], 1),
        ("EXPLAIN PHOTOSYNTHESIS", ["explain gravity to me", "photosynthesis explained", "a poem"], 1),
        ("Напиши стихотворение об осени.", ["Напиши письмо другу.", "Напиши стихотворение о зиме."], 1),
        ("猫が窓の前で寝ている。", ["犬が公園を走る。", "猫が椅子の下で寝ている。"], 1),
        ("แมวนอนอยู่บนเก้าอี้", ["สุนัขวิ่งในสวน", "แมวนอนอยู่บนโต๊ะ"], 1),
        ("រៀបរាប់អំពីភ្នំពេញ", ["សរសេរកំណាព្យ", "ប្រាប់ខ្ញុំអំពីភ្នំពេញ"], 1),
        ("བོད་ཡིག་སློབ་པ།", ["དེབ་ཀློག་པ།", "བོད་ཡིག་འབྲི་བ།"], 1),
        ("اكتب قصيدة عن الخريف", ["اكتب رسالة", "قصيدة قصيرة عن الخريف"], 1),
        ("中", ["国", "中"], 1),
        ("?!", ["Hello.", "?!?"], 1),
    ],
)
def test_the_nearest_example_comes_first(text: str, others: list[str], nearest: int) -> None:
    fillers = [f"zzz {number}" for number in range(CANDIDATES)]  # would be proposed where no word is recognised
    examples = Examples([(source, "…") for source in [*fillers, *others]])
    assert sources(examples, text) == [others[nearest]]


@pytest.mark.parametrize(
    ("text", "rows", "order"),
    [
        ("ab", [("a b", "1"), ("ab", "2"), ("ab", "3"), ("ab", "2")], ["2", "3", "1"]),
        ("Hi", [("zzz", "1"), ("yyy", "2"), ("xxx", "3")], ["1", "2", "3"]),
        ("", [("zzz", "1"), ("yyy", "2"), ("xxx", "3")], ["1", "2", "3"]),
        ("?", [("! !", "1"), ("?", "2")], ["2", "1"]),
        (2000 * "x" + " abc", [(2000 * "x" + " def", "1"), (2000 * "x" + " abc!", "2")], ["1", "2"]),
        (
            "sun",
            [(f"{('sun', 'zzz')[at % 2]} {at:03}", str(at)) for at in range(999)],
            [str(at) for at in range(0, 18, 2)],
        ),
    ],
    ids=["equal source", "file order", "empty text", "no words", "equal beginning", "many"],
)
def test_the_order_of_near_examples(text: str, rows: list[tuple[str, str]], order: list[str]) -> None:
    assert [target for _, target in Examples(rows).nearest(text, 9)] == order


def test_an_equal_source_is_found_among_many_that_bm25_prefers() -> None:
    crowd = [(f"sun sun sun {number}", "…") for number in range(200)]
    long = "sun " + " ".join(f"other{number}" for number in range(300))
    assert sources(Examples([*crowd, ("sun", "sol")]), "sun") == ["sun"]
    assert sources(Examples([*crowd, (long, "sol")]), long) == [long]


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), TEXTS, st.integers(0, 8))
def test_as_many_as_wanted_each_once_whatever_the_texts(pairs: list[tuple[str, str]], text: str, count: int) -> None:
    examples = Examples(pairs)
    found = examples.nearest(text, count)
    assert len(found) == len(set(found)) == min(count, len(examples))
    assert set(found) <= set(pairs)
    assert found == examples.nearest(text, 9)[:count]
    equal = [source == text for source, _ in found]
    assert equal == sorted(equal, reverse=True)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), st.lists(st.tuples(TEXTS, TEXTS), min_size=1))
def test_digests_are_equal_where_examples_are(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    same = list(dict.fromkeys(one)) == list(dict.fromkeys(other))
    assert (Examples(one).digest == Examples(other).digest) == same
    assert Examples(one).digest == Examples(one + one).digest


def test_every_process_finds_the_same(tmp_path: Path) -> None:
    code = (
        "from babelset.engines.llm.examples import Examples\n"
        "examples = Examples([(f'{a} {b}', 't') for a in ('red', 'green') for b in ('cat', 'dog', 'fish')])\n"
        "print(examples.digest, examples.nearest('a dog and a red fish and a cat', 4))"
    )
    answers = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-W", "error", "-c", code]
        done = subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        answers.add(done.stdout)
    assert len(answers) == 1


def test_no_examples_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="no translation example is given"):
        Examples([])


def test_ten_thousand_examples_are_searched_in_milliseconds() -> None:
    words = [f"word{number}" for number in range(500)]
    rows = [(" ".join(words[(at * step) % 500] for step in range(1, 16)), str(at)) for at in range(10_000)]
    examples = Examples(rows)
    started = time.process_time()
    for source, _ in rows[:20]:
        assert sources(examples, f"please {source} now", 3)[0] == source
    assert (time.process_time() - started) / 20 < 0.1  # 5 ms on a free core


@pytest.mark.parametrize("unit", ["a", "word ", "字", "\ud800", "\n"])
def test_a_long_text_costs_no_more_than_its_beginning(unit: str) -> None:
    long = unit * (1_000_000 // len(unit))
    started = time.process_time()
    examples = Examples([(long, "long"), ("short", "short")])
    assert examples.nearest(long, 1) == [(long, "long")]
    assert examples.nearest(long + "!", 1) == [(long, "long")]
    assert time.process_time() - started < 2


def test_without_bm25s_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(ConfigError, match=r"pip install 'babelset\[llm\]'"):
        Examples(PAIRS)
