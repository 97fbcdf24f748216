"""A second opinion on a language: lingua's, or that of a fastText model whose labels are FLORES codes, as GlotLID."""

from __future__ import annotations

from collections.abc import Callable

from babelset.engines.fasttext_vote import fasttext_vote
from babelset.errors import ConfigError
from babelset.languages import Language, all_languages

Vote = Callable[[str, Language], float | None]
"""How surely a text is in a language, 0 to 1; None where the voter does not know the language."""


def second_vote(of: str) -> Vote:
    """
    >>> second_vote("lingua")("El gat dorm.", find("ca"))
    0.93

    Other names are paths of models. Raises ConfigError where the extra or the file is missing, or is no such model.
    """
    return _lingua() if of == "lingua" else fasttext_vote(of)


def _lingua() -> Vote:
    try:
        import lingua
    except ImportError:
        raise ConfigError("a second vote by lingua needs an extra: pip install 'babelset[lingua]'") from None
    known = {language.lingua for language in all_languages()} - {""}
    spoken = [item for item in lingua.Language.all() if item.iso_code_639_1.name.lower() in known]
    detector = lingua.LanguageDetectorBuilder.from_languages(*spoken).build()

    def vote(text: str, language: Language) -> float | None:
        if not language.lingua:
            return None
        target = next(item for item in spoken if item.iso_code_639_1.name.lower() == language.lingua)
        return float(detector.compute_language_confidence(text, target))

    return vote
