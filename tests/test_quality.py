"""babelset costs the engine no quality, and loses nothing of real datasets: both through the whole command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared/data"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="real datasets are not here")


def results(script: str, *arguments: str | Path) -> list[dict[str, object]]:
    command = [sys.executable, ROOT / "benchmarks" / script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.engine
@pytest.mark.shared
@needs_data
def test_bleu_and_chrf_are_not_under_those_of_apertium_alone() -> None:
    for result in results("ntrex.py", SHARED / "ntrex128", "--languages", "ca", "es", "gl"):
        whole, alone = result["babelset"], result["apertium_alone"]
        assert isinstance(whole, dict) and isinstance(alone, dict)
        for name in ("bleu", "chrf"):
            assert whole[name] > alone[name] - 0.1, result


@pytest.mark.engine
@pytest.mark.shared
@needs_data
@pytest.mark.parametrize("language", ["ca", "es"])
def test_real_datasets_lose_nothing(language: str) -> None:
    files = ["mt_bench_question.jsonl", "seed_tasks.jsonl", "lf_glaive_toolcall_en_demo.json"]
    found = results("preservation.py", SHARED / "instruction", "--languages", language, "--files", *files)
    assert [result["file"] for result in found] == files
    assert found[2]["tool calls"]


@pytest.mark.engine
@pytest.mark.shared
@needs_data
def test_planted_errors_are_found_and_human_translations_pass(tmp_path: Path) -> None:
    out = tmp_path / "quality.json"
    results("quality.py", SHARED / "ntrex128", "--languages", "ca", "--rows", "100", "--result", out)
    sets = {name: found["ca"] for name, found in json.loads(out.read_text())["sets"].items()}
    for found in sets.values():
        caught = found["rejected"]["any check"]
        assert caught["untouched"] < 0.05
        assert min(caught[kind] for kind in ("untranslated", "repeated", "truncated")) > 0.8
        assert min(caught["untranslated"], caught["repeated"]) > 0.97
        assert found["auc"]["roundtrip"]["shuffled"] > 0.95
        assert found["auc"]["roundtrip"]["untranslated"] < 0.2, "which the checks must catch"
    assert sets["apertium"]["auc"]["reference"]["shuffled"] > 0.95
