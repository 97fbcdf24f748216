"""How good the translation is, in the eyes of CometKiwi."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from babelset.contracts.filter import Rating, Scored, Unit
from babelset.doctor import Finding
from babelset.engines.comet.checkpoint import CURE, HPARAMS, WEIGHTS, locate
from babelset.engines.comet.kiwi import Kiwi
from babelset.engines.comet.linear import Dtype, form_of
from babelset.engines.comet.network import devices
from babelset.languages import Pair
from babelset.measures.covers import covers
from babelset.scoring.aggregating import Aggregating
from babelset.work.licenses import card_license

LONG = "segments longer than the model's input, scored in parts"


class CometKiwi(Aggregating):
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
    quality: ClassVar[bool] = True
    main_option: ClassVar[str] = "model"
    operational: ClassVar[frozenset[str]] = frozenset({"download"})

    model: str = Field("Unbabel/wmt22-cometkiwi-da", description="a local folder, or a model on the Hugging Face hub")
    force: bool = Field(False, description="score languages that XLM-RoBERTa has not read, too")
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+(,\d+)*)?)$")  # "cuda:0,1"
    dtype: Dtype = Field("auto", description="auto: fp16 on a GPU, bf16 on a CPU that multiplies it, else fp32")
    batch_tokens: int = Field(0, ge=0, description="tokens in a batch, padding included; 0: by the device")
    download: bool = Field(False, description="fetch the model from the hub when it is not on this machine")

    @property
    def license(self) -> str:
        return card_license(Path(self.model)) or "CC-BY-NC-SA-4.0 (Unbabel's weights)"

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """Whether it can run here."""
        try:
            found = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers"))
            yield Finding(cls.name, True, f"native, with {found}")
        except PackageNotFoundError as error:
            yield Finding(cls.name, False, f"{error.name} is not installed", CURE)

    def deciding(self) -> dict[str, Any]:
        """`dtype` as what it means here: scores of two forms are some thousandths apart, too far for one output."""
        return {**super().deciding(), "dtype": _form(self.dtype, self.device)}

    def covers(self, pair: Pair) -> bool:
        return self.force or (pair.source.comet and pair.target.comet)

    def check_model(self) -> None:
        locate(self.model, (HPARAMS, WEIGHTS), self.download)

    def load(self, folder: Path | None) -> Kiwi:
        return Kiwi.load(self.model, self.device, self.dtype, self.batch_tokens, self.download)

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        scored = {unit: (unit.source, unit.target or "") for unit in units if covers(unit, self.force)}
        if not scored:
            return [Rating(None)] * len(units)
        kiwi: Kiwi = self.loaded
        found = zip(scored, kiwi.rate(list(scored.values())), strict=True)
        ratings = {unit: Rating(mark.score, note=LONG if mark.parts > 1 else "") for unit, mark in found}
        return [ratings.get(unit, Rating(None)) for unit in units]


def _form(dtype: Dtype, device: str) -> str:
    try:
        return form_of(dtype, devices(device)[0])
    except ImportError:  # without torch nothing is scored
        return dtype
