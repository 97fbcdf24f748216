"""What is known of the licences of data and models stands in the manifest, and decides nothing."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from babelset.contracts.engine import Engine
from babelset.filters.cometkiwi import CometKiwi
from babelset.filters.copied import Copied
from babelset.filters.roundtrip import Roundtrip
from babelset.scoring.scores import Scoring, add_scores
from babelset.translation.job import Job
from babelset.translation.run import translate
from babelset.translators.apertium import Apertium
from babelset.work.licenses import Licenses, card_license, licenses

BOMB = (
    "---\na0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 99)) + "license: *a98\n---"
)
CARDS = [
    # what it shows, README.md, the licence
    ("one licence", "---\nlanguage: en\nlicense: cc-by-nc-4.0\n---\n# Alpaca", "cc-by-nc-4.0"),
    ("in quotes, with a comment", "---\nlicense: 'MIT' \n---", "MIT"),
    ("a list", "---\nlicense:\n- cc-by-4.0\n- odc-by\nsize: 1\n---", "cc-by-4.0, odc-by"),
    ("nothing said", "---\nlanguage: en\n---\nlicense: mit", ""),
    ("no front matter", "# A project\n\nlicense: mit\n---\n", ""),
    ("front matter without end", "---\nlicense: mit\n", ""),
    ("a list in brackets", "---\nlicense: [cc-by-4.0, 'odc-by']\n---", "cc-by-4.0, odc-by"),
    ("two words", '---\nlicense: "Apache 2.0"  # see LICENSE\n---', "Apache 2.0"),
    ("folded", "---\nlicense: >-\n  cc-by-sa-4.0\n---", "cc-by-sa-4.0"),
    ("what looks like a date or a truth", "---\nlicense: [2024-13-45, no]\n---", "2024-13-45, no"),
    ("of something else", "---\nbase:\n  license: mit\n---", ""),
    ("a mapping", "---\nlicense: {name: mit}\n---", ""),
    ("markup", "---\nlicense: <b>mit\u202e</b>\n---", "b mit b"),
    ("control characters", "---\nlicense: \x1b[31mmit\n---", ""),
    ("not YAML", "---\nlicense: mit: x\n---", ""),
    ("a tag that runs a command", "---\nlicense: !!python/object/apply:os.system [touch ran]\n---", "touch ran"),
    ("a bomb", BOMB, ""),
    ("a list in itself", "---\nlicense: &a [*a]\n---", ""),
    ("nested without end", "---\nlicense: " + "[" * 19_000 + "\n---", ""),
    ("many and long", "---\nlicense: [" + "a" * 88 + ", b" * 6000 + "]\n---", "a" * 88 + ", b" * 4),
    ("without end", "---\nlicense: " + "a" * 1_000_000 + "\n---", ""),
]


@pytest.mark.parametrize(("what", "text", "license"), CARDS, ids=[case[0] for case in CARDS])
def test_a_card_tells_its_licence(what: str, text: str, license: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(text, "utf-8")
    assert card_license(tmp_path) == license
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_no_card_tells_none(tmp_path: Path) -> None:
    assert card_license(tmp_path) == card_license(tmp_path / "nowhere") == ""
    (tmp_path / "README.md").write_bytes(b"\xff\xfe---\nlicense: mit\n---")
    assert card_license(tmp_path) == ""


def test_the_user_is_believed_before_a_card_and_each_model_speaks_for_itself(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---")
    inputs, silent = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")], SimpleNamespace(license="")
    models = {"apertium": Apertium(), "copied": Copied(), "cometkiwi": CometKiwi(), "mine": silent}
    told = {"apertium": "GPL (language data)", "cometkiwi": "CC-BY-NC-SA-4.0 (Unbabel's weights)", "mine": ""}
    assert licenses("odc-by", inputs, models) == {"data": "odc-by", "models": told}
    assert licenses(None, inputs, {}) == {"data": "mit", "models": {}}
    (tmp_path / "kiwi").mkdir()
    (tmp_path / "kiwi" / "README.md").write_text("---\nlicense: apache-2.0\n---")
    assert CometKiwi(model=str(tmp_path / "kiwi")).license == "apache-2.0"
    assert Roundtrip(translator="apertium").license == "GPL (language data)"


@pytest.mark.parametrize("manifest", [{}, {"licenses": "mit"}, {"licenses": {"data": ["mit"]}}, {"licenses": None}])
def test_a_manifest_that_tells_none(manifest: Any) -> None:
    assert Licenses.of(manifest) == Licenses("", {})


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "in.jsonl").write_text(
        json.dumps({"instruction": "Say hello.", "input": "", "output": "Hello."}) + "\n"
    )
    filters: dict[str, Any] = {"language": False}
    return Job(
        inputs=(str(tmp_path / "in.jsonl"),), output=str(tmp_path / "ca.jsonl"), target="ca",
        translator=Engine(name="echo"), filters=filters,
    )  # fmt: skip


def relicensed(job: Job, data: str | None, **changes: Any) -> Any:
    return translate(job.model_copy(update={"data_license": data, **changes}))["licenses"]["data"]


def test_the_licence_of_the_data_is_recorded_and_decides_nothing(job: Job, tmp_path: Path) -> None:
    assert relicensed(job, "cc-by-4.0") == "cc-by-4.0"
    before = (tmp_path / "ca.jsonl").stat()
    assert relicensed(job, None) == "cc-by-4.0", "a finished run keeps it"
    assert relicensed(job, "mit") == "mit", "what the user says last stands"
    manifest = json.loads((tmp_path / "ca.manifest.json").read_text("utf-8"))
    assert manifest["licenses"]["data"] == "mit" and "data_license" not in manifest["job"]
    assert (before.st_ino, before.st_mtime_ns) == ((after := (tmp_path / "ca.jsonl").stat()).st_ino, after.st_mtime_ns)
    assert "mit" not in (tmp_path / "ca.jsonl").read_text("utf-8")


def test_an_unfinished_run_goes_on_with_another_licence(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from babelset.translation import run

    with monkeypatch.context() as patch:
        patch.setattr(run.Tally, "report", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            relicensed(job, "mit")
    assert (tmp_path / "ca.work").exists() and relicensed(job, "cc-by-4.0") == "cc-by-4.0"


def test_a_scoring_tells_the_licences_of_the_run_too(job: Job, tmp_path: Path) -> None:
    relicensed(job, "odc-by", translator=Engine(name="apertium"), target="es")
    (tmp_path / "references.csv").write_text("source,target\nSay hello.,Saluda.\n")
    found = add_scores(Scoring([str(tmp_path / "ca.jsonl")], str(tmp_path / "s.jsonl"), [Roundtrip(translator="echo")]))
    assert found["licenses"] == {"data": "odc-by", "models": {"apertium": "GPL (language data)"}}
