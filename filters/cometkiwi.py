"""How good the translation is, in the eyes of CometKiwi."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from pydantic import BaseModel, Field, PrivateAttr

from babelset.contracts.filter import Outcome, Scored, Unit, Verdict
from babelset.doctor import Finding
from babelset.engines.comet.checkpoint import CURE
from babelset.engines.comet.kiwi import Kiwi
from babelset.engines.comet.linear import Dtype, form_of
from babelset.engines.comet.network import devices
from babelset.measures.aggregate import Aggregate
from babelset.scoring.covered import covers, verdict
from babelset.work.licenses import card_license

LONG = "segments longer than the model's input, scored in parts"


class CometKiwi(BaseModel, extra="forbid", frozen=True):
    """
    Score each segment with CometKiwi, without a reference, and with `least` reject rows that score lower.

    >>> CometKiwi(model="models/wmt22-cometkiwi-da", least=0.6)

    A segment scores about 0 to 1; a row `aggregate` of its segments: their mean, "weighted" by the length of the
    source without kept text, or their lowest score. Languages that XLM-RoBERTa has not read score None unless `force`
    is set, and so do segments without a target, or without a letter besides kept text. Unbabel's weights are
    CC BY-NC-SA 4.0: no commercial use. Raises ConfigError where model, device or extra are missing.
    """

    name: ClassVar[str] = "cometkiwi"
    unit: ClassVar[Unit] = "segment"
    opt_in: ClassVar[bool] = True
    quality: ClassVar[bool] = True

    model: str = Field("Unbabel/wmt22-cometkiwi-da", description="a local folder, or a model on the Hugging Face hub")
    least: float = Field(0.0, ge=0, le=1, description="what the row must reach; 0 scores only")
    aggregate: Aggregate = "weighted"
    force: bool = Field(False, description="score languages that XLM-RoBERTa has not read, too")
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+(,\d+)*)?)$")  # "cuda:0,1"
    dtype: Dtype = Field("auto", description="auto: fp16 on a GPU, bf16 on a CPU that multiplies it, else fp32")
    batch_tokens: int = Field(0, ge=0, description="tokens in a batch, padding included; 0: by the device")
    download: bool = Field(False, description="fetch the model from the hub when it is not on this machine")

    _long: set[Scored] = PrivateAttr(default_factory=set)  # of the last call: the rows judged next

    @property
    def license(self) -> str:
        return card_license(Path(self.model)) or "CC-BY-NC-SA-4.0 (Unbabel's weights)"

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """For `babelset doctor`: whether it can run here."""
        try:
            found = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers"))
            yield Finding(cls.name, True, f"native, with {found}")
        except PackageNotFoundError as error:
            yield Finding(cls.name, False, f"{error.name} is not installed", CURE)

    def deciding(self) -> dict[str, Any]:
        """`dtype` as what it means here: scores of two forms are some thousandths apart, too far for one output."""
        return {**dict(self), "dtype": _form(self.dtype, self.device)}

    def score(self, units: Sequence[Scored]) -> list[float | None]:
        scored = {unit: (unit.source, unit.target or "") for unit in units if covers(unit, self.force)}
        self._long.clear()
        if not scored:
            return [None] * len(units)
        kiwi = _kiwi(self.model, self.device, self.dtype, self.batch_tokens, self.download)
        ratings = dict(zip(scored, kiwi.rate(list(scored.values())), strict=True))
        self._long.update(unit for unit, rating in ratings.items() if rating.parts > 1)
        return [ratings[unit].score if unit in ratings else None for unit in units]

    def judge(self, outcome: Outcome, scores: Sequence[float | None]) -> Verdict:
        found = (unit for unit, score in zip(outcome.segments, scores, strict=True) if score is not None)
        counts = {LONG: long} if (long := sum(unit in self._long for unit in found)) else {}
        return verdict(self.name, outcome, scores, self.least or None, self.aggregate, counts)


def _form(dtype: Dtype, device: str) -> str:
    try:
        return form_of(dtype, devices(device)[0])
    except ImportError:  # without torch nothing is scored
        return dtype


def _kiwi(*options: Any) -> Kiwi:
    """Loaded once in a process, by the first segment: deciding again from stored scores needs no model."""
    with _loading:  # a translator that chooses with this filter asks from a thread of its own
        return _loaded(*options)


_loading = Lock()
_loaded = cache(Kiwi.load)
