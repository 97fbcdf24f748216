"""What a step of a pipeline is: rows in, rows out, one outcome for each row that comes in."""

from __future__ import annotations

import os
from abc import ABC
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ValidationInfo

from babelset.contracts.columns import stand_in
from babelset.contracts.evidence import known_of
from babelset.files.hub import is_hub
from babelset.files.row import KEY, Row
from babelset.files.shard import Shard
from babelset.languages import Language


def below(folder: str | Path, path: str) -> str:
    """`below("examples", "../out/ca.jsonl")` -> "out/ca.jsonl"; a dataset of the hub stays what it is."""
    return path if is_hub(path) else os.path.normpath(Path(folder, path))


def relative(path: str, info: ValidationInfo) -> str:
    """A path option as it is meant: below the folder of the pipeline file that names it."""
    context = info.context or {}
    apart = not path or not context.get("folder") or info.field_name in context.get("given", ())
    return path if apart else below(context["folder"], path)


FilePath = Annotated[str, AfterValidator(relative)]
"""An option of a step that names a file: in a pipeline file it is relative to that file."""


def _named_or_file(name: str, info: ValidationInfo) -> str:
    return relative(name, info) if "/" in name or Path(name).suffix else name


NameOrPath = Annotated[str, AfterValidator(_named_or_file)]
"""An option that is the name of something, or a file: one with an ending or a slash."""


PROMISED = "promised"  # the key of a row of a trial that a step may know more of than anyone can tell before


@dataclass(frozen=True, slots=True)
class StepRow:
    """
    A row on its way through a step.

    `id` is the same in every step, process and chunk size: "alpaca.jsonl:17" for row 17 (from 0) of the first inputs,
    "alpaca.jsonl:17/ask/2" for what a step `ask` made of it.
    """

    row: Row
    id: str
    language: Language | None  # it is in, where something tells
    known: dict[str, Any]  # about it, as it stands in the row; {} for nothing

    @property
    def data(self) -> dict[str, Any]:
        """The row, with all that is known about it."""
        return self.row.data


@dataclass(frozen=True, slots=True)
class Made:
    """
    What a step made of a row: rows, none where it is used up; the same row where nothing has changed.

    `place` sorts the rows of a step that sorts, `places` each of them where they differ. `language` is the file they
    belong to, of a step that splits.
    """

    rows: Sequence[dict[str, Any]]
    place: tuple[int | str, ...] = ()
    language: str = ""
    parents: Sequence[str] = ()  # ids of other rows that it is made of, too
    places: Sequence[tuple[int | str, ...]] = ()  # of each of its rows, where they do not stay together
    counts: Mapping[str, int] = field(default_factory=dict)  # summed over all rows in the manifest, see `RowStep.told`
    models: Mapping[str, str] = field(default_factory=dict)  # that made it, besides those that make all rows


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that the step can read and rejects; `known` is what it knows of it now."""

    reason: str
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """A row that the step cannot read; `field` is where in it."""

    reason: str
    field: str = ""


StepOutcome = Made | Rejected | Failed
Rows = Callable[[Sequence[StepRow]], Sequence[StepOutcome]]


@dataclass(frozen=True, slots=True)
class Stage:
    """A step at work: which files it reads, which one it writes, and in which languages."""

    inputs: tuple[str, ...]
    output: str  # of a step that splits, with {lang}
    source: str  # language of the rows
    target: str = ""  # language of a step that has an option `to`
    recipe: str = ""  # the pipeline's name
    name: str = ""  # of the step in it
    seed: int = 0
    memory: str | None = None
    format: str | None = None
    license: str | None = None  # of the data
    force: bool = False
    shard: Shard | None = None  # the rows to read, of all those in the inputs

    def draw(self, what: str) -> Random:
        """
        Chance that depends on the seed and on `what` alone, as a row's id.

        >>> stage.draw("alpaca.jsonl:17").random() == stage.draw("alpaca.jsonl:17").random()
        True
        """
        import xxhash

        return Random(xxhash.xxh3_64_intdigest(f"{self.seed}\0{self.name}\0{what}".encode("utf-8", "surrogatepass")))


class Step(BaseModel, ABC, extra="forbid", frozen=True):
    """
    A step, named by an entry point of the group `babelset.steps`. What its author sets are class variables, what its
    user sets are fields: an unknown one is refused. It is a `RowStep`, which works row by row, or a `WholeStep`.

    A step with an option `to` is done once for each language that is asked for, unless the rows have one already.
    """

    joins: ClassVar[bool] = False
    """Whether it takes the files of all languages together."""

    target_optional: ClassVar[bool] = False
    """Whether it can do without a language, where it has an option `to`."""

    @property
    def aside(self) -> str:
        """Where it writes beside the pipeline, so that the next step reads what this one read; "" elsewhere."""
        return ""

    @property
    def of_dataset(self) -> str:
        """The one dataset that it is for; "" for all of them."""
        return ""

    @property
    def about(self) -> str:
        """What it is told apart by from others of its name, in a summary: "as okapi"."""
        return ""

    @property
    def splits(self) -> bool:
        """Whether it writes a file for each language."""
        return False

    @property
    def targets(self) -> Sequence[str]:
        """The languages, by code, that a step that splits writes files for, at most."""
        return ()

    def undivided(self, before: Sequence[Step] = ()) -> str:
        """
        Why parts of the rows, done apart, do not make together what all rows make; "" where they do.

        >>> Dedup().undivided()
        'what becomes of a row depends on those before it'

        Behind the steps `before` it reads no more than these made of its own part.
        """
        return "it needs all rows at once"

    def needs(self) -> frozenset[str]:
        """Columns that it reads."""
        return frozenset()

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        """The columns of what it makes, of rows with these `columns`."""
        return columns

    def language(self, stage: Stage) -> str:
        """The language of what it makes."""
        return stage.source

    def check(self, stage: Stage) -> None:
        """Raise ConfigError for what can be seen to be wrong before any row is read."""
        return

    @property
    def total_rows(self) -> int | None:
        """How many rows it makes, whatever it reads; None where that depends on it."""
        return None

    def effort(self, stage: Stage) -> dict[str, float]:
        """What it will take, from the rows of `stage`: "requests", "tokens", "rows" that it makes at most."""
        return {}


@dataclass
class Running:
    """What a step that works row by row may use while it runs."""

    stage: Stage
    language: str  # of what is made, where a row tells no other
    read: Callable[[], Iterator[StepRow]]  # all rows, from the beginning, as often as it likes
    work: Path  # folder for what a resumed run must find again
    say: Callable[[str], None] = lambda message: None
    heard: Callable[[int], None] = lambda count: None  # told of rows that are answered before the batch is
    models: dict[str, str] = field(default_factory=dict)  # signatures by name, for the rows; filled in `open`
    licenses: dict[str, str] = field(default_factory=dict)  # of the models by name; filled in `open`
    state: Any = None  # what the step keeps between `open` and `stream`
    tell: dict[str, Any] = field(default_factory=dict)  # further keys of the manifest; filled at any time


class RowStep(Step, frozen=True):
    """
    A step that makes something of each row.

    >>> class Upper(RowStep):
    ...     field: str = "text"
    ...     def rows(self, batch):
    ...         return [Made([{**row.data, self.field: row.data[self.field].upper()}]) for row in batch]

    What it makes may depend on its options, the row and the stage's seed only, not on what it made before; one that
    remembers what it saw says so by `remembers`.
    """

    chunk: ClassVar[int] = 256
    """Rows that it is given at a time: finished and stored together."""

    remembers: ClassVar[bool] = False
    """Whether an outcome depends on the rows before: a resumed run then sees them all again."""

    quick: ClassVar[bool] = False
    """Whether `open` loads nothing heavy: its trial then is the work itself, as for a step that has no `open`."""

    @property
    def sorts(self) -> bool:
        """Whether its rows are written in the order of their `Made.place`."""
        return False

    @property
    def looks_ahead(self) -> bool:
        """Whether an outcome depends on other rows, which it reads first, by `running.read`."""
        return False

    def undivided(self, before: Sequence[Step] = ()) -> str:
        reasons = {
            "it takes all files together": self.joins,
            "it shares all rows out to files": self.splits,
            "it puts all rows in an order": self.sorts,
            "it makes rows of its own from all that it reads": type(self).stream is not RowStep.stream,
            "what becomes of a row depends on those before it": self.remembers,
            "it looks at all rows before the first": bool(before) and self.looks_ahead,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        """Load what is heavy, look at all rows where that is needed; then the function that is given the rows."""
        yield self.rows

    def rows(self, batch: Sequence[StepRow]) -> Sequence[StepOutcome]:
        """An outcome for each row, in order."""
        raise NotImplementedError

    def promised(self, batch: Sequence[StepRow], stage: Stage) -> Sequence[StepOutcome]:
        """What can be told without an engine of what it will make of these rows: the columns that it gives."""
        columns = frozenset(name for row in batch for name in row.data) - {KEY}
        given = self.gives(columns)
        new = {name: stand_in(name) for name in sorted(given - columns)}
        kept = given | {KEY}
        rows = [{**{key: row.data[key] for key in row.data if key in kept}, **new} for row in batch]
        return [Made([knowing(data, **{PROMISED: True})]) for data in rows]

    def told(self, counts: Mapping[str, int]) -> list[str]:
        """What a user is told of the sums of `Made.counts`, beside them."""
        return []

    def stream(self, running: Running, rows: Iterator[StepRow]) -> Iterator[StepRow]:
        """The rows that `rows` is given: those that were read, or others that it draws from them."""
        return rows


def knowing(data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The row with more known about it: `knowing(row.data, mix={"share": "ca"})`."""
    return {**data, KEY: {**known_of(data), **more}}
