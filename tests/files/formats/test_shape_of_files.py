"""Files whose name does not tell how they are written: what is read, what is said, and that it is written so again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from babelset.files.reading import read
from babelset.files.row import BadRow, Row
from babelset.files.survey import survey
from babelset.files.writing import writing

BEE, ANT = (
    {"instruction": "Name a bee.", "output": "Maya, a bee; really."},
    {"instruction": "Name an ant.", "output": "Adam."},
)
LINES = (json.dumps(BEE) + "\n" + json.dumps(ANT) + "\n").encode()
TALK = [{"role": "user", "content": "Hello."}]
ARTICLE = {
    "title": "Bees",
    "paragraphs": [
        {
            "context": "Bees fly.",
            "qas": [{"id": "1", "question": "Who?", "answers": [{"text": "Bees", "answer_start": 0}]}],
        }
    ],
}
CASES: list[tuple[str, str, bytes, str]] = [
    ("lines", "jsonl", LINES, ""),
    ("an array over lines", "jsonl", json.dumps([BEE, ANT], indent=1).encode(), "--format json"),
    ("an array in one line", "jsonl", json.dumps([BEE, ANT]).encode(), "--format json"),
    ("an array, a row a line", "jsonl", b"[" + LINES.strip().replace(b"\n", b",\n") + b"]", "--format json"),
    ("objects over lines", "jsonl", b"\n".join(json.dumps(row, indent=2).encode() for row in (BEE, ANT)), "--format json"),
    ("rows in an object", "json", json.dumps({"version": "1", "data": [BEE, ANT]}).encode(), "under 'data'; what is around"),
    ("rows in an object over lines", "json", json.dumps({"examples": [BEE, ANT], "n": 2}, indent=2).encode(), "'examples'"),
    ("rows in an object in .jsonl", "jsonl", json.dumps({"rows": [BEE, ANT]}, indent=2).encode(), "'rows'"),
    ("lines in .json", "json", LINES, ""),
    ("UTF-16", "jsonl", LINES.decode().encode("utf-16"), "UTF-16"),
    ("UTF-16, big end first", "jsonl", b"\xfe\xff" + LINES.decode().encode("utf-16-be"), "UTF-16"),
    ("commas", "csv", b'instruction,output\nName a bee.,"Maya, a bee; really."\nName an ant.,Adam.\n', ""),
    ("semicolons", "csv", b'instruction;output\nName a bee.;"Maya, a bee; really."\nName an ant.;Adam.\n', "semicolons"),
    ("tabs", "csv", b"instruction\toutput\nName a bee.\tMaya, a bee; really.\nName an ant.\tAdam.\n", "tabs"),
    ("UTF-16 and tabs", "csv", "instruction\toutput\nName a bee.\tMaya, a bee; really.\nName an ant.\tAdam.\n".encode("utf-16"), "UTF-16; what is written is UTF-8; the values are separated by tabs"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "ending", "content", "said"), CASES, ids=[case[0] for case in CASES])
def test_what_is_read_and_said(what: str, ending: str, content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(content)
    assert [row.data for row in read([path]) if isinstance(row, Row)] == [BEE, ANT]
    told = survey([path]).notes
    assert (said in told[0] and path.name in told[0]) if said else told == []


def test_bare_lists_of_messages_are_rows(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(TALK) + "\n" + json.dumps(TALK) + "\n")
    assert [row.data for row in read([tmp_path / "x.jsonl"]) if isinstance(row, Row)] == [{"messages": TALK}] * 2
    assert "lists of messages" in survey([str(tmp_path / "x.jsonl")]).notes[0]


def test_articles_become_a_row_for_each_question(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"version": "2", "data": [ARTICLE, {**ARTICLE, "title": "More"}]}))
    rows = [row.data for row in read([tmp_path / "x.json"]) if isinstance(row, Row)]
    assert [(row["title"], row["context"], row["question"]) for row in rows] == [
        ("Bees", "Bees fly.", "Who?"),
        ("More", "Bees fly.", "Who?"),
    ]
    assert "written flat" in survey([str(tmp_path / "x.json")]).notes[0]


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_the_shape_is_written_again(ending: str, tmp_path: Path) -> None:
    path, out = tmp_path / f"x.{ending}", tmp_path / f"y.{ending}"
    content = next(
        content for what, _, content, _ in CASES if what == {"json": "rows in an object", "csv": "semicolons"}[ending]
    )
    path.write_bytes(content)
    with writing(out, like=path) as file:
        for row in read([path]):
            assert isinstance(row, Row)
            file.write(row.data)
    assert out.read_bytes() == content if ending == "csv" else json.loads(out.read_bytes()) == json.loads(content)


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("a row with instances", {"instruction": "Greet.", "instances": [{"input": "", "output": "Hello."}]}),
        ("a row with a list of texts", {"id": "0", "data": ["Hello.", "Good day."]}),
        ("a row with messages", {"messages": TALK, "rows": [{"a": 1}]}),
    ],
)
def test_one_row_is_not_taken_for_a_wrapping(what: str, content: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(content))
    assert [row.data for row in read([tmp_path / "x.json"]) if isinstance(row, Row)] == [content]


def test_nan_is_null_and_noted(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"a": NaN, "b": "NaN"}\n{"a": Infinity}\n')
    first, second = read([tmp_path / "x.jsonl"])
    assert isinstance(first, Row) and first.data == {"a": None, "b": "NaN"} and first.note == "NaN read as null"
    assert isinstance(second, BadRow) and "Infinity is not JSON" in second.reason


def test_a_wrapped_file_of_many_rows_is_read_row_by_row(tmp_path: Path) -> None:
    rows = ",\n".join(json.dumps({"n": n, "t": "x" * 900}) for n in range(5000))
    (tmp_path / "x.json").write_text('{"data": [' + rows + '], "version": 1}')
    found = list(read([tmp_path / "x.json"]))
    assert len(found) == 5000 and found[-1].line == 5000
