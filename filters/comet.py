"""How good the translation is, in the eyes of any model of unbabel-comet."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from pydantic import BaseModel, Field, PrivateAttr

from babelset.contracts.filter import Outcome, Scored, Unit, Verdict
from babelset.doctor import Finding
from babelset.engines.comet import environment
from babelset.engines.comet.process import CometProcess, Mark
from babelset.engines.comet.process import Row as Triple
from babelset.errors import ConfigError
from babelset.measures.aggregate import Aggregate
from babelset.scoring.covered import covers, verdict
from babelset.scoring.references import reference_of, references
from babelset.work.licenses import card_license

CUT = "segments longer than the model's input, cut"
NO_REFERENCE = "segments without a reference"


class Comet(BaseModel, extra="forbid", frozen=True):
    """
    Score each segment with a model of unbabel-comet, in its own environment: xCOMET, reference-based, one's own.

    >>> Comet(model="Unbabel/XCOMET-XL", least=0.8)
    >>> Comet(model="Unbabel/wmt22-comet-da", references="flores.csv")

    Needs `babelset setup comet` once. `references` is a file with source, target and, for several of them, language;
    a segment is compared with the target of its source text, and one without scores None, as do languages that
    XLM-RoBERTa has not read unless `force` is set. A row scores as with `cometkiwi`, which is faster for its models.
    Raises ConfigError where environment, model, device or references are missing.
    """

    name: ClassVar[str] = "comet"
    unit: ClassVar[Unit] = "segment"
    opt_in: ClassVar[bool] = True
    quality: ClassVar[bool] = True

    model: str = Field(min_length=1, description="a local folder, or a model on the Hugging Face hub")
    least: float | None = Field(None, allow_inf_nan=False, description="what the row must reach")
    aggregate: Aggregate = "weighted"
    force: bool = Field(False, description="score languages that XLM-RoBERTa has not read, too")
    references: str = Field("", description="a file of source, target, language, for models that compare")
    python: str = Field("", description="of an environment with unbabel-comet; the one that was set up")
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    batch_tokens: int = Field(0, ge=0, description="tokens in a batch, padding included; 0: by the device")
    timeout: float = Field(300, gt=0, allow_inf_nan=False, description="seconds for a batch; a worker is hung then")
    download: bool = Field(False, description="fetch the model from the hub when it is not on this machine")

    _notes: dict[Scored, str] = PrivateAttr(default_factory=dict)  # of the last call: the rows judged next

    @property
    def license(self) -> str:
        """What the model's card says, where the model is a folder."""
        return card_license(Path(self.model))

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """For `babelset doctor`: whether the environment is there."""
        yield environment.diagnose()

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        wanted = [unit for unit in dict.fromkeys(units) if covers(unit, self.force)]
        self._notes.clear()
        if not wanted:
            return [None] * len(units)
        process = _process(self.python, self.model, self.device, self.batch_tokens, self.download, self.timeout)
        triples = self._triples(wanted, process)
        marks = dict(zip(triples, process.score(list(triples.values())), strict=True))
        self._notes.update({unit: note for unit, mark in marks.items() if (note := _note(mark))})
        return [marks[unit].score if unit in marks else None for unit in units]

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        counts = Counter(self._notes[unit] for unit in outcome.segments if unit in self._notes)
        return verdict(self.name, outcome, scores, self.least, self.aggregate, counts)

    def _triples(self, units: Sequence[Scored], process: CometProcess) -> dict[Scored, Triple]:
        """What is sent for each unit; with references, units without one are left out, for they would not compare."""
        kind = process.hello().references
        if not self.references and kind != "required":
            return {unit: Triple(unit.source, unit.target or "") for unit in units}
        if not self.references:
            raise ConfigError(f"comet: {self.model} compares with references: name a file of them, references=FILE")
        if kind == "none":
            raise ConfigError(f"comet: {self.model} reads no references; leave out references={self.references}")
        known, found = references(self.references), {}
        for unit in units:
            reference = reference_of(unit.source, unit.pair.target, known)
            if reference is None:
                self._notes[unit] = NO_REFERENCE
            else:
                found[unit] = Triple(unit.source, unit.target or "", reference)
        return found


def _note(mark: Mark) -> str:
    """What a run's account says of a segment's score, where there is something to say."""
    return f"not scored: {mark.reason}" if mark.score is None else CUT if mark.cut else ""


def _process(python: str, *options: Any) -> CometProcess:
    """One worker for a model in a process, started by the first segment."""
    with _starting:  # a translator that chooses with this filter asks from a thread of its own
        return _started(os.getpid(), python or environment.python(), *options)


@cache
def _started(
    owner: int, python: str, model: str, device: str, batch_tokens: int, download: bool, timeout: float
) -> CometProcess:
    """`owner` keeps a forked process from talking to the worker of the one it was forked from."""
    return CometProcess(python, model, device, batch_tokens, download=download, timeout=timeout)


_starting = Lock()
