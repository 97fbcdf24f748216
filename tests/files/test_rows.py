"""Every format, packed and plain, in and out; and what a user hears about files that are broken."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.errors import BabelsetError, ConfigError, DataError, OutputError
from babelset.files.compression import zstd
from babelset.files.formats.format import TOO_LONG
from babelset.files.lossless import dumps, loads
from babelset.files.reading import read
from babelset.files.row import BadRow, Row
from babelset.files.writing import writing

ROWS: list[dict[str, Any]] = [
    {"text": "Plain."},
    {"text": 'Commas, "quotes" and\ttabs'},
    {"text": "حجر ⟦x⟧ 😀"},
]
ENDINGS = ["json", "jsonl", "ndjson", "csv", "tsv", "parquet", "txt"]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with writing(path) as file:
        for row in rows:
            file.write(row)
    return path


def data(path: Path, **options: Any) -> list[Any]:
    return [row.data if isinstance(row, Row) else (row.line, row.reason) for row in read([path], **options)]


@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_written_is_read(ending: str, packing: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"x.{ending}{packing}", ROWS)
    assert data(path) == ROWS
    assert [row.number for row in read([path, path])] == [0, 1, 2, 3, 4, 5]
    again = write(tmp_path / f"y.{ending}{packing}", ROWS)
    assert path.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_rows_is_a_file_too(ending: str, tmp_path: Path) -> None:
    assert data(write(tmp_path / f"x.{ending}", [])) == []


NESTED = {"id": 7, "turns": [{"from": "human", "value": "Hi"}], "score": None, "ok": True}


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_nested_rows_survive(ending: str, tmp_path: Path) -> None:
    assert data(write(tmp_path / f"x.{ending}", [NESTED])) == [NESTED]


def test_a_column_may_come_later_in_parquet(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", [{"a": 1}, {"a": 2, "b": "late"}])
    assert data(path) == [{"a": 1, "b": None}, {"a": 2, "b": "late"}]


def test_nested_values_are_json_in_a_table(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [NESTED])
    assert data(path) == [{"id": "7", "turns": '[{"from":"human","value":"Hi"}]', "score": "", "ok": "true"}]


BROKEN: list[tuple[str, str, bytes, list[Any]]] = [
    (
        "jsonl: one broken line",
        "jsonl",
        b'{"a":1}\n{"a":\n{"a":3}\n',
        [{"a": 1}, (2, "not valid JSON"), {"a": 3}],
    ),
    ("jsonl: bad UTF-8", "jsonl", b'{"a":"\xff"}\n{"a":2}\n', [(1, "utf-8"), {"a": 2}]),
    (
        "jsonl: not an object",
        "jsonl",
        b'[1]\n"x"\n{"a":2}\n',
        [(1, "not an object"), (2, "not an object"), {"a": 2}],
    ),
    ("jsonl: NaN", "jsonl", b'{"a":NaN}\n', [{"a": None}]),
    ("jsonl: infinity", "jsonl", b'{"a":-Infinity}\n', [(1, "-Infinity is not JSON")]),
    ("jsonl: a key twice", "jsonl", b'{"a":1,"a":2}\n', [(1, "stands twice")]),
    ("jsonl: blank lines count", "jsonl", b'\n\n{"a":1}\n\n{"b"\n', [{"a": 1}, (5, "not valid JSON")]),
    ("jsonl: BOM and CRLF", "jsonl", b'\xef\xbb\xbf{"a":1}\r\n{"a":2}\r\n', [{"a": 1}, {"a": 2}]),
    ("jsonl: no last newline", "jsonl", b'{"a":1}\n{"a":2}', [{"a": 1}, {"a": 2}]),
    ("jsonl: nested too deeply", "jsonl", b"[" * 100_000 + b"\n", [(1, "nested too deeply")]),
    (
        "json: one broken row",
        "json",
        b'[{"a":1},\n{"a":tru},\n{"a":3}]',
        [{"a": 1}, (2, "not valid JSON"), {"a": 3}],
    ),
    ("json: bad UTF-8", "json", b'[{"a":"\xff"},{"a":2}]', [(1, "UTF-8"), {"a": 2}]),
    ("json: breaks off in a row", "json", b'[{"a":1},\n{"a":"x', [{"a": 1}, (2, "breaks off")]),
    ("json: breaks off after a row", "json", b'[{"a":1},\n{"a":2}\n', [{"a": 1}, (2, "breaks off")]),
    ("json: brackets in strings", "json", b'[{"a":"]},{[\\""},{"a":2}]', [{"a": ']},{["'}, {"a": 2}]),
    ("json: not objects", "json", b'[1, "x"]', [(1, "not an object"), (1, "not an object")]),
    ("json: really JSON lines", "json", b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
    ("json: a single object", "json", b'{\n "a": [1,\n 2]\n}\n', [{"a": [1, 2]}]),
    ("json: empty array", "json", b" [ ] \n", []),
    ("json: text behind the array", "json", b'[{"a":1}] rubbish', [{"a": 1}, (1, "neither an array")]),
    ("json: no JSON at all", "json", b"hello", [(1, "neither an array")]),
    (
        "json: a quote missing",
        "json",
        b'[{"a":1},\n{"a":"x},\n{"a":"y"}]',
        [{"a": 1}, (2, "not valid JSON"), {"a": "y"}],
    ),
    ("json: an opening quote missing", "json", b'[{"a":x"},\n{"a":"y"}]', [(1, "not valid JSON"), {"a": "y"}]),
    ("json: a bracket missing", "json", b'[{"a":1},\n{"a":2,\n{"a":3}]', [{"a": 1}, (2, "breaks off")]),
    (
        "json: a bracket too many",
        "json",
        b'[{"a":1}},{"a":2}]',
        [{"a": 1}, (1, "not valid JSON"), {"a": 2}, (1, "not valid JSON")],
    ),
    ("csv: too few values", "csv", b"a,b\n1\n1,2\n", [(2, "1 values for 2 columns"), {"a": "1", "b": "2"}]),
    ("csv: newline in a value", "csv", b'a,b\n"x\ny",1\nz\n', [{"a": "x\ny", "b": "1"}, (4, "1 values")]),
    ("csv: quote never closed", "csv", b'a,b\n1,2\n"x,3\n', [{"a": "1", "b": "2"}, (3, "not valid CSV")]),
    ("csv: an odd quote", "csv", b'a,b\n"x"y,1\n1,2\n', [(2, "not valid CSV"), {"a": "1", "b": "2"}]),
    ("csv: bad UTF-8", "csv", b"a\n\xff\nx\n", [(2, "not valid UTF-8"), {"a": "x"}]),
    ("csv: values stay strings", "csv", b"a,b\n1.10,007\n", [{"a": "1.10", "b": "007"}]),
    ("txt: bad UTF-8", "txt", b"one\n\xff\ntwo", [{"text": "one"}, (2, "not valid UTF-8"), {"text": "two"}]),
    ("txt: NUL and control characters", "txt", b"a\x00b\x1b[31m\n", [{"text": "a\x00b\x1b[31m"}]),
]


@pytest.mark.parametrize(("what", "ending", "content", "expected"), BROKEN, ids=[case[0] for case in BROKEN])
def test_a_bad_row_is_reported_and_the_next_one_read(
    what: str, ending: str, content: bytes, expected: list[Any], tmp_path: Path
) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(content)
    found = data(path)
    assert len(found) == len(expected), found
    for got, wanted in zip(found, expected, strict=True):
        if isinstance(wanted, dict):
            assert got == wanted
        else:
            assert got[0] == wanted[0] and wanted[1] in got[1], got


def test_the_excerpt_of_a_bad_row_is_short_and_printable(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b'{"a":"\xff' + b"x" * 100_000 + b"\n")
    [row] = read([tmp_path / "x.jsonl"])
    assert isinstance(row, BadRow)
    assert len(row.raw) <= 2000 and row.raw.startswith('{"a":"')


FRAME = zstd.compress(b'{"a":1}\n')
SKIPPED = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc"  # a frame that holds notes of a program
WIDE = {zstd.CompressionParameter.window_log: 31, zstd.CompressionParameter.enable_long_distance_matching: 1}


@pytest.mark.parametrize(
    ("what", "content", "rows"),
    [
        ("two frames", FRAME + FRAME, 2),
        ("empty frames", zstd.compress(b"") + FRAME + zstd.compress(b""), 1),
        ("frames to skip", SKIPPED + FRAME + SKIPPED + FRAME, 2),
        ("the widest window, as zstd --long=31 has it", zstd.compress(b'{"a":1}\n' * 9, options=WIDE), 9),
    ],
)
def test_every_frame_of_a_zstd_file_is_read(what: str, content: bytes, rows: int, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl.zst").write_bytes(content)
    assert data(tmp_path / "x.jsonl.zst") == [{"a": 1}] * rows


def test_a_small_zstd_file_may_hold_much(tmp_path: Path) -> None:
    """10 MB out of 1 kB: a reader that unpacks what it has read holds them all, and cuts them up for minutes."""
    (tmp_path / "x.jsonl.zst").write_bytes(zstd.compress((b'{"a":"' + b"b" * 500 + b'"}\n') * 20_000))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read([tmp_path / "x.jsonl.zst"])) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


UNREADABLE: list[tuple[str, str, bytes | None, type[BabelsetError], str]] = [
    ("missing", "no.jsonl", None, DataError, "no.jsonl: there is no such file"),
    ("unknown ending", "x.xml", b"<a/>", ConfigError, "add --format"),
    ("not gzip", "x.jsonl.gz", b"plain text", DataError, "not a gzip file"),
    ("gzip cut short", "x.jsonl.gz", gzip.compress(b'{"a":1}\n' * 9999)[:-40], DataError, "breaks off"),
    ("not zstd", "x.jsonl.zst", b"plain text", DataError, "not a zstd file"),
    (
        "zstd cut short",
        "x.jsonl.zst",
        zstd.compress(json.dumps([*range(9999)]).encode())[:-40],
        DataError,
        "breaks off",
    ),
    ("zstd cut in its second frame", "x.jsonl.zst", FRAME + FRAME[:-3], DataError, "breaks off"),
    ("zstd cut in what is skipped", "x.jsonl.zst", FRAME + SKIPPED[:-1], DataError, "breaks off"),
    ("zstd with something behind it", "x.jsonl.zst", FRAME + b"something", DataError, "not a zstd file, or damaged"),
    ("an empty zstd file", "x.jsonl.zst", b"", DataError, "breaks off"),
    ("not parquet", "x.parquet", b"PAR1 no", DataError, "not a Parquet file"),
    (
        "a header in another encoding",
        "x.csv",
        "café,b\n1,2\n".encode("latin-1"),
        DataError,
        "convert the file to UTF-8",
    ),
    ("two columns of one name", "x.csv", b"a,a\n1,2\n", DataError, "two columns are named 'a'"),
]


@pytest.mark.parametrize(
    ("what", "name", "content", "error", "message"), UNREADABLE, ids=[case[0] for case in UNREADABLE]
)
def test_a_file_that_cannot_be_read(
    what: str, name: str, content: bytes | None, error: type[BabelsetError], message: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=message):
        data(tmp_path / name)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        data(tmp_path / "x.jsonl")


def test_format_by_name(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text('{"a":1}\n')
    assert data(tmp_path / "rows", format="jsonl") == [{"a": 1}]
    with pytest.raises(ConfigError, match="unknown format 'xml'"):
        data(tmp_path / "rows", format="xml")


def test_a_huge_line_is_one_bad_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babelset.files.formats.lines.LONGEST", 1000)
    (tmp_path / "x.jsonl").write_bytes(b'{"a":"' + b"x" * 5000 + b'"}\n{"a":2}\n')
    (tmp_path / "x.txt").write_bytes(b"x" * 5000 + b"\nshort\n")
    (tmp_path / "y.jsonl").write_bytes(b'{"a":1}' + b" " * 5000 + b'rubbish\n{"a":2}\n')
    (tmp_path / "x.csv").write_bytes(b"a,b\n1," + b"x" * 5000 + b"\n1,2\n")
    assert data(tmp_path / "x.jsonl") == [(1, TOO_LONG), {"a": 2}]
    assert data(tmp_path / "y.jsonl") == [(1, TOO_LONG), {"a": 2}]
    assert data(tmp_path / "x.csv") == [(2, TOO_LONG), {"a": "1", "b": "2"}]
    assert data(tmp_path / "x.txt") == [(1, TOO_LONG), {"text": "short"}]


def test_a_json_array_is_read_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[" + ",\n".join(json.dumps({"n": n, "t": "x" * 900}) for n in range(5000)) + "]")
    rows = read([tmp_path / "x.json"])
    assert next(rows).line == 1
    *_, last = rows
    assert isinstance(last, Row) and last.data["n"] == 4999 and last.line == 5000


@pytest.mark.parametrize(("ending", "columns"), [("csv", 100_000), ("parquet", 10_000)])
def test_columns_take_linear_time(ending: str, columns: int, tmp_path: Path) -> None:
    """Compared each with each, a hundred thousand take minutes; Arrow alone takes a while for ten thousand."""
    wide = write(tmp_path / f"x.{ending}", [{f"c{number}": "x" for number in range(columns)}])
    started = time.process_time()
    [row] = data(wide)
    assert len(row) == columns
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "inside", [b'\\"' * 300_000, b"x" * 600_000, b'","' * 200_000, b"[" * 600_000, b"{}," * 200_000]
)
def test_broken_arrays_take_linear_time(inside: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b'[{"a":1},{"a":"' + inside)
    started = time.process_time()
    assert data(tmp_path / "x.json")[0] == {"a": 1}
    assert time.process_time() - started < 2


strings = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(strings, strings), min_size=1), st.sampled_from(["csv", "tsv", "jsonl", "json"]))
def test_every_string_survives_every_format(pairs: list[tuple[str, str]], ending: str) -> None:
    rows = [{"a": first, "b": second} for first, second in pairs]
    with TemporaryDirectory() as folder:
        assert data(write(Path(folder, f"x.{ending}"), rows)) == rows


def test_an_output_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), writing(tmp_path / "x.jsonl") as file:
        file.write({"a": 1})
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ending", "rows", "message"),
    [
        ("txt", [{"text": "two\nlines"}], "one line a row"),
        ("txt", [{"a": 1, "text": 5}], "one line a row"),
        ("txt", [{"text": "x", "id": 7}], "one line a row"),
        ("txt", [{"instruction": "x"}], "one line a row"),
        ("txt", [{"text": "x\r"}], "one line a row"),
        ("txt", [{"text": "\ud800"}], "only JSON can spell"),
        ("csv", [{"text": "\ud800"}], "only JSON can spell"),
        ("parquet", [{"text": "\ud800"}], "do not fit into one table"),
        ("parquet", [{"tools": {}}], "no child field"),
        ("parquet", [{"n": loads("12345678901234567890123")}], "do not fit into one table"),
        ("parquet", [{"n": loads("0.1000000000000000055")}], "would be rounded"),
        ("parquet", [{"a": 1}] * 1000 + [{"a": "x"}], "a has incompatible types"),
        ("parquet", [{"a": 1}, {"a": "x"}], "do not fit into one table"),
        ("parquet", [{"a": 0.5}] * 1000 + [{"a": 2**60 + 1}], "do not fit into one table"),
    ],
)
def test_rows_that_a_format_cannot_hold(ending: str, rows: list[dict[str, Any]], message: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=message):
        write(tmp_path / f"x.{ending}", rows)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [1, 1000, 1001])  # of rows before: more than Parquet holds in memory, or fewer
@pytest.mark.parametrize(
    ("one", "other", "first", "second"),
    [
        ({"a": 1}, {"b": "x"}, {"a": 1, "b": None}, {"a": None, "b": "x"}),
        ({"a": None}, {"a": "x"}, {"a": None}, {"a": "x"}),
        ({"a": []}, {"a": ["x"]}, {"a": []}, {"a": ["x"]}),
        ({"a": 1}, {"a": 0.5}, {"a": 1.0}, {"a": 0.5}),
        ({"a": {"b": 1}}, {"a": {"c": ["x"]}}, {"a": {"b": 1, "c": None}}, {"a": {"b": None, "c": ["x"]}}),
        ({"a": [{"b": 1}]}, {"a": [{"c": 2}]}, {"a": [{"b": 1, "c": None}]}, {"a": [{"b": None, "c": 2}]}),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, {"b": 1, "a": 1}, {"b": 2, "a": 2}),
    ],
)
def test_a_parquet_table_has_the_columns_of_all_rows(
    one: Any, other: Any, first: Any, second: Any, count: int, tmp_path: Path
) -> None:
    write(tmp_path / "x.parquet", [one] * count + [other] * 3 + [one])
    found = [row.data for row in read([str(tmp_path / "x.parquet")])]
    assert found == [first] * count + [second] * 3 + [first]


@pytest.mark.parametrize("delimiter", ["csv", "tsv"])
def test_a_table_of_texts_has_the_columns_of_all_rows(delimiter: str, tmp_path: Path) -> None:
    rows = [{"a": 'x,"\n'}, {"b": "\r"}, {"c": "", "a": "y\r\n\t"}, {"a": ""}]
    write(tmp_path / f"x.{delimiter}", rows)
    found = [row.data for row in read([str(tmp_path / f"x.{delimiter}")])]
    assert found == [{"a": "", "b": "", "c": "", **row} for row in rows]


def test_an_error_is_blamed_on_the_file_that_has_it(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl.part").mkdir()
    with (
        pytest.raises(OutputError, match=r"x\.jsonl: cannot be written: Is a directory"),
        writing(tmp_path / "x.jsonl"),
    ):
        pass
    with pytest.raises(ConnectionError), writing(tmp_path / "y.jsonl"):
        raise ConnectionError("of somebody else")
    (tmp_path / "z.jsonl").mkdir()
    with pytest.raises(OutputError, match=r"z\.jsonl: cannot be written"), writing(tmp_path / "z.jsonl"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"x.jsonl.part", "z.jsonl"}


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"x\.jsonl: cannot be written"):
        write(tmp_path / "no" / "x.jsonl", ROWS)
    with pytest.raises(OutputError, match="No space left"):
        write_full = Path("/dev/full")
        with writing_to_full(write_full):
            pass


def writing_to_full(device: Path) -> Any:
    from contextlib import contextmanager

    @contextmanager
    def full() -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "with_name", lambda self, name: device)
            patch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
            with writing(Path("/tmp/never.jsonl")) as file:
                for _ in range(1000):
                    file.write({"a": "x" * 1000})
            yield

    return full()


SHARED = Path(__file__).resolve().parents[3] / "shared/data/instruction"


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="real datasets are not here")
@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
def test_real_datasets_survive(packing: str, tmp_path: Path) -> None:
    for source in SHARED.iterdir():
        text = source.read_text("utf-8")
        expected = json.loads(text) if source.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
        path = tmp_path / (source.name + packing)
        path.write_bytes(PACK[packing](source.read_bytes()))
        rows = data(path)
        again = [loads(dumps(row)) for row in rows]
        assert json.dumps(rows) == json.dumps(again) == json.dumps(expected), source.name


PACK: dict[str, Callable[[bytes], bytes]] = {"": bytes, ".gz": gzip.compress, ".zst": zstd.compress}
