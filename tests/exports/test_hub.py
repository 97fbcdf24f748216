"""A folder for the hub: shards, splits, columns, and a card that is true."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

pytest.importorskip("huggingface_hub")

import pyarrow.parquet
from huggingface_hub import DatasetCard

from babelset.cli.app import app
from babelset.exports.hub import Hub
from babelset.exports.hubcard import cell
from babelset.exports.strictest import ids, strictest
from tests.fakehub import FakeHub, card_faults

OFF = "[filters]\nlanguage = false\nscript = false\ncopied = false\ntask = false\nintact = false\n"
ECHO = "--translator echo --config off.toml -q"


def row(text: str, **more: Any) -> dict[str, Any]:
    return {"instruction": f"Describe the {text}.", "input": "", "output": f"The {text} is cold.", **more}


def write(name: str, rows: list[dict[str, Any]]) -> None:
    Path(name).write_text("".join(json.dumps(each) + "\n" for each in rows))


def run(command: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == code, done.output
    return done.output


def card(folder: str = "out") -> tuple[dict[str, Any], str]:
    """The metadata and the text of a card that the hub's own rules find nothing wrong with."""
    content = Path(folder, "README.md").read_text("utf-8")
    assert card_faults(content) == []
    assert DatasetCard(content).data.to_dict() == yaml.safe_load(content.split("---")[1])
    return yaml.safe_load(content.split("---")[1]), content.split("---", 2)[2]


def files(folder: str = "out") -> dict[str, list[dict[str, Any]]]:
    return {
        str(path.relative_to(folder)): pyarrow.parquet.read_table(path).to_pylist()
        for path in sorted(Path(folder).rglob("*.parquet"))
    }


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("off.toml").write_text(OFF)


def test_languages_splits_and_columns(hub: FakeHub) -> None:
    hub.put("anna/rivers", **{"train.jsonl": json.dumps(row("river", id=1)) + "\n", "test.jsonl": json.dumps(row("sea", note="x")) + "\n"})  # fmt: skip
    Path("off.toml").write_text(OFF + "length = false\n")
    for to in ("ca", "zh-Hant"):
        run(f"translate hf:anna/rivers --to {to} -o {to}.jsonl {ECHO} --leave note --data-license odc-by")
    run("export ca.jsonl zh-Hant.jsonl --as hub -o out")
    found = files()
    assert list(found) == [
        f"data/{tag}/{split}-00000-of-00001.parquet" for tag in ("ca", "zh-Hant") for split in ("test", "train")
    ]
    [test], [train] = list(found.values())[:2]
    assert (test["id"], test["note"], train["id"], train["note"]) == (None, "x", "1", None)
    told, text = card()
    assert told["configs"][0] == {
        "config_name": "ca",
        "data_files": [
            {"split": "test", "path": "data/ca/test-*"},
            {"split": "train", "path": "data/ca/train-*"},
        ],
    }
    assert told["language"] == ["ca", "zh"] and told["language_bcp47"] == ["ca", "zh-Hant"]
    assert told["source_datasets"] == ["anna/rivers"] and told["license"] == "odc-by"
    assert "| ca | Catalan | train | 1 |" in text and "hf:anna/rivers@" in text


def test_shards_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(f"river {number} {'x' * 40 * (number % 3)}") for number in range(40)]
    write("in.jsonl", rows)
    run(f"translate in.jsonl --to ca -o ca.jsonl {ECHO}")
    monkeypatch.setattr(Hub, "shard", 900)
    run("export ca.jsonl --as hub -o out")
    found = files()
    assert len(found) > 5 and all(name.endswith(f"-of-{len(found):05}.parquet") for name in found)
    assert [name[-len("00000-of-00000.parquet") :][:5] for name in found] == [f"{n:05}" for n in range(len(found))]
    sizes = [
        sum(len(json.dumps(each, ensure_ascii=False, separators=(",", ":"))) for each in part)
        for part in found.values()
    ]
    assert max(sizes) <= 900 and all(first + second > 500 for first, second in pairwise(sizes))
    instructions = [each["instruction"] for part in found.values() for each in part]
    assert instructions == [f"⟦ca⟧{each['instruction']}" for each in rows]
    kinds = {pyarrow.parquet.ParquetFile(path).metadata.row_group(0).column(0).compression for path in Path("out").rglob("*.parquet")}  # fmt: skip
    assert kinds == {"ZSTD"}


def test_columns_of_several_types(tmp_path: Path) -> None:
    late = [row(f"river {number}", n=number, tags=[]) for number in range(1200)]
    write("in.jsonl", [*late, row("sea", n=0.5, tags=["a"], m={"k": None}), row("moon", m={"k": "v"}, late=True)])
    run(f"translate in.jsonl --to ca -o ca.jsonl {ECHO} --leave-unknown --leave tags --leave m")
    run("export ca.jsonl --as hub -o out --with-evidence")
    [rows] = files().values()
    assert (rows[0]["n"], rows[0]["m"], rows[0]["late"]) == (0.0, None, None)
    assert rows[-1]["m"] == {"k": "v"} and rows[-2]["tags"] == ["a"] and isinstance(rows[-1]["_babelset"], str)
    write("in.jsonl", [row("river", n=1), row("sea", n="one")])
    run(f"translate in.jsonl --to ca -o odd.jsonl {ECHO} --leave n")
    assert "ca: the column 'n' holds values of different types" in run("export odd.jsonl --as hub -o odd", code=5)
    assert not Path("odd").exists()


def test_the_card_tells_of_every_run_that_can_be_found() -> None:
    write("in.jsonl", [row(f"river {number}") for number in range(4)] + [row("sea")])
    run(f"translate in.jsonl --to ca -o ca.jsonl {ECHO} --data-license cc-by-4.0")
    run("score ca.jsonl --with length -o scored.jsonl -q")
    Path("length.toml").write_text(OFF + "[filters.length]\ntolerance = 1.125\n")
    run("filter scored.jsonl --config length.toml -o strict.jsonl --where length<1.19")
    run("export strict.jsonl --as hub -o out")
    told, text = card()
    assert "| translate | Catalan | 5 | 5 | 0 | 0 |" in text and "| filter |  | 5 | 4 | 1 | 0 |" in text
    assert "| filter | where | 1 |" in text and "tolerance 1.125" in text and "tolerance 2.0" in text
    assert "echo does not translate" in text and "| echo\\|v:" in text
    lines = [json.loads(line) for line in text.split("```json\n")[1].split("```")[0].splitlines()]
    assert [line["command"] for line in lines] == ["translate", "score", "filter"]
    assert lines[0]["job"]["target"] == "ca" and lines[2]["inputs"] == ["scored.jsonl"]
    assert told["license"] == "cc-by-4.0" and told["size_categories"] == ["n<1K"]
    assert str(Path.cwd()) not in text


def test_rows_without_a_manifest_tell_what_they_can() -> None:
    write("in.jsonl", [row("river")])
    run(f"translate in.jsonl --to ca -o ca.jsonl {ECHO}")
    Path("ca.manifest.json").unlink()
    run("export ca.jsonl --as hub -o out")
    told, text = card()
    assert told["license"] == "unknown" and text.count("no manifest was found") == 2 and "echo\\|v:" in text
    run("export ca.jsonl --as hub -o said --data-license MIT")
    assert card("said")[0]["license"] == "mit"


def test_a_pipeline_tells_of_its_steps() -> None:
    write("in.jsonl", [row("river"), row("sea")])
    Path("p.toml").write_text(
        'to = ["ca"]\noutput = "ca.jsonl"\n[datasets.in]\ninputs = ["in.jsonl"]\nlicense = "cc-by-sa-4.0"\n'
        '[[steps]]\nuse = "translate"\ntranslator = "echo"\nfilters = { language = false, script = false, copied = false, task = false, intact = false }\n'
        '[[steps]]\nuse = "filter"\nwhere = "length < 1.19"\nfilters = { language = false, script = false, copied = false, task = false, intact = false }\n'
        '[[steps]]\nuse = "export"\nas = "hub"\noutput = "out"\n'
    )
    run("run p.toml -q")
    told, text = card()
    assert told["license"] == "cc-by-sa-4.0"
    assert "| translate | Catalan | 2 | 2 | 0 | 0 |" in text and "| filter |  | 2 | 1 | 1 | 0 |" in text


def test_a_new_licence_makes_another_card() -> None:
    write("in.jsonl", [row("river")])
    run(f"translate in.jsonl --to ca -o ca.jsonl {ECHO} --data-license mit")
    run("export ca.jsonl --as hub -o out")
    assert "nothing to do" in run("export ca.jsonl --as hub -o out")
    run(f"translate in.jsonl --to ca -o ca.jsonl {ECHO} --data-license cc-by-nc-4.0")
    assert "made differently" in run("export ca.jsonl --as hub -o out", code=2)
    run("export ca.jsonl --as hub -o out --force")
    assert card()[0]["license"] == "cc-by-nc-4.0"


def test_a_missing_extra_is_said_before_a_row_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    write("in.jsonl", [row("river")])
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for command in ("export in.jsonl --as hub -o out", f"translate hf:a/b --to ca -o ca.jsonl {ECHO}"):
        assert "pip install 'babelset[hub]'" in run(command, code=2)
    assert not Path("out").exists()


EVIL = "a|b\n# c `d` <script>x</script> ![e](http://f) \x1b[31m ---\n"


def test_what_others_wrote_steers_neither_the_card_nor_its_metadata() -> None:
    write("in.jsonl", [row("river")])
    run(f"translate in.jsonl --to ca -o ca.jsonl {ECHO}")
    from tests.rows import rows_of

    [found] = rows_of(Path("ca.jsonl"))
    found["_babelset"] |= {"translator": EVIL, "schema": EVIL, "file": f"x/{EVIL}"}
    write("ca.jsonl", [found])
    Path("ca.manifest.json").unlink()
    run("export ca.jsonl --as hub -o out")
    _, text = card()
    assert "<script>" not in text and "\x1b" not in text and "\n# c" not in text and "![e]" not in text
    assert cell(EVIL).count("\n") == 0


LICENSES = [
    # texts, the licence, what it asks for
    (["odc-by", "CC-BY-NC-4.0 (Meta's weights)"], "cc-by-nc-4.0", "no commercial use"),
    (["MIT", "Apache 2.0"], "apache-2.0", "to be named"),
    (["cc-by-4.0", "GPL (language data)"], "gpl", "the same licence for what is made of it"),
    (["CC BY-NC-SA 4.0", "mit"], "cc-by-nc-sa-4.0", "no commercial use"),
    (["cc-by-4.0, cc-by-sa-4.0"], "cc-by-sa-4.0", "the same licence for what is made of it"),
    ([""], "unknown", ""),
    (["", "cc-by-nc-4.0"], "unknown", ""),
    (["unknown", "mit"], "unknown", ""),
    (["mit", "ask Anna"], "other", ""),
    ([], "unknown", ""),
]


@pytest.mark.parametrize(("texts", "license", "asks"), LICENSES)
def test_the_strictest_licence(texts: list[str], license: str, asks: str) -> None:
    assert strictest(texts) == (license, asks)


def test_licences_by_the_names_of_the_hub() -> None:
    assert ids("MPL-2.0 (Mozilla's models)") == ["mpl-2.0"] and ids("by the way") == []
