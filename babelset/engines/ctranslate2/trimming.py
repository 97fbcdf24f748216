"""
NLLB for a few languages: the same model without the tokens of the others.

Only the embeddings and the list of tokens change, so what is translated inside the tokens that stay is the same. The
SentencePiece model stays too: pieces that are not there any more are split when the folder is loaded (seq2seq.py).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path

from babelset.engines import modelfolder
from babelset.engines.ctranslate2.modelfile import ModelFile
from babelset.engines.ctranslate2.seq2seq import FLORES, Tokens
from babelset.engines.ctranslate2.vocabularymap import forms, placeholders, single, wordless
from babelset.errors import ConfigError
from babelset.files.writing import make_folder, part_of, write_bytes
from babelset.languages import Language
from babelset.measures.script import letter_of

EMBEDDINGS = "decoder/embeddings/weight"
SCALES = frozenset((EMBEDDINGS, f"{EMBEDDINGS}_scale", f"{EMBEDDINGS}_zero"))
TIED = frozenset(("encoder/embeddings_0/weight", "decoder/projection/weight"))
VOCABULARY, WEIGHTS = "shared_vocabulary.json", "model.bin"
SEEN = 2  # times that a piece is in the texts: as Ushio et al. cut vocabularies
COPIED = ("config.json", "README.md", modelfolder.METADATA, *modelfolder.PIECES)


@dataclass(frozen=True, slots=True)
class Cut:
    """A model, and the places of the tokens that stay."""

    folder: Path
    model: ModelFile
    vocabulary: Sequence[str]
    kept: list[int]

    @property
    def tokens(self) -> list[str]:
        return [self.vocabulary[place] for place in self.kept]

    @property
    def files(self) -> dict[str, Callable[[], Iterable[bytes]]]:
        """What the new folder holds, by name; the weights last: with them it is a model."""
        copied = {name: path.read_bytes() for name in COPIED if (path := self.folder / name).is_file()}
        listed = json.dumps(self.tokens, ensure_ascii=False, indent=1).encode() + b"\n"
        changed = {each.name: self.kept for each in self.model.variables if each.name in SCALES}
        small = {name: (lambda content=content: [content]) for name, content in {**copied, VOCABULARY: listed}.items()}
        return {**small, WEIGHTS: lambda: self.model.cut(changed)}

    def write(self, folder: Path, force: bool = False) -> None:
        """The folder of the cut model; ConfigError for files there that are not of this model, unless `force`."""
        files = self.files
        if not force:
            _refuse(folder, files)
        make_folder(folder)
        for name, parts in files.items():
            write_bytes(folder / name, parts())


def cut(folder: Path, languages: Sequence[Language], texts: Iterable[str] | None, size: int = 0) -> Cut:
    """
    What to keep of the NLLB model in `folder`, of `size` tokens at most, 0 for any number.

    Kept are the special tokens, the languages', every single character, every piece without a letter, placeholders, and
    the pieces that `texts` have twice or more, the most frequent first; without texts those in the languages' scripts.
    Raises ConfigError for a model of another kind, and for languages that it has not.
    """
    vocabulary, model = _fitting(folder)
    tokens = Tokens(folder, "auto")
    marks = set[str]()
    for language in languages:
        if not (found := next((code for code in tokens.family.marks(language) if code in tokens.vocabulary), "")):
            raise ConfigError(f"{folder} does not know {language.name} ({language.code}); choose another language")
        marks.add(found)
    pieces = tokens.own
    always = {
        *(token for token in vocabulary if (token in marks if FLORES.fullmatch(token) else token not in pieces)),
        *(piece for piece in vocabulary if single(piece) or wordless(piece)),
        *(piece for text in placeholders() for piece in tokens.pieces(text)),
    }
    ranked = _ranked(tokens, texts) if texts is not None else _of_scripts(vocabulary, languages)
    able = tokens.vocabulary.intersection(pieces) - always
    wanted = [piece for piece in ranked if piece in able]
    least = len(always & tokens.vocabulary)
    if 0 < size < least:
        raise ConfigError(f"size={size}: {least} tokens are always kept; ask for more")
    chosen = always.union(wanted[: size - least] if size else wanted)
    return Cut(folder, model, vocabulary, [place for place, token in enumerate(vocabulary) if token in chosen])


def _ranked(tokens: Tokens, texts: Iterable[str]) -> Iterator[str]:
    seen = Counter[str]()
    for text in texts:  # the most that one form has: a word in lower case is not seen twice for having another form
        seen.update(reduce(or_, (Counter(tokens.pieces(form)) for form in forms(text))))
    return (piece for piece, count in seen.most_common() if count >= SEEN)


def _of_scripts(vocabulary: Sequence[str], languages: Sequence[Language]) -> Iterator[str]:
    letters = [letter_of(script) for script in {language.script for language in languages}]

    def written(piece: str) -> bool:
        alphabetic = "".join(filter(str.isalpha, piece))
        return any(pattern.fullmatch(alphabetic) for pattern in letters)

    return filter(written, vocabulary)  # the first are the most frequent: so byte-pair encoding made them


def _fitting(folder: Path) -> tuple[list[str], ModelFile]:
    """Vocabulary and model of a folder that can be cut; ConfigError says why it cannot."""
    if [path.name for path in modelfolder.vocabularies(folder)] != [VOCABULARY]:
        raise ConfigError(f"{folder} has no {VOCABULARY} alone: only NLLB, of one vocabulary, can be cut")
    vocabulary, model = modelfolder.tokens(folder / VOCABULARY), ModelFile.read(folder / WEIGHTS)
    if not any(map(FLORES.fullmatch, vocabulary)):
        raise ConfigError(f"{folder} is not NLLB: no token of its vocabulary is a language, as eng_Latn")
    along = {each.name for each in model.variables if each.shape and each.shape[0] == len(vocabulary)}
    tied = {name for name, other in model.aliases.items() if other == EMBEDDINGS}
    if EMBEDDINGS not in along or not along <= SCALES or tied != TIED:
        raise ConfigError(
            f"{folder}: its weights do not stand as NLLB's do ({', '.join(sorted(along)) or 'no embeddings'} of "
            f"{len(vocabulary)} tokens): it cannot be cut; use a vocabulary map: babelset models vmap"
        )
    return vocabulary, model


def _refuse(folder: Path, files: Mapping[str, Callable[[], Iterable[bytes]]]) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is no folder; name another place")
    ours = {*files, *(part_of(folder / name).name for name in files)}
    for path in sorted(folder.iterdir()) if folder.exists() else ():
        if path.name not in ours or (path.name in files and not _says(path, files[path.name]())):
            raise ConfigError(f"{path} is there, and is not of this model; name another folder, or add --force")


def _says(path: Path, parts: Iterable[bytes]) -> bool:
    with path.open("rb") as file:
        return all(file.read(len(part)) == part for part in parts) and not file.read(1)
