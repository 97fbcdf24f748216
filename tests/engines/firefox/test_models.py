"""Which folders hold models, of which languages, and what leads from one to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from babelset.engines.firefox import models
from babelset.engines.firefox.models import installed, named, route, tags, within
from babelset.errors import ConfigError
from babelset.languages import Pair, find


def make(folder: Path, letters: str, *more: str, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    for name in (
        f"model.{letters}.intgemm.alphas.bin",
        *(more or (f"vocab.{letters}.spm", f"lex.50.50.{letters}.s2t.bin")),
    ):
        (folder / name).write_bytes(weights + name.encode())
    return folder


@pytest.fixture
def some(tmp_path: Path) -> list[models.Model]:
    for pair in ("en-es", "es-en", "en-pt", "fr-en", "en-zh", "en-zh_hant", "nb-en"):
        make(tmp_path / "models" / pair, "xx")
    make(tmp_path / "models" / "de-fr", "defr")
    return within([tmp_path / "models"])


@pytest.mark.parametrize(
    ("source", "target", "names"),
    [
        ("en", "es", "en-es"), ("en-US", "es-MX", "en-es"), ("es", "en", "es-en"), ("en", "pt-BR", "en-pt"), ("en", "pt", "en-pt"),
        ("en", "pt-PT", ""), ("es", "pt-BR", "es-en en-pt"), ("fr", "es", "fr-en en-es"), ("de", "fr", "de-fr"),
        ("en", "zho_Hans", "en-zh"), ("en", "zho_Hant", "en-zh_hant"), ("nob_Latn", "es", "nb-en en-es"),
        ("en", "fr", ""), ("pt", "en", ""), ("en", "en", ""), ("ca", "gl", ""),
    ],
)  # fmt: skip
def test_the_way_from_one_language_to_another(source: str, target: str, names: str, some: list[models.Model]) -> None:
    assert " ".join(model.name for model in route(some, Pair(find(source), find(target)))) == names


def test_a_regional_source_is_read_by_the_model_of_the_language() -> None:
    assert tags(find("pt-PT"), writes=False) == ["pt-pt", "pt"] and tags(find("pt-PT")) == ["pt-pt"]


@pytest.mark.parametrize(
    ("folder", "letters", "more", "name"),
    [
        ("en-es", "enes", (), "en-es"),
        ("enpt-1693087644", "enpt", (), "en-pt"),
        ("anything", "enpt", (), "en-pt"),
        ("en-ja", "enja", ("srcvocab.enja.spm", "trgvocab.enja.spm"), "en-ja"),
    ],
)
def test_a_folder_with_one_model(folder: str, letters: str, more: tuple[str, ...], name: str, tmp_path: Path) -> None:
    [model] = named(str(make(tmp_path / folder, letters, *more)))
    assert model.name == name and len(model.files) == 3 + (not more)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "no model of Firefox Translations"),
        (["vocab.enes.spm"], "no model of Firefox Translations"),
        (["model.enes.bin"], "without its vocabulary"),
        (["model.enes.bin", "srcvocab.enes.spm"], "without its vocabulary"),
        (["model.enes.bin", "model.enfr.bin", "vocab.enes.spm"], "2 files are called"),
        (["model.x.bin", "vocab.x.spm"], "which languages is the model for"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(files: list[str], message: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(ConfigError, match=message):
        named(str(tmp_path))
    with pytest.raises(ConfigError, match="no such folder"):
        named(str(tmp_path / "nowhere"))


def test_the_signature_changes_with_every_byte_and_not_with_the_place(tmp_path: Path) -> None:
    one, same, other = (
        named(str(make(tmp_path / place / "en-es", "enes", weights=weights)))[0].signature
        for place, weights in (("a", b"1"), ("b", b"1"), ("c", b"2"))
    )
    assert one == same != other and one.startswith("en-es:")


def test_our_folder_goes_before_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BABELSET_MODELS", str(tmp_path / "own"))
    own = make(tmp_path / "own" / "firefox" / "en-pt", "enpt")
    make(tmp_path / "own" / "firefox" / ".en-fr.part", "enfr")
    packaged = make(tmp_path / "package" / "enpt-17", "enpt").parent
    make(packaged / "pten-17", "pten")
    monkeypatch.setattr(models, "packaged", lambda: packaged)
    assert {model.name: model.weights.parent for model in installed()} == {"en-pt": own, "pt-en": packaged / "pten-17"}


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({"BABELSET_MODELS": "/m"}, "/m/firefox"),
        ({"XDG_DATA_HOME": "/d"}, "/d/babelset/models/firefox"),
        ({"XDG_DATA_HOME": "relative"}, "~/.local/share/babelset/models/firefox"),
        ({}, "~/.local/share/babelset/models/firefox"),
    ],
)
def test_where_models_are_kept(env: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BABELSET_MODELS", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert models.home() == Path(folder).expanduser()
