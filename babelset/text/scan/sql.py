"""
SQL statements without fences, known by their first words and by the semicolon that ends their last line.

No grammar knows every dialect: to the one that is here, "DROP FUNCTION f(boolean);" is an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

OBJECT = (
    r"(?:TABLE|FUNCTION|PROCEDURE|AGGREGATE|TRIGGER|INDEX|VIEW|TYPE|DOMAIN|DATABASE|SCHEMA|SEQUENCE|EXTENSION|ROLE|USER"
    r"|OPERATOR|CAST|LANGUAGE|POLICY|RULE|COLUMN|SERVER|COLLATION|CONSTRAINT|TEXT SEARCH|ACCESS METHOD|CONVERSION)"
)
ADJECTIVE = (
    r"(?: (?:UNIQUE|TEMP|TEMPORARY|GLOBAL|LOCAL|MATERIALIZED|TRUSTED|CONSTRAINT|FOREIGN|UNLOGGED|EVENT|DEFAULT))"
)
FIRST = re.compile(
    rf"[ \t]*(?:(?:CREATE(?: OR REPLACE)?|ALTER|DROP|COMMENT ON){ADJECTIVE}* {OBJECT}\b|SELECT\b"
    r"|INSERT INTO \S|DELETE FROM \S|TRUNCATE TABLE \S|UPDATE \S+(?: SET\b|[ \t]*$)"
    r"|WITH (?:RECURSIVE )?\w+(?: ?\([^()]*\))? AS ?(?:\(|$)|(?:GRANT|REVOKE) [\w, ]+ ON\b)",
    re.IGNORECASE,
)
LAST = re.compile(r";[ \t]*(?:--.*)?\r?$")
QUOTE = re.compile(r"\$\w*\$")  # around the body of a function
SYMBOL = re.compile(r"[(=_*]")


def begins(line: str) -> bool:
    """No sentence begins with "CREATE TYPE", nor with "create type box ("; one may begin with "select"."""
    found = FIRST.match(line)
    if found is None:
        return False
    verb = found[0].split()[0]
    return verb.isupper() or (verb.islower() and verb != "select" and SYMBOL.search(line) is not None)


def more_lines(line: str, following: Sequence[str]) -> int:
    """
    How many lines the statement goes on that begins with `line`; -1 where it is none.

    >>> more_lines("DROP TYPE", ["  box;", "Sure."]), more_lines("DROP TYPE box;", []), more_lines("Drop it;", [])
    (1, 0, -1)
    """
    if not begins(line):
        return -1
    quotes = 0
    for number, each in enumerate([line, *following]):
        quotes += len(QUOTE.findall(each))
        if quotes % 2 == 0 and LAST.search(each):
            return number
        if quotes % 2 == 0 and not each.strip():
            break
    return -1
