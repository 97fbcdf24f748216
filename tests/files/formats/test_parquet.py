"""Parquet rows become JSON, and Parquet again, of the same types."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from babelset.errors import DataError, OutputError
from babelset.files.lossless import dumps, loads
from babelset.files.reading import read
from babelset.files.row import BadRow, Row
from babelset.files.writing import writing

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

DAY = dt.datetime(2024, 1, 2)
COLUMNS: list[tuple[Any, Any, Any]] = [
    # values, their type, the first one in JSON
    (["x", None, ""], pa.string(), "x"),
    (["x"], pa.large_string(), "x"),
    ([DAY, None], pa.timestamp("us"), "2024-01-02 00:00:00.000000"),
    ([1_700_000_000_123_456_789], pa.timestamp("ns"), "2023-11-14 22:13:20.123456789"),
    ([DAY], pa.timestamp("ms", "Europe/Madrid"), "2024-01-02 00:00:00.000Z"),
    ([DAY.date()], pa.date32(), "2024-01-02"),
    ([DAY.date()], pa.date64(), "2024-01-02"),
    ([dt.time(1, 2, 3), None], pa.time32("ms"), 3_723_000),
    ([1_234_567_890_123], pa.time64("ns"), 1_234_567_890_123),
    ([5], pa.duration("ns"), 5),
    ([Decimal("1.10"), None], pa.decimal128(10, 2), "1.10"),
    ([Decimal("1.10")], pa.decimal256(50, 2), "1.10"),
    ([b"\xff\x00", None], pa.binary(), "/wA="),
    ([b"ab"], pa.binary(2), "YWI="),
    ([2**64 - 1, None], pa.uint64(), 2**64 - 1),
    ([1], pa.int8(), 1),
    ([0.1], pa.float32(), 0.10000000149011612),
    ([-0.0, 1e300], pa.float64(), -0.0),
    ([float("nan"), float("inf"), float("-inf"), None, 1.5], pa.float64(), "NaN"),
    ([[0.5, float("inf")], None], pa.list_(pa.float32(), 2), [0.5, "Infinity"]),
    ([[DAY, None], [], None], pa.list_(pa.timestamp("us")), ["2024-01-02 00:00:00.000000", None]),
    ([["a"]], pa.large_list(pa.string()), ["a"]),
    ([[("k", b"v")], None], pa.map_(pa.string(), pa.binary()), [["k", "dg=="]]),
    ([{"bytes": b"x", "path": None}, None], pa.struct([("bytes", pa.binary()), ("path", pa.string())]), {"bytes": "eA==", "path": None}),
    ([[{"d": Decimal("1.1")}]], pa.list_(pa.struct([("d", pa.decimal128(5, 1))])), [{"d": "1.1"}]),
    (["a", "b", "a", None], pa.dictionary(pa.int32(), pa.string()), "a"),
    ([None], pa.null(), None),
    ([True, None], pa.bool_(), True),
]  # fmt: skip


def content(path: Path) -> list[Any]:
    return [row.data if isinstance(row, Row) else row for row in read([path])]


def copy(source: Path, target: Path) -> None:
    with writing(target, like=source) as file:
        for row in read([source]):
            assert isinstance(row, Row)
            file.write(loads(dumps(row.data)))


@pytest.mark.parametrize(("values", "kind", "first"), COLUMNS, ids=[str(kind) for _, kind, _ in COLUMNS])
def test_values_and_types_survive_json(values: list[Any], kind: Any, first: Any, tmp_path: Path) -> None:
    table = pa.table({"text": ["x"] * len(values), "value": pa.array(values, kind)})
    pq.write_table(table, tmp_path / "in.parquet")
    assert content(tmp_path / "in.parquet")[0] == {"text": "x", "value": first}
    copy(tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert pq.read_schema(tmp_path / "out.parquet") == pq.read_schema(tmp_path / "in.parquet")
    assert content(tmp_path / "out.parquet") == content(tmp_path / "in.parquet")


def test_metadata_survives_and_new_columns_are_added(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("id", pa.int16(), nullable=False)], {"huggingface": "{}"})
    pq.write_table(pa.table({"id": pa.array([1], pa.int16())}, schema=schema), tmp_path / "in.parquet")
    with writing(tmp_path / "out.parquet", like=tmp_path / "in.parquet") as file:
        file.write({"id": 2, "score": 0.5, "_babelset": '{"row":0}'})
    found = pq.read_schema(tmp_path / "out.parquet")
    assert [(field.name, str(field.type)) for field in found] == [
        ("id", "int16"),
        ("score", "double"),
        ("_babelset", "string"),
    ]
    assert found.metadata[b"huggingface"] == b"{}" and not found.field("id").nullable


def test_no_rows_of_known_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": pa.array([1], pa.int16())}), tmp_path / "in.parquet")
    with writing(tmp_path / "out.parquet", like=tmp_path / "in.parquet"):
        pass
    assert pq.read_table(tmp_path / "out.parquet").schema.names == ["id"]


def test_another_shape_than_the_input_is_said(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), tmp_path / "in.parquet")
    with (
        pytest.raises(OutputError, match="id: rows do not fit"),
        writing(tmp_path / "o.parquet", like=tmp_path / "in.parquet") as file,
    ):
        file.write({"id": "seven"})


@pytest.mark.parametrize("like", [None, "x.jsonl", "missing.jsonl"])
def test_types_are_taken_from_parquet_alone(like: str | None, tmp_path: Path) -> None:
    with writing(tmp_path / "out.parquet", like=like) as file:
        file.write({"a": loads("1.10")})
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == [{"a": 1.1}]


def test_a_string_that_is_none_is_a_bad_row(tmp_path: Path) -> None:
    broken = pa.array([b"good", b"\xff", b"fine"]).view(pa.string())
    pq.write_table(pa.table({"a": broken}), tmp_path / "x.parquet")
    good, bad, fine = content(tmp_path / "x.parquet")
    assert (good, fine) == ({"a": "good"}, {"a": "fine"})
    assert isinstance(bad, BadRow) and bad.line == 2 and bad.raw == r"\xff" and "UTF-8" in bad.reason


def test_rows_of_many_batches_are_numbered(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": range(2500)}), tmp_path / "x.parquet", row_group_size=700)
    copy(tmp_path / "x.parquet", tmp_path / "y.parquet")
    assert [row.line for row in read([tmp_path / "y.parquet"])] == [*range(1, 2501)]
    assert content(tmp_path / "y.parquet") == [{"n": n} for n in range(2500)]


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"x\.parquet: two columns are named 'a'"):
        list(read([tmp_path / "x.parquet"]))
