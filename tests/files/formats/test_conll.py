from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.errors import OutputError
from babelset.files.formats.conll import Conll
from babelset.files.reading import read
from babelset.files.row import KEY, Row

READ = [
    # what it shows, the file, rows
    ("blanks or tabs", b"a B-X\nb O\n\nc\tO\n", [(["a", "b"], ["B-X", "O"]), (["c"], ["O"])]),
    ("the last column is the tag", b"a NN x B-X\n", [(["a"], ["B-X"])]),
    ("blank lines and documents", b"-DOCSTART- -X- O\n\n\na O\n \n\n", [(["a"], ["O"])]),
    ("no line break at the end", b"a O", [(["a"], ["O"])]),
    ("line ends of Windows", b"a O\r\n\r\nb O\r\n", [(["a"], ["O"]), (["b"], ["O"])]),
    ("a token with a blank in it", b"New York\tB-X\n", [(["New York"], ["B-X"])]),
    ("any script", "नदी O\n".encode(), [(["नदी"], ["O"])]),
    ("nothing", b"", []),
]


@pytest.mark.parametrize(("raw", "rows"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_sentences(raw: bytes, rows: list[Any], tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_bytes(raw)
    found = list(read([tmp_path / "a.conll"]))
    assert [(row.data["tokens"], row.data["tags"]) for row in found if isinstance(row, Row)] == rows
    assert len(found) == len(rows)


BAD = [
    ("a token without a tag", b"a O\nb\n\nc O\n", 1, "line 2: a line is a token and its tag"),
    ("bytes that are no text", b"\xff O\n\nc O\n", 1, "not valid UTF-8"),
]


@pytest.mark.parametrize(("raw", "line", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_sentence_that_cannot_be_read(raw: bytes, line: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_bytes(raw)
    bad, good = read([tmp_path / "a.conll"])
    assert not isinstance(bad, Row) and bad.line == line and said in bad.reason
    assert isinstance(good, Row) and good.data == {"tokens": ["c"], "tags": ["O"]}


WORD = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=6)


@given(
    st.lists(
        st.lists(
            st.tuples(WORD.filter(lambda word: not word.startswith("-DOCSTART-") and word.strip()), WORD),
            min_size=1,
            max_size=5,
        ),
        max_size=4,
    )
)
def test_what_is_written_is_read_again(sentences: list[list[tuple[str, str]]]) -> None:
    file = io.BytesIO()
    writer = Conll().writer(file)
    rows = [{"tokens": [one for one, _ in each], "tags": [tag for _, tag in each]} for each in sentences]
    for row in rows:
        writer.write({**row, KEY: {"x": 1}})
    from babelset.files.formats.start import Start

    assert [row for _, row in Conll().read(Start(io.BytesIO(file.getvalue())))] == rows


@pytest.mark.parametrize(
    "row",
    [
        {"tokens": ["a"]}, {"tokens": ["a"], "tags": ["O"], "id": 1}, {"tokens": ["a b"], "tags": ["O"]},
        {"tokens": ["a"], "tags": ["O", "O"]}, {"tokens": ["a"], "tags": [1]}, {"tokens": "a", "tags": "O"},
        {"tokens": ["a\n"], "tags": ["O"]}, {"tokens": [""], "tags": ["O"]},
    ],
)  # fmt: skip
def test_rows_that_it_cannot_hold(row: dict[str, Any]) -> None:
    with pytest.raises(OutputError, match=r"write \.jsonl"):
        Conll().writer(io.BytesIO()).write(row)
