"""`babelset coverage`: parallel files are found, and a model's vectors compared."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.engines import hiddenstates

EN = ["The library is open.", "It rains.", "We sell bread.", "The train leaves.", ""]
CA = ["La biblioteca és oberta.", "Plou.", "Venem pa.", "El tren surt.", ""]
HI = ["क", "ख", "ग", " ", "घ"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("texts").mkdir()
    for name, lines in (("news-src.eng.txt", EN), ("cat_Latn.devtest", CA), ("hi.txt", HI)):
        Path("texts", name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    Path("texts/README.md").write_text("about")


class Circle:
    """Knows English and Catalan sentences, and nothing else."""

    def encode(self, texts: Sequence[str]) -> Any:
        places = [(EN.index(text) if text in EN else CA.index(text)) if text in EN + CA else 9 for text in texts]
        return np.eye(10, dtype=np.float32)[places]


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["coverage", "--model", "model", "--parallel", "texts", *words])
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    return done.output


def test_what_a_sentence_encoder_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiddenstates, "encoder", lambda name: Circle())
    before = sorted(Path().rglob("*"))
    said = run("--to", "ca,hi")
    assert sorted(Path().rglob("*")) == before, "nothing is written"
    assert said.splitlines() == [
        "3 sentences, 1 layers, compared with English",
        "ca: MEXA 1.000 (layer 0: 1.000), cosine 1.000",
        "hi: MEXA 0.000 (layer 0: 0.000), cosine 0.000",
    ]
    told = json.loads(run("--to", "ca", "--json"))
    assert told["sentences"] == 4 and told["languages"]["ca"]["layers"] == [{"mexa": 1.0, "cosine": 1.0}]
    assert json.loads(run("--to", "ca", "--json", "--sentences", "2"))["sentences"] == 2
    assert json.loads(run("--to", "en", "--from", "ca", "--json"))["languages"]["en"]["mexa"] == 1


@pytest.mark.parametrize(
    ("name", "content", "words", "said"),
    [
        ("more.ca.txt", "x\n", ["--to", "ca"], "one file named after Catalan is wanted"),
        ("x", "", ["--to", "fr"], "there: none"),
        ("fr.txt", "a\nb\n", ["--to", "fr"], "not parallel, their lines are: en 5, fr 2"),
        ("fr.txt", "\n\n\na\n\n", ["--to", "fr"], "two sentences at least"),
        ("x", "", ["--to", "ca", "--parallel", "gone"], "name a folder of parallel texts"),
        ("x", "", ["--to", "qq"], "unknown language"),
        ("x", "", ["--to", "ca"], "no such folder"),
    ],
)
def test_what_cannot_be_compared(name: str, content: str, words: list[str], said: str) -> None:
    Path("texts", name).write_text(content)
    assert said in run(*words, code=2).replace("\n", " ")


def test_pickles_and_missing_packages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("model").mkdir()
    Path("model/pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    assert "pickles are not loaded" in run("--to", "ca", code=2).replace("\n", " ")
    Path("model/model.safetensors").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "babelset[coverage]" in run("--to", "ca", code=2)


def test_what_is_not_utf_8() -> None:
    Path("texts/fr.txt").write_bytes(b"\xff\n" * 5)
    assert "not UTF-8" in run("--to", "fr", code=3)


@pytest.mark.engine
@pytest.mark.parametrize("pooling", ["weighted", "last"])
def test_every_layer_of_a_language_model(pooling: str, tmp_path: Path) -> None:
    """A Llama that knows nothing, by transformers; the vectors are recomputed here."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    make = Path(__file__).parents[1] / "models" / "make_rot13.py"
    subprocess.run([sys.executable, str(make), str(tmp_path / "model")], check=True)
    found = json.loads(run("--to", "ca", "--pooling", pooling, "--json"))["languages"]["ca"]
    network = transformers.AutoModel.from_pretrained(str(tmp_path / "model"), dtype="auto").eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(tmp_path / "model"))

    def vectors(texts: Sequence[str], layer: int) -> Any:
        rows = []
        for text in texts:
            ids = tokenizer(text, return_tensors="pt")["input_ids"]
            states = network(input_ids=ids, output_hidden_states=True).hidden_states[layer][0].double().detach().numpy()
            places = np.arange(1, len(states) + 1)
            rows.append(states[-1] if pooling == "last" else (states * places[:, None]).sum(0) / places.sum())
        return np.array(rows)

    for layer, told in enumerate(found["layers"]):
        one, other = vectors(EN[:4], layer), vectors(CA[:4], layer)
        cosine = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(one, other, strict=True)]
        assert told["cosine"] == pytest.approx(np.mean(cosine), abs=1e-6)
    assert len(found["layers"]) == network.config.num_hidden_layers + 1 and torch
