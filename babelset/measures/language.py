"""Is it the target language, or surely another? By py3langid, whose labels languages.csv has in the column `langid`."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from babelset.contracts.filter import Scored
from babelset.languages import Pair, all_languages
from babelset.measures.copied import is_name, words_of
from babelset.measures.identifier import Identifier, identifier
from babelset.measures.script import letter_of

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
LIKELIER = 4.0  # than the target another language must be, by log score: benchmarks/results/language.md has the curve
SURE = 8.0  # the same for one line of many, and where more depends on it
FEW, WORDS = 9, 3  # letters or words in short lines, names aside, that are judged against the source alone
LEFT, LEFT_CAPITALS = 0.25, 0.4  # of the letters of short lines: so many must be the source's words
AGAIN, ONE_LINE, COGNATE = 6.0, 4.0, -1.0  # by log score: see `left`
QUOTED = re.compile(r"\([^()\n]*\)|\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»")
INSIDE_WORDS = re.compile("['’-]+ ?")
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
    return judged_all([unit], letters, read)[0]


def judged_all(units: Sequence[Scored], letters: int = 40, read: int = 1500) -> list[Judged]:
    """Each unit judged; together they are read by the identifier much faster."""
    return answered([_judging(unit, letters, read) for unit in units])


def left_all(units: Sequence[Scored], letters: int = 40) -> list[float | None]:
    """
    The margin of each against the source alone, in lines of fewer letters: of the source's words, "Output 1 para", or
    of all words but the source's names, "I am a helpful assistant"; the lowest one.

    A word may be the same in both languages, so each of the source's is weighed by itself, quoted ones aside. Each but
    one weighs `AGAIN` more, as few but cognates are the same by chance. They must make up 25 % of the letters, 40 %
    where all have capitals and may be names. One line of several must be told from the source by `ONE_LINE` more than
    all of them. None where nothing can be said, and between two scripts.
    """
    return answered([_leaving(unit, letters) for unit in units])


def left(unit: Scored, letters: int = 40) -> float | None:
    """See `left_all`."""
    return left_all([unit], letters)[0]


class _Question(NamedTuple, Generic[T]):
    """Texts for the identifier, and what follows from their scores, of which each is a row."""

    texts: Sequence[str]
    answer: Callable[[np.ndarray], T]


def answered(questions: Sequence[_Question[T]]) -> list[T]:
    """The identifier reads the texts of all questions at once."""
    scores = _model().scores([text for question in questions for text in question.texts])
    ends = accumulate(len(question.texts) for question in questions)
    return [
        question.answer(scores[end - len(question.texts) : end]) for question, end in zip(questions, ends, strict=True)
    ]


def _judging(unit: Scored, letters: int, read: int) -> _Question[Judged]:
    model = _model()
    sides = model.sides(unit.pair)
    lines = _without_names(unit, letters) if sides else []
    if sides is None or _letters(lines) < letters:
        return _Question((), lambda scores: Judged(None))
    long = {number: line for number, line in enumerate(lines) if _letters([line]) >= letters}
    short = " ".join(line for number, line in enumerate(lines) if line and number not in long)
    texts = [*long.values(), *([short] if short else [])]

    def answer(scores: np.ndarray) -> Judged:
        [whole] = model.margins(sum(scores[1:], scores[0])[None], sides)
        if len(scores) == 1:
            return Judged(whole)
        each = dict(zip(long, model.margins(scores[: len(long)], sides), strict=True))
        return Judged(whole, [each.get(at) for at in range(len(lines))])

    return _Question([text[:read] for text in texts], answer)


def _leaving(unit: Scored, letters: int) -> _Question[float | None]:
    pair, (source, target) = unit.pair, unit.prose
    own, other = set(pair.target.langid), set(pair.source.langid)
    told = own and other and not own & other and pair.source.script == pair.target.script
    lines = [words for words in map(words_of, target.split("\n")) if words and sum(map(len, words)) < letters]
    if not told or not lines:
        return _Question((), lambda scores: None)
    known, groups = _known(source), [[line] for line in lines] if len(lines) > 1 else []
    same = [_same(known, group) for group in [*groups, lines]]
    rest = _left_language(source, lines)
    words = list(dict.fromkeys(word.casefold() for each in same for word in each))

    def answer(scores: np.ndarray) -> float | None:
        against = _model().against_source(scores, pair)
        weights = dict(zip(words, against, strict=False))
        *each, whole = [_weight(words, weights) for words in same]
        found = [weight + ONE_LINE for weight in each if weight is not None]
        found += [weight for weight in (whole, *against[len(words) :]) if weight is not None]
        return min(found, default=None)

    return _Question([*(f" {word} " for word in words), *rest], answer)


def _left_language(source: str, lines: Sequence[Sequence[str]]) -> list[str]:
    names = {word for word in words_of(source) if is_name(word) or len(word) < 4}  # "of the" may be of a title
    own = [word for line in lines for word in line if word not in names]
    return [" ".join(own)] if sum(map(len, own)) >= FEW or len(own) >= WORDS else []


def _known(source: str) -> set[str]:
    """The words of the source that are neither quoted nor names, as far as capitals tell."""
    lines = [words for words in map(words_of, QUOTED.sub(" ", source).split("\n")) if words]
    return {word.casefold() for words in lines for word in _common(words)[_titled(words) :]}


def _same(known: Container[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """The source's words in the lines, where they are enough of them."""
    words = [word for line in lines for word in _common(line) if len(word) > 1 and word.casefold() in known]
    least = LEFT if any(map(str.islower, words)) else LEFT_CAPITALS
    enough = sum(map(len, words)) >= least * sum(len(word) for line in lines for word in line)
    return words if enough else []


def _weight(words: Sequence[str], weights: Mapping[str, float]) -> float | None:
    if not words:
        return None
    own = dict.fromkeys(word.casefold() for word in words)
    lower = [word for word in own if word in words and (len(word) < 4 or weights[word] < COGNATE)]
    further = max(0, len(lower) - all(map(str.islower, words)))  # those with capitals together are one
    return float(sum(weights[word] for word in own)) - AGAIN * further


def _titled(words: Sequence[str]) -> bool:
    """Whether the first word may be one of a title or of a full name: `Will Smith said`."""
    return len(words) > 1 and is_name(words[0]) and is_name(words[1])


def _common(words: Sequence[str]) -> list[str]:
    """Those that are no names, as far as capitals tell; the first may be none in any case."""
    return [word for number, word in enumerate(words) if word.islower() or not number]


def margins(units: Sequence[Scored], letters: int = 40, read: int = 1500) -> list[Margin | None]:
    """The margin of each target as a whole; None for too few letters and languages that the identifier lacks."""
    found = judged_all(units, letters, read)
    return [each.whole if covers(unit.pair) else None for unit, each in zip(units, found, strict=True)]


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
    names = {word for word in set(words_of(source)) if is_name(word) or not (one(word) or other(word))}
    lines = [words_of(line) for line in target.split("\n")]
    own = [" ".join(word for word in line if word not in names) for line in lines]
    found = own if _letters(own) >= letters else [" ".join(line) for line in lines]
    return [INSIDE_WORDS.sub(" ", line) for line in found]


def _letters(lines: Sequence[str]) -> int:
    return sum(len(line) - line.count(" ") for line in lines)


class _Sides(NamedTuple):
    """Columns of the table of log probabilities: the target's labels, and all that it may be taken for."""

    own: list[int]
    others: list[int]


class _Model:
    """What the scores of the identifier say of the two languages of a pair."""

    def __init__(self, known: Identifier) -> None:
        self.scores, self.labels = known.scores, known.labels
        self.names = [_name(label) for label in self.labels]
        self.sides = cache(self._sides)

    def against_source(self, scores: np.ndarray, pair: Pair) -> list[float]:
        """The margin of texts against the source alone, which fewer letters tell than against all languages."""
        target, source = (self._columns(side.langid) for side in (pair.target, pair.source))
        found: list[float] = (scores[:, target].max(axis=1) - scores[:, source].max(axis=1)).tolist()
        return found

    def margins(self, scores: np.ndarray, sides: _Sides) -> list[Margin]:
        others = scores[:, sides.others]
        found = (scores[:, sides.own].max(axis=1) - others.max(axis=1)).tolist()
        best = others.argmax(axis=1).tolist() if min(found, default=0) < 0 else []
        return [
            Margin(score, self.names[sides.others[best[at]]] if score < 0 else "") for at, score in enumerate(found)
        ]

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
    return _Model(identifier())


def _name(label: str) -> str:
    """`_name("zh")` -> "Chinese"."""
    named = [language for language in all_languages() if label in language.langid]
    plain = [language for language in named if language.bcp47.partition("-")[0] == label]
    return (plain or named)[0].name.partition(" (")[0]
