"""Comments in code: found with pygments, and the proof that a translation touched nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from babelset.text.scan.marks import Mark

OPENING = re.compile(r"(?:`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n")
CLOSING = re.compile(r"\n[ \t>]*(?:`{3,}|~{3,})[ \t]*\r?\Z")
LETTERS = re.compile(r"[^\W\d_]{2,}")
LONGEST = 100_000  # characters of code; some lexers are slow on hostile input


def without_comments(text: str, start: int, end: int) -> Iterator[Mark]:
    """Marks of a fenced block that leave the words of its comments free."""
    opening = OPENING.match(text, start, end)
    language = opening[1] if opening else ""
    at = start
    if opening and language:
        closing = CLOSING.search(text, opening.end() - 1, end)
        stop = closing.start() if closing else end
        for begin, after in comment_words(text[opening.end() : stop], language):
            yield Mark(at, opening.end() + begin, "code")
            at = opening.end() + after
    yield Mark(at, end, "code")


def comment_words(code: str, language: str) -> Iterator[tuple[int, int]]:
    """Where the words of comments stand, without their delimiters; nothing for a language without a lexer."""
    for offset, comment in _comments(code, language):
        at = 0
        for line in comment.rstrip("\n").splitlines(keepends=True):
            begin, after = _bare(line)
            if LETTERS.search(line, begin, after):
                yield offset + at + begin, offset + at + after
            at += len(line)


def same_code(one: str, other: str, language: str) -> bool:
    """
    Whether two pieces of code are the same program: the same tokens, comments aside, in the same lines.

    >>> same_code("x = 1  # one", "x = 1  # u", "python"), same_code("x = 1  # one", "x = 2  # u", "python")
    (True, False)
    """
    lexer = _lexer(language)
    return one == other if lexer is None else _program(one, lexer) == _program(other, lexer)


def _bare(line: str) -> tuple[int, int]:
    opened = re.match(r"[ \t]*(?:#+|/\*+|//+|--+|;+|%+|<!--+|\(\*|\*(?!/))?!?[ \t]*", line)
    begin = opened.end() if opened else 0
    closed = re.search(r"[ \t]*(?:\*+/|--+>|\*\))?\s*\Z", line[begin:])
    return begin, begin + (closed.start() if closed else len(line) - begin)


def _lexer(language: str) -> Any:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _comments(code: str, language: str) -> Iterator[tuple[int, str]]:
    lexer = _lexer(language) if len(code) <= LONGEST else None
    if lexer is None or "\r" in code:  # pygments rewrites line ends, and offsets with them
        return
    # many lexers see a comment in the last line only when the line ends
    for offset, kind, value in lexer.get_tokens_unprocessed(code + "\n"):
        if _holds_words(kind):
            yield offset, value


def _program(code: str, lexer: Any) -> list[tuple[str, str]]:
    """Tokens without comments; line ends inside a comment count, so no line can slip into or out of one."""
    tokens = []
    for _, kind, value in lexer.get_tokens_unprocessed(code + "\n"):
        tokens.append((str(kind), "\n" * value.count("\n") if _holds_words(kind) else value))
    return tokens


def _holds_words(kind: Any) -> bool:
    from pygments.token import Comment

    directives = (Comment.Preproc, Comment.PreprocFile, Comment.Hashbang)  # pygments files "#include" with comments
    return kind in Comment and not any(kind in other for other in directives)
