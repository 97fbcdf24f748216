"""
What consumers are given: a row of every schema, translated, and written in every shape that has a place for it.

`made(folder)` -> how many rows there are in each file, by its path below the folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from babelset import Engine, Job, plugins, translate
from babelset.contracts.checks import DEFAULT
from babelset.contracts.columns import column_sets
from babelset.exports.export import ExportJob, export
from tests.contracts.test_schema import CHAT, ROWS

COPA = {"premise": "It rained.", "choice1": "It is wet.", "choice2": "It is dry.", "question": "effect", "label": 0}
CALL = {"type": "function", "function": {"name": "add", "arguments": '{"x": 1}'}}
TALK = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Add one."},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "42"},
        {"role": "assistant", "content": "It is 42.", "thinking": "One more than 41."},
    ],
    "tools": [CALL],
}
PARTS = {
    "messages": [
        {"role": role, "content": [{"type": "text", "text": text}]}
        for role, text in (("user", "Add one."), ("assistant", "It is 42."))
    ]
}
HISTORY = {
    "instruction": "Add one.",
    "output": "It is 42.",
    "system": "Be brief.",
    "history": [["Hello.", "Good day."]],
}
MORE = [("copa", COPA), ("messages", TALK), ("messages", PARTS), ("alpaca", HISTORY)]
OTHERS = {"alma", "hub", "interlinear", "mt-instruct", "tmx", "tsv"}  # of segments, or with a card: tests of their own
ENDINGS = {"alpaca": "json", "parquet": "parquet", "csv": "csv"}


def made(folder: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    rows = [(name, row) for name, row, _ in ROWS if row is not CHAT]  # whose contents have two types: no column has
    for number, (name, row) in enumerate([*rows, *MORE]):
        home = folder / f"{number}-{name}"
        home.mkdir()
        (home / "in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in variants(row)), "utf-8")
        off = dict.fromkeys(DEFAULT, False)
        job = Job(
            inputs=(str(home / "in.jsonl"),), output=str(home / "ca.jsonl"), target="ca", translator=Engine(name="echo"),
            filters=off, schema_name=name if name in {*column_sets(), *plugins.available("schemas")} else None,
        )  # fmt: skip
        if not (accepted := translate(job)["rows"]["accepted"]):  # keywords that are not in the text, as echo writes it
            continue
        counts[f"{home.name}/ca.jsonl"] = accepted
        for shape in plugins.available("exports").keys() - OTHERS:
            counts |= exported(home, shape)
    return counts


def exported(home: Path, shape: str) -> dict[str, int]:
    folder = not plugins.build("exports", shape, {}).endings
    output = home / shape if folder else home / f"{shape}.{ENDINGS.get(shape, 'jsonl')}"
    account = export(ExportJob(inputs=(str(home / "ca.jsonl"),), shape=shape, output=str(output)))
    rows = account["rows"]
    assert rows["read"] == rows.get("used", rows["written"]) + rows["failed"]
    return {str(Path(path).relative_to(home.parent)): count for path, count in account["counts"]["written"].items()}


def variants(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The row with two ids, and once without."""
    return [{**row, "id": 7}, {**row, "id": 8}, {key: value for key, value in row.items() if key != "id"}]
