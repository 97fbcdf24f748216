"""What a filter is: score and decide are two verbs, so a changed threshold costs no second translation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr

from babelset.contracts.lazy import Lazy
from babelset.doctor import Finding
from babelset.errors import ContractError
from babelset.languages import Language, Pair

Unit = Literal["segment", "field", "row"]
RIGHT = "right"  # flag of a field that is the right one of some options
NEAR = 2  # segments before and after one that are beside it


@dataclass(frozen=True, slots=True)
class Scored:
    """
    A source text beside its translation: one segment, one whole field, or all prose of a row.

    `keeps` are the texts inside it that were not translated; `target` is None where translation failed.
    """

    source: str
    target: str | None
    pair: Pair
    field: str = ""  # path of the field: "messages[2].content"
    role: str = ""
    keeps: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    reason: str = ""  # why there is no target
    candidates: tuple[tuple[str, float], ...] = ()  # what the target was chosen from, with scores
    beside: tuple[str, ...] = ()  # other sources near it in the row, without kept texts
    about: str = ""  # what else a filter of its own units is to know, as `Filter.units` says

    @property
    def prose(self) -> tuple[str, str]:
        """Source and target without the kept texts."""
        if not self.keeps:  # as most, and many ask
            return self.source, self.target or ""
        return without(self.source, self.keeps), without(self.target or "", self.keeps)


def without(text: str, keeps: tuple[str, ...]) -> str:
    """`text` with one occurrence of each kept text taken out, the longest first."""
    if not keeps:
        return text
    for keep in sorted(keeps, key=len, reverse=True):
        text = text.replace(keep, " ", 1)
    return text


def shorten(value: object, most: int = 60) -> str:
    """Evidence for a reason: quoted, control characters escaped, at most about `most` characters."""
    if isinstance(value, str):
        return repr(value if len(value) <= most else value[: most - 1] + "…")
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`Verdict("length", False, 7.1, "instruction: 7.1 times as long as its source")`."""

    check: str
    ok: bool
    score: float | None = None
    reason: str = ""  # empty when ok
    counts: Mapping[str, int] = field(default_factory=dict)  # summed over all rows in the manifest, under the check


@dataclass(slots=True)  # not frozen: a row has a hundred, and each would take twice as long to make
class Rating:
    """
    A score, its parts, and why: `Rating(3.5, {"accuracy": 2, "fluency": 5}, "accuracy 2: a negation is lost")`.

    A unit without a score is not covered. Where a note stands in its place the unit is unjudged: the row has no score
    then, and no cut by that score keeps it. The note of a unit with a score says what is special about it.

    `unit` is what was rated. The runner adds it before a filter judges; it is never stored.
    """

    score: float | None
    parts: Mapping[str, float | None] = field(default_factory=dict)
    note: str = ""
    unit: Scored | None = field(default=None, compare=False, repr=False)

    @property
    def of(self) -> Scored:
        """The unit; ContractError for a rating that nobody gave its unit, see `with_units`."""
        if self.unit is None:
            raise ContractError("a filter judges ratings with their units: judge(with_units(ratings, units))")
        return self.unit


def with_units(ratings: Sequence[Rating], units: Sequence[Scored]) -> list[Rating]:
    """`check.judge(with_units(check.score(units), units))`: what the runner does with the units of a row."""
    return [Rating(rating.score, rating.parts, rating.note, unit) for rating, unit in zip(ratings, units, strict=True)]


def known(ratings: Sequence[Rating]) -> list[float]:
    """The scores of the units that have one."""
    return [rating.score for rating in ratings if rating.score is not None]


class Compared(NamedTuple):
    """A text and its reference; `language` is that of both."""

    hypothesis: str
    reference: str
    language: Language


@dataclass(frozen=True, slots=True)
class Marks:
    """What filters make of one row: by column a score for each unit, by filter that gives notes one for each."""

    scores: dict[str, list[float | None]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)

    def put(self, check: Filter, ratings: Sequence[Rating]) -> None:
        """Store what `check` makes of its units, scores to four decimals, the parts in columns of their own."""
        self.scores[check.name] = [_rounded(rating.score) for rating in ratings]
        for part in check.parts:
            self.scores[f"{check.name}.{part}"] = [_rounded(rating.parts.get(part)) for rating in ratings]
        if any(rating.note for rating in ratings):
            self.notes[check.name] = [rating.note for rating in ratings]

    def ratings(self, name: str, units: Sequence[Scored] | None = None) -> list[Rating]:
        """
        The ratings of a filter, put together again from its columns, each with its unit where these are given.

        >>> Marks({"judge": [2.0], "judge.accuracy": [1.0]}, {"judge": ["accuracy 1: an answer"]}).ratings("judge")
        [Rating(2.0, {"accuracy": 1.0}, "accuracy 1: an answer")]
        """
        scores, start = self.scores.get(name, []), f"{name}."
        parts = {column[len(start) :]: values for column, values in self.scores.items() if column.startswith(start)}
        given = [None] * len(scores) if units is None else units
        if not parts and name not in self.notes:
            return [Rating(score, unit=unit) for score, unit in zip(scores, given, strict=True)]
        notes = [*self.notes.get(name, ()), *[""] * len(scores)]
        return [
            Rating(score, {part: values[at] for part, values in parts.items() if at < len(values)}, notes[at], unit)
            for at, (score, unit) in enumerate(zip(scores, given, strict=True))
        ]

    def unjudged(self, column: str) -> str:
        """Why the first unjudged unit is unjudged, "" where there is none."""
        name = column.partition(".")[0]
        notes = zip(self.scores.get(name, ()), self.notes.get(name, ()), strict=False)
        return next((note for score, note in notes if score is None and note), "")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


@dataclass(slots=True)
class Outcome:
    """One row after translation: what filters look at. Indexed views of the same row, three sizes."""

    segments: list[Scored]
    fields: list[Scored]
    row: Scored
    data: dict[str, Any] = field(default_factory=dict)  # the translated row itself
    marks: Marks = field(default_factory=Marks)  # when it is judged: all scores

    def __post_init__(self) -> None:
        sources = [segment.prose[0] for segment in self.segments]
        said = {source for source in sources if any(map(str.isalpha, source))}
        for at, (segment, own) in enumerate(zip(self.segments, sources, strict=True)):
            near = dict.fromkeys(sources[max(at - NEAR, 0) : at + NEAR + 1])
            beside = tuple(text for text in near if text != own and text in said)
            if beside != segment.beside:
                self.segments[at] = replace(segment, beside=beside)

    def units(self, unit: Unit) -> list[Scored]:
        return {"segment": self.segments, "field": self.fields, "row": [self.row]}[unit]

    def ratings(self, check: Filter) -> list[Rating]:
        """What `check` judges: its stored ratings, each with its unit."""
        return self.marks.ratings(check.name, check.units(self))


class Filter(BaseModel):
    """
    A check or a scorer, named by an entry point of the group `babelset.filters`; it runs when it is named.

    What its author sets are class variables (`ClassVar`), or properties where they depend on options. What its user
    sets, as thresholds, are fields: an unknown one is refused, and the manifest records them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]
    """As its entry point: the column that its scores are stored in, and its table in `[filters]`."""

    unit: ClassVar[Unit]
    """What it scores: every "segment", every "field", or the "row" as one text. A field where users may choose."""

    parts: ClassVar[tuple[str, ...]] = ()
    """Names of the further scores that its ratings have: a column each, `judge.accuracy`, to filter and rank by."""

    quality: ClassVar[bool] = False
    """Whether a higher score is a better translation: rows can be ranked by it, and with the unit "segment" it can
    choose among candidates."""

    needs_candidates: ClassVar[bool] = False
    """Whether it has no score for a translation by itself, only for one of several."""

    compares: ClassVar[bool] = False
    """Whether it compares texts with references, which `compared` shows: corpus metrics are computed of them."""

    operational: ClassVar[frozenset[str]] = frozenset()
    """Names of options that change no score and no verdict, as a time limit: a resumed run may change them."""

    main_option: ClassVar[str] = ""
    """The option that VALUE sets in `babelset score --with NAME:VALUE`; without one that is refused."""

    asks_an_engine: ClassVar[bool] = False
    """Whether what it loads is told wrong before a run begins, rather than by the first unit that needs it."""

    pays: ClassVar[bool] = False
    """Whether what it loads may cost money or hours, and is kept in the folder that `load` is given."""

    _heavy: Lazy[Any] | None = PrivateAttr(None)

    @property
    def license(self) -> str | None:
        """That of its model, for the manifest; "" where nobody wrote it down, None where it has no model."""
        return None

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """What `babelset doctor` says: whether it can run here, and if not, the command that helps."""
        yield from ()

    def check_model(self) -> None:
        """Raise ConfigError where what it needs is not on this machine; for filters whose `load` takes long."""

    def load(self, folder: Path | None) -> Any:
        """
        The model, worker or engine that it needs. Called while it is open, once, by the first unit that needs it.

        In `folder`, where there is one, it may keep what was dear; a resumed run gives the same folder again.
        """
        return None

    def unload(self, model: Any) -> None:
        """End what `load` made. What it has been paid for and waits for comes back first, and is kept."""

    def halt_loaded(self, model: Any) -> None:
        """Make what `load` made ask nothing more, without waiting for it."""

    @contextmanager
    def open(self, folder: Path | None = None, *, eager: bool = True) -> Iterator[Self]:
        """
        The time in which it scores. Nothing that it loads outlives the block, and nothing is kept in the process.

        >>> with CometKiwi().open() as check:
        ...     check.score(units)

        To judge stored ratings it need not be open; where there may be none to score, it is opened without `eager`.
        """
        with Lazy(lambda: self.load(folder), self.unload, self.halt_loaded) as self._heavy:
            try:
                if folder and eager and self.asks_an_engine:
                    _ = self.loaded
                yield self
            finally:
                self._heavy = None

    @property
    def loaded(self) -> Any:
        """What `load` made; ContractError where the filter is not open."""
        if self._heavy is None:
            raise ContractError(f"the filter {self.name!r} needs what it loads: score within `with check.open(): ...`")
        return self._heavy.get()

    def watched(self, heard: Callable[[int], None]) -> None:
        """Whom to tell how many units were scored, as that happens; for filters that take long over many."""

    def halt(self) -> None:
        """Ask nothing more: `score` raises errors.Stopped when what is in flight has come back. For any thread."""
        if heavy := self._heavy:
            heavy.halt()

    @abstractmethod
    def score(self, units: Sequence[Scored]) -> list[Rating]:
        """
        A rating for each unit, same length, same order. It depends on the unit alone, not on its neighbours.

        The score None is "not covered" (unknown language, too short, no target): it counts neither as good nor as bad.
        """

    @abstractmethod
    def judge(self, ratings: Sequence[Rating]) -> Verdict:
        """
        Decide one row by the ratings of its units, which may have been stored for a year.

        `rating.of` is the unit, for the words of the reason. The reason is empty where the verdict is ok.
        """

    def units(self, outcome: Outcome) -> list[Scored]:
        """What it scores of a row, as `unit` says: the same number, whatever the texts are."""
        return outcome.units(self.unit)

    def columns(self, ratings: Sequence[Rating]) -> Mapping[str, Any]:
        """
        What `babelset score` adds to the row itself, beside the scores among its evidence: most add nothing.

        A column of that name is replaced, but not one that babelset translated.
        """
        return {}

    def covers(self, pair: Pair) -> bool:
        """Whether it can score translations of this pair."""
        return True

    def compared(self, units: Sequence[Scored]) -> list[Compared | None]:
        """Each unit's text and reference, None for one that it does not cover; where `compares` is set."""
        return [None] * len(units)

    def deciding(self) -> dict[str, Any]:
        """The options that decide scores and verdicts, "auto" spelt out: what a resumed run must agree on."""
        return {name: value for name, value in self if name not in self.operational}

    def account(self) -> dict[str, Any]:
        """What it has cost in this run, killed processes included: requests, tokens, money. {} for nothing."""
        return {}

    def caution(self, translator: str) -> str:
        """What to know before it scores the work of a translator with this signature; "" for nothing."""
        return ""
