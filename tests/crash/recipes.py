"""Every recipe that ships, with twenty rows and models that answer by what they are asked."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import partial
from typing import Any

from babelset.pipeline.recipe import pipeline_of, shipped
from tests.crash.paid import BATCH
from tests.crash.trial import Case
from tests.pipeline.test_answer_recipes import PLACES
from tests.steps.test_grow import OUTPUT, instruction

COUNT = 20  # rows of each file
OFF = ["language", "script", "copied", "task", "length", "repetition", "intact", "choices", "preserved", "numbers"]
CHECKS = json.dumps(dict.fromkeys(OFF, False))


def _lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _turns(number: int) -> dict[str, Any]:
    said = json.dumps({"role": "user", "content": f"Name a river of {number} letters without a comma."})
    return {
        "key": str(number), "turn_1_prompt": said,
        "turn_1_instruction_id_list": json.dumps(["punctuation:no_comma"]), "turn_1_kwargs": json.dumps(["{}"]),
    }  # fmt: skip


def _paragraphs(number: int) -> dict[str, Any]:
    place = PLACES[number % len(PLACES)]
    return {
        "paragraph_en": f"{place} has {number} rivers.",
        "paragraph_target": f"El {f'⟦ca⟧{place}' if number % 2 else 'cim'} té {number} rius.",
    }


def _seeds(number: int) -> dict[str, Any]:
    asked = instruction(random.Random(number), "ur")
    return {"id": number, "instruction": asked, "instances": [{"input": "", "output": OUTPUT["ur"]}]}


def _asked(number: int, word: str) -> dict[str, Any]:
    return {"question": f"{word} {number} river?", "answer": f"{word} {number} sea.", "host": "ab"[number % 2]}


ROWS = {
    "rows": lambda at: {
        "id": at, "instruction": f"Describe river {at}.", "input": "", "output": f"A river {at} is old.", "label": "ab"[at % 2]
    },
    "texts": lambda at: {"id": at, "text": f"Our river {at} is cold. The Ebro is near."},
    "asked": lambda at: {"question": f"Why is river {at} cold?", "answer": f"The expert says snow {at}.", "label": "good"},
    "tests": lambda at: {"question": f"Which river, {at}?", "answer": None, "answer_number": at, "equation_solution": None},
    "turns": _turns,
    "paragraphs": _paragraphs,
    "names": lambda at: {"id": at, "name": f"Our river {at}"},
    "river": _seeds,
    "rivers": lambda at: _seeds(at + COUNT),
    "en": partial(_asked, word="old"),
    "ca": partial(_asked, word="vell"),
}  # fmt: skip
FILES = {f"{name}.jsonl": _lines(*map(row, range(COUNT))) for name, row in ROWS.items()}
FILES |= {
    "part.toml": "[shares]\nen = 50\nca = 20\nes = 30\n",
    "words.tsv": "river\triu\tca\ncold\tfred\tca\nEbro\tEbre\tca\nEbro\tEbro\tes\n",
}
OF = {  # what a recipe reads, and what else it is told, where that is not rows.jsonl into Catalan
    "alma-r": ("texts.jsonl", "--to", "ca"),
    "csr": ("texts.jsonl", "--to", "ca", "switch.lexicon=words.tsv", "switch.translator=paid"),
    "duoguard-balance": ("rows.jsonl", "--to", "ca,en,es"),
    "entitycs": ("texts.jsonl", "switch.lexicon=words.tsv"),
    "m-nta": ("names.jsonl", "--to", "ca", "vote.with=paid,echo"),
    "mine-examples": (
        "en.jsonl",
        "ca.jsonl",
        "--to",
        "ca",
        "mine.with=translate:paid",
        "mine.least=0",
        "mine.fields=question,answer",
        f"filter.filters={CHECKS}",
        "filter.keep=10",
    ),
    "mblip": ("rows.jsonl", "mix.partition=part.toml"),
    "multi-if": ("turns.jsonl", "--to", "ca"),
    "okapi-ranking": ("rows.jsonl", "--to", "ca", "--from", "ca"),
    "okapi-rl": ("rows.jsonl", "--to", "ca,es"),
    "parallel-k": ("rows.jsonl", "--to", "ca,es"),
    "selective-mix": ("rows.jsonl", "--to", "ca,en"),
    "spanglish": ("asked.jsonl", "--to", "es"),
    "syndarin": ("paragraphs.jsonl", "--to", "ca"),
    "taco-curriculum": ("rows.jsonl", "--to", "en,ca"),
    "translate-test": ("tests.jsonl", "--from", "ca"),
    "urdu-instruct": ("river.jsonl", "rivers.jsonl", "grow.total=20", "grow.at_once=2"),
    "webfaq": ("en.jsonl", "ca.jsonl", "--to", "ca", "mine.with=translate:paid", "mine.least=0"),
    "xcot": ("asked.jsonl", "--to", "ca", "switch.lexicon=words.tsv", "switch.rate=1", "fewshot.translator=paid"),
    "xlinghealth": ("asked.jsonl", "--to", "ca"),
    "xqg": ("texts.jsonl", "--to", "ca"),
}
SERVER = ("base_url={url}", "model=rot13", "options.wait=0.01", "options.concurrency=1")
MANY = ("mblip", "okapi-rl")  # which write a file for each language


def _options(recipe: str) -> Iterator[str]:
    """What each step is told, so that all that it asks for is counted."""
    for step in pipeline_of(recipe).steps:
        if step.use in ("ask", "rank", "grow"):
            yield from (f"{step.name}.{each}" for each in SERVER)
        elif step.use == "score":
            yield from (f"{step.name}.options.rubric.{each}" for each in SERVER)
        elif step.use == "translate":
            yield from (f"{step.name}.filters={CHECKS}", f"{step.name}.chunk=4")
            # What is asked again alone is drawn from what came together, which a death changes.
            options = [*(each.removeprefix("options.") for each in SERVER), "recheck=0"]
            yield from (
                (f"{step.name}.translator.options.{each}" for each in options)
                if recipe == "alma-r"
                else (f"{step.name}.translator=paid",)
            )


def _case(recipe: str) -> Case:
    given = OF.get(recipe, ("rows.jsonl", "--to", "ca"))
    output = "out/made.{lang}.jsonl" if recipe in MANY else "out/made.jsonl"
    told = [*(each for each in given if "=" in each), *_options(recipe)]
    options = [word for each in told for word in ("--set", each)]
    argv = ("run", recipe, *(each for each in given if "=" not in each), *options, "-o", output, "-q")
    return Case(argv, FILES, in_flight=BATCH)


RECIPES = {name: _case(name) for name in shipped()}
