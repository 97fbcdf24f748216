"""What is known of input files: which rows a run that goes on has still to read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from babelset.files.reading import read
from babelset.files.shard import Shard
from babelset.files.survey import survey

ROWS = [{"text": f"River {number}."} for number in range(10)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.fixture(params=["in.jsonl", "in.jsonl.gz", "in.txt", "in.parquet", "in.csv", "in.json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / request.param
    texts = [row["text"] for row in ROWS]
    if path.suffix == ".parquet":
        pyarrow = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table({"text": texts}), path, row_group_size=3)
    else:
        content = {
            ".txt": "\n".join(texts), ".csv": "text\n" + "\n".join(texts), ".json": json.dumps(ROWS),
        }.get(path.suffix, LINES).encode()  # fmt: skip
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return str(path)


@pytest.mark.parametrize(
    ("done", "shard", "first", "rows"),
    [
        ((), None, 0, range(20)),
        ((1, 2), None, 0, range(20)),
        ((0, 1, 3), None, 2, range(6, 20)),
        (range(7), None, 6, range(18, 20)),  # of the last chunk it is not known beforehand how much there is
        ((0, 2), Shard(2, 2), 1, range(12, 20)),
    ],
)
@pytest.mark.parametrize("counted", [True, False])
def test_a_run_that_goes_on_reads_from_the_first_chunk_that_is_not_done(path, done, shard, first, rows, counted):
    seen = survey([path, path], shard=shard, count=counted)
    begun, within = seen.left(seen.within(shard, 3), set(done), 3)
    if path.endswith((".csv", ".json")):  # which cannot be passed over
        assert (begun, within) == (0, seen.within(shard, 3))
    else:
        assert begun == first
        assert [row.number for row in read([path, path], within=within)] == list(rows)
