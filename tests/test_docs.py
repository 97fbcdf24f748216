"""The documentation says what the code says, builds without a network, and its examples run."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from babelset.contracts.evidence import evidence_of
from babelset.files.reading import read
from babelset.files.row import KEY

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TEXTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md")]
PAGES = sorted(path.stem for path in (DOCS / "reference").glob("*.md"))


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("generate")


def test_every_page_is_generated(generator: ModuleType) -> None:
    assert sorted(generator.PAGES) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(name: str, generator: ModuleType) -> None:
    committed = (DOCS / "reference" / f"{name}.md").read_text("utf-8")
    assert committed == generator.page(name), f"docs/reference/{name}.md is out of date: run `make docs`"


def test_reliability_is_what_was_measured() -> None:
    committed = (DOCS / "reliability.md").read_text("utf-8")
    assert committed == script("reliability").page(), "docs/reliability.md is out of date: run `make docs`"


def test_the_generator_notices_a_changed_option(generator: ModuleType) -> None:
    key = generator.Key("tolerance", "float", "2.0", "a <b> | c")
    assert generator.keys("", [key]).splitlines()[-1] == "| `tolerance` | `float` | `2.0` | a &lt;b> \\| c |"


def test_every_filter_command_and_key_is_in_the_reference(generator: ModuleType) -> None:
    from babelset.cli.app import app
    from babelset.contracts.evidence import Evidence
    from babelset.work.manifest import Manifest

    commands = [command.name for command in app.registered_commands]
    assert len(commands) > 12 and all(f"## babelset {name}\n" in generator.page("commands") for name in commands)
    formats = generator.page("formats")
    assert all(f"| `{key}` |" in formats for key in {**Evidence.__annotations__, **Manifest.__annotations__})


def test_the_site_builds_strictly_and_fetches_nothing(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, done.stderr
    for page in tmp_path.rglob("*.html"):
        text = page.read_text("utf-8")
        assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"?(?:https?:)?//[^>]*", text), page


@pytest.mark.parametrize("path", [*TEXTS, *sorted(DOCS.glob("*.md"))], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text("utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]


def python_of_the_readme() -> str:
    section = (ROOT / "README.md").read_text("utf-8").partition("\n## Ten lines of Python\n")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found
    return found[1]


def test_ten_lines_are_ten() -> None:
    assert len([line for line in python_of_the_readme().splitlines() if line.strip()]) == 10


def run(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(folder)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "README.md", "exec"), {})
    return said.getvalue()


def test_ten_lines_of_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the translator that needs nothing, as the example itself says it can be."""
    said = run(python_of_the_readme().replace('"apertium"', '"echo"'), tmp_path, monkeypatch)
    assert said.startswith("{'read': 25, 'accepted': ") and "untranslatable" in said
    assert (tmp_path / "out/ca.messages.jsonl").exists()


@pytest.mark.engine
def test_ten_lines_of_python_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/usr/share/apertium/modes/eng-cat.mode").exists():
        pytest.skip("Apertium is not installed: `make apertium`")
    code = python_of_the_readme()
    said = run(code, tmp_path, monkeypatch)
    promised = re.search(r"# ({'read'.*})", code)
    assert promised and said.splitlines()[0] == promised[1]


TRANSLATED = r"turned away|stands? beside|goes on (?:where|with)|at last\b|scores lie|not judged by|so many rows"


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda path: path.name)
def test_the_usual_words(path: Path) -> None:
    """Phrases that sound translated do not come back; the reference holds all help texts."""
    assert not re.findall(TRANSLATED, path.read_text("utf-8"))


@pytest.mark.engine
@pytest.mark.parametrize("page", ["benchmarks.md", "training.md"])
def test_the_commands_of_a_page_say_what_it_says(page: str, tmp_path: Path) -> None:
    lm_eval = Path(os.environ.get("BABELSET_LMEVAL_PYTHON") or Path(sys.prefix, "lmeval", "bin", "python")).parents[1]
    text = (DOCS / page).read_text("utf-8")
    if ("lmeval/bin" in text and not lm_eval.exists()) or not Path("/usr/share/apertium/modes/cat-eng.mode").exists():
        pytest.skip(f"{lm_eval} with lm-eval, or Apertium, is not there: `make test-engines`")
    (tmp_path / "lmeval").symlink_to(lm_eval)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    blocks = re.findall(r"```bash\n(.*?)```\n```text\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == text.count("```bash")
    for code, promised in blocks:
        env = {**os.environ, "PATH": path, "HF_HOME": str(tmp_path / "hf")}
        done = subprocess.run(["bash", "-c", code], cwd=tmp_path, capture_output=True, text=True, env=env)
        assert [line for line in done.stdout.splitlines() if line] == promised.splitlines(), done.stderr


@pytest.mark.engine
def test_the_first_block_of_the_readme_is_what_examples_give(tmp_path: Path) -> None:
    """Up to the data of Apertium's rules, by which its signature tells one machine from another."""
    if not Path("/usr/share/apertium/modes/eng-cat.mode").exists():
        pytest.skip("Apertium is not there: `make test-engines`")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    text = (ROOT / "README.md").read_text("utf-8")
    command, *promised = re.findall(r"```console\n\$ (.*?)```", text, re.DOTALL)[0].splitlines()
    done = subprocess.run(
        [str(Path(sys.executable).parent / "babelset"), *command.split()[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    said = (done.stderr + done.stdout).splitlines()
    assert [line for line in said if line in promised] == promised, said
    rows = {
        row.data["id"]: row.data for row in read([str(path) for path in sorted((tmp_path / "out").glob("*.jsonl"))])
    }
    block = re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0]
    for shown in map(json.loads, re.split(r"\n(?=\{)", block)):
        made, evidence = rows[shown["id"]], evidence_of(rows[shown["id"]])
        assert [made[key] for key in ("instruction", "input", "output")] == [
            shown[key] for key in ("instruction", "input", "output")
        ]
        assert (evidence["row"], evidence["status"]) == (shown[KEY]["row"], shown[KEY]["status"])
        for verdict in shown[KEY].get("verdicts", [])[:1]:
            assert verdict in evidence["verdicts"]
