from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from babelset.contracts.engine import Engine
from babelset.contracts.stored import stored
from babelset.errors import ConfigError
from babelset.files.lossless import dumps, loads
from babelset.files.row import KEY
from babelset.review.apply import Order, apply_review
from babelset.review.choice import Choice
from babelset.review.record import Item, segments_of
from babelset.review.store import Store
from babelset.translation.job import Job
from babelset.translation.run import translate
from babelset.work.memory import Memory
from babelset.work.places import Places
from tests.review.conftest import Documents, translated
from tests.rows import told

Run = Callable[..., str]
SOURCES = [{"instruction": f"Say {n} in `py`.", "input": "", "output": f"So {n}."} for n in range(5)]
HOSTILE = {"instruction": "Say \ud800.", "input": "", "output": "So.", "id": 1, "price": 1.10}


def lines(path: str | Path) -> list[str]:
    return Path(path).read_text("utf-8").splitlines()


def rows(path: str | Path) -> list[dict[str, Any]]:
    return [told(json.loads(line)) for line in lines(path)]


def review(output: str, *decisions: tuple[int, str, dict[str, str]], items: Any = None) -> list[Item]:
    """Decide on the items of these numbers; all items."""
    with closing(Store.open(Places.of(output).review)) as store:
        store.add(items or Choice([output], everything=True))
        found = list(store.items())
        for number, verdict, targets in decisions:
            version = store.decision(found[number]["id"])
            said = {
                "item": found[number]["id"],
                "verdict": verdict,
                "reason": "",
                "targets": targets,
                "reviewer": "Anna",
            }
            store.decide(said, based_on=version["version"] if version else 0)  # type: ignore[arg-type]
    return found


@pytest.fixture
def output(run: Run) -> str:
    made = translated(*SOURCES, checks=("complete", "preserved"))
    made[3][KEY] |= {"status": "rejected", "verdicts": [{"check": "task", "ok": False, "score": 0.0, "reason": "no"}]}
    return run(made, failed=[{"row": 5, "file": "a.json", "line": 6, "reason": "no text", "raw": "{}"}])


def test_every_row_is_written_as_was_decided(output: str, tmp_path: Path) -> None:
    review(
        output,
        (0, "accept", {}),
        (1, "reject", {}),
        (2, "correct", {"0": "Di 2 en `py`."}),
        (4, "accept", {}),
        (3, "accept", {}),
        (3, "open", {}),
    )
    account = apply_review(Order([output], str(tmp_path / "done.jsonl")))
    assert account["rows"] == {"read": 6, "accepted": 4, "rejected": 1, "failed": 1}
    assert account["counts"] == {
        "review": {"accepted": 2, "rejected": 1, "corrected": 1, "undecided": 1},
        "memory": {"remembered": 1},
    }
    assert account["turned_back"] == {"rows": 0, "first": []}
    assert account["gone"] == {"decisions": 0, "first": []}
    accepted = {row[KEY]["row"]: row["instruction"] for row in rows(tmp_path / "done.jsonl")}
    assert accepted == {0: "SAY 0 IN `py`.", 2: "Di 2 en `py`.", 3: "SAY 3 IN `py`.", 4: "SAY 4 IN `py`."}
    assert [row[KEY]["row"] for row in rows(tmp_path / "done.rejected.jsonl")] == [1]
    assert lines(tmp_path / "done.failed.jsonl") == lines(Places.of(output).failed)


def test_a_row_that_nobody_decided_on_is_as_it_was(run: Run, tmp_path: Path) -> None:
    made = translated(HOSTILE, *SOURCES[:1])
    made[0][KEY]["of_another_version"] = {"kept": ["\ud800"]}
    output = run(made)
    text = "".join(dumps(stored(loads(line))) + "\n" for line in lines(output)).replace('"price":1.1', '"price":1.10')
    Path(output).write_text(text.replace('"id":1', '"id":12345678901234567890123'), "utf-8")
    review(output, (1, "reject", {}))
    apply_review(Order([output], str(tmp_path / "done.jsonl")))
    before, evidence = lines(output)[0].split('"_babelset":')
    [(after, derived)] = (line.split('"_babelset":') for line in lines(tmp_path / "done.jsonl"))
    assert before == after  # of the evidence, what it says
    assert json.loads(json.loads(derived[:-1])) == {
        **json.loads(json.loads(evidence[:-1])),
        "derived": ["apply-review"],
    }


def test_only_what_was_reviewed(output: str, tmp_path: Path) -> None:
    review(output, (0, "accept", {}), (1, "reject", {}))
    account = apply_review(Order([output], str(tmp_path / "done.jsonl"), reviewed_only=True))
    assert account["rows"] == {"read": 6, "accepted": 1, "rejected": 1, "failed": 1, "left_out": 3}


def test_a_correction_that_lost_a_kept_text_is_named(output: str, tmp_path: Path) -> None:
    review(output, (0, "correct", {"0": "Di 0."}))
    account = apply_review(Order([output], str(tmp_path / "done.jsonl")))
    assert account["turned_back"]["first"] == ["a.json:1: instruction: 1 of 1 kept spans were lost; '`py`'"]
    assert account["counts"]["memory"] == {"not remembered": 1}
    assert account["rejections"] == {"task": 1, "preserved": 1}


def test_decisions_about_rows_that_are_gone_are_named(output: str, tmp_path: Path) -> None:
    review(output, (0, "accept", {}), (1, "reject", {}), (2, "open", {}))
    Path(output).write_text("".join(f"{line}\n" for line in lines(output)[1:]))
    account = apply_review(Order([output], str(tmp_path / "done.jsonl")))
    assert account["rows"]["read"] == 5
    assert account["gone"] == {"decisions": 1, "first": ["es.jsonl a.json:1: accepted by Anna"]}


def test_rows_that_cannot_be_read_are_failed(output: str, tmp_path: Path) -> None:
    review(output, (0, "accept", {}))
    with Path(output).open("a") as file:
        file.write('not json\n{"no": "evidence"}\n')
    account = apply_review(Order([output], str(tmp_path / "done.jsonl")))
    assert account["rows"] == {"read": 8, "accepted": 4, "rejected": 1, "failed": 3}
    assert [row["reason"] for row in rows(tmp_path / "done.failed.jsonl")][1].startswith("no '_babelset' key")


def test_several_runs_in_one_review(run: Run, tmp_path: Path) -> None:
    first, second = run(translated(*SOURCES), "es"), run(translated(*SOURCES[:2], reply=str.title), "ca")
    review(first, (0, "accept", {}), (6, "reject", {}), items=Choice([first, second], everything=True))
    account = apply_review(Order([first, second], str(tmp_path / "done.jsonl")))
    assert account["rows"] == {"read": 7, "accepted": 6, "rejected": 1, "failed": 0}
    alone = apply_review(Order([first], str(tmp_path / "alone.jsonl")))
    assert alone["gone"] == {"decisions": 1, "first": ["ca.jsonl a.json:2: rejected by Anna"]}


def test_a_review_that_lies_elsewhere(output: str, tmp_path: Path) -> None:
    review(output, (0, "accept", {}))
    elsewhere = Places.of(output).review.rename(tmp_path / "mine.sqlite")
    account = apply_review(Order([output], str(tmp_path / "done.jsonl"), store=str(elsewhere)))
    assert account["counts"]["review"]["accepted"] == 1


def test_a_table_keeps_its_columns(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("instruction,output\nSay `ls`.,Done.\nSay no.,No.\n")
    output = str(tmp_path / "es.csv")
    echo = Engine(name="echo")
    translate(Job(inputs=(str(tmp_path / "in.csv"),), output=output, target="es", translator=echo, filters={}))
    items = review(output)
    assert not any(field.get("torn") for item in items for field in item["fields"])
    review(output, (0, "correct", {"0": "Di `ls`."}))
    account = apply_review(Order([output], str(tmp_path / "done.csv")))
    assert account["rows"]["accepted"] >= 1
    assert lines(tmp_path / "done.csv")[1].startswith("Di `ls`.,")


def test_a_later_run_uses_the_correction_whatever_its_translator(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "Run `ls`. Then stop."}\n')
    (tmp_path / "other.jsonl").write_text('{"text": "First. Run `ps`."}\n')
    memory = str(tmp_path / "memory.sqlite")

    def job(name: str, inputs: str, **options: Any) -> Job:
        filters = dict.fromkeys(("language", "copied", "length", "script"), False)
        return Job(
            inputs=(str(tmp_path / inputs),), output=str(tmp_path / name), target="es", schema_name="text", memory=memory,
            translator=Engine(name="echo"), filters=filters, **options,
        )  # fmt: skip

    output = translate(job("es.jsonl", "in.jsonl"))["files"]["accepted"]
    items = review(output)
    assert [part["source"] for _, part in segments_of(items[0])] == ["Run `ls`.", "Then stop."]
    review(output, (0, "correct", {"0": "`ls`, ¡ya!"}))
    apply_review(Order([output], str(tmp_path / "done.jsonl"), memory=memory))
    manifest = translate(job("again.jsonl", "other.jsonl"))
    assert manifest["this_process"]["from_review"] == 1
    [row] = rows(tmp_path / "again.jsonl")
    assert row["text"] == "⟦es⟧First. `ps`, ¡ya!"
    assert row[KEY]["segments"][1]["flags"] == ["reviewed"]
    with closing(Memory(memory)) as found:
        assert len(found) == 4


def test_a_translator_of_whole_documents_uses_it_too(run: Run, tmp_path: Path) -> None:
    row = {"instruction": "# List\n- Run `ls`.\n- Stop.", "output": "```\nx\n```\nDone."}
    output = run(translated(row, engine=Documents(str.upper, ["raw"])))
    review(output, (0, "correct", {"0": "Lista\n- Ejecuta `ls`.\n- Para."}))
    apply_review(Order([output], str(tmp_path / "done.jsonl")))
    [done] = rows(tmp_path / "done.jsonl")
    assert done["instruction"] == "# Lista\n- Ejecuta `ls`.\n- Para."
    engine, other = Documents(str.upper, ["raw"]), {**row, "instruction": row["instruction"].replace("ls", "ps")}
    [again] = translated(other, engine=engine, memory=str(Places.of(output).memory))
    assert again["instruction"] == "# Lista\n- Ejecuta `ps`.\n- Para." and again["output"] == "```\nx\n```\nDONE."
    assert len(engine.seen) == 2  # the row was asked for whole


def test_the_newest_correction_of_a_text_stays(run: Run, tmp_path: Path) -> None:
    output = run(translated(SOURCES[0], {**SOURCES[0], "output": "Else."}))
    review(output, (1, "correct", {"0": "Antes `py`."}), (0, "correct", {"0": "Luego `py`."}))
    apply_review(Order([output], str(tmp_path / "done.jsonl")))
    apply_review(Order([output], str(tmp_path / "done.jsonl"), force=True))
    with closing(Memory(Places.of(output).memory)) as memory:
        assert len(memory) == 1


def test_refuses_what_it_would_destroy(output: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it has no review yet; first run: babelset review"):
        apply_review(Order([output], str(tmp_path / "done.jsonl")))
    assert not Places.of(output).review.exists()
    review(output)
    for wrong in (output, str(Places.of(output).rejected)):
        with pytest.raises(ConfigError, match="is read, and would be written"):
            apply_review(Order([output], wrong, force=True))
    (tmp_path / "done.rejected.jsonl").write_text("mine")
    with pytest.raises(
        ConfigError, match="exists, and was not made by this command; name another output, or add --force"
    ):
        apply_review(Order([output], str(tmp_path / "done.jsonl")))
    assert (tmp_path / "done.rejected.jsonl").read_text() == "mine"
