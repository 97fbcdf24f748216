"""
Does a text hold prose? A cheap rule for columns that nobody knows.

Prose is several words of letters. Ids, hashes, links, code, dates, single labels and names of models are none.
"""

from __future__ import annotations

import re

from babelset.text.document import Prose, parse

LOOKED_AT = 4000  # characters
WORD = re.compile(r"[^\W\d_]+(?:['’‑-][^\W\d_]+)*")
EDGES = "\"'“”‘’«»„()[]{}<>*_.,;:!?…¿¡।؟،。"
ENDS = (".", "!", "?", "…", "।", "؟", "。", "！", "？", "։")
# Scripts without spaces between words, where a run of letters is a phrase.
UNSPACED = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u0f00-\u0fff]{5}"
)


def holds_prose(text: str) -> bool:
    """
    Whether somebody should translate something of `text`: three words, or a sentence of two.

    >>> [holds_prose(text) for text in ("Dry a wet shoe.", "It broke.", "open_qa", "Open QA", "x = f(y) + 1")]
    [True, True, False, False, False]
    """
    text = text[:LOOKED_AT]
    if not reads_as_prose(text):
        return False
    return reads_as_prose(" ".join(span.text for span in parse(text) if isinstance(span, Prose)))


def reads_as_prose(text: str) -> bool:
    """The same without the parser that finds what is kept, which may err."""
    tokens = text[:LOOKED_AT].split()
    if len(tokens) < 2:
        return bool(UNSPACED.search(text))
    words = sum(is_word(token) for token in tokens)
    if 2 * words < len(tokens):
        return bool(UNSPACED.search(text))
    return words >= 3 or (words == 2 and text.rstrip().rstrip("\"'”’»)").endswith(ENDS))


def is_word(token: str) -> bool:
    """`is_word("(shoe),")` -> True; "a_b", "f(x)", "v2" and "x" are none."""
    core = token.strip(EDGES)
    return (len(core) > 1 and WORD.fullmatch(core) is not None) or core in ("a", "I", "A", "y", "o", "e", "à")


def is_sentence(text: str) -> bool:
    """Whether it is too long for a label, or ends like a sentence: `is_sentence("Open QA")` -> False."""
    return len(text.split()) > 6 or (reads_as_prose(text) and text.rstrip().endswith(ENDS))
