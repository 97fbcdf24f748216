"""
`datasets` of two versions, pandas, polars and duckdb themselves read what is written: `make test-engines`.

Today's `datasets` is in TRL's environment, 4.0 in LLaMA-Factory's, which wants no later one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.exports import loaded

TRL = Path(os.environ.get("BABELSET_TRL_PYTHON") or Path(sys.prefix, "trl", "bin", "python"))
LLAMA_FACTORY = Path(
    os.environ.get("BABELSET_LLAMA_FACTORY_PYTHON") or Path(sys.prefix, "llamafactory", "bin", "python")
)

DATASETS = """
import json, sys
from pathlib import Path
import datasets
datasets.disable_progress_bars()
kinds = {"jsonl": "json", "csv": "csv", "parquet": "parquet", "json": "json"}
found = {"version": datasets.__version__}
for path in json.load(sys.stdin):
    try:
        data = datasets.load_dataset(kinds[path.rsplit(".", 1)[1]], data_files=path, split="train", cache_dir="cache")
        found[path] = [len(data), {name: str(kind) for name, kind in data.features.items()}, data[0]]
    except Exception as error:
        found[path] = [0, {}, f"{type(error).__name__}: {error} {error.__cause__}"]
print(json.dumps(found, default=str))
"""
TABLES = """
import json, sys
import duckdb, pandas, polars
found = {}
for path in json.load(sys.stdin):
    found[path] = [
        len(pandas.read_parquet(path)), len(polars.read_parquet(path)),
        duckdb.sql(f"select count(*) from '{path}'").fetchall()[0][0], list(pandas.read_parquet(path).columns),
        polars.read_parquet(path).columns, [each[0] for each in duckdb.sql(f"describe select * from '{path}'").fetchall()],
    ]
print(json.dumps(found))
"""


def there(python: Path) -> Any:
    return [pytest.mark.engine, pytest.mark.skipif(not python.exists(), reason=f"{python} is not there")]


def asked(python: Path, script: str, folder: Path, told: Any) -> Any:
    """What a script prints as JSON, in an environment of its own, offline."""
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf"), "PYTHONPATH": ""}
    done = subprocess.run(
        [str(python), "-c", script], input=json.dumps(told), cwd=folder, env=offline, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    folder = tmp_path_factory.mktemp("consumers")
    return folder, loaded.made(folder)


@pytest.mark.parametrize(
    ("python", "version"),
    [pytest.param(TRL, "5.", marks=there(TRL)), pytest.param(LLAMA_FACTORY, "4.0.", marks=there(LLAMA_FACTORY))],
)
def test_datasets_loads_every_export_of_every_schema(python: Path, version: str, work: Any) -> None:
    folder, counts = work
    assert len(counts) > 150
    found = asked(python, DATASETS, folder, list(counts))
    assert found.pop("version").startswith(version)
    assert {path: rows for path, (rows, _, _) in found.items()} == counts, [
        (path, why) for path, (rows, _, why) in found.items() if rows != counts[path]
    ]
    for path, (_, features, first) in found.items():
        if path.endswith("/ca.jsonl"):
            assert "'string'" in features["_babelset"] and json.loads(first["_babelset"])["row"] == 0
        elif "id" in features and not path.endswith(".csv"):
            assert "'string'" in features["id"], path


@pytest.mark.engine
@pytest.mark.skipif(not TRL.exists(), reason=f"{TRL} is not there")
def test_tables_are_read(work: Any) -> None:
    folder, counts = work
    tables = {path: rows for path, rows in counts.items() if path.endswith(".parquet")}
    assert len(tables) > 20
    for path, (*lengths, pandas, polars, duckdb) in asked(TRL, TABLES, folder, list(tables)).items():
        assert lengths == [tables[path]] * 3 and pandas == polars == duckdb and "id" in pandas
