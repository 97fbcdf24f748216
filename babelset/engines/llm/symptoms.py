"""
Symptoms that a text is no translation of its source, one function each; texts are without placeholders.

Of the human translations of NTREX-128, 1,997 segments in each of seven languages, hardly one shows any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from babelset.contracts.filter import Scored, without
from babelset.engines.llm.phrases import english_words
from babelset.languages import Language, Pair
from babelset.measures import copied as copies
from babelset.measures import numbers as figures
from babelset.measures import script as scripts
from babelset.measures.language import SURE, left, margins
from babelset.measures.length import ratio as length_ratio

ENGLISH = "eng_Latn"
WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{N}'’-]*")
LETTER, LETTER_OR_DIGIT = regex.compile(r"\p{L}"), regex.compile(r"[\p{L}\p{N}]")

MARK = regex.compile(r"[?？؟⸮፧՞]")
GREEK_MARK = regex.compile(r"[?;]")
STOP = regex.compile(r"[\"'”’»)\]*_]{0,5}(?:\s|$)")
# Questions that stay questions; "Could you ..." may become "Please ..."
DIRECT = regex.compile(
    r"(?i)^\W{0,5}(?:who|whom|whose|which|when|where|why|(?:how|what)(?! to\b| about\b| if\b)"
    r"|is|are|am|was|were|does|did|has|have|had"
    r"|(?:do|can|could|will|would|should|may|might|must)(?! you\b| we\b| i\b))\b"
)
JAPANESE = regex.compile(r"(?:か|の|かな|だろう|でしょう|っけ)[。．.」』）)\"”]*\s*$")
MARKLESS = frozenset({"Thai", "Laoo", "Khmr", "Mymr", "Tibt"})  # scripts whose sentences need no mark

ENDED, CUT = regex.compile(r"[.!?…:।۔。！？][\"'”’»)\]*_]{0,5}\s*$"), regex.compile(r"[\p{L}\p{M}\p{N},،、，]\s*$")
QUOTE = regex.compile(r"[\"“”„«»「」『』]")
PART = 0.6  # of the source's words: a shorter piece of the source was obeyed, not translated
FAR = 0.4  # of the words that two sources share: below, they cannot have one translation
SHORT = 10  # as `language` has it for what is left of the source in short lines
ENGLISH_SHARE = 0.13  # of frequent words; most English sentences have more, no news in seven other languages has
CONCISE = {"Hans": 15, "Hant": 15, "Jpan": 20, "Hang": 20}  # letters that a language can be told from; elsewhere 40
# Forms of the same letters in simplified and in traditional Chinese, in neither case used by the other.
SIMPLIFIED = frozenset("们这说时对会学发经现样问关过还进动应长门间马车见书话语认让请谢钱开买产亲仅从价优传国东")
TRADITIONAL = frozenset("們這說時對會學發經現樣問關過還進動應長門間馬車見書話語認讓請謝錢開買產親僅從價優傳國東")


def words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]


def blank(unit: Scored) -> bool:
    """No letter and no digit where the source has letters: "...", a zero-width space."""
    return bool(LETTER.search(unit.source)) and not LETTER_OR_DIGIT.search(unit.target or "")


def misfit(unit: Scored) -> bool:
    """A length further from the expected one than any human translation has."""
    ratio = length_ratio(unit)
    size = max(len(unit.source.strip()), 1)
    return ratio is not None and not 0.3 - 4 / size <= ratio <= 2.5 + 30 / size


def short(unit: Scored) -> bool:
    """About half as long as expected or less, and without an end where the source has one."""
    ratio = length_ratio(unit)
    cut = ENDED.search(unit.source) and CUT.search(unit.target or "") and unit.pair.target.script not in MARKLESS
    return bool(cut) and ratio is not None and ratio < 0.5


def broken(unit: Scored) -> float:
    """
    How surely something else was written, as line breaks tell: 1 for a list or a poem in the place of one line, 0.5
    for other line breaks than those of the source.
    """
    source, target = ((text or "").strip() for text in (unit.source, unit.target))
    extra = target.count("\n") - source.count("\n")
    if extra > 0 and "\n" not in source:
        ratio = length_ratio(unit)
        return 1.0 if extra > 1 or (ratio or 0) > 1.6 else 0.5
    return 0.5 if extra else 0.0


def quoted(unit: Scored) -> bool:
    """Quotation marks around the whole, where the source has none."""
    target = (unit.target or "").strip()
    marks = [mark.start() for mark in QUOTE.finditer(target)]
    return marks == [0, len(target) - 1] and not QUOTE.search(unit.source)


def script(unit: Scored) -> bool:
    """Letters of another script, other than words of the source: names, quotations in a third language."""
    source, target = words(unit.source), words(unit.target or "")
    known = set(source)
    own = replace(unit, source="", target=" ".join(word for word in target if word not in known))
    share, of_few = scripts.share(own), scripts.share(own, least=5)
    other = (share is not None and share < 0.5) or (of_few is not None and of_few < 0.01)  # few: an abbreviation
    return other or _other_chinese(own.target or "", unit.pair.target)


def _other_chinese(text: str, language: Language) -> bool:
    sets = {"Hans": (SIMPLIFIED, TRADITIONAL), "Hant": (TRADITIONAL, SIMPLIFIED)}
    if language.script not in sets:
        return False
    own, other = (sum(char in forms for char in text) for forms in sets[language.script])
    return other > max(own, 1)


def copied(unit: Scored) -> float:
    """The share of the hypothesis that is the source again, or of the source that is all in it; without names."""
    source, target = unit.source, unit.target or ""
    if target.isupper():
        source, target = source.lower(), target.lower()
    source, target = _common(source), _common(target)
    if not source or copies.same_language(unit) or copies.letters(target) < 12:
        return 0.0
    forth, whole = (
        copies.share(replace(unit, source=one, target=other)) for one, other in ((source, target), (target, source))
    )
    if not forth:
        return 0.0
    back = replace(unit, source="", target=unit.source, pair=Pair(unit.pair.target, unit.pair.source))
    [margin] = margins([back], letters=12)
    if margin and margin.score < -SURE:  # the source is a quotation in another language
        return 0.0
    return max(forth, whole if whole > 0.85 else 0.0)


def _common(text: str) -> str:
    """The words that are no names, as far as capitals tell; the first may have one in any case."""
    first, *others = WORD.findall(text) or [""]
    return " ".join([first, *(word for word in others if not word[0].isupper())])


def part(unit: Scored) -> int:
    """How many words the source has, where the hypothesis is a small piece of it, "OK" of "Say only OK."; else 0."""
    source, target = words(unit.source), words(unit.target or "")
    within = f" {' '.join(target)} " in f" {' '.join(source)} "
    return len(source) if within and 0 < len(target) < PART * len(source) else 0


def unasked(unit: Scored) -> float:
    """
    How surely a question was answered: 1 for one that must still be one, 0.5 where it may have become indirect
    or a request, 0 where nothing speaks for it.
    """
    source, target, pair = unit.source, unit.target or "", unit.pair
    if pair.target.script in MARKLESS or _asks(target, pair.target) or not _asks(source, pair.source, ends=True):
        return 0.0
    ratio = length_ratio(unit)
    other = figures.share(*unit.prose) != 1.0 or (ratio is not None and not 0.6 < ratio < 1.6)
    return 1.0 if other or (pair.source.code == ENGLISH and DIRECT.search(source)) else 0.5


def _asks(text: str, language: Language, ends: bool = False) -> bool:
    """Whether a question mark stands in the text, or at the end of a sentence."""
    if language.script == "Jpan" and not ends and JAPANESE.search(text):
        return True
    marks = GREEK_MARK if language.script == "Grek" else MARK
    return any(not ends or STOP.match(text, mark.end()) for mark in marks.finditer(text))


def foreign(units: Sequence[Scored]) -> set[int]:
    """The hypotheses that are in another language, as far as can be told: each alone, then all together."""
    own = [replace(unit, source="", target=_without_names(unit)) for unit in units]
    alone = margins(own, letters=40) if len(own) > 1 else ()
    found = {index for index, margin in enumerate(alone) if margin and margin.score < -SURE}
    found |= {index for index, unit in enumerate(units) if _is_english([unit]) or (left(unit) or 0.0) < -SHORT}
    others = [index for index in range(len(own)) if index not in found]
    together = " ".join(own[index].target or "" for index in others)
    if others and (_is_foreign(replace(own[0], target=together)) or _is_english([units[index] for index in others])):
        return set(range(len(units)))
    return found


def _is_foreign(unit: Scored) -> bool:
    [margin] = margins([unit], letters=CONCISE.get(unit.pair.target.script, 40))
    return margin is not None and margin.score < -SURE


def _without_names(unit: Scored) -> str:
    known = {word for word in WORD.findall(unit.source) if word[0].isupper()}
    return " ".join(word for word in WORD.findall(unit.target or "") if word not in known)


def _is_english(units: Sequence[Scored]) -> bool:
    """Whether English is written that is not the source's own, such as titles; for any other target language."""
    if not units or units[0].pair.target.code == ENGLISH:
        return False
    own = [word for unit in units for word in _added(unit)]
    return sum(word in english_words() for word in own) >= max(2, ENGLISH_SHARE * len(own))


def _added(unit: Scored) -> list[str]:
    """The hypothesis's words, without runs of three that stand in the source."""
    source, target = words(unit.source), words(unit.target or "")
    runs = set(zip(source, source[1:], source[2:], strict=False))
    held = {
        start + step
        for start, run in enumerate(zip(target, target[1:], target[2:], strict=False))
        if run in runs
        for step in range(3)
    }
    return [word for index, word in enumerate(target) if index not in held]


def misplaced(units: Sequence[Scored]) -> set[int]:
    """Hypotheses that stand under the wrong number: their numbers are another's, or they came for two sources."""
    lost = [index for index, unit in enumerate(units) if unit.target is not None and figures.share(*unit.prose) == 0.0]
    found = {index for index in lost if any(_holds_all(units[index], other) for other in units)}
    first: dict[str, int] = {}
    for index, unit in enumerate(units):
        if unit.target and len(words(unit.source)) >= 4:  # "Yes" and "Yeah" may have one translation
            place = first.setdefault(" ".join(words(unit.target)), index)
            if _far(units[place].source, unit.source):
                found |= {place, index}
    return found


def doubled(units: Sequence[Scored]) -> set[int]:
    """Hypotheses that came for two sources that are alike but not the same: one translation may be right for both."""
    places: dict[str, list[int]] = {}
    for index, unit in enumerate(units):
        if unit.target and len(words(unit.source)) >= 4:
            places.setdefault(" ".join(words(unit.target)), []).append(index)
    groups = (group for group in places.values() if len({tuple(words(units[index].source)) for index in group}) > 1)
    return {index for group in groups for index in group}


def _holds_all(unit: Scored, other: Scored) -> bool:
    """Whether the numbers of one source, which another has not, are in the other's hypothesis."""
    source, keeps = unit.prose[0], unit.keeps
    in_source, in_target = (figures.share(source, without(text or "", keeps)) for text in (other.source, other.target))
    return in_source == 0.0 and in_target == 1.0


def _far(one: str, other: str) -> bool:
    """Whether two sources have so few words in common that no translation is right for both."""
    left, right = set(words(one)), set(words(other))
    return len(left & right) < FAR * len(left | right)
