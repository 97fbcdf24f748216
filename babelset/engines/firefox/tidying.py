"""
What a small model adds to an answer or loses of it, seen on real rows, and what can be done about it.

    John Smith          ->  John Smith (em inglês)      a note that nobody wrote: taken away
    Oakland, CA         ->  Hotéis em Oakland           a fragment, which says too little: asked for as "- Oakland, CA"
    He said “yes” — no. ->  Ele disse "sim" - não.      marks that the vocabulary lacks: set again
"""

from __future__ import annotations

import re
from collections import Counter

NOTE = re.compile(r"\s*\([^()]*\)?(?P<end>[\s.!?\"]*)\Z")
BRACKETS = re.compile(r"[()]")
MARKS = re.compile(r"[^\w\s'’‘\"“”.-]")  # the style of quotation marks may change
STOPS = " .,:;!?…"
FRAGMENT = 4  # words; with a full stop it is a sentence, and is translated like one


def without_notes(target: object, source: str) -> object:
    """
    The target without the brackets at its end, where the source has none.

    >>> without_notes("John Smith (em inglês)", "John Smith")
    'John Smith'
    """
    if not isinstance(target, str) or BRACKETS.search(source):
        return target
    while (note := NOTE.search(target)) and note.start():
        target = target[: note.start()] + note["end"]
    return target


def invents(target: object, source: str) -> bool:
    """
    Whether the answer to a fragment has other marks than it, or clearly more words.

    >>> invents("Hotéis em Oakland", "Oakland, CA"), invents("Maçã", "Apple")
    (True, False)
    """
    if not isinstance(target, str) or len(source.split()) > FRAGMENT:
        return False
    if Counter(MARKS.findall(target.rstrip(STOPS))) != Counter(MARKS.findall(source.rstrip(STOPS))):
        return True
    return len(target.split()) > len(source.split()) + 1


def typeset(target: str, source: str) -> str:
    """
    The target with a capital where the source begins with one, and with its quotation marks and long dashes.

    >>> typeset("amarelo", "Yellow")
    'Amarelo'
    >>> typeset('Ele disse "sim" - e foi.', "He said “yes” — and left.")
    'Ele disse “sim” — e foi.'
    """
    if source[:1].isupper() and target[:1].islower():
        target = target[:1].upper() + target[1:]
    for plain, typed in (('"', "“”„«»"), (" - ", "—–―")):
        marks = [char for char in source if char in typed]
        pieces = target.split(plain)
        if plain not in source and len(pieces) == len(marks) + 1:
            gap = " " if plain == " - " else ""
            target = pieces[0] + "".join(
                gap + mark + gap + piece for mark, piece in zip(marks, pieces[1:], strict=True)
            )
    return target
