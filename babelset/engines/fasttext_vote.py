"""The vote of a fastText model whose labels are FLORES codes, as GlotLID, on a language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError
from babelset.languages import Language


def fasttext_vote(path: str) -> Callable[[str, Language], float | None]:
    """A second vote; ConfigError where the extra or the file is missing, or is no such model."""
    try:
        import fasttext
    except ImportError:
        raise ConfigError(
            "second: a fastText model needs the extra `glotlid`: pip install 'babelset[glotlid]'"
        ) from None
    if not Path(path).is_file():
        raise ConfigError(f"second: {path}: no such file; give a fastText model, as GlotLID's model.bin, or `lingua`")
    try:
        model: Any = fasttext.load_model(path)
    except ValueError as error:
        raise ConfigError(f"second: {path} is no fastText model: {error}") from None

    labels = set(model.predict("a", k=-1, threshold=-1.0)[0])

    def vote(text: str, language: Language) -> float | None:
        if (label := f"__label__{language.glotlid}") not in labels:
            return None
        told = dict(zip(*model.predict(" ".join(text.split()), k=20), strict=True))
        return min(float(told.get(label, 0.0)), 1.0)

    return vote
