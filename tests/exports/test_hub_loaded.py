"""`datasets` itself reads an export for the hub, offline: that of lm-eval's environment, or the one that is here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.exports.test_hub import ECHO, OFF, row, run, write

APART = Path(os.environ.get("BABELSET_DATASETS_PYTHON") or Path(sys.prefix, "lmeval", "bin", "python"))
PYTHON = APART if APART.exists() else Path(sys.executable)
LOAD = """
import json, os
from datasets import get_dataset_config_names, load_dataset
names = get_dataset_config_names("out")
found = {name: {split: list(rows) for split, rows in load_dataset("out", name).items()} for name in names}
streamed = sum(1 for _ in load_dataset("out", names[0], split="train", streaming=True))
print(json.dumps([found, streamed]), flush=True)
os._exit(0)  # threads of its streaming may end the process otherwise ("terminate called")
"""

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not APART.exists() and find_spec("datasets") is None, reason="datasets is not installed"),
]


def test_datasets_loads_each_language_with_its_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from babelset.exports.hub import Hub

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Hub, "shard", 4000)
    Path("off.toml").write_text(OFF)
    many = [row(f"river {number}", n=number, **({"late": ["a"]} if number == 39 else {})) for number in range(40)]
    write("rows.train.jsonl", many)
    write("rows.test.jsonl", [row("moon", n=0.5)])
    for to in ("ca", "es"):
        run(f"translate rows.train.jsonl rows.test.jsonl --to {to} -o {to}.jsonl {ECHO} --leave-unknown")
    run("export ca.jsonl es.jsonl --as hub -o out --with-evidence")
    assert len(list(Path("out/data/ca").iterdir())) > 3
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    done = subprocess.run([str(PYTHON), "-c", LOAD], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    found, streamed = json.loads(done.stdout)
    assert sorted(found) == ["ca", "es"] and streamed == 40
    for tag, splits in found.items():
        expected = [f"⟦{tag}⟧{each['instruction']}" for each in many]
        assert _column(splits["train"], "instruction") == expected
        assert _column(splits["train"], "late")[-2:] == [None, ["a"]] and _column(splits["test"], "n") == [0.5]
        assert all(isinstance(json.loads(text), dict) for text in _column(splits["test"], "_babelset"))


def _column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [each[name] for each in rows]
