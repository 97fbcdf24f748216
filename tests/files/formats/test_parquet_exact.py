"""Any table that is accepted comes back as it was; a table that cannot is refused before its first row."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelset.errors import ConfigError, DataError
from babelset.files.lossless import dumps, loads
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.files.writing import check_writable, writing
from tests.budget import examples

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
ZONES = st.sampled_from(["UTC", "Africa/Monrovia", "Europe/Amsterdam", "Asia/Kathmandu", "+05:30", "-00:01"])


def decimal(digits: int, scale: int) -> st.SearchStrategy[Any]:
    most = 10**digits - 1
    return st.integers(-most, most).map(lambda n: Decimal(n).scaleb(-scale) if digits <= 28 else exact(n, scale))


def exact(number: int, scale: int) -> Decimal:
    sign, digits, _ = Decimal(number).as_tuple()
    return Decimal((sign, digits, -scale))


FLOATS = {16: pa.float16(), 32: pa.float32(), 64: pa.float64()}
LEAVES: st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]] = st.one_of(
    st.sampled_from(
        [
            (pa.string(), TEXT),
            (pa.large_string(), TEXT),
            (pa.binary(), st.binary(max_size=9)),
            (pa.large_binary(), st.binary(max_size=9)),
            (pa.binary(3), st.binary(min_size=3, max_size=3)),
            (pa.bool_(), st.booleans()),
            (pa.int8(), st.integers(-128, 127)),
            (pa.uint16(), st.integers(0, 65535)),
            (pa.int64(), INT64),
            (pa.uint64(), st.integers(0, 2**64 - 1)),
            (pa.date32(), st.integers(-(2**31), 2**31 - 1)),
            (pa.date64(), st.integers(-(10**9), 10**9).map(lambda day: day * 86_400_000)),
            (pa.time32("s"), st.integers(0, 86_399)),
            (pa.time64("ns"), st.integers(0, 86_399 * 10**9)),
            (pa.decimal128(38, 20), decimal(38, 20)),
            (pa.decimal256(60, 5), decimal(60, 5)),
            (pa.decimal128(5, 0), decimal(5, 0)),
            (pa.dictionary(pa.int32(), pa.string()), TEXT),
        ]
    ),
    st.sampled_from(sorted(FLOATS)).map(
        lambda width: (FLOATS[width], st.floats(width=width, allow_nan=False, allow_subnormal=True))
    ),
    st.sampled_from(["ms", "us", "ns"]).map(lambda unit: (pa.duration(unit), INT64)),
    st.tuples(st.sampled_from(["ms", "us", "ns"]), st.none() | ZONES).map(lambda of: (pa.timestamp(*of), INT64)),
)


def nested(inner: Any) -> Any:
    return st.one_of(
        inner.map(lambda of: (pa.list_(of[0]), st.lists(orphan(of[1]), max_size=3))),
        inner.map(lambda of: (pa.large_list(of[0]), st.lists(orphan(of[1]), max_size=3))),
        st.tuples(inner, inner).map(
            lambda of: (
                pa.struct([("a", of[0][0]), ("b", of[1][0])]),
                st.fixed_dictionaries({"a": orphan(of[0][1]), "b": orphan(of[1][1])}),
            )
        ),
        inner.map(lambda of: (pa.map_(pa.string(), of[0]), st.lists(st.tuples(TEXT, orphan(of[1])), max_size=3))),
    )


def orphan(values: Any) -> Any:
    return st.none() | values


# Nothing but null inside of others: pyarrow does not read again all that it writes of these.
KINDS = st.recursive(LEAVES, nested, max_leaves=4) | st.just((pa.null(), st.none()))


@st.composite
def columns(draw: Any) -> Any:
    kind, values = draw(KINDS)
    return pa.array(draw(st.lists(orphan(values), min_size=1, max_size=5)), kind)


def copy(source: Path, target: Path) -> None:
    with writing(target, like=source) as file:
        for row in read([source]):
            assert isinstance(row, Row), row
            file.write(loads(dumps(row.data)))


def decoded(table: Any) -> Any:
    """Two dictionaries may hold the same values in another order; without them, Arrow compares what is there."""
    return pa.table({name: table[name].cast(undictionaried(table[name].type)) for name in table.column_names})


def undictionaried(kind: Any) -> Any:
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(undictionaried(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(kind.key_type, undictionaried(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(undictionaried(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(undictionaried(kind.value_type)))
    return kind


def back(table: Any) -> Any:
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "in.parquet"), Path(folder, "out.parquet")
        pq.write_table(table, source)
        copy(source, target)
        return pq.read_table(source), pq.read_table(target)


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(columns())
def test_any_table_that_is_accepted_comes_back(column: Any) -> None:
    before, after = back(pa.table({"value": column, "n": range(len(column))}))
    assert after.schema.equals(before.schema, check_metadata=True)
    assert decoded(after).equals(decoded(before)), (before["value"], after["value"])


SECONDS = pa.struct([("t", pa.timestamp("ms"))])
CASES = [
    ("a struct with null, and null in it", pa.array([{"t": 5}, None, {"t": None}], SECONDS)),
    ("a list of such structs", pa.array([[{"t": 5}, None], [], None], pa.list_(SECONDS))),
    ("an offset of seconds", pa.array([-(10**13), -(10**12), 0], pa.timestamp("ms", "Africa/Monrovia"))),
    ("before year 1 and after 9999", pa.array([-(2**63), 2**63 - 1, 0, None], pa.timestamp("us"))),
    ("a day that is none", pa.array([1, 86_400_000], pa.date64())),
    ("half floats", pa.array([1.5, None, 65504.0], pa.float16())),
    ("a struct of nothing but null", pa.array([None, None], pa.struct([("a", pa.int8())]))),
    ("dictionaries in structs", pa.array([{"a": "x"}, None], pa.struct([("a", pa.dictionary(pa.int8(), pa.string()))]))),
    ("maps of times", pa.array([[("k", 5), ("k", None)], None], pa.map_(pa.string(), pa.timestamp("ns")))),
    ("lists of one length", pa.array([[1, 2], None], pa.list_(pa.timestamp("us"), 2))),
    ("bytes of one length", pa.array([b"ab", None], pa.binary(2))),
    ("lists of nothing", pa.array([[None], [], None], pa.list_(pa.null()))),
]  # fmt: skip


@pytest.mark.parametrize(("what", "column"), CASES, ids=[what for what, _ in CASES])
def test_values_that_were_lost(what: str, column: Any) -> None:
    before, after = back(pa.table({"value": column}))
    assert after.schema == before.schema and decoded(after).equals(decoded(before)), after["value"]


REFUSED = [
    ("two fields of one name", pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), "two of its fields are named 'a'"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "column", "message"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_cannot_be_kept_is_refused_before_the_first_row(
    what: str, column: Any, message: str, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"text": ["x"], "odd": column}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=rf"x\.parquet: column 'odd': cannot be kept exactly: {message}; leave it out"):
        next(read([tmp_path / "x.parquet"]))


def test_times_with_a_zone_are_read_in_utc() -> None:
    noon = dt.datetime(1930, 1, 1, 12, tzinfo=dt.UTC)
    column = pa.array([noon], pa.timestamp("us", "Africa/Monrovia"))
    with TemporaryDirectory() as folder:
        pq.write_table(pa.table({"t": column}), Path(folder, "x.parquet"))
        [row] = read([Path(folder, "x.parquet")])
    assert isinstance(row, Row) and row.data == {"t": "1930-01-01 12:00:00.000000Z"}


def test_files_with_other_types_do_not_go_into_one_table(tmp_path: Path) -> None:
    first, second, alike = (tmp_path / name for name in ("a.parquet", "b.parquet", "c.parquet"))
    for path, kind in ((first, pa.int64()), (second, pa.int32()), (alike, pa.int64())):
        pq.write_table(pa.table({"text": ["x"], "n": pa.array([1], kind)}), path)
    check_writable(tmp_path / "o.parquet", [first, alike, tmp_path / "d.jsonl"], first)
    check_writable(tmp_path / "o.jsonl", [first, second], first)
    with pytest.raises(
        ConfigError, match=r"b\.parquet: column 'n' is int32, and int64 in .*a\.parquet; .* write \.jsonl"
    ):
        check_writable(tmp_path / "o.parquet", [first, second], first)
