"""
A segment is one sentence of prose: the unit of deduplication, memory, translation and scoring.

`split` cuts a document into segments and the verbatim text around them; `rebuild` puts translations in their
places. Joined, the parts are the document, for every document.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import xxhash

from babelset.errors import ContractError
from babelset.text.document import Keep, Prose, Span

PLACEHOLDER = 0xE000  # chr(PLACEHOLDER + i) in Segment.text stands for keeps[i]; private use, so never in prose
MOST_KEEPS = 6000  # the private use area of the basic plane has 6,400 characters


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """
    The row that a segment stands in: role and text of each of its segments, in reading order.

    Equal rows have equal digests (128-bit xxh3).
    """

    sources: tuple[tuple[str, str], ...]
    digest: bytes

    @classmethod
    def of(cls, sources: Iterable[tuple[str, str]]) -> Context:
        sources = tuple(sources)
        joined = "\x00".join(part for source in sources for part in source)
        return cls(sources, xxhash.xxh3_128_digest(joined.encode("utf-8", "surrogatepass")))


@dataclass(frozen=True, slots=True)
class Segment:
    """
    One sentence, each inline `Keep` in it replaced by one private-use character.

    Segment("Run \ue000 now.", keeps=("`ls`",), kinds=("inline_code",)).source == "Run `ls` now."

    For a translator that takes whole documents it is a field or a part of one, code blocks replaced too; `lines`
    says that its line breaks are kept. `context` and `at`, its place there, are set for translators that read rows.
    """

    text: str
    keeps: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    role: str = ""  # of the field it stands in: "instruction", "input", "output", "turn/user"
    lines: bool = False
    context: Context | None = field(default=None, repr=False, compare=False)
    at: int = field(default=0, compare=False)

    @property
    def source(self) -> str:
        return restore(self.text, self.keeps)


Part = str | Segment

HELD = re.compile("[\ue000-\uf8ff]")
LETTER = re.compile(r"[^\W\d_]")
# A line goes on in the next one when it is long, ends without punctuation and the next begins in lower case.
LINES = re.compile(r"(?:(?=[^\n]{41,202}+\n[a-z])[^\n]{40,200}[^\s.!?:;…]\r?\n)*[^\n]*(?:\n|(?<=[^\n])\Z)")
BLOCKS = frozenset({"code", "marker", "table", "table_rule"})  # placeholders in documents only
OUTSIDE = frozenset({"emoji", "symbol", "markup", "html"}) | BLOCKS  # may leave a segment at its ends
PAIRED = frozenset({"markup", "html"})
CLOSING = re.compile("[\ue000-\uf8ff](?=\\s)\\s+")
# Characters that the splitter takes badly: sentencex 1.0 panics at a wide space between an initial and its full stop.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|[^\\S ](?=\\.)")
UNSPACED = re.compile("[\u0500-\u1fff\u3000-\ud7ff\uff00-\uffef]")  # scripts that may set no space after a stop
# Stops that end no sentence, each with what follows it: "M. Dupont", "approx. 5", "विभाग २.१. मध्ये", "「はい。」と".
GOES_ON = re.compile(
    r"(?<!\w)(?:MM?|Mme|Mlle|Mr|Mrs|Ms|Dr|Prof|Sr|Sra|श्री|श्रीमती|सौ|कु|डॉ|डॉक्टर|प्रो|पं|मा)\.\s+\Z(?P<name>)"
    r"|(?<!\w)(?:approx|ca|circa|vols?|nos?|nr|núm|num|pp?|pág|pàg|figs?|eqs?|chap|secs?|art|min|max|est)\.\s+\Z(?P<digit>)"
    r"|(?<!\S)\d+(?:\.\d+)+\.\s+\Z(?P<small>)|[。！？][」』]\Z(?P<particle>)"
)
FOLLOWS = {
    "name": re.compile(r"\S"),
    "digit": re.compile(r"\d"),
    "small": re.compile(r"[^\W\dA-ZÀ-Þ]"),
    "particle": re.compile(r"[とっなのはがをにもで]"),
}
STOP = re.compile("[.!?:;)]")  # of any language, in ASCII; and the bracket of "1) Tea 2) Milk"
STOPS = re.compile(r"[។៕]\s*|[།༎]\s+")  # of Khmer and Tibetan, which sentencex does not know
SPACE = re.compile(r"\s")
CLAUSE = re.compile(r"[,;:)\]—–،؛、，；：](?=\s)|[、，；：]")
QUOTES = re.compile('["“”«»„]')
LONG = 250
SPLITTER_PIECE = 4000  # the sentence splitter is quadratic in the number of quotation marks


def restore(text: str, keeps: tuple[str, ...]) -> str:
    """Put the kept texts back in the place of their placeholder characters, in one pass."""
    if not keeps:
        return text

    def kept(held: re.Match[str]) -> str:
        index = ord(held[0]) - PLACEHOLDER
        return keeps[index] if index < len(keeps) else held[0]

    return HELD.sub(kept, text)


def split(spans: Sequence[Span], language: str = "en", limit: int = 1000) -> list[Part]:
    """
    Sentences to translate and, as strings, everything between them.

    >>> split(parse("# Lists\\nRun `ls`. Then read."))
    ['# ', Segment('Lists'), '\\n', Segment('Run \\ue000.', ('`ls`',), ('inline_code',)), ' ', Segment('Then read.')]

    No segment is longer than `limit` characters. Raises ValueError for a limit below 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}")
    parts: list[Part] = []
    run: list[Span] = []
    for span in spans:
        if isinstance(span, Prose) or (span.inline and len(run) < MOST_KEEPS):
            run.append(span)
            continue
        parts += _sentence_parts(_held(run), language, limit)
        run = [span] if span.inline else []
        if not span.inline:
            parts.append(span.text)
    return _merged([*parts, *_sentence_parts(_held(run), language, limit)])


def whole(spans: Sequence[Span], limit: int = 4000) -> list[Part]:
    """
    The document in as few segments as `limit` characters allow, cut at blank lines; code blocks are placeholders too.

    >>> whole(parse("# Lists\\nRun `ls`. Then read."))
    ['# ', Segment('Lists\\nRun \\ue000. Then read.', ('`ls`',), ('inline_code',), lines=True)]
    """
    parts: list[Part] = []
    for start in range(0, len(spans), MOST_KEEPS):
        document = replace(_held(spans[start : start + MOST_KEEPS]), lines=True)
        at = 0
        for piece in _paragraphs(document.text, limit):
            parts += _trimmed(document, at, at + len(piece))
            at += len(piece)
    return _merged(parts)


def protect(segment: Segment, spans: Sequence[tuple[int, int]]) -> Segment:
    """
    The segment with more of its text kept: a placeholder, numbered after the others, for each of `spans`.

    >>> protect(Segment("Say 你好 now."), [(4, 6)])
    Segment('Say \\ue000 now.', ('你好',), ('unreadable',))
    """
    spans = spans[: MOST_KEEPS - len(segment.keeps)]
    parts, at = [], 0
    for index, (start, end) in enumerate(spans, PLACEHOLDER + len(segment.keeps)):
        parts += [segment.text[at:start], chr(index)]
        at = end
    keeps = (*segment.keeps, *(segment.text[slice(*span)] for span in spans))
    kinds = (*segment.kinds, *["unreadable"] * len(spans))
    return replace(segment, text="".join([*parts, segment.text[at:]]), keeps=keeps, kinds=kinds)


def sentences(segment: Segment, language: str, limit: int) -> list[Part]:
    """The sentences of a segment that holds several, for a translator that takes them one by one."""
    return _merged(_sentence_parts(replace(segment, lines=False), language, limit))


def rebuild(parts: Sequence[Part], targets: Sequence[str]) -> str:
    """
    The document again, the i-th segment replaced by `targets[i]`, in which kept texts are already restored.

    Raises ContractError where there are more or fewer targets than segments.
    """
    count = sum(1 for part in parts if not isinstance(part, str))
    if count != len(targets):
        raise ContractError(f"{count} segments and {len(targets)} targets; give one target for each segment")
    following = iter(targets)
    return "".join(part if isinstance(part, str) else next(following) for part in parts)


def halve(segment: Segment) -> list[Part]:
    """
    The segment in two at its best place, for a translator that could not take it whole; [] where it has none.

    >>> halve(Segment("It rains, so we stay."))
    [Segment('It rains,'), ' ', Segment('so we stay.')]
    """
    text = segment.text
    at = _best_cut(text, len(text) // 4, len(text) - len(text) // 4, len(text) // 2)
    parts = [*_trimmed(segment, 0, at), *_trimmed(segment, at, len(text))]
    return _merged(parts) if sum(isinstance(part, Segment) for part in parts) == 2 else []


def cut(segment: Segment) -> list[Part]:
    """
    The prose between placeholders as segments of its own, everything else verbatim.

    >>> cut(Segment("Run \\ue000 now.", ("`ls`",), ("inline_code",)))
    [Segment('Run'), ' `ls` ', Segment('now.')]
    """
    parts: list[Part] = []
    at = 0
    for held in HELD.finditer(segment.text):
        parts += _trimmed(segment, at, held.start())
        parts.append(segment.keeps[ord(held[0]) - PLACEHOLDER])
        at = held.end()
    return _merged([*parts, *_trimmed(segment, at, len(segment.text))])


def _held(run: Sequence[Span]) -> Segment:
    """Neighbouring spans as one segment, a placeholder for each `Keep`."""
    keeps = [span for span in run if isinstance(span, Keep)]
    if not keeps:
        return Segment("".join([span.text for span in run]))
    held = iter(range(PLACEHOLDER, PLACEHOLDER + len(keeps)))
    text = "".join(span.text if isinstance(span, Prose) else chr(next(held)) for span in run)
    return Segment(text, tuple(keep.text for keep in keeps), tuple(keep.kind for keep in keeps))


def _sentence_parts(run: Segment, language: str, limit: int) -> Iterator[Part]:
    at = 0
    for line in LINES.findall(run.text):
        for sentence in sentences_of(line, language):
            for piece in _within(sentence, limit) if len(sentence) > limit else (sentence,):
                yield from _trimmed(run, at, at + len(piece))
                at += len(piece)


def _paragraphs(text: str, limit: int) -> Iterator[str]:
    """Pieces of at most `limit` characters, cut at the last blank line, else line, else clause before it."""
    at = 0
    while len(text) - at > limit:
        window = text[at : at + limit]
        stop = max(window.rfind("\n\n") + 2, 1)
        if stop <= limit // 4:
            stop = window.rfind("\n") + 1
        if stop <= limit // 4:
            stop = _best_cut(text[at : at + limit + 1], limit // 2, limit, limit)
        yield text[at : at + stop]
        at += stop
    yield text[at:]


def sentences_of(line: str, language: str) -> Iterator[str]:
    """Sentences of one line, as sentencex sees them; joined, they are the line."""
    if _is_one(line):
        yield line
        return
    for piece in _within(line, SPLITTER_PIECE):
        at = 0
        for boundary in _boundaries(piece, language):
            if boundary > at:
                yield piece[at:boundary]
                at = boundary
        yield piece[at:]


def _is_one(line: str) -> bool:
    """Whether it is plain to see that a line holds one sentence at most: no stop has white space behind it."""
    if len(line) > SPLITTER_PIECE or not line.isascii():
        return False
    bare = line.rstrip()
    stop = STOP.search(bare)
    return stop is None or not SPACE.search(bare, stop.end())


def _boundaries(text: str, language: str) -> Iterator[int]:
    """Where sentences end inside `text`: at white space, or after the stop of a script without spaces."""
    from sentencex import segment

    at = 0
    has_stops = not text.isascii() and STOPS.search(text)
    for sentence in segment(language, UNSAFE.sub(" ", text)):
        if len(sentence) > LONG and (bare := QUOTES.sub(" ", sentence)) != sentence:
            # the splitter sees no sentences in a quotation, which may be the whole answer
            yield from (at + inner for inner in _boundaries(bare, language))
        if has_stops:
            yield from (at + stop.end() for stop in STOPS.finditer(sentence) if stop.end() < len(sentence))
        at += len(sentence)
        # closing emphasis belongs to the sentence it closes: "**Stop.** Go on."
        moved = CLOSING.match(text, at)
        boundary = moved.end() if moved else at
        is_end = boundary < len(text) and (text[boundary - 1].isspace() or UNSPACED.match(text[at - 1]))
        if is_end and not _goes_on(text, boundary):
            yield boundary


def _goes_on(text: str, boundary: int) -> bool:
    before = text[max(0, boundary - 24) : boundary]
    if before.rstrip()[-1:] not in (".", "」", "』"):
        return False
    found = GOES_ON.search(before)
    return bool(found and FOLLOWS[found.lastgroup or ""].match(text, boundary))


def _within(text: str, limit: int) -> Iterator[str]:
    """Pieces of at most `limit` characters, cut after a clause, else at a space, else anywhere."""
    at = 0
    while len(text) - at > limit:
        stop = _best_cut(text[at : at + limit + 1], limit // 2, limit, limit)
        yield text[at : at + stop]
        at += stop
    yield text[at:]


def _best_cut(text: str, low: int, high: int, aim: int) -> int:
    for pattern in (CLAUSE, SPACE):
        places = [place.end() for place in pattern.finditer(text, low, high)]
        if places:
            return min(places, key=lambda place: abs(place - aim))
    place = aim
    while place > low and _joined(text[place]):
        place -= 1
    return max(place, 1)


def _joined(char: str) -> bool:
    """Whether `char` belongs to the character before it."""
    return char in "\u200d\ufe0f" or unicodedata.category(char)[0] == "M"


def _trimmed(segment: Segment, start: int, end: int) -> Iterator[Part]:
    """The stretch as gap, segment, gap; only a gap where it holds no letter."""
    text = segment.text
    if not LETTER.search(text, start, end):
        if start < end:
            yield restore(text[start:end], segment.keeps)
        return
    begin, stop = _core(segment, start, end, OUTSIDE)
    if segment.keeps and _paired(segment, begin, stop) % 2:  # a beginning without its end: "**Note:** read"
        begin, stop = _core(segment, start, end, OUTSIDE - PAIRED)
    yield restore(text[start:begin], segment.keeps)
    yield _cut_out(segment, begin, stop)
    yield restore(text[stop:end], segment.keeps)


def _paired(segment: Segment, start: int, end: int) -> int:
    held = HELD.finditer(segment.text, start, end)
    return sum(segment.kinds[ord(each[0]) - PLACEHOLDER] in PAIRED for each in held)


def _core(segment: Segment, start: int, end: int, outside: frozenset[str]) -> tuple[int, int]:
    if not segment.keeps:
        bare = segment.text[start:end].lstrip()
        return end - len(bare), end - len(bare) + len(bare.rstrip())

    def leaves(char: str) -> bool:
        index = ord(char) - PLACEHOLDER
        return char.isspace() or (0 <= index < len(segment.keeps) and segment.kinds[index] in outside)

    while leaves(segment.text[start]):
        start += 1
    while leaves(segment.text[end - 1]):
        end -= 1
    return start, end


def _cut_out(segment: Segment, start: int, end: int) -> Segment:
    text = segment.text[start:end]
    if not segment.keeps:
        return Segment(text, (), (), segment.role, segment.lines, segment.context, segment.at)
    indices = [ord(held) - PLACEHOLDER for held in HELD.findall(text)]
    text = text.translate({PLACEHOLDER + old: PLACEHOLDER + new for new, old in enumerate(indices)})
    keeps, kinds = (tuple(values[index] for index in indices) for values in (segment.keeps, segment.kinds))
    return replace(segment, text=text, keeps=keeps, kinds=kinds)


def _merged(parts: Iterable[Part]) -> list[Part]:
    """Neighbouring strings joined, empty ones gone."""
    out: list[Part] = []
    for kind, group in groupby(parts, key=type):
        if kind is Segment:
            out += group
        elif gap := "".join(str(part) for part in group):
            out.append(gap)
    return out
