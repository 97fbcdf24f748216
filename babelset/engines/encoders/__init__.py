"""
Sentence encoders: texts in, vectors out, of which the nearer mean the more alike.

use                        the Universal Sentence Encoder that comes in a package (universal.py)
labse-onnx                 a folder with a model in ONNX, or a hub id that is on this machine (onnx.py)
http://127.0.0.1:8080/v1   a server that speaks OpenAI's embeddings protocol (server.py)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]  # a row for each text, of length 1

USE = "use"


class Encoder(Protocol):
    """What encodes."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector for each text, in order; EngineError where it cannot."""


def clipped(texts: Sequence[str], most: int) -> list[str]:
    """At most so many characters of each, and valid Unicode: no lone surrogates."""
    return [text[:most].encode("utf-8", "replace").decode() for text in texts]


def normalised(vectors: Vectors) -> Vectors:
    """Each of length 1."""
    import numpy as np

    found: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)
    return found


def encoder(model: str, longest: int = 512, budget: int = 8192, providers: Sequence[str] = ()) -> Encoder:
    """
    The encoder of that name: "use", a server's address, or the folder or hub id of a model in ONNX.

    >>> encoder("use").encode(["Hello.", "Hola."]).shape
    (2, 512)

    The first `longest` tokens of a text count; a batch of ONNX has `budget` tokens. Raises ConfigError where it cannot
    be loaded.
    """
    from babelset.engines.address import is_address
    from babelset.engines.encoders.onnx import OnnxEncoder
    from babelset.engines.encoders.server import EmbeddingServer
    from babelset.engines.encoders.universal import UniversalEncoder

    if model == USE:
        return UniversalEncoder.load(longest)
    if is_address(model):
        return EmbeddingServer.at(model, longest)
    return OnnxEncoder.load(model, longest, budget, providers)
