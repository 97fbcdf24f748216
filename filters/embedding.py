"""How near source and translation are in the eyes of a sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from babelset.contracts.filter import Rating, Scored, Unit
from babelset.engines.sentence_encoder import SentenceEncoder
from babelset.measures.covers import covers
from babelset.scoring.aggregating import Aggregating
from babelset.work.licenses import card_license


class Embedding(Aggregating):
    """
    Score each segment by the cosine between source and target, -1 to 1, in any multilingual sentence encoder in ONNX.

    >>> Embedding(model="labse-onnx", least=0.5)

    Which languages the encoder knows is for its authors to say: none are left out here. What the scores mean differs
    from one to the next, and a source left untranslated scores 1, which `copied` and `language` must catch. The first
    `max_tokens` of a text count. Raises ConfigError where a part of the model or the extra is missing.
    """

    name: ClassVar[str] = "embedding"
    unit: ClassVar[Unit] = "segment"
    quality: ClassVar[bool] = True
    main_option: ClassVar[str] = "model"

    model: str = Field(
        min_length=1, description="a folder with model.onnx and tokenizer.json, or a hub id that is on this machine"
    )
    max_tokens: int = Field(512, ge=8, description="tokens of a text that are read; the model's own limit where lower")
    batch_tokens: int = Field(8192, ge=1, description="tokens in a batch, padding included")
    providers: tuple[str, ...] = Field((), description="onnxruntime's, as CUDAExecutionProvider")

    @property
    def license(self) -> str:
        """What the encoder's card says, where it is a folder."""
        return card_license(Path(self.model))

    def load(self, folder: Path | None) -> SentenceEncoder:
        return SentenceEncoder.load(self.model, self.max_tokens, self.batch_tokens, self.providers)

    def score(self, units: Sequence[Scored]) -> list[Rating]:
        covered = [unit for unit in units if covers(unit, force=True)]
        if not covered:
            return [Rating(None)] * len(units)
        encoder: SentenceEncoder = self.loaded
        texts = list(dict.fromkeys(text for unit in covered for text in (unit.source, unit.target or "")))
        vectors = dict(zip(texts, encoder.encode(texts), strict=True))
        cosines = {unit: float(vectors[unit.source] @ vectors[unit.target or ""]) for unit in covered}
        return [Rating(min(max(cosines[unit], -1.0), 1.0) if unit in cosines else None) for unit in units]
