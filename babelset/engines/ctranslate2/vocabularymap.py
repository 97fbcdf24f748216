"""
Vocabulary maps: the tokens that a model may write, so that it weighs these at each step and not all 256,206 of NLLB.

    \t▁la ▁casa s ...          one line, a tab first, as CTranslate2 reads it from vmap.txt

CTranslate2 knows rules for source tokens too. What they allow is pooled over a batch, so an answer would depend on what
else is in it: they are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from babelset.engines import modelfolder
from babelset.engines.ctranslate2.seq2seq import Tokens
from babelset.errors import ConfigError
from babelset.text.placeholders import SCHEMES

NAME = "vmap.txt"
PLACEHOLDERS = 100  # of each scheme; further ones are made of the same pieces
ASCII = frozenset(map(chr, range(33, 127)))


def candidates(folder: Path, texts: Iterable[str]) -> list[str]:
    """
    The tokens that a model needs to write what `texts` say, and all that is no matter of language.

    That is every piece of the texts, in lower case and as in titles too, each of their characters alone and those of
    ASCII, so that other words can be spelled, every piece without a letter, and placeholders. Raises ConfigError for a
    model that cannot be read.
    """
    tokens = Tokens(folder, "auto")
    needed, characters = set[str](), set(ASCII)
    for text in chain(placeholders(), texts):
        for form in forms(text):
            needed.update(tokens.pieces(form))
            characters.update(form)
    pieces = filter(_fits, _vocabulary(folder))
    return [
        piece
        for piece in pieces
        if piece in needed or wordless(piece) or (single(piece) and characters.issuperset(piece.removeprefix("▁")))
    ]


def placeholders() -> Iterator[str]:
    """Those that stand for what is kept."""
    return (scheme.token(number) for scheme in SCHEMES.values() for number in range(PLACEHOLDERS))


def forms(text: str) -> list[str]:
    """A text as it is, and as its words are written elsewhere in a sentence."""
    return list(dict.fromkeys((text, text.lower(), text.title())))


def single(piece: str) -> bool:
    """Whether it is one character, or the beginning of a word alone."""
    return len(piece.removeprefix("▁")) <= 1


def wordless(piece: str) -> bool:
    """Whether it is no matter of language."""
    return not any(map(str.isalpha, piece))


def line(tokens: Iterable[str]) -> str:
    """The map that allows these tokens."""
    return "\t" + " ".join(tokens)


def check(path: Path, folder: Path) -> None:
    """Raise ConfigError for a map that is not there, has rules, or belongs to another model."""
    made = f"Make it with: babelset models vmap {folder} TEXTS -o {path}"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"vmap={path} cannot be read ({error}). {made}") from None
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != 1 or not lines[0].startswith("\t"):
        raise ConfigError(f"vmap={path}: one line is expected, a tab and the tokens, without source tokens. {made}")
    if lost := set(lines[0][1:].split(" ")).difference(_vocabulary(folder)):
        raise ConfigError(f"vmap={path} is of another model: {folder} lacks {len(lost)} of its tokens. {made}")


def fingerprint(path: Path) -> str:
    from xxhash import xxh3_64

    return xxh3_64(path.read_bytes()).hexdigest()


@contextmanager
def loadable(folder: Path, path: Path | None) -> Iterator[Path]:
    """A folder to load the model from; with a map one of links, as CTranslate2 wants the map beside the weights."""
    if path is None:
        yield folder
        return
    with TemporaryDirectory(prefix="babelset-vmap-") as links:
        for name, file in {**{file.name: file for file in folder.iterdir()}, NAME: path}.items():
            Path(links, name).symlink_to(file.absolute())
        yield Path(links)


def _vocabulary(folder: Path) -> list[str]:
    return modelfolder.tokens(modelfolder.vocabularies(folder)[-1])  # the target's, where there are two


def _fits(piece: str) -> bool:
    """Whether the format can hold it."""
    return bool(piece) and not any(char in piece for char in " \t\n")
