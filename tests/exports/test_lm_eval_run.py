"""
lm-eval itself reads what is exported, offline. It needs an environment of its own: `make test-engines`.

A hundred rows of each shape are made up and put into another language by a translator that changes every word: so what
must be in lm-eval's documents is known, to the byte.
"""

from __future__ import annotations

import codecs
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import cipher
from tests.oracle.run import EVIDENCE, babelset
from tests.rows import told as whole

PYTHON = Path(os.environ.get("BABELSET_LMEVAL_PYTHON") or Path(sys.prefix, "lmeval", "bin", "python"))
ROWS = 100
NOUNS = [
    "baker", "ferry", "lantern", "orchard", "violin", "harbour", "meadow", "candle", "painter", "bridge", "kettle", "market",
]  # fmt: skip
VERBS = ["mends", "carries", "watches", "borrows", "paints", "follows", "hides", "cleans", "measures"]
CHECKS = "[filters]\nlanguage = false\nscript = false\nlength = false\n"

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not PYTHON.exists(), reason=f"{PYTHON} is not there: an environment with lm-eval"),
]


def sentence(draw: random.Random) -> str:
    first, second, third = draw.sample(NOUNS, 3)
    return f"The {first} {draw.choice(VERBS)} the {second} near the {third}."


def sentences(draw: random.Random, count: int) -> list[str]:
    """All different."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[sentence(draw)] = None
    return list(found)


def arc(draw: random.Random) -> dict[str, Any]:
    count = draw.choice([3, 4, 5])
    options = {
        f"option_{letter}": text for letter, text in zip("abcde", [*sentences(draw, count), "", ""], strict=False)
    }
    return {"instruction": f"Why so? {sentence(draw)}", **options, "answer": draw.choice("ABCDE"[:count])}


def mmlu(draw: random.Random) -> dict[str, Any]:
    return {"question": f"What follows? {sentence(draw)}", "choices": sentences(draw, 4), "answer": draw.randrange(4)}


def truthfulqa(draw: random.Random) -> dict[str, Any]:
    first, second = sentences(draw, 4), sentences(draw, 5)
    right = draw.randrange(4)
    return {
        "question": f"Is it true? {sentence(draw)}",
        "mc1_targets": {"choices": first, "labels": [int(at == right) for at in range(4)]},
        "mc2_targets": {"choices": second, "labels": [1, *(draw.randrange(2) for _ in range(3)), 0]},
    }


def hellaswag(draw: random.Random) -> dict[str, Any]:
    endings = [f"[step] {ending}" for ending in sentences(draw, 4)]
    return {
        "activity_label": "Mending a kettle", "ctx_a": f"[header] How to do it [title] {sentence(draw)}", "ctx_b": "the painter",
        "endings": endings, "label": str(draw.randrange(4)),
    }  # fmt: skip


def xnli(draw: random.Random) -> dict[str, Any]:
    premise, hypothesis = sentences(draw, 2)
    return {"premise": premise, "hypothesis": hypothesis, "label": draw.randrange(3)}


def mgsm(draw: random.Random) -> dict[str, Any]:
    number, steps = draw.randrange(2, 90), sentence(draw)
    return {
        "question": f"Question: {sentence(draw)} How many kettles are in the market?",
        "answer": f"Step-by-Step Answer: {steps} The answer is {number}.",
        "answer_number": number,
        "equation_solution": f"{number} + 0 = {number}.",
    }


def belebele(draw: random.Random) -> dict[str, Any]:
    passage, *answers = sentences(draw, 5)
    told = {f"mc_answer{at}": text for at, text in enumerate(answers, 1)}
    return {
        "flores_passage": passage, "question": "What does the passage say?", **told,
        "correct_answer_num": str(draw.randrange(1, 5)), "dialect": "eng_Latn",
    }  # fmt: skip


def xquad(draw: random.Random) -> dict[str, Any]:
    context, answer = sentence(draw), draw.choice(["the market square", "an old lighthouse", "seven blue boats"])
    text = f"{context} It was told in {answer} yesterday."
    return {
        "context": text, "question": "Where was it told?",
        "answers": {"text": [answer], "answer_start": [text.index(answer)]},
    }  # fmt: skip


MAKERS = (arc, mmlu, truthfulqa, hellaswag, xnli, mgsm, belebele, xquad)


def right(name: str, row: dict[str, Any], doc: dict[str, Any], target: Any) -> bool:
    """Whether a document has the label of its row, and lm-eval takes that for the answer."""
    match name:
        case "arc":
            return doc["answer"] == row["answer"] == "ABCDE"[target]
        case "mmlu":
            return doc["answer"] == "ABCD"[row["answer"]] and target == row["answer"]
        case "truthfulqa_mc1":
            marks = row["mc1_targets"]["labels"]
            return doc["mc1_targets_labels"] == marks and target == marks.index(1)
        case "truthfulqa_mc2":
            return [int(at in target) for at in range(5)] == row["mc2_targets"]["labels"] == doc["mc2_targets_labels"]
        case "hellaswag":
            return doc["label"] == row["label"] == str(target)
        case "xnli":
            return doc["label"] == row["label"] == target
        case "mgsm":
            return doc["answer_number"] == row["answer_number"] == int(target)
        case "belebele":
            return doc["correct_answer_num"] == row["correct_answer_num"] == str(target + 1)
        case _:
            stands = doc["context"][doc["answers"]["answer_start"][0] :].startswith(target)
            return stands and [codecs.encode(target, "rot13")] == row["answers"]["text"]


TASKS = [
    "arc", "mmlu", "truthfulqa_mc1", "truthfulqa_mc2", "hellaswag", "xnli", "mgsm", "belebele", "xquad",
]  # fmt: skip


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every shape translated and exported, to Catalan and, from "Hindi", to English, and lm-eval's run."""
    folder = tmp_path_factory.mktemp("lmeval")
    cipher.installed(folder / "plugin")
    (folder / "checks.toml").write_text(CHECKS, "utf-8")
    outputs = []
    for maker in MAKERS:
        name = maker.__name__
        rows = [maker(random.Random(f"{name} {number}")) for number in range(ROWS)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        for source, target in [("en", "ca"), *([("hi", "en")] if name in ("mgsm", "xnli") else [])]:
            out = f"{name}.{source}.{target}.jsonl"
            said = ["--from", source, "--to", target, "--translator", "cipher", "--config", "checks.toml", "-o", out]
            assert babelset(folder, "translate", f"{name}.jsonl", *said).returncode in (0, 1)
            outputs.append(out)
    done = babelset(folder, "export", *outputs, "--as", "lm-eval", "-o", "eval")
    assert done.returncode == 0, done.stderr
    command = [
        str(PYTHON),
        "-m",
        "lm_eval",
        "run",
        "--model",
        "dummy",
        "--include_path",
        "eval",
        "--tasks",
        tasks(folder),
    ]
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "hf")}
    ran = subprocess.run(
        [*command, "--output_path", "scores", "--log_samples"],
        cwd=folder,
        env=offline,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return folder


def tasks(folder: Path) -> str:
    return ",".join(sorted(file.stem for file in (folder / "eval").glob("*.jsonl")))


def told(folder: Path, pattern: str) -> Path:
    [found] = (folder / "scores").glob(f"*/{pattern}")
    return found


def accepted(folder: Path, name: str, source: str, target: str) -> list[dict[str, Any]]:
    """The source rows of those that were accepted."""
    rows = lines(folder / f"{name}.jsonl")
    return [rows[whole(row)[EVIDENCE]["row"]] for row in lines(folder / f"{name}.{source}.{target}.jsonl")]


@pytest.mark.parametrize(
    ("name", "source", "target"),
    [*((name, "en", "ca") for name in TASKS), ("mgsm", "hi", "en"), ("xnli", "hi", "en")],
)
def test_lm_eval_reads_every_accepted_row_and_its_label(work: Path, name: str, source: str, target: str) -> None:
    rows = accepted(work, name.partition("_")[0], source, target)
    assert len(rows) > ROWS * 0.8
    task = f"b_{name}_{'hi_to_en' if source == 'hi' else target}"
    counted = json.loads(told(work, "results_*.json").read_text("utf-8"))["n-samples"][task]
    assert counted == {"original": len(rows), "effective": len(rows)}
    samples = {sample["doc_id"]: sample for sample in lines(told(work, f"samples_{task}_2*.jsonl"))}
    assert len(samples) == len(rows)
    for number, row in enumerate(rows):
        doc, answer = samples[number]["doc"], samples[number]["target"]
        answer = json.loads(answer) if isinstance(answer, str) and name not in ("mgsm", "xquad") else answer
        assert right(name, row, doc, answer), (row, doc, answer)


def test_marks_of_hellaswag_are_in_the_data_and_not_in_the_prompt(work: Path) -> None:
    for doc in lines(work / "eval" / "b_hellaswag_ca.jsonl"):
        assert all(ending.startswith("[step] ") for ending in doc["endings"]) and len(doc["endings"]) == 4
        assert doc["ctx_a"].startswith("[header] ") and " [title] " in doc["ctx_a"]
    for sample in lines(told(work, "samples_b_hellaswag_ca_2*.jsonl")):
        assert not any(mark in json.dumps(sample["arguments"]) for mark in ("[header", "[title", "[step"))


def test_answers_of_a_translate_test_begin_as_the_harness_cuts_them(work: Path) -> None:
    for doc in lines(work / "eval" / "b_mgsm_hi_to_en.jsonl"):
        assert doc["answer"][:21] == "Step-by-Step Answer: " and doc["question"].startswith("Question: ")


OKAPI = """
import json, sys
from datasets import load_dataset
from lm_eval.tasks.okapi.arc_multilingual.utils import process_docs as arc
from lm_eval.tasks.okapi.hellaswag_multilingual.utils import process_docs as hellaswag
from lm_eval.tasks.okapi.truthfulqa_multilingual.utils import process_docs as truthfulqa

def data(name):
    return load_dataset("json", data_files=f"okapi/{name}/ca.json", split="train")

print(json.dumps({
    "arc": [[doc["choices"], doc["gold"]] for doc in arc(data("m_arc"))],
    "mmlu": [["ABCD".index(doc["answer"]), doc["option_d"]] for doc in data("m_mmlu")],
    "truthfulqa": [doc["mc2_targets"]["labels"] for doc in truthfulqa(data("m_truthfulqa"))],
    "hellaswag": [[doc["choices"], int(doc["gold"])] for doc in hellaswag(data("m_hellaswag"))],
}))
"""


def test_its_own_okapi_tasks_read_the_export_okapi(work: Path) -> None:
    inputs = [f"{name}.en.ca.jsonl" for name in ("arc", "mmlu", "truthfulqa", "hellaswag")]
    assert babelset(work, "export", *inputs, "--as", "okapi", "-o", "okapi").returncode == 0
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(work / "hf")}
    ran = subprocess.run([str(PYTHON), "-c", OKAPI], cwd=work, env=offline, capture_output=True, text=True, timeout=200)
    assert ran.returncode == 0, ran.stderr[-2000:]
    read = json.loads(ran.stdout.splitlines()[-1])
    for row, (choices, gold) in zip(accepted(work, "arc", "en", "ca"), read["arc"], strict=True):
        assert row["answer"] == "ABCDE"[gold] and len(choices) == sum(bool(row.get(f"option_{x}")) for x in "abcde")
    for row, (gold, last) in zip(accepted(work, "mmlu", "en", "ca"), read["mmlu"], strict=True):
        assert row["answer"] == gold and codecs.encode(last, "rot13") == row["choices"][3]
    for row, labels in zip(accepted(work, "truthfulqa", "en", "ca"), read["truthfulqa"], strict=True):
        assert row["mc2_targets"]["labels"] == labels
    for row, (choices, gold) in zip(accepted(work, "hellaswag", "en", "ca"), read["hellaswag"], strict=True):
        assert int(row["label"]) == gold and len(choices) == 4
