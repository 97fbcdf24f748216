"""`babelset models`: what is here, and what may be asked for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from babelset.cli.app import app
from babelset.cli.models import _pair
from babelset.errors import ConfigError

TINY = Path(__file__).parents[1] / "models" / "tiny-nllb"
FILES = {"model.enes.bin": b"weights", "vocab.enes.spm": b"vocabulary"}


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["models", *arguments])


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BABELSET_MODELS", str(tmp_path / "home"))
    monkeypatch.setattr("babelset.engines.firefox.models.packaged", lambda: None)
    (tmp_path / "mirror" / "en-es").mkdir(parents=True)
    records = []
    for name, content in FILES.items():
        (tmp_path / "mirror" / "en-es" / name).write_bytes(content)
        digest, location = hashlib.sha256(content).hexdigest(), {"location": f"en-es/{name}"}
        record = {"name": name, "fileType": name.partition(".")[0], "sourceLanguage": "en", "targetLanguage": "es"}
        records.append({**record, "version": "3.0", "decompressedHash": digest, "attachment": location})
    (tmp_path / "mirror" / "records.json").write_text(json.dumps({"data": records}))
    return tmp_path / "mirror"


def test_fetch_and_list(mirror: Path, tmp_path: Path) -> None:
    assert "no models in" in call("list").output
    done = call("get", "firefox", "en-es", "--from", str(mirror))
    assert done.exit_code == 0 and done.stdout == "en-es\n", done.output
    folder = tmp_path / "home" / "firefox" / "en-es"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert call("list").stdout == f"firefox\ten-es\t0\t{folder}\n"
    assert json.loads(call("list", "--json").stdout)[0]["pair"] == "en-es"


def test_into_another_folder(mirror: Path, tmp_path: Path) -> None:
    assert call("get", "firefox", "en-es", "--from", str(mirror), "--to", str(tmp_path / "there")).exit_code == 0
    assert (tmp_path / "there" / "en-es" / "vocab.enes.spm").exists() and not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nllb", "en-es"], "There are: firefox"),
        (["firefox", "en"], "write the pair as FROM-TO"),
        (["firefox", "en-xyzzy"], "unknown language"),
        (["firefox", "en-fr"], "no model from English into French. There are: en-es"),
    ],
)
def test_what_cannot_be_fetched(arguments: list[str], message: str, mirror: Path) -> None:
    done = call("get", *arguments, "--from", str(mirror))
    assert done.exit_code == 2 and message in done.output


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        ("en-es", "en", "es"), ("en-pt-BR", "en", "pt-BR"), ("zh-Hans-en", "zh-Hans", "en"), ("eng_Latn-spa_Latn", "en", "es"),
        ("pt-BR-es", "pt-BR", "es"), ("English-Spanish", "en", "es"),
    ],
)  # fmt: skip
def test_pairs(text: str, source: str, target: str) -> None:
    pair = _pair(text)
    assert (pair.source.bcp47, pair.target.bcp47) == (source, target)


@pytest.mark.parametrize("text", ["", "-", "en", "en-zh", "en--es"])
def test_no_pairs(text: str) -> None:
    with pytest.raises(ConfigError):
        _pair(text)


def test_a_vocabulary_map(tmp_path: Path) -> None:
    texts, output = tmp_path / "ca.jsonl", tmp_path / "ca.vmap"
    texts.write_text(json.dumps({"a": ["el", {"b": "gos"}], "n": 1, "_babelset": {"c": "aigua"}}) + "\n", "utf-8")
    arguments = ["vmap", str(TINY), str(texts), "-o", str(output)]
    done = call(*arguments)
    assert done.exit_code == 0, done.output
    tokens = output.read_text("utf-8").removeprefix("\t").removesuffix("\n").split(" ")
    assert done.stdout == f"{len(tokens)} tokens\n"
    assert {"▁el", "▁gos"} <= set(tokens) and "▁aigua" not in tokens
    assert call(*arguments).exit_code == 0  # it is this map
    output.write_text("mine\n")
    again = call(*arguments)
    assert again.exit_code == 2 and "add --force" in again.output and output.read_text() == "mine\n"
    assert call(*arguments, "--force").exit_code == 0


@pytest.mark.parametrize("taken", ["texts", "model"])
def test_a_map_goes_over_nothing_that_is_read(taken: str, tmp_path: Path) -> None:
    texts = tmp_path / "ca.txt"
    texts.write_text("el gos\n", "utf-8")
    output = texts if taken == "texts" else TINY / "config.json"
    before = output.read_bytes()
    done = call("vmap", str(TINY), str(texts), "-o", str(output), "--force")
    assert done.exit_code == 2 and output.read_bytes() == before
