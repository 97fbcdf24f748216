"""Is it the target language, or surely another? By py3langid, whose labels languages.csv has in the column `langid`."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cache
from tempfile import gettempdir
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import regex

from babelset.contracts.filter import Scored
from babelset.errors import OutputError
from babelset.languages import Pair, all_languages
from babelset.measures.copied import WORD, is_name
from babelset.measures.script import letter_of

if TYPE_CHECKING:
    import numpy as np

LIKELIER = 4.0  # than the target another language must be, by log score: benchmarks/results/language.md has the curve
SURE = 8.0  # the same for one line of many, and where more depends on it
FEW, WORDS = 9, 3  # letters or words in short lines, names aside, that are judged against the source alone
LEFT, LEFT_CAPITALS = 0.25, 0.4  # of the letters of short lines: so many must be the source's words
AGAIN, ONE_LINE, COGNATE = 6.0, 4.0, -1.0  # by log score: see `left`
QUOTED = regex.compile(r"\([^()\n]*\)|\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»")
NOT_LETTER = regex.compile(r"[^\p{L}\p{M}]+")
TAKEN = "taken for "  # and a language: the note on a unit, and what a verdict counts


class Margin(NamedTuple):
    """By how much the log score of the target exceeds that of the best other; `taken` is the other, where higher."""

    score: float
    taken: str = ""


class Judged(NamedTuple):
    """All of a text and, where it has several lines, each of them; None for what has too few letters."""

    whole: Margin | None
    lines: Sequence[Margin | None] = ()


def judged(unit: Scored, letters: int = 40, read: int = 1500) -> Judged:
    """
    The margins of the target, as a whole and line by line; None for fewer than `letters` letters.

    Names that the source has too don't count where enough is left without them; `read` characters of a line are
    enough to be sure. Where the identifier does not know the target, only English is told from it: see `covers`.
    """
    model = _model()
    sides = model.sides(unit.pair)
    lines = _without_names(unit, letters) if sides else []
    if sides is None or _letters(lines) < letters:
        return Judged(None)
    long = {number: line for number, line in enumerate(lines) if _letters([line]) >= letters}
    short = " ".join(line for number, line in enumerate(lines) if line and number not in long)
    scores = {number: model.scores(line[:read]) for number, line in long.items()}
    every = [*scores.values(), *([model.scores(short[:read])] if short else [])]
    whole = model.margin(sum(every[1:], every[0]), sides)
    if len(every) == 1:
        return Judged(whole)
    return Judged(whole, [model.margin(scores[at], sides) if at in scores else None for at in range(len(lines))])


def left(unit: Scored, letters: int = 40) -> float | None:
    """
    The margin against the source alone, in lines of fewer letters: of the source's words, "Output 1 para", or of all
    words but the source's names, "I am a helpful assistant"; the lowest one.

    A word may be the same in both languages, so each of the source's is weighed by itself, quoted ones aside. Each but
    one weighs `AGAIN` more, as few but cognates are the same by chance. They must make up 25 % of the letters, 40 %
    where all have capitals and may be names. One line of several must be told from the source by `ONE_LINE` more than
    all of them. None where nothing can be said, and between two scripts.
    """
    pair, (source, target) = unit.pair, unit.prose
    own, other = set(pair.target.langid), set(pair.source.langid)
    if not own or not other or own & other or pair.source.script != pair.target.script:
        return None
    lines = [words for words in map(WORD.findall, target.split("\n")) if words and sum(map(len, words)) < letters]
    told = [words for words in map(WORD.findall, QUOTED.sub(" ", source).split("\n")) if words]
    known = {word.casefold() for words in told for word in _common(words)[_titled(words) :]}
    each = [_left_words(known, [line], pair) for line in lines] if len(lines) > 1 else []
    found = [score and score + ONE_LINE for score in each]
    found += [_left_words(known, lines, pair), _left_language(source, lines, pair)]
    return min((score for score in found if score is not None), default=None)


def _left_language(source: str, lines: Sequence[Sequence[str]], pair: Pair) -> float | None:
    names = {word for word in WORD.findall(source) if is_name(word) or len(word) < 4}  # "of the" may be of a title
    own = [word for line in lines for word in line if word not in names]
    enough = sum(map(len, own)) >= FEW or len(own) >= WORDS
    return _model().against_source(" ".join(own), pair) if enough else None


def _left_words(known: Container[str], lines: Sequence[Sequence[str]], pair: Pair) -> float | None:
    words = [word for line in lines for word in _common(line) if len(word) > 1 and word.casefold() in known]
    least = LEFT if any(map(str.islower, words)) else LEFT_CAPITALS
    if not words or sum(map(len, words)) < least * sum(len(word) for line in lines for word in line):
        return None
    weights = {word.casefold(): _model().against_source(f" {word.casefold()} ", pair) for word in words}
    lower = [word for word in weights if word in words and (len(word) < 4 or weights[word] < COGNATE)]
    further = max(0, len(lower) - all(map(str.islower, words)))  # those with capitals together are one
    return sum(weights.values()) - AGAIN * further


def _titled(words: Sequence[str]) -> bool:
    """Whether the first word may be one of a title or of a full name: `Will Smith said`."""
    return len(words) > 1 and is_name(words[0]) and is_name(words[1])


def _common(words: Sequence[str]) -> list[str]:
    """Those that are no names, as far as capitals tell; the first may be none in any case."""
    return [word for number, word in enumerate(words) if word.islower() or not number]


def margins(units: Sequence[Scored], letters: int = 40, read: int = 1500) -> list[Margin | None]:
    """The margin of each target as a whole; None for too few letters and languages that the identifier lacks."""
    return [judged(unit, letters, read).whole if covers(unit.pair) else None for unit in units]


def covers(pair: Pair) -> bool:
    """Whether the identifier knows the target language. Else a high score only says: surely not English."""
    return bool(pair.target.langid)


def _without_names(unit: Scored, letters: int) -> list[str]:
    """
    The words of each line of the target, without the source's names where so many letters are left.

    A word of the source in a third script is a quotation, and no sign of a language either.
    """
    source, target = unit.prose
    one, other = (letter_of(language.script).match for language in (unit.pair.source, unit.pair.target))
    names = {word for word in set(WORD.findall(source)) if is_name(word) or not (one(word) or other(word))}
    lines = [WORD.findall(line) for line in target.split("\n")]
    own = [" ".join(word for word in line if word not in names) for line in lines]
    found = own if _letters(own) >= letters else [" ".join(line) for line in lines]
    return [NOT_LETTER.sub(" ", line) for line in found]


def _letters(lines: Sequence[str]) -> int:
    return sum(len(line) - line.count(" ") for line in lines)


class _Sides(NamedTuple):
    """Columns of the table of log probabilities: the target's labels, and all that it may be taken for."""

    own: list[int]
    others: list[int]


class _Rows:
    """
    The rows of a table of 28 MB as single precision: those that a text has needed stand side by side.

    A language needs few of them. In the table each is a miss of the cache, which took a third of all the time.
    """

    def __init__(self, table: np.ndarray, most: int = 16_384) -> None:
        import numpy as np

        self.table, self.used, self._lock = table, 0, Lock()
        self.near = np.empty((most, table.shape[1]), np.float32)
        self.place = np.full(len(table), -1, np.int32)

    def of(self, numbers: np.ndarray) -> np.ndarray:
        found: np.ndarray
        places = self.place[numbers]
        if places.size and places.min() < 0:
            self._fetch(numbers[places < 0])
            places = self.place[numbers]
            if places.min() < 0:  # no room is left
                found = self.table[numbers].astype(self.near.dtype)
                return found
        found = self.near[places]
        return found

    def _fetch(self, numbers: np.ndarray) -> None:
        with self._lock:
            new = numbers[self.place[numbers] < 0][: len(self.near) - self.used]
            end = self.used + len(new)
            self.near[self.used : end] = self.table[new]
            self.place[new] = range(self.used, end)
            self.used = end


class _Model:
    """py3langid's naive Bayes model, with the labels that languages.csv has, its log scores as they are."""

    def __init__(self) -> None:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier, visit_counts

        try:
            whole = LanguageIdentifier.from_model_file(MODEL_FILE)  # which unpacks it to a temporary file
        except OSError as error:
            problem = f"the language model cannot be unpacked there ({error.strerror})"
            raise OutputError(f"{gettempdir()}: {problem}; make room, or set TMPDIR") from None
        whole.set_languages({label for language in all_languages() for label in language.langid})
        self.table, self.prior, self.labels = whole.nb_ptc, whole.nb_pc, whole.nb_classes
        self.walk, self.encode = visit_counts, whole._encode
        self.states = whole.tk_nextmove, whole._rowbase, whole.tk_output
        self.rows = _Rows(self.table)
        self.names = [_name(label) for label in self.labels]
        self.sides = cache(self._sides)

    def scores(self, text: str) -> np.ndarray:
        """The log score of each label: of the byte sequences that the model knows, those in the text."""
        import numpy as np

        seen = self.walk(*self.states, self.encode(text)) or {}
        rows = np.fromiter(seen.keys(), np.intp, len(seen))
        counts = np.fromiter(seen.values(), np.float32, len(seen))
        found: np.ndarray = np.log1p(counts) @ self.rows.of(rows) + self.prior
        return found

    def against_source(self, text: str, pair: Pair) -> float:
        """The margin of a text against the source alone, which fewer letters tell than against all languages."""
        scores = self.scores(text)
        target, source = (self._columns(side.langid) for side in (pair.target, pair.source))
        return float(scores[target].max() - scores[source].max())

    def margin(self, scores: np.ndarray, sides: _Sides) -> Margin:
        best = sides.others[int(scores[sides.others].argmax())]
        score = float(scores[sides.own].max() - scores[best])
        return Margin(score, self.names[best] if score < 0 else "")

    def _columns(self, labels: Container[str]) -> list[int]:
        return [column for column, label in enumerate(self.labels) if label in labels]

    def _sides(self, pair: Pair) -> _Sides | None:
        """None for a target that nothing can be said of."""
        own, source = set(pair.target.langid), set(pair.source.langid)
        if not own and source != {"en"}:
            return None
        others = self._columns(set(self.labels) - own if own else source)
        return _Sides([column for column in range(len(self.labels)) if column not in others], others)


@cache
def _model() -> _Model:
    return _Model()


def _name(label: str) -> str:
    """`_name("zh")` -> "Chinese"."""
    named = [language for language in all_languages() if label in language.langid]
    plain = [language for language in named if language.bcp47.partition("-")[0] == label]
    return (plain or named)[0].name.partition(" (")[0]
