"""Translation examples for a prompt: the ones nearest to the text at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import regex
import xxhash

from babelset.engines.llm.candidates import chrf
from babelset.errors import ConfigError, DataError
from babelset.files.lossless import dumps
from babelset.files.reading import read
from babelset.files.row import BadRow, Row
from babelset.languages import Language, Pair, find

CANDIDATES = 20  # examples that BM25 proposes and chrF ranks
LONGEST = 2_000  # characters of a text that are compared

# Scripts that put no mark between words; Tibetan puts one after each syllable.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
RUN = regex.compile(rf"(?V1)([{UNSPACED}]+)|([[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+)")


class Examples:
    """
    Pairs of a source text and its translation, found by their likeness to a text.

    >>> examples = Examples([("Good morning.", "Bon dia."), ("Good night.", "Bona nit.")])
    >>> examples.nearest("Good night, Anna.", 1)
    [('Good night.', 'Bona nit.')]

    A pair that is given twice is kept once. Equal examples have equal digests, in every process. Raises ConfigError
    for no pairs, and where bm25s or sacrebleu is not installed.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = list(dict.fromkeys(pairs))
        if not self._pairs:
            raise ConfigError("no translation example is given; give one or leave examples out")
        self.digest = xxhash.xxh3_128_hexdigest(dumps([list(pair) for pair in self._pairs]).encode())
        self._index = _indexed([source for source, _ in self._pairs])

    @classmethod
    def read(cls, path: str | Path, pair: Pair) -> Examples:
        """
        The examples of a file with the columns `source` and `target`: .jsonl, .json, .csv, .tsv or .parquet.

        >>> Examples.read("examples.csv", pair)

        Where a row also has a `language`, it is taken for that target language only. Raises ConfigError, with file
        and line, for a row that cannot be read, lacks a text or names no language, and for a file without an example.
        """
        pairs = list(_read(Path(path), pair.target))
        if not pairs:
            raise ConfigError(f"{path}: no example for {pair.target.name} ({pair.target.code}); add rows for it")
        return cls(pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def nearest(self, text: str, count: int) -> list[tuple[str, str]]:
        """
        The `count` examples whose sources are most like `text`, the best first; all of them where there are fewer.

        >>> examples.nearest("Good evening.", 2)
        [('Good morning.', 'Bon dia.'), ('Good night.', 'Bona nit.')]

        BM25 proposes twenty, chrF ranks them; an equal source comes before all others, and the order of the file
        decides between equals. Texts are compared by their first 2,000 characters, whatever their case.
        """
        equal = [place for place, (source, _) in enumerate(self._pairs) if source == text][:count]
        places = sorted({*equal, *self._likely(text, max(CANDIDATES, count))})
        likeness = chrf([_folded(self._pairs[place][0]) for place in places], _folded(text))
        found = [(self._pairs[place], score) for place, score in zip(places, likeness, strict=True)]
        found.sort(key=lambda item: (item[0][0] != text, -item[1]))
        return [example for example, _ in found[:count]]

    def _likely(self, text: str, count: int) -> list[int]:
        """Places of the examples that BM25 scores highest; the first of the file where it knows no word."""
        scores = self._index.get_scores(list(dict.fromkeys(_tokens(text))))
        places: list[int] = (-scores).argsort(kind="stable")[:count].tolist()
        return places


def _indexed(sources: list[str]) -> Any:
    try:
        from bm25s import BM25
    except ImportError:
        raise ConfigError("choosing examples needs an extra: pip install 'babelset[llm]'") from None
    index = BM25()
    index.index([_tokens(source) for source in sources], create_empty_token=False, show_progress=False)
    return index


def _tokens(text: str) -> list[str]:
    """Words in lower case, of unspaced scripts pairs of letters; one empty token where there are none."""
    tokens = []
    for letters, word in RUN.findall(_folded(text)):
        tokens += [word] if word else [letters[at : at + 2] for at in range(max(1, len(letters) - 1))]
    return tokens or [""]


def _folded(text: str) -> str:
    return text[:LONGEST].casefold()


def _read(path: Path, target: Language) -> Iterator[tuple[str, str]]:
    try:
        for row in read([path]):
            if isinstance(row, BadRow):
                raise ConfigError(f"{row.file}:{row.line}: {row.reason}")
            if _is_for(row, target):
                yield _text(row, "source"), _text(row, "target")
    except DataError as error:
        raise ConfigError(f"examples: {error}") from None


def _is_for(row: Row, target: Language) -> bool:
    name = row.data.get("language")
    if name is None or name == "":
        return True
    try:
        return find(str(name)).code == target.code
    except ConfigError as error:
        raise ConfigError(f"{row.file}:{row.line}: language: {error}") from None


def _text(row: Row, column: str) -> str:
    text = row.data.get(column)
    if isinstance(text, str) and text.strip():
        return text
    if column not in row.data:
        fault = f"missing; the columns are {', '.join(map(repr, row.data)) or 'none'}"
    else:
        fault = "empty" if text is None or isinstance(text, str) else f"not a text but {type(text).__name__}"
    raise ConfigError(f"{row.file}:{row.line}: {column}: {fault}; give each example a source and a target")
