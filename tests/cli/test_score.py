from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.text import Text
from typer.testing import CliRunner

from babelset.cli import table
from babelset.cli.app import app
from tests.commands import run
from tests.rows import rows_of as rows

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def translated(tmp_path: Path) -> Path:
    """Rows into Catalan and Spanish, translated without any check."""
    config = tmp_path / "none.toml"
    names = ["choices", "complete", "intact", "preserved", "truncated", "copied", "script", "language", "length",
             "repetition", "numbers", "task"]  # fmt: skip
    config.write_text("[filters]\n" + "".join(f"{name} = false\n" for name in names))
    for language in ("ca", "es"):
        run("translate", EXAMPLES / "dolly.jsonl", "--to", language, "-o", tmp_path / f"{language}.jsonl",
            "--translator", "echo", "--config", config, "-q")  # fmt: skip
    return tmp_path


def both(folder: Path) -> list[Path]:
    return [folder / "ca.jsonl", folder / "es.jsonl"]


def test_the_summary_tells_each_language_and_scorer(translated: Path) -> None:
    told = run("score", *both(translated), "-o", translated / "s.jsonl", "--with", "length", "--with", "copied", "-q")
    lines = [line.split("\t") for line in told.splitlines()]
    assert ["language", "scorer", "rows", "not covered", "unjudged", "without", "mean", "25%", "50%", "75%"] in lines
    count = str(len(rows(translated / "ca.jsonl")))
    assert [line[:6] for line in lines if len(line) == 10][1:] == [
        [code, name, count, "0", "0", "0"] for code in ("cat_Latn", "spa_Latn") for name in ("copied", "length")
    ]
    assert {tuple(row["_babelset"]["scores"]) for row in rows(translated / "s.jsonl")} == {("length", "copied")}


def test_json_holds_the_same(translated: Path) -> None:
    account = json.loads(
        run(
            "score",
            *both(translated),
            "-o",
            translated / "s.jsonl",
            "--with",
            "length",
            "--sample",
            "4",
            "--json",
            "-q",
        )
    )
    assert [told["length"]["rows"] for told in account["scores"].values()] == [2, 2], "drawn evenly"
    assert account["rows"]["written"] == 2 * len(rows(translated / "ca.jsonl"))
    assert account["this_process"]["scored"] == {"length": 4}


def test_the_corpus_table_is_told_with_its_signatures(translated: Path, tmp_path: Path) -> None:
    source = "Give me five ideas for a rainy afternoon with children."
    (tmp_path / "references.csv").write_text(f"source,target\n{source},⟦ca⟧{source}\n", "utf-8")
    command = ("score", *both(translated), "-o", translated / "s.jsonl", "-q",
               "--with", f"reference:{tmp_path / 'references.csv'}")  # fmt: skip
    told = [line.split("\t") for line in run(*command).splitlines()]
    assert ["language", "scorer", "compared", "BLEU", "chrF", "chrF++", "TER"] in told
    [catalan] = [line for line in told if line[:2] == ["cat_Latn", "reference"] and len(line) == 7]
    assert catalan[2:] == ["1 of 1", *["100.0 (100.0-100.0)"] * 3, "0.0 (0.0-0.0)"]
    assert [line[0].partition("|")[0] for line in told[-4:]] == ["BLEU", "chrF2", "chrF2++", "TER"]
    assert run(*command) == "\n".join("\t".join(line) for line in told) + "\n", "a finished one tells it again"


def test_options_and_the_configuration_reach_the_scorer(translated: Path) -> None:
    (translated / "c.toml").write_text("[filters]\nlength = { tolerance = 3.0, slack = 5 }\ntask = false\n")
    run("score", *both(translated), "-o", translated / "s.jsonl", "--with", "length", "--config", translated / "c.toml",
        "-O", "slack=7", "-q")  # fmt: skip
    manifest = json.loads((translated / "s.manifest.json").read_text())
    assert manifest["scorers"] == {"length": {"tolerance": 3.0, "slack": 7}}


def test_a_second_run_has_nothing_to_do(translated: Path) -> None:
    command = ("score", *both(translated), "-o", translated / "s.jsonl", "--with", "length")
    assert "nothing to do" not in run(*command, "-q")
    before = (translated / "s.jsonl").stat()
    assert run(*command, "-q")
    after = (translated / "s.jsonl").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


MISTAKES = [
    (["--with", "lenght"], "unknown filter 'lenght'. Did you mean 'length'"),
    (["--with", "length:model"], "length takes nothing behind a colon"),
    (["--with", "length", "--with", "copied", "-O", "most=1"], "of which scorer?"),
    (["--with", "length", "-O", "tolerance"], "write it as KEY=VALUE"),
    (["--with", "length", "--sample", "0"], "--sample"),
    ([], "--with"),
]


@pytest.mark.parametrize(("options", "said"), MISTAKES)
def test_mistakes_are_told_and_write_nothing(options: list[str], said: str, translated: Path) -> None:
    assert said in run("score", *both(translated), "-o", translated / "s.jsonl", *options, "-q", code=2)
    assert not list(translated.glob("s.*"))


def test_rows_without_evidence_fail_and_are_listed(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"instruction": "a", "output": "b"}\nnot json\n')
    run("score", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl", "--with", "length", "-q", code=1)
    assert [entry["line"] for entry in rows(tmp_path / "out.failed.jsonl")] == [1, 2]


def test_standard_input(translated: Path) -> None:
    text = (translated / "ca.jsonl").read_text()
    arguments = ["score", "-", "-o", str(translated / "s.jsonl"), "--with", "length", "-q"]
    assert CliRunner().invoke(app, arguments, input=text).exit_code == 0
    assert len(rows(translated / "s.jsonl")) == len(text.splitlines())


def test_a_table_on_a_terminal_lines_up_and_marks_nothing_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    table.show_table(
        "Scores", ["language", "scorer", "mean"], [["cat_Latn", "[red]x", 0.81234], ["spa_Latn", "y", None]]
    )
    lines = [line.rstrip() for line in Text.from_ansi(capsys.readouterr().out).plain.splitlines()]
    assert [line.split() for line in lines] == [
        ["Scores"], ["language", "scorer", "mean"], ["cat_Latn", "[red]x", "0.812"], ["spa_Latn", "y", "-"],
    ]  # fmt: skip
    assert lines[2].index("0.812") + 4 == lines[3].index("-"), "numbers end together"
