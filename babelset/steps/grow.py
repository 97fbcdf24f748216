"""The step `grow`: new tasks out of a few written by people, by self-instruct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, ClassVar

import regex
from pydantic import BaseModel, Field

from babelset.contracts.step import FilePath, Made, Rejected, Rows, Running, Stage, StepOutcome, StepRow, knowing
from babelset.engines.llm.generation import Unanswered, fault_of, generated
from babelset.engines.llm.languagemodel import LLM
from babelset.errors import ConfigError, DataError
from babelset.files.row import Row
from babelset.files.toml import read_model
from babelset.languages import Language, find
from babelset.measures.following import UNSPACED, words
from babelset.measures.script import letter_of
from babelset.measures.similarity import Near, RougePool
from babelset.steps.asking import Asking

PARTS = ("instruction", "input", "output")
START = regex.compile(r"[\p{L}\p{N}]")


class Rules(BaseModel, extra="forbid", frozen=True):
    """A file of rules, see grow.toml."""

    words: tuple[int, int] = (4, 150)
    blacklist: dict[str, list[str]] = {}

    def fault(self, instruction: str, language: Language) -> str:
        """What is wrong with an instruction, "" for nothing."""
        times = 2 if language.script in UNSPACED else 1
        count, least, most = len(words(instruction, language)), *(times * number for number in self.words)
        if not least <= count <= most:
            return f"has {count} words; {least} to {most} are allowed"
        said = {word.casefold() for word in regex.findall(r"[\p{L}\p{M}\p{N}]+", instruction)}
        for word in (*self.blacklist.get("*", ()), *self.blacklist.get(language.bcp47, ())):
            if word.casefold() in said:
                return f"speaks of {word!r}, which is on the blacklist"
        first = instruction.lstrip("¿¡\"'«“„( ")[:1]
        if not START.match(first) or not (first.isascii() or letter_of(language.script).match(first)):
            return f"begins with {first!r}"
        return ""


@dataclass
class Growth:
    """What has grown so far."""

    pool: RougePool
    seeds: dict[str, list[dict[str, Any]]]  # by task
    grown: dict[str, list[dict[str, Any]]]  # by task, what was kept
    outcomes: dict[str, StepOutcome] = field(default_factory=dict)  # of candidates that were drawn, by id

    @property
    def total(self) -> int:
        return sum(map(len, self.grown.values()))


class Grow(Asking, frozen=True):
    """
    Let a language model write new tasks like those of the seeds, and keep those that are sound and new.

    >>> Grow(model="Qwen/Qwen3-8B", to="ur", total=500)

    The files that are read hold the seeds, one file a task, in self-instruct's shape or as plain rows. Each request
    shows `seeds` of them and `grown` of the rows made before, shuffled. A new row is rejected where its parts are not
    in the language, where it breaks the `rules`, and where its instruction is more than `threshold` similar (ROUGE-L F)
    to any other, of all tasks together. It ends with `total` rows, or says why after `patience` requests without a new
    one. What is counted as read are the rows that the model wrote. Source: self-instruct (arXiv 2212.10560), with the
    numbers of Alif.
    """

    remembers: ClassVar[bool] = True

    to: str = ""  # language of the new rows
    total: int = Field(ge=1)  # new rows, of all tasks
    share: dict[str, float] = Field({})  # of each task, by its file's name without ending; equal when not given
    seeds: int = Field(4, ge=1)  # shown in a request
    grown: int = Field(2, ge=0)  # rows made before that are shown in a request
    count: int = Field(5, ge=1, le=20)  # new rows that a request asks for
    at_once: int = Field(8, ge=1)  # requests that see the same rows made before
    patience: int = Field(40, ge=1)  # requests without a new row, after which it ends
    threshold: float = Field(0.7, ge=0, le=1)  # ROUGE-L F above which two instructions are the same
    prompts: dict[str, str] = Field({})  # prompts of tasks that have one of their own
    rules: FilePath = ""  # a TOML file in place of grow.toml
    temperature: float = Field(1.0, ge=0, le=2)

    @property
    def usual(self) -> str:
        return "self-instruct"

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return frozenset({*PARTS, "category"})

    def language(self, stage: Stage) -> str:
        return stage.target or stage.source

    @property
    def total_rows(self) -> int:
        return self.total

    def effort(self, stage: Stage) -> dict[str, float]:
        return {"rows": self.total, "requests": round(self.total / self.count)}

    def check(self, stage: Stage) -> None:
        super().check(stage)
        self._rules()
        tasks = [_task(path) for path in stage.inputs]
        for name in (*self.share, *self.prompts):
            if name not in tasks:
                raise ConfigError(f"no file of seeds is called {name!r}; there are: {', '.join(tasks)}")
        RougePool(self.threshold)

    def _rules(self) -> Rules:
        return read_model(Rules, self.rules or Path(__file__).with_name("grow.toml"))

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        with self.asking(running) as engine:
            running.state = engine
            yield lambda batch: [running.state.outcomes.pop(row.id) for row in batch]

    def stream(self, running: Running, rows: Iterator[StepRow]) -> Iterator[StepRow]:
        engine: LLM = running.state
        growth = running.state = self._planted(rows)
        rules, language, barren, number = self._rules(), find(self.language(running.stage)), 0, 0
        while growth.total < self.total and barren < self.patience:
            tasks = self._next(growth)
            talks = [self._talk(task, number + at, growth, running) for at, task in enumerate(tasks)]
            for at, (task, answer) in enumerate(zip(tasks, engine.hold(talks), strict=True)):
                before = growth.total
                yield from self._sifted(task, answer, number + at, growth, rules, language)
                barren = 0 if growth.total > before else barren + 1
            number += len(tasks)
        ended = f"{growth.total} rows after {number} requests"
        if growth.total < self.total:
            ended += f", of which the last {barren} brought nothing new; more seeds or a higher temperature may help"
        running.tell["notes"] = [ended]

    def _planted(self, rows: Iterator[StepRow]) -> Growth:
        growth = Growth(RougePool(self.threshold), {}, {})
        for row in rows:
            seed = _seed(row)
            growth.seeds.setdefault(_task(row.row.file), []).append(seed)
            growth.pool.add(row.id, seed["instruction"])
        if not growth.seeds:
            raise ConfigError("there is no seed; name files with some tasks")
        growth.grown = {task: [] for task in growth.seeds}
        return growth

    def _next(self, growth: Growth) -> list[str]:
        """The tasks of the next requests: those that lack most of their share."""
        weights = {task: self.share.get(task, 0 if self.share else 1) for task in growth.seeds}
        whole = sum(weights.values())
        wanted = {task: self.total * weight / whole for task, weight in weights.items()}
        asked, chosen = Counter[str](), list[str]()
        for _ in range(self.at_once):
            lack = {task: wanted[task] - len(growth.grown[task]) - asked[task] * self.count for task in growth.seeds}
            task = max(lack, key=lambda name: lack[name])
            if chosen and lack[task] <= 0:
                break
            asked[task] += 1
            chosen.append(task)
        return chosen

    def _talk(self, task: str, number: int, growth: Growth, running: Running) -> Any:
        draw = running.stage.draw(f"request {number}")
        shown = draw.sample(growth.seeds[task], min(self.seeds, len(growth.seeds[task])))
        shown += draw.sample(growth.grown[task], min(self.grown, len(growth.grown[task])))
        draw.shuffle(shown)
        stage = running.stage
        row = StepRow(Row(number, task, number, {}), task, None, {})
        brief = self.brief(row, stage, {"task": task, "examples": shown, "count": self.count})
        manners = self.manners(running, f"request {number}")
        return generated(self._prompt_of(task), brief, lambda answer: "", manners)

    def _prompt_of(self, task: str) -> Any:
        from babelset.engines.llm.prompt import load

        return load(self.prompts[task], "generates") if task in self.prompts else self.asks

    def _sifted(
        self, task: str, answer: Any, number: int, growth: Growth, rules: Rules, language: Language
    ) -> Iterator[StepRow]:
        """The rows of an answer, each with its outcome in `growth`; none once there are enough."""
        told = [{}] if isinstance(answer, Unanswered) else answer["rows"]
        for at, new in enumerate(told):
            if growth.total >= self.total:
                return
            made = Row(number, task, at + 1, {**new, "category": task})
            row = StepRow(made, f"{task}:{number}/{at}", language, {})
            growth.outcomes[row.id] = (
                Rejected(answer.reason) if isinstance(answer, Unanswered) else self._judged(row, task, growth, rules)
            )
            yield row

    def _judged(self, row: StepRow, task: str, growth: Growth, rules: Rules) -> StepOutcome:
        language, data = row.language or find("en"), row.data
        if wrong := rules.fault(data["instruction"], language):
            return Rejected(f"the instruction {wrong}")
        for part in PARTS:
            if (part == "output" or data[part].strip()) and (wrong := fault_of(data[part], language, data["input"])):
                return Rejected(f"the {part} {wrong}")
        [near] = growth.pool.sift([(row.id, data["instruction"])])
        if growth.pool.too_near(near):
            return Rejected(f"more than {self.threshold:g} similar to another instruction")
        growth.grown[task].append({part: data[part] for part in PARTS})
        return Made([knowing(data, similar=[_told(each) for each in near])])


def _told(near: Near) -> dict[str, Any]:
    return {"id": near.id, "score": round(near.score, 4)}


def _task(path: str) -> str:
    return PurePath(path).name.partition(".")[0]


def _seed(row: StepRow) -> dict[str, str]:
    """A seed in three parts, of self-instruct's shape or plain; DataError for a row that is none."""
    data = row.data
    instances = data.get("instances")
    first = instances[0] if isinstance(instances, list) and instances else data
    if not isinstance(first, dict):
        first = {}
    seed = {"instruction": data.get("instruction"), "input": first.get("input", ""), "output": first.get("output")}
    for part, text in seed.items():
        if not isinstance(text, str) or (part != "input" and not text.strip()):
            where = part if first is data else f"instances[0].{part}" if part != "instruction" else part
            raise DataError("a seed has a text here", file=row.row.file, line=row.row.line, field=where)
    return seed
