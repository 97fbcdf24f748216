"""The public face: every name in `babelset.__all__` is there, documented, typed, and loaded only when it is used."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import babelset
from babelset import errors

ROOT = Path(__file__).resolve().parents[1]
NAMES = [name for name in babelset.__all__ if not name.startswith("_")]
CALLED_ALONE = ["translate", "export", "add_scores", "refilter", "build_scorers", "build_filters", "read", "find"]


def test_the_names_are_sorted_and_listed_once() -> None:
    assert babelset.__all__ == sorted(set(babelset.__all__))
    assert set(babelset.__all__) <= set(dir(babelset))


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_what_its_module_defines(name: str) -> None:
    found = getattr(babelset, name)
    assert found.__name__ == name and found is getattr(sys.modules[found.__module__], name)
    assert found.__module__.startswith("babelset.")


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_documented(name: str) -> None:
    doc = inspect.cleandoc(vars(getattr(babelset, name)).get("__doc__") or getattr(babelset, name).__doc__ or "")
    promise = doc.partition("\n\n")[0]
    assert promise and not promise.startswith(f"{name}("), "no docstring but the one a dataclass makes"
    assert promise.rstrip().endswith((".", ":", '"')), promise


@pytest.mark.parametrize("name", CALLED_ALONE)
def test_what_is_called_has_an_example_or_says_what_it_raises(name: str) -> None:
    doc = getattr(babelset, name).__doc__
    assert re.search(r">>> |`|[Rr]aises|Error", doc), doc


def test_every_error_is_public() -> None:
    own = {name for name, kind in vars(errors).items() if inspect.isclass(kind) and kind.__module__ == errors.__name__}
    assert own <= set(babelset.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'babelset' has no attribute 'translat'"):
        babelset.translat  # noqa: B018


def test_type_checkers_see_the_names_that_are_loaded() -> None:
    """What is imported for type checkers is what `__getattr__` finds, from the same modules."""
    text = Path(babelset.__file__ or "").read_text("utf-8")
    block = text.partition("if TYPE_CHECKING:\n")[2].partition("\n_HOMES")[0]
    namespace: dict[str, object] = {}
    exec(textwrap.dedent(block), namespace)
    assert {name: namespace[name] for name in NAMES} == {name: getattr(babelset, name) for name in NAMES}


@pytest.mark.engine
def test_mypy_sees_the_types(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(
        "from babelset import Job, Manifest, translate\n"
        "manifest: Manifest = translate(Job(inputs=('a.jsonl',), output='b.jsonl', target='ca'))\n"
        "wrong: int = translate\n"
    )
    config = [f"--config-file={ROOT}/pyproject.toml", f"--cache-dir={ROOT}/.mypy_cache"]  # as `make lint` left it
    command = [sys.executable, "-m", "mypy", *config, "user.py"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}  # mypy does not see through an editable install
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert re.findall(r"user\.py:(\d+): error", done.stdout) == ["3"], done.stdout + done.stderr


def test_import_loads_nothing_but_the_package() -> None:
    code = "import sys; before = set(sys.modules); import babelset; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {name for name in done.stdout.split() if name.startswith("babelset.")}
    assert not {"pydantic", "typer", "rich", "numpy", "orjson"} & set(done.stdout.split())
