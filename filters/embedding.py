"""How near source and translation are in the eyes of a sentence encoder."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from babelset.engines.encoders import Encoder, encoder
from babelset.scoring.meaning import Meaning
from babelset.work.licenses import card_license


class Embedding(Meaning):
    """
    Score each segment by the cosine between source and target, -1 to 1, in any multilingual sentence encoder.

    >>> Embedding(model="labse-onnx", least=0.5)
    >>> Embedding(model="http://127.0.0.1:8080/v1#bge-m3", gap=0.1)

    The model is a folder in ONNX, or a server that speaks OpenAI's embeddings protocol. Which languages it knows is for
    its authors to say: none are left out here. What the scores mean differs from one to the next, and a source left
    untranslated scores 1, which `copied` and `language` must catch. The first `max_tokens` of a text count. Raises
    ConfigError where a part of the model or the extra is missing, EngineError where the server fails.
    """

    name: ClassVar[str] = "embedding"
    main_option: ClassVar[str] = "model"

    model: str = Field(
        min_length=1,
        description="a folder with model.onnx and tokenizer.json, a hub id that is on this machine, or http://HOST/v1",
    )
    max_tokens: int = Field(512, ge=8, description="tokens of a text that are read; the model's own limit where lower")
    batch_tokens: int = Field(8192, ge=1, description="tokens in a batch, padding included")
    providers: tuple[str, ...] = Field((), description="onnxruntime's, as CUDAExecutionProvider")

    @property
    def license(self) -> str:
        """What the encoder's card says, where it is a folder."""
        return card_license(Path(self.model))

    def load(self, folder: object) -> Encoder:
        return encoder(self.model, self.max_tokens, self.batch_tokens, self.providers)
