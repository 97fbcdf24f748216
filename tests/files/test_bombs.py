"""Small files that hold much: what they cost does not grow with it, and one line says where they end."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from babelset.errors import DataError
from babelset.files.compression import MUCH, zstd
from babelset.files.formats.format import LONGEST
from babelset.review.sheetxlsx import read_xlsx

MIB = 1 << 20
# Limits of a 64th, so that the files are small; then what reading costs, and what was read.
READ = """
import json, resource, sys
from babelset.files import compression
from babelset.files.formats import array, lines, parquet, table
for module in (array, lines, parquet, table):
    module.LONGEST = 1 << 20
compression.MUCH = 16 << 20
from babelset.errors import BabelsetError
from babelset.files.reading import read
from babelset.files.survey import survey
parquet.CHUNK = 8 << 20
parquet._pyarrow()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
told = {"rows": 0, "bad": [], "error": ""}
try:
    for row in read([sys.argv[1]]):
        told["rows"] += hasattr(row, "data")
        if hasattr(row, "reason"):
            told["bad"] = (told["bad"] + [f"{row.line}: {row.reason}"])[:5]
    survey([sys.argv[1]])
except BabelsetError as error:
    told["error"] = str(error)
told["mib"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
print(json.dumps(told))
"""


def reading(path: Path) -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def repeated(start: bytes, block: bytes, end: bytes = b"") -> Callable[[int], Iterator[bytes]]:
    def content(mib: int) -> Iterator[bytes]:
        yield start
        whole = block * (MIB // len(block) + 1)
        yield from (whole for _ in range(mib))
        yield end

    return content


PACK = {".gz": gzip.open, ".zst": zstd.open}
BOMBS: list[tuple[str, str, Callable[[int], Iterator[bytes]], str]] = [
    # what, ending, content, what is said of 5 MiB of it
    ("one line", "jsonl", repeated(b'{"a":1}\n{"a":"', b"\0"), "2: longer than"),
    ("one line of text", "txt", repeated(b"a\n", b"x", b"\nb\n"), "2: longer than"),
    ("empty lines", "jsonl", repeated(b'{"a":1}\n', b"\n"), ""),
    ("empty lines of a table", "csv", repeated(b"a\n1\n", b"\r\n", b"2\n"), ""),
    ("a bracket that is never closed", "json", repeated(b'[{"a":1},\n{"a":[', b'"x",'), "x.json{}:2: a row begins here that is never closed, or longer than"),
    ("a string that is never closed", "json", repeated(b'[{"a":1},\n{"a":"', b"x"), "x.json{}:2: a row begins here that is never closed, or longer than"),
    ("space", "json", repeated(b'[{"a":1},', b" "), "x.json{}:1: a row begins here that is never closed, or longer than"),
    ("a quote that is never closed", "csv", repeated(b'a,b\n1,2\n1,"', b"a word, another, " * 9 + b"\n"), "3: longer than"),
    ("one field", "csv", repeated(b'a,b\n1,2\n1,', b"x"), "3: longer than"),
    ("many fields over many lines", "csv", repeated(b'a,b\n1,2\n', b'"' + b"x" * 99 + b'\n",'), "3: longer than"),
    ("a header", "csv", repeated(b"a,", b"x"), "x.csv{}:1: the header cannot be read: longer than"),
]  # fmt: skip
SPARE = 20  # MiB, 20 rows of the longest; a row is held as bytes, as text and, by csv, with four bytes a character


@pytest.mark.core(5)
@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize(("what", "ending", "content", "said"), BOMBS, ids=[case[0] for case in BOMBS])
def test_a_row_without_end(
    what: str, ending: str, content: Callable[[int], Iterator[bytes]], said: str, packing: str, tmp_path: Path
) -> None:
    path = tmp_path / f"x.{ending}{packing}"
    with PACK[packing](path, "wb") as file:
        for block in content(5):
            file.write(block)
    found = reading(path)
    told = [*found["bad"], str(found["error"])]  # type: ignore[misc]
    assert any(said.format(packing) in each for each in told) if said else told == [""], found
    assert int(str(found["mib"])) < SPARE, found


@pytest.mark.parametrize("packing", PACK)
def test_a_file_that_unpacks_to_far_more_than_a_dataset_is_refused(packing: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.jsonl{packing}"
    path.write_bytes(b"".join(bombed(packing, 64)))
    found = reading(path)
    assert "x.jsonl" in str(found["error"]) and "unpack it yourself" in str(found["error"]), found
    assert ":2: its " in str(found["error"]) and int(str(found["mib"])) < SPARE, found


def bombed(packing: str, mib: int) -> Iterator[bytes]:
    """Packed again and again, gzip packs no more than 1032 times; a file of many small parts may hold more."""
    part = {".gz": gzip.compress, ".zst": zstd.compress}[packing](b"\0" * (32 * MIB))
    yield {".gz": gzip.compress, ".zst": zstd.compress}[packing](b'{"a":1}\n')
    yield from (part for _ in range(mib // 32))


def test_a_wide_window_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl.zst"
    options = {zstd.CompressionParameter.window_log: 31}
    with zstd.open(path, "wb", options=options) as file:
        file.write(b'{"a":1}\n' * 1000)
    found = reading(path)
    assert found["error"] == f"{path}: its window is wider than 128 MiB; unpack it first: zstd -d --long=31 x.jsonl.zst"


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_brackets_in_brackets(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b'}\n{"a":1}\n')
    found = reading(path)
    assert found["rows"] == 1 and found["bad"] == ["1: not valid JSON: nested too deeply"], found


def table(path: Path, columns: dict[str, list[object]], **options: object) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table(columns), path, compression="zstd", **options)


@pytest.mark.parametrize("kib", [512, 1536])
def test_a_text_that_many_rows_of_parquet_share(kib: int, tmp_path: Path) -> None:
    """2,000 rows of half a MiB are a GiB in a batch; of one and a half, none may be read."""
    path = tmp_path / "x.parquet"
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), pa.array(["x" * (kib * 1024)]))
    pq.write_table(
        pa.table({"text": texts}), path, compression="zstd", store_schema=False, dictionary_pagesize_limit=1 << 30
    )
    found = reading(path)
    assert "unpack to more than" in str(found["error"]), found
    bad = [each.partition(" than ")[0] for each in found["bad"]]  # type: ignore[attr-defined]
    assert bad == ([] if kib == 512 else [f"{line}: longer" for line in range(1, 6)])  # fmt: skip
    assert int(str(found["mib"])) < SPARE, found


def test_a_column_of_parquet_that_unpacks_to_much(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    table(path, {"text": ["x" * (16 * MIB)]}, use_dictionary=False)
    found = reading(path)
    assert "x.parquet: its " in str(found["error"]) and "unpack to more than 16 MiB" in str(found["error"]), found
    assert int(str(found["mib"])) < SPARE, found


def test_a_list_of_nothing_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    table(path, {"text": ["x"], "list": [[None] * (10 * MIB)]})
    found = reading(path)
    assert "unpack to more than 10 MiB" in str(found["error"]) and int(str(found["mib"])) < SPARE, found


def test_a_workbook_that_unpacks_to_much(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b" " * (65 * MIB))
    with pytest.raises(DataError, match=r"x\.xlsx: unpacks to 65 MiB, as no sheet does"):
        next(read_xlsx(tmp_path / "x.xlsx"))


def test_the_limits_are_those_that_the_documentation_names() -> None:
    assert (LONGEST, MUCH) == (32 << 20, 1 << 30)
