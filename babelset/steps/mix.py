"""The step `mix`: exact shares of languages, origins or labels, in an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from babelset.contracts.step import Failed, FilePath, NameOrPath, Rows, RowStep, Running, Stage
from babelset.errors import ConfigError, ShortfallError
from babelset.files.toml import read_model
from babelset.steps import shares
from babelset.steps.counting import (
    LANGUAGE,
    ORIGIN,
    Count,
    Counted,
    Counting,
    InGroups,
    Kind,
    by_kind,
    checked_files,
    said_languages,
)
from babelset.steps.curriculum import Curriculum, CurriculumStage, Holdout
from babelset.steps.groups import END, Groups
from babelset.steps.mixing import Mixing, Parting
from babelset.steps.shares import apportion, largest
from babelset.steps.sharing import Plan, empty_kinds, normalized

MOST_KINDS = 10_000  # beyond it a column holds no labels, and memory would grow with the rows
ORDERS = ("shuffle", "interleave", "input")


class Mix(RowStep, frozen=True):
    """
    Take exact shares of languages, origins or labels, each row unchanged, in an order.

    >>> Mix(share="ca:30,es:30,en:40", total=10_000)

    Without `share`, `alpha`, `balance` or `partition` all rows are taken. Without `total` as many as there are enough
    for. Too few rows are an error, with a table, and nothing is written.
    """

    joins: ClassVar[bool] = True
    remembers: ClassVar[bool] = True

    share: str | dict[str, float] = ""  # of languages, or of what `by` names: "ca:30,es:30,en:40"
    by: str = LANGUAGE  # what `share` and `alpha` are of: language, origin (translated, native, source) or a column
    alpha: float | None = Field(None, ge=0, le=10)  # shares are p^alpha of the rows there are: 1 as they are, 0 equal
    balance: str = ""  # columns, language or origin: as many rows of each combination, "label,language"
    partition: NameOrPath = ""  # every row into one language, before translation: mc4, or a FILE.toml with [shares]
    parallel: Literal["all"] | Annotated[int, Field(ge=2)] | None = None  # rows that are there in so many languages
    key: str = ""  # column that parallel rows share; otherwise `id` where there is one, else file and row of the source
    holdout: FilePath = ""  # a TOML file: `field`, and [languages] with those that each task may be in
    total: int | None = Field(None, ge=1)  # rows
    repeat: Literal["never"] | Annotated[int, Field(ge=1)] = "never"  # how often a row may be taken where few are there
    order: NameOrPath = ORDERS[0]  # shuffle, interleave (evenly by share), input, or a TOML file with [[stages]]
    stages: list[CurriculumStage] = Field([])  # the same in place of a file
    untold: str | dict[str, str] = Field("", alias="language")  # of rows that do not tell theirs: "ca.jsonl=ca,en"

    @property
    def splits(self) -> bool:
        return bool(self.partition)

    @property
    def sorts(self) -> bool:
        return self.stages != [] or self.order != "input"

    @property
    def targets(self) -> Sequence[str]:
        return [code for code, share in shares.partition_shares(self.partition).items() if share] if self.splits else ()

    @property
    def columns(self) -> list[str]:
        """What makes a row's kind."""
        if self.parallel:
            return [LANGUAGE]
        return [name.strip() for name in self.balance.split(",")] if self.balance else [self.by]

    def needs(self) -> frozenset[str]:
        named = [] if self.partition else [path.partition(".")[0] for path in self.columns]
        return frozenset([*named, *filter(None, [self.key])]) - {LANGUAGE, ORIGIN}

    def check(self, stage: Stage) -> None:
        modes = ("share", "alpha", "balance", "partition", "parallel")
        given = [name for name in modes if getattr(self, name) not in ("", None, {})]
        if len(given) > 1:
            raise ConfigError(f"{' and '.join(given)} say different things: keep one")
        if self.repeat != "never" and {"partition", "parallel"} & {*given}:
            raise ConfigError(f"repeat does not go with {given[0]}: each row is taken once")
        if self.partition and (self.holdout or self.stages or self.order not in ("shuffle", "input")):
            raise ConfigError("a partition is made before there are languages: leave out holdout, stages and order")
        if self.splits and "{lang}" not in stage.output:
            raise ConfigError(
                "a partition writes a file for each language: put {lang} into its name, -o out.{lang}.jsonl"
            )
        if self.order not in ORDERS and not self.order.endswith(shares.ENDING):
            raise ConfigError(f"order is {self.order!r}; it is one of {', '.join(ORDERS)}, or a TOML file")
        self.asked_shares(), self.targets, self.counting(stage)  # whatever is wrong with what they name
        checked_files(said_languages(self.untold), stage.inputs)

    @property
    def total_rows(self) -> int | None:
        return self.total

    def effort(self, stage: Stage) -> dict[str, float]:
        return {"rows": self.total} if self.total else {}

    def asked_shares(self) -> dict[Kind, Fraction]:
        """The shares that are asked for by kind; {} where they come from the rows."""
        said = shares.said_shares(self.share) if self.share else {}
        return by_kind(shares.by_language(said) if self.by == LANGUAGE else said)

    def counting(self, stage: Stage) -> Counting:
        from_file = read_model(Curriculum, self.order).stages if self.order.endswith(shares.ENDING) else []
        holdout = read_model(Holdout, self.holdout) if self.holdout else None
        columns = [] if self.partition else self.columns
        return Counting(stage, columns, said_languages(self.untold), self.stages or from_file, holdout)

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        counting = self.counting(running.stage)
        count: Count = counting
        with ExitStack() as stack:
            if self.parallel:
                count, plan = self._in_parallel(counting, running, stack)
            elif self.partition:
                plan = self._in_parts(running)
            else:
                plan = self._shared(counting, running)
            running.tell["mix"] = plan.table
            kind = Parting if self.partition else Mixing
            yield kind(running.stage, count, plan, self.order, [each.name for each in counting.stages])

    def _in_parts(self, running: Running) -> Plan:
        """All rows, or `total` of them, by the shares of the partition."""
        rows = sum(1 for _ in running.read())
        if rows < (self.total or 0):
            raise ShortfallError(f"{self.total} rows are asked for, and there are {rows}: ask for fewer, or add rows")
        weights = by_kind(shares.partition_shares(self.partition))
        return Plan([LANGUAGE], apportion(weights, self.total or rows), dict.fromkeys(weights, rows))

    def _in_parallel(self, count: Counting, running: Running, stack: ExitStack) -> tuple[Count, Plan]:
        """Whole groups of rows that are the same one, in as many languages as is asked for; `total` rows of them."""
        found = InGroups(count, running.stage, self.key)
        groups = stack.enter_context(Groups.of(found.keyed(running.read()), running.work))
        languages = groups.languages()
        least = len(languages) if self.parallel == "all" else int(self.parallel or 0)
        if least > len(languages):
            raise ConfigError(
                f"parallel is {least}, but rows are in {len(languages)} languages: {', '.join(languages)}"
            )
        if fewer := groups.fewer(least):
            running.say(f"ids in fewer than {least} languages, whose rows are rejected: {fewer}")
        limit = groups.limit(least, self.total) if self.total else END
        asked, available = (by_kind(groups.counts(least, end)) for end in (limit, END))
        if self.total and limit == END and sum(asked.values()) <= self.total - least:
            asked = apportion(by_kind(dict.fromkeys(languages, Fraction(1))), self.total)
        plan = Plan([LANGUAGE], asked, available, whole=True)
        plan.check(self.total)
        return replace(found, least=least, groups=groups, limit=limit), plan

    def _shared(self, count: Count, running: Running) -> Plan:
        """How many rows of each kind; ShortfallError where there are too few."""
        available, failed = self._available(count, running)
        weights = self.asked_shares() or {kind: self._weight(count) for kind, count in available.items()}
        if self.share and (told := normalized(weights)):
            running.say(told)
        if self.balance and (empty := empty_kinds([*available])):
            running.say(f"{empty} combinations of {self.balance} have no row")
        often = 1 if self.repeat == "never" else self.repeat
        enough = {kind: number * often for kind, number in available.items()}
        total = self.total or largest(weights, enough)
        plan = Plan(self.columns, apportion(weights, total), available, often)
        plan.check(self.total, failed)
        return plan

    def _available(self, count: Count, running: Running) -> tuple[dict[Kind, int], Counter[str]]:
        """The rows of each kind, in the order of their names; and those that fail, by reason."""
        available: Counter[Kind] = Counter()
        failed: Counter[str] = Counter()
        for row in running.read():
            counted = count(row)
            if isinstance(counted, Failed):
                failed[counted.reason] += 1
            elif isinstance(counted, Counted):
                available[counted.kind] += 1
            if len(available) > MOST_KINDS:
                raise ConfigError(f"{', '.join(self.columns)}: more than {MOST_KINDS:,} different values; name a label")
        return dict(sorted(available.items())), failed

    def _weight(self, count: int) -> Fraction:
        alpha = 0 if self.balance else 1 if self.alpha is None else self.alpha
        return Fraction(count if alpha == 1 else count**alpha)
