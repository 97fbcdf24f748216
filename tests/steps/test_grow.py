"""New tasks are sound, in the language, and different from all others; a model that repeats itself ends it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from tests.engines.llm.scripted_server import UNAUTHORIZED, ScriptedServer
from tests.rows import rows_of

THINGS = {
    "en": [
        "river",
        "valley",
        "mountain",
        "village",
        "bread",
        "window",
        "winter",
        "market",
        "garden",
        "teacher",
        "letter",
        "engine",
        "island",
        "forest",
        "harvest",
        "bridge",
        "candle",
        "doctor",
        "kitchen",
        "thunder",
        "blanket",
        "farmer",
        "piano",
        "orchard",
        "shepherd",
        "wagon",
        "lantern",
        "meadow",
    ],
    "ur": [
        "دریا",
        "وادی",
        "پہاڑ",
        "گاؤں",
        "روٹی",
        "کھڑکی",
        "سردی",
        "بازار",
        "باغ",
        "استاد",
        "خط",
        "انجن",
        "جزیرہ",
        "جنگل",
        "فصل",
        "پل",
        "چراغ",
        "طبیب",
        "باورچی",
        "بادل",
        "کمبل",
        "کسان",
    ],
}
FRAMES = {
    "en": ("Tell why the", "and the"),
    "ur": ("بیان کریں کہ", "اور"),
}
OUTPUT = {
    "en": "It gives people water and food, and without it they would have to leave the place where they live.",
    "ur": "یہ لوگوں کو پانی اور خوراک دیتا ہے اور اس کے بغیر انہیں اپنی جگہ چھوڑنی پڑتی ہے۔",
}


def instruction(draw: random.Random, language: str) -> str:
    one, two, *more = draw.sample(THINGS[language], 9)
    return f"{FRAMES[language][0]} {one} {FRAMES[language][1]} {two} {' '.join(more)}"


class Writer:
    """30 % exact copies of what it is shown, 20 % near ones, 50 % new."""

    def __init__(self, language: str, only: str = "") -> None:
        self.language, self.only = language, only

    def __call__(self, body: dict[str, Any], number: int) -> str | None:
        found = re.search(r"^Examples: (.*)$", str(body["messages"][-1]["content"]), re.MULTILINE)
        if not found:
            return None
        draw, shown = random.Random(body["seed"]), json.loads(found[1])
        return json.dumps({"rows": [self._row(draw, shown) for _ in range(5)]}, ensure_ascii=False)

    def _row(self, draw: random.Random, shown: list[dict[str, str]]) -> dict[str, str]:
        text = draw.choice(shown)["instruction"]
        kind = self.only or draw.choices(["copy", "near", "new"], [3, 2, 5])[0]
        if kind == "near":
            words = text.split()
            words[-1] = draw.choice(THINGS[self.language])
            text = " ".join(words)
        elif kind == "new":
            text = instruction(draw, self.language)
        return {"instruction": text, "input": "", "output": OUTPUT[self.language]}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def serving() -> Iterator[Callable[[Any], ScriptedServer]]:
    opened = []

    def serve(script: Any) -> ScriptedServer:
        opened.append(ScriptedServer(script).__enter__())
        return opened[-1]

    yield serve
    for server in opened:
        server.stop()


def plant(language: str, *tasks: str) -> None:
    draw = random.Random(0)
    for task in tasks:
        seeds = [
            {"id": f"{task}_{at}", "instruction": instruction(draw, language), "instances": [{"input": "", "output": OUTPUT[language]}]}
            for at in range(6)
        ]  # fmt: skip
        Path(f"{task}.jsonl").write_text("".join(json.dumps(seed, ensure_ascii=False) + "\n" for seed in seeds))


def grow(server: ScriptedServer, language: str, total: int, *words: str, out: str = "out.jsonl", code: int = 0) -> str:
    options = [f"--set={key}" for key in (f"base_url={server.base_url}", "model=rot13", f"total={total}")]
    files = sorted(path.name for path in Path().glob("[a-z].jsonl"))
    done = CliRunner().invoke(app, ["run", "grow", *files, "-o", out, "--to", language, *options, "-q", *words])
    assert done.exit_code == code, done.output
    return done.output


def rouge_l(one: list[str], other: list[str]) -> float:
    """By its definition, with a table."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for at, against in enumerate(other, 1):
            before, row[at] = row[at], before + 1 if word == against else max(row[at], row[at - 1])
    return 2 * row[-1] / max(1, len(one) + len(other))


@pytest.mark.parametrize("language", ["en", "ur"])
def test_it_grows_to_the_total_and_no_two_are_alike(serving: Any, language: str) -> None:
    plant(language, "a", "b")
    said = grow(serving(Writer(language)), language, 60)
    rows = rows_of(Path("out.jsonl"))
    assert len(rows) == 60 and "60 rows after" in said
    counts = json.loads(Path("out.manifest.json").read_text())["rows"]
    assert counts["read"] == counts["used"] + counts["rejected"] + counts["failed"] and counts["rejected"] > 20
    seeds = [
        json.loads(line)["instruction"] for name in "ab" for line in Path(f"{name}.jsonl").read_text().splitlines()
    ]
    every = [re.findall(r"\w+", text.lower()) for text in (*seeds, *(row["instruction"] for row in rows))]
    fresh = list(combinations(range(len(every)), 2))
    assert all(rouge_l(every[one], every[other]) <= 0.7 for one, other in fresh if other >= len(seeds))
    assert {row["category"] for row in rows} == {"a", "b"}
    assert abs(sum(row["category"] == "a" for row in rows) - 30) <= 5
    assert all(len(row["_babelset"]["similar"]) <= 3 for row in rows)


def test_shares_and_the_first_round_without_rows_made_before(serving: Any) -> None:
    plant("en", "a", "b")
    grow(serving(Writer("en")), "en", 40, "--set", 'share={"a": 3, "b": 1}')
    assert abs(sum(row["category"] == "a" for row in rows_of(Path("out.jsonl"))) - 30) <= 5


def test_a_model_that_repeats_itself_ends_it(serving: Any) -> None:
    plant("en", "a")
    server = serving(Writer("en", only="copy"))
    said = grow(server, "en", 100, "--set", "patience=8")
    assert "0 rows after 8 requests, of which the last 8 brought nothing new" in said
    assert rows_of(Path("out.jsonl")) == []


def test_another_language_and_broken_rules_are_rejected(serving: Any) -> None:
    plant("en", "a")
    texts = {
        "the instruction is in Spanish": "Explica con pocas palabras por qué el río importa tanto a la gente del valle en verano",
        "has 2 words": "Explain it",
        "speaks of 'picture'": "Describe the picture of the old river and the village beside it",
        "begins with '.'": ". Describe the old river and the village beside it in your words",
    }

    def script(body: Any, number: int) -> str | None:
        if "Examples:" not in str(body["messages"][-1]["content"]):
            return None
        return json.dumps(
            {"rows": [{"instruction": text, "input": "", "output": OUTPUT["en"]} for text in texts.values()]}
        )

    grow(serving(script), "en", 10, "--set", "patience=1", "--set", "at_once=1")
    reasons = [row["_babelset"]["verdicts"][-1]["reason"] for row in rows_of(Path("out.rejected.jsonl"))]
    assert all(any(said in reason for reason in reasons) for said in texts), reasons


def test_stopped_it_goes_on_to_the_same_bytes_and_asks_nothing_twice(serving: Any) -> None:
    plant("en", "a")
    whole = serving(Writer("en"))
    grow(whole, "en", 40, out="whole.jsonl")
    stops, writer, asked = [True], Writer("en"), list[str]()

    def script(body: Any, number: int) -> Any:
        answer = writer(body, number)
        if answer and stops[0] and len(asked) == 12:
            return UNAUTHORIZED
        if answer:
            asked.append(json.dumps(body, sort_keys=True))
        return answer

    server = serving(script)
    grow(server, "en", 40, out="cut.jsonl", code=2)
    stops[0] = False
    options = [f"--set=base_url={server.base_url}"]
    grow(server, "en", 40, *options, out="cut.jsonl")
    assert Path("cut.jsonl").read_text() == Path("whole.jsonl").read_text()
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "total=0"], "total: "),
        (["--set", 'share={"x": 1}'], "no file of seeds is called 'x'; there are: a"),
        (["--set", "rules=gone.toml"], "gone.toml: cannot be read"),
        (["--set", "prompts={\"a\": \"segments\"}"], "translates; here one is needed"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_told_before_anything_is_asked(serving: Any, words: list[str], said: str) -> None:
    plant("en", "a")
    server = serving(Writer("en"))
    assert said in grow(server, "en", 5, *words, code=2) and not server.bodies


def test_a_seed_without_an_answer_is_told(serving: Any) -> None:
    Path("a.jsonl").write_text(json.dumps({"instruction": "Describe.", "instances": [{"input": ""}]}) + "\n")
    assert "a.jsonl:1: instances[0].output: a seed has a text here" in grow(serving(Writer("en")), "en", 5, code=3)
