"""How good the translation is, in the eyes of any model of unbabel-comet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from babelset.contracts.filter import Rating, Scored, Unit
from babelset.doctor import Finding
from babelset.engines.comet.environment import TOOL
from babelset.engines.comet.process import CometProcess, Mark, Triple
from babelset.errors import ConfigError
from babelset.languages import Pair
from babelset.measures.covers import covers
from babelset.scoring.aggregating import Aggregating
from babelset.scoring.references import reference_of, references
from babelset.work.licenses import card_license

CUT = "segments longer than the model's input, cut"
NO_REFERENCE = "segments without a reference"


class Comet(Aggregating):
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
    quality: ClassVar[bool] = True
    main_option: ClassVar[str] = "model"
    operational: ClassVar[frozenset[str]] = frozenset({"python", "timeout", "download"})

    model: str = Field(min_length=1, description="a local folder, or a model on the Hugging Face hub")
    least: float | None = Field(None, allow_inf_nan=False, description="what the row must reach")
    force: bool = Field(False, description="score languages that XLM-RoBERTa has not read, too")
    references: str = Field("", description="a file of source, target, language, for models that compare")
    python: str = Field("", description="of an environment with unbabel-comet; the one that was set up")
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    batch_tokens: int = Field(0, ge=0, description="tokens in a batch, padding included; 0: by the device")
    timeout: float = Field(300, gt=0, allow_inf_nan=False, description="seconds for a batch; a worker is hung then")
    download: bool = Field(False, description="fetch the model from the hub when it is not on this machine")

    @property
    def license(self) -> str:
        """What the model's card says, where the model is a folder."""
        return card_license(Path(self.model))

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """Whether the environment is there."""
        yield TOOL.diagnose()

    @property
    def demanded(self) -> float | None:
        return self.least

    def covers(self, pair: Pair) -> bool:
        return self.force or (pair.source.comet and pair.target.comet)

    def check_model(self) -> None:
        _ = self.python or TOOL.python()

    def load(self, folder: Path | None) -> CometProcess:
        """A worker, started by the first segment."""
        python = self.python or TOOL.python()
        return CometProcess(
            python, self.model, self.device, self.batch_tokens, download=self.download, timeout=self.timeout
        )

    def unload(self, model: CometProcess) -> None:
        model.close()

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        wanted = [unit for unit in dict.fromkeys(units) if covers(unit, self.force)]
        if not wanted:
            return [Rating(None)] * len(units)
        process: CometProcess = self.loaded
        triples = self._triples(wanted, process)
        marks = zip(triples, process.score(list(triples.values())), strict=True)
        ratings = {unit: Rating(mark.score, note=_note(mark)) for unit, mark in marks}
        return [ratings.get(unit, Rating(None)) for unit in units]

    def counts(self, ratings: Sequence[Rating]) -> Mapping[str, int]:
        """The notes, and how many units could have been scored but for a reference."""
        bare = (rating.of for rating in ratings if rating.score is None and not rating.note)
        lacking = sum(covers(unit, self.force) for unit in bare) if self.references else 0
        return {**super().counts(ratings), **({NO_REFERENCE: lacking} if lacking else {})}

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
            if reference := reference_of(unit.source, unit.pair.target, known):
                found[unit] = Triple(unit.source, unit.target or "", reference)
        return found


def _note(mark: Mark) -> str:
    """What a run's account says of a segment's score, where there is something to say."""
    return f"not scored: {mark.reason}" if mark.score is None else CUT if mark.cut else ""
