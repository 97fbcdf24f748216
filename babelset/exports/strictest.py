"""Which of several licences asks for most, and what the hub calls it."""

from __future__ import annotations

import re
from collections.abc import Iterable

UNKNOWN = "unknown"
# what the hub calls licences, by how much they ask for: nothing, a name, the same licence, no business, no changes
LEVELS: tuple[tuple[str, ...], ...] = (
    ("cc0-1.0", "unlicense", "pddl", "wtfpl"),
    (
        *("mit", "apache-2.0", "bsd", "bsd-2-clause", "bsd-3-clause", "isc", "zlib", "cdla-permissive-1.0"),
        *("cdla-permissive-2.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "odc-by"),
    ),
    (
        *("mpl-2.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "odbl", "cdla-sharing-1.0", "gfdl"),
        *("lgpl-2.1", "lgpl-3.0", "lgpl", "gpl-2.0", "gpl-3.0", "gpl", "agpl-3.0"),
    ),
    ("gemma", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "openrail", "bigscience-openrail-m"),
    ("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    ("cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
)
SPACED = re.compile(r"cc[ _-]+by(?:[ _-]+(?:nc|sa|nd))*[ _-]+v?\d\.\d|(?:apache|mpl|a?gpl|lgpl)[ _]+v?\d\.\d")
RANK = {name: (level, number) for level, names in enumerate(LEVELS) for number, name in enumerate(names)}
LIMITS = ("no more than its name", "to be named", "the same licence for what is made of it", "the terms of its owner",
          "no commercial use", "no changed copies")  # fmt: skip


def ids(text: str) -> list[str]:
    """
    The licences that a text names, as the hub calls them.

    >>> ids("CC-BY-NC-4.0 (Meta's weights), MIT"), ids("ask Anna")
    (['cc-by-nc-4.0', 'mit'], [])
    """
    joined = SPACED.sub(lambda found: re.sub(r"[ _]+v?", "-", found[0]), text.lower())
    words = re.findall(r"[a-z0-9][a-z0-9.+-]*[a-z0-9]", joined)
    return [word for word in words if word in RANK]


def strictest(texts: Iterable[str]) -> tuple[str, str]:
    """
    The licence that asks for most, and for what; "unknown" as soon as one text names none that the hub knows.

    >>> strictest(["odc-by", "CC-BY-NC-4.0 (Meta's weights)"])
    ('cc-by-nc-4.0', 'no commercial use')
    """
    found: list[str] = []
    for text in texts:
        named = ids(text)
        if not named:
            return (UNKNOWN if text in ("", UNKNOWN) else "other"), ""
        found += named
    if not found:
        return UNKNOWN, ""
    best = max(found, key=RANK.__getitem__)
    return best, LIMITS[RANK[best][0]]
