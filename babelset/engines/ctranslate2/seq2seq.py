"""
Token sequences as the models of each family were trained on them.

              encoder                            decoder starts with
    nllb      eng_Latn ▁Hello . </s>             cat_Latn
    m2m100    __en__ ▁Hello . </s>               __ca__
    madlad    <2ca> ▁Hello . </s>
    marian    >>cat<< ▁Hello . </s>              (no first token where the model knows one language only)

A wrong sequence still answers, only worse: so every language token is looked up in the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from babelset.engines import modelfolder
from babelset.engines.ctranslate2.unusedpieces import without
from babelset.errors import ConfigError
from babelset.languages import Language, Pair

# Codes that differ from BCP-47 in M2M100, MADLAD or OPUS-MT.
OTHER_CODES = {"nb": "no", "he": "iw", "fil": "tl", "tl": "fil", "jv": "jw", "nso": "ns"}
# What OPUS-MT calls the source of a model that reads many languages.
GROUPS = re.compile("mul|[A-Z_]+|roa|gem|gmq|gmw|sla|zle|zls|zlw|ine|itc|inc|trk|afa|sem|bnt|fiu|urj|cel|dra")
FLORES = re.compile("[a-z]{3}_[A-Z][a-z]{3}")  # NLLB's language tokens
# NLLB was trained on normalised punctuation and drops what it does not know: then the plain mark is better.
PLAIN = dict(zip("“”„‟«»‘’‚‛‹›–—―‒−…", [*'"' * 6, *"'" * 6, *"-" * 5, "..."], strict=True))


@dataclass(frozen=True, slots=True)
class Family:
    """`mark.format(code)` is a language's token; with `prefix` the decoder starts with the target's."""

    mark: str
    prefix: bool

    def marks(self, language: Language) -> list[str]:
        """`["__pt_BR__", "__pt__"]`: every way in which the family may write it, the most exact first."""
        if self.mark == "{}":  # without brackets "fr" is a piece of a word, not a language
            return [language.code]
        return [self.mark.format(code) for code in codes(language)]


FAMILIES = {
    "nllb": Family("{}", prefix=True),
    "m2m100": Family("__{}__", prefix=True),
    "madlad": Family("<2{}>", prefix=False),
    "marian": Family(">>{}<<", prefix=False),
}


def codes(language: Language) -> list[str]:
    """FLORES-200, BCP-47 and ISO 639 codes; a code without its script never stands for another script."""
    subtags = language.bcp47.split("-")
    scripted = any(len(subtag) == 4 for subtag in subtags)
    short = [] if scripted else [subtags[0], language.code[:3], OTHER_CODES.get(subtags[0], "")]
    iso3 = language.code[:3].replace("zho", "cmn")
    every = [language.code, language.bcp47, "_".join(subtags), f"{iso3}_{language.script}", *short]
    return [code for code in dict.fromkeys(every) if code]


def recognise(vocabulary: frozenset[str], folder: Path) -> str:
    """The family by its language tokens or files; ConfigError where nothing tells."""
    for name, token in (("m2m100", "__en__"), ("madlad", "<2en>")):
        if token in vocabulary:
            return name
    if any(map(FLORES.fullmatch, vocabulary)):  # a folder that was cut may have any of them
        return "nllb"
    if (folder / "source.spm").is_file():
        return "marian"
    raise ConfigError(f"{folder}: cannot tell what family the model is of; say family={'|'.join(FAMILIES)}")


class Tokens:
    """The tokeniser of one model folder: texts to token sequences and back. Raises ConfigError."""

    def __init__(self, folder: Path, family: str) -> None:
        files = modelfolder.vocabularies(folder)
        self.folder = folder
        self.vocabulary = frozenset(chain.from_iterable(map(modelfolder.tokens, files)))
        self.name = recognise(self.vocabulary, folder) if family == "auto" else family
        self.family = FAMILIES[self.name]
        config = modelfolder.settings(folder / "config.json")
        self.eos = str(config.get("eos_token") or "</s>")
        self._end = [] if config.get("add_source_eos") else [self.eos]

    def supports(self, pair: Pair) -> bool:
        if self.name == "marian":
            return self._marian_supports(pair)
        return bool(self._mark(pair.source) and self._mark(pair.target))

    def encode(self, texts: Sequence[str], pair: Pair) -> list[list[str]]:
        first = [mark] if (mark := self._mark(pair.source if self.family.prefix else pair.target)) else []
        plain = [text.translate(self._plain) for text in texts]
        pieces: list[list[str]] = self._source.encode(plain, out_type=str)
        return [[*first, *row, *self._end] for row in pieces]

    def prefix(self, pair: Pair) -> list[str]:
        """What the decoder is made to start with; the hypothesis starts with it too."""
        return [mark] if self.family.prefix and (mark := self._mark(pair.target)) else []

    def pieces(self, text: str) -> list[str]:
        """A text in the target language, as the model would write it."""
        found: list[str] = self._target.encode(text, out_type=str)
        return found

    @cached_property
    def own(self) -> frozenset[str]:
        """The pieces of the SentencePiece model, without those that stand for no text."""
        model = self._source
        apart = (model.is_control, model.is_unknown, model.is_byte)
        places = (place for place in range(len(model)) if not any(is_so(place) for is_so in apart))
        return frozenset(map(model.id_to_piece, places))

    def decode(self, pieces: list[str]) -> str:
        return str(self._target.decode(pieces))

    def unknown(self, text: str) -> float:
        """The share of characters, spaces aside, that stand in pieces the model does not know."""
        pieces = [(len(piece.replace("▁", "")), piece) for piece in self._source.encode(text, out_type=str)]
        lost = sum(size for size, piece in pieces if piece not in self.vocabulary)
        return lost / (sum(size for size, _ in pieces) or 1)

    def _mark(self, language: Language) -> str:
        return next((mark for mark in self.family.marks(language) if mark in self.vocabulary), "")

    def _marian_supports(self, pair: Pair) -> bool:
        source, target = self._trained_on
        if not self._mark(pair.target) and target not in codes(pair.target):
            return False
        return source in codes(pair.source) or bool(GROUPS.fullmatch(source))

    @cached_property
    def _trained_on(self) -> tuple[str, str]:
        """Source and target of an OPUS-MT model, which no token tells: ("en", "ca")."""
        found = modelfolder.settings(self.folder / modelfolder.METADATA)
        source, target = str(found.get("source_lang") or ""), str(found.get("target_lang") or "")
        if named := re.search(r"opus-mt-(?:tc-(?:big|base)-)?([a-zA-Z_]+)-([a-zA-Z_]+)", self.folder.name):
            source, target = source or named[1], target or named[2]
        if not (source and target):
            raise ConfigError(
                f"{self.folder} does not say its languages. Copy {modelfolder.METADATA} from the checkpoint "
                f"that it was made of, or name the folder after it: opus-mt-en-ca"
            )
        return source, target

    @cached_property
    def _plain(self) -> dict[int, str]:
        return {ord(mark): plain for mark, plain in PLAIN.items() if self.unknown(mark)}

    @cached_property
    def _source(self) -> Any:
        found = next(self.folder / name for name in modelfolder.PIECES if (self.folder / name).is_file())
        pieces = _pieces(found)
        if self.name != "nllb" or self.vocabulary.issuperset(map(pieces.id_to_piece, range(len(pieces)))):
            return pieces
        return _pieces(found, self.vocabulary)  # a vocabulary that was cut: what it lacks is split, and not unknown

    @cached_property
    def _target(self) -> Any:
        own = self.folder / modelfolder.TARGET_PIECES
        return _pieces(own) if own.is_file() else self._source


def _pieces(path: Path, kept: frozenset[str] | None = None) -> Any:
    """The model in a file; of its pieces only those that are `kept`, where that is given."""
    from sentencepiece import SentencePieceProcessor

    try:
        model = path.read_bytes()
        return SentencePieceProcessor(model_proto=model if kept is None else without(model, kept))
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(f"{path} is not a whole SentencePiece model ({error}). Fetch it again") from None
