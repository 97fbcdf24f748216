from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.contracts.step import Failed, Made, Rejected
from babelset.files.row import KEY
from babelset.steps.alignment.terms import Terms
from babelset.steps.lexicon import Lexicon
from tests.steps.conftest import Work

ROWS = [
    {"text": "The old house."}, {"text": "A House, green."}, {"text": "Nothing here."}, {"text": "The green garden."},
]  # fmt: skip


def test_entries_come_with_the_row_that_they_were_first_seen_in(dictionary: Any, work: Work) -> None:
    outcomes = work(Lexicon(least=1), [*ROWS, {"text": "A house.", KEY: {"status": "rejected"}}, {"n": 3}])
    made = [
        [(row["source"], row["target"], row["count"], row["share"]) for row in each.rows]
        for each in outcomes
        if isinstance(each, Made)
    ]
    assert made == [[("house", "casa", 2, 1.0)], [("green", "verd", 2, 1.0)], [], [("garden", "jardí", 1, 1.0)]]
    assert outcomes[4] == Rejected("was rejected before") and isinstance(outcomes[5], Failed)


def test_thresholds(dictionary: Any, work: Work) -> None:
    made = [row["source"] for each in work(Lexicon(least=2), ROWS) if isinstance(each, Made) for row in each.rows]
    assert made == ["house", "green"]


def test_shares_are_of_the_source_and_forms_the_commonest(scripted: Any, dictionary: Any, work: Work) -> None:
    table = {"A light one": "Una Llum un", "A light two": "Una llum dos", "A light six": "Una llum sis"}
    dictionary.reply = lambda text: table.get(text, "llum" if text == "light" else "?")
    [first, *_] = work(Lexicon(least=1), [{"text": text} for text in table])
    assert isinstance(first, Made)
    assert [dict(row) for row in first.rows] == [
        {"source": "light", "target": "llum", "language": "ca", "count": 3, "share": 1.0, KEY: {}}
    ]


def test_the_table_is_sorted_and_is_a_lexicon(dictionary: Any, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS * 3))
    command = ["run", "lexicon", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "t.tsv"), "--to", "ca", "-q"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    lines = [line.split("\t")[:5] for line in (tmp_path / "t.tsv").read_text().splitlines()]
    assert lines == [
        ["source", "target", "language", "count", "share"], ["green", "verd", "ca", "6", "1.0"],
        ["house", "casa", "ca", "6", "1.0"], ["garden", "jardí", "ca", "3", "1.0"],
    ]  # fmt: skip
    [manifest] = (json.loads(path.read_text()) for path in tmp_path.glob("*manifest.json"))
    assert manifest["rows"] == {"read": 12, "used": 12, "rejected": 0, "failed": 0, "written": 3}
    assert Terms.read(str(tmp_path / "t.tsv")).of("House", "cat_Latn") == ("casa",)
