from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from babelset.contracts.detect import detect
from babelset.errors import ConfigError, DataError
from babelset.exports import export as exports
from babelset.files.row import KEY
from tests.contracts.benchmarks import ROWS
from tests.exports.conftest import make

HELLASWAG = {
    "id": "h",
    "activity_label": "Bread",
    "ctx_a": "A man bakes.",
    "ctx_b": "he",
    "endings": ["a", "b", "c", "d"],
    "label": "2",
}
ARC = {"id": "q", "question": "Why?", "choices": {"text": ["So", "No"], "label": ["1", "2"]}, "answerKey": "2"}
EXPRESSED = {
    name: ROWS[name] for name in ("arc_options", "mmlu_options", "truthfulqa_mc", "xnli", "mgsm", "belebele", "squad")
}
EXPRESSED |= {"hellaswag": HELLASWAG, "arc": ARC, "truthfulqa": ROWS["truthfulqa"]}


@pytest.mark.parametrize(
    "schema, source, lang, file",
    [
        ("arc_options", "eng_Latn", "cat_Latn", "b_arc_ca.jsonl"),
        ("mmlu_options", "eng_Latn", "zho_Hans", "b_mmlu_zh.jsonl"),
        ("truthfulqa_mc", "eng_Latn", "por_Latn", "b_truthfulqa_pt.jsonl"),
        ("xnli", "eng_Latn", "cat_Latn", "b_xnli_ca.jsonl"),
        ("xnli", "hin_Deva", "eng_Latn", "b_xnli_hi_to_en.jsonl"),
        ("mgsm", "cat_Latn", "eng_Latn", "b_mgsm_ca_to_en.jsonl"),
        ("belebele", "spa_Latn", "cat_Latn", "b_belebele_ca.jsonl"),
        ("squad", "eng_Latn", "zho_Hant", "b_xquad_zh_Hant.jsonl"),
        ("hellaswag", "eng_Latn", "cat_Latn", "b_hellaswag_ca.jsonl"),
    ],
)
def test_a_file_is_called_by_benchmark_and_language(export_as, schema, source, lang, file):
    row = EXPRESSED[schema]
    assert export_as("lm-eval", schema, row, row, lang=lang, source=source).file == file


LABELS = ("answer", "label", "correct_answer_num", "answer_number", "mc1_targets_labels", "mc2_targets_labels")


@pytest.mark.parametrize("schema", EXPRESSED)
def test_labels_are_those_of_the_source_and_what_is_written_is_read(export_as, schema):
    row = EXPRESSED[schema]
    made = export_as("lm-eval", schema, row, row).data
    assert isinstance(made["id"], str)
    told = {key: row[key] for key in LABELS if key in row and schema not in ("arc", "mmlu", "mgsm")}
    assert {key: made[key] for key in told} == told
    again = detect([made]).schema.name
    assert export_as("lm-eval", again, made, made).data == made


def test_options_that_are_numbers_are_columns_of_text(export_as):
    row = {"question": "Two and two?", "choices": [3, 4, 5.0, "six"], "answerKey": "B"}
    made = export_as("lm-eval", "arc", row, row).data
    assert [made[f"option_{letter}"] for letter in "abcd"] == ["3", "4", "5.0", "six"] and made["answer"] == "B"


@pytest.mark.parametrize("schema", ["arc", "truthfulqa", "truthfulqa_mc", "hellaswag", "squad"])
def test_lists_in_the_cells_of_a_table_are_lists(export_as, schema):
    row = EXPRESSED[schema]
    cells = {key: json.dumps(value) if isinstance(value, list | dict) else value for key, value in row.items()}
    assert export_as("lm-eval", schema, cells, cells).data == export_as("lm-eval", schema, row, row).data


@pytest.mark.parametrize(
    "question, answer, made",
    [
        ("Quants?", None, ("Quants?", None)),
        ("Question: Quants?", None, ("Quants?", None)),
        ("Question: Quants?", "Step-by-Step Answer: Set.", ("Question: Quants?", "Step-by-Step Answer: Set.")),
        ("Pregunta: Quants?", "Respuesta paso a paso: Set.", ("Question: Quants?", "Step-by-Step Answer: Set.")),
        ("问题：Quants?", "逐步解答:Set.", ("Question: Quants?", "Step-by-Step Answer: Set.")),
        ("Quants?", "Set.", ("Question: Quants?", "Step-by-Step Answer: Set.")),
    ],
)
def test_the_answers_of_mgsm_begin_as_the_readers_expect(export_as, question, answer, made):
    row = {"question": question, "answer": answer, "answer_number": 7, "equation_solution": None}
    found = export_as("lm-eval", "mgsm", row, row).data
    assert (found["question"], found["answer"]) == made
    assert answer is None or found["answer"][21:] == "Set."  # where lm-eval's own tasks cut


@pytest.mark.parametrize(
    "schema, row, reason",
    [
        ("alpaca", {"instruction": "a", "output": "b"}, "no benchmark item"),
        ("hellaswag", {**HELLASWAG, "endings": ["a", "b", "c"]}, "are not four"),
        ("hellaswag", {**HELLASWAG, "label": ""}, "is missing"),
        ("xnli", {**ROWS["xnli"], "label": "neutral"}, "is none of 0, 1, 2"),
        ("mmlu", {"question": "q", "choices": ["a", "b", "c", "d", "e"], "answer": 0}, "5 options"),
        ("mmlu", {"question": "q", "choices": ["Oak", "Elm"], "answer": "Elm"}, "does not say which option"),
        ("arc", {**ARC, "answerKey": ""}, "does not say which option"),
        ("squad", {**ROWS["squad"], "answers": {"text": [], "answer_start": []}}, "holds no answer"),
    ],
)  # fmt: skip
def test_what_lm_eval_has_no_place_for(export_as, schema, row, reason):
    with pytest.raises(DataError, match=reason):
        export_as("lm-eval", schema, row, row)


def test_a_language_without_words_for_xnli_is_refused_with_what_to_do(export_as):
    with pytest.raises(ConfigError, match=r"none are known in Nepali.*--to en is translate-test"):
        export_as("lm-eval", "xnli", ROWS["xnli"], ROWS["xnli"], lang="npi_Deva")


def written(folder: Path, rows: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> Path:
    path = folder / "rows.jsonl"
    made = [make(schema, row, row, **more) for schema, row, more in rows]
    path.write_text("".join(json.dumps({**row.data, KEY: row.evidence}) + "\n" for row in made), encoding="utf-8")
    return path


def test_a_folder_of_data_tasks_and_a_command(tmp_path):
    path = written(tmp_path, [(schema, row, {}) for schema, row in EXPRESSED.items()] * 2)
    job = exports.ExportJob(inputs=(str(path),), shape="lm-eval", output=str(tmp_path / "eval"))
    assert exports.export(job)["rows"]["written"] == 20
    tasks = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in (tmp_path / "eval").glob("*.yaml")}
    assert {name for name, task in tasks.items() if "group" in task} == {"b_truthfulqa_ca"}
    assert tasks["b_truthfulqa_ca"]["task"] == ["b_truthfulqa_mc1_ca", "b_truthfulqa_mc2_ca"]
    for name, task in tasks.items():
        assert "!function" not in (tmp_path / "eval" / f"{name}.yaml").read_text("utf-8")
        assert "group" in task or Path(task["dataset_kwargs"]["data_files"]["test"]).is_file()
    readme = (tmp_path / "eval" / "README.md").read_text("utf-8")
    assert "--tasks b_arc_ca,b_mmlu_ca,b_truthfulqa_ca,b_xnli_ca" in readme and "| `b_arc_ca` | 4 |" in readme
    before = {file: file.read_bytes() for file in (tmp_path / "eval").iterdir()}
    exports.export(job.model_copy(update={"force": True}))
    assert {file: file.read_bytes() for file in (tmp_path / "eval").iterdir()} == before


def test_no_file_of_somebody_else_is_replaced(tmp_path):
    path = written(tmp_path, [("xnli", ROWS["xnli"], {})])
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "README.md").write_text("mine")
    job = exports.ExportJob(inputs=(str(path),), shape="lm-eval", output=str(tmp_path / "eval"))
    with pytest.raises(ConfigError, match=r"README.md exists"):
        exports.export(job)
    assert sorted(file.name for file in (tmp_path / "eval").iterdir()) == ["README.md"]
