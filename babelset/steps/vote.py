"""The step `vote`: names and short labels, as several engines agree on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.engine import Engine
from babelset.contracts.step import (
    Failed,
    FilePath,
    Made,
    Rejected,
    Rows,
    RowStep,
    Running,
    Stage,
    StepOutcome,
    StepRow,
    knowing,
)
from babelset.errors import ConfigError
from babelset.files.row import KEY
from babelset.languages import Pair
from babelset.steps.ballot import Value, agreed, elected
from babelset.steps.engines import engine_of, ladders, listed, pair_of
from babelset.steps.gold import IDS, measured, read_gold, shown
from babelset.steps.poll import Poll

BACK = "roundtrip"


class Vote(RowStep, frozen=True):
    """
    Translate names or short labels with several engines, and count who says the same.

    >>> Vote(with_=["apertium", "nllb:models/nllb", "roundtrip"], to="ca", least=2)

    Same is what has the same letters and digits. Copies of the source have one vote together, whoever made them. The
    voter `roundtrip` is for the first value that comes back as the source, by the first engine that knows the way
    back, or by the one behind its colon. Rows become {id, values: [[votes, name, known], ...], by: {voter: name}}, the
    most votes first; with `fields`, these columns, texts or lists of texts, are filled instead. A row is rejected where
    no value has `least` votes, or, with `fields`, where two have the same number. Source: M-NTA, mBLIP.
    """

    with_: str | list[str] = Field(alias="with", min_length=1)  # the voters: apertium, nllb:DIR, roundtrip
    options: dict[str, dict[str, Any]] = Field({})  # of engines: { nllb = { beam = 4 } }
    to: str = ""  # language of the votes
    least: int = Field(2, ge=1)  # votes
    of: str = "name"  # the column with the name
    fields: str | list[str] = Field([])  # columns to fill, in place of a list of values
    known: str = ""  # a column with names that are known already; the list of values says which they are
    gold: FilePath = ""  # a file of {id, correct_values, incorrect_values}: how good the votes are, by threshold

    remembers: ClassVar[bool] = True

    @property
    def columns(self) -> list[str]:
        return listed(self.fields) or [self.of]

    @property
    def engines(self) -> dict[str, Engine]:
        return {name: engine_of(name, self.options) for name in listed(self.with_) if name.partition(":")[0] != BACK}

    def needs(self) -> frozenset[str]:
        return frozenset([*self.columns, *filter(None, [self.known])])

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return columns if self.fields else frozenset({*(columns.intersection(IDS) or {IDS[0]}), "values", "by"})

    def language(self, stage: Stage) -> str:
        return stage.target

    def check(self, stage: Stage) -> None:
        names = listed(self.with_)
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise ConfigError(f"with: {twice} is named twice, and would agree with itself; name it once")
        if not self.engines:
            raise ConfigError("with: no engine is named; a value to send back must come from one, as apertium")
        for engine in self.engines.values():
            engine.build(pair_of(stage)).close()
        self._back(stage)
        if self.gold:
            if self.fields:
                raise ConfigError("gold: it judges lists of values; leave `fields` out")
            read_gold(self.gold)

    def _back(self, stage: Stage) -> tuple[str, Engine] | None:
        """The voter that translates back, and its engine; ConfigError where none of the engines can."""
        voter = next((name for name in listed(self.with_) if name.partition(":")[0] == BACK), "")
        if not voter:
            return None
        pair, own = pair_of(stage), voter.partition(":")[2]
        back = Pair(pair.target, pair.source)
        for engine in [engine_of(own, self.options)] if own else self.engines.values():
            made = engine.make()
            able = made.supports(back)
            made.close()
            if able:
                return voter, engine
        raise ConfigError(
            f"with: {voter}: no engine here translates {back.source.name} into {back.target.name}; "
            f"name one that does: {BACK}:ENGINE"
        )

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        pair, back = pair_of(running.stage), self._back(running.stage)
        votes: dict[str, list[Value]] = {}
        with ladders({**self.engines, **(dict([back]) if back else {})}, pair, running) as made:
            poll = Poll(made, pair, back[0] if back else "")
            yield lambda batch: self._outcomes(batch, poll, votes)
        if self.gold:
            table = measured(votes, read_gold(self.gold), len(listed(self.with_)))
            running.tell["gold"] = table
            running.tell["notes"] = list(map(shown, table))

    def _outcomes(self, batch: Sequence[StepRow], poll: Poll, votes: dict[str, list[Value]]) -> list[StepOutcome]:
        found = [self._texts(row) for row in batch]
        asked = (text for texts in found if not isinstance(texts, Failed) for each in texts.values() for text in each)
        poll.ask(list(dict.fromkeys(filter(agreed, asked))))
        outcomes: list[StepOutcome] = []
        for row, texts in zip(batch, found, strict=True):
            if isinstance(texts, Failed):
                outcomes.append(texts)
            elif self.fields:
                outcomes.append(self._filled(row, texts, poll))
            else:
                outcomes.append(self._listed(row, texts[self.of][0], poll, votes))
        return outcomes

    def _texts(self, row: StepRow) -> dict[str, list[str]] | Failed:
        """The texts of each column."""
        texts = {}
        for name in self.columns:
            value: Any = row.data.get(name)
            each: list[Any] = value if isinstance(value, list) and self.fields else [value]
            if not all(isinstance(text, str) for text in each):
                return Failed("is no text" + (" and no list of texts" if self.fields else ""), name)
            if not self.fields and not agreed(each[0]):
                return Failed("holds no name", name)
            texts[name] = each
        return texts

    def _filled(self, row: StepRow, texts: Mapping[str, list[str]], poll: Poll) -> StepOutcome:
        votes = {text: poll.votes(text) for each in texts.values() for text in each if agreed(text)}
        chosen = {text: elected(values, self.least) for text, values in votes.items()}
        if lost := [text for text, name in chosen.items() if name is None]:
            return Rejected("no agreement" if len(votes) == 1 else f"no agreement on {len(lost)} of {len(votes)} texts")
        told = {text: _told(values, ()) for text, values in votes.items()}
        made = {name: [chosen.get(text, text) for text in each] for name, each in texts.items()}
        whole = {name: each if isinstance(row.data[name], list) else each[0] for name, each in made.items()}
        return Made([knowing({**row.data, **whole}, votes=told)])

    def _listed(self, row: StepRow, name: str, poll: Poll, votes: dict[str, list[Value]]) -> StepOutcome:
        key = next((key for key in IDS if key in row.data), IDS[0])
        id_ = row.data.get(key, row.id)
        values = votes[str(id_)] = poll.votes(name)
        if not values or values[0].votes < self.least:
            return Rejected("no agreement")
        known = row.data.get(self.known) or [] if self.known else []
        told = _told(values, {agreed(str(each)) for each in (known if isinstance(known, list) else [known])})
        kept = {KEY: row.data[KEY]} if KEY in row.data else {}
        return Made([{key: id_, "values": told, "by": poll.said(name), **kept}])


def _told(values: Sequence[Value], known: set[str] | tuple[()]) -> list[list[Any]]:
    return [[value.votes, value.name, agreed(value.name) in known] for value in values]
