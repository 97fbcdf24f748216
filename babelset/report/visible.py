r"""
Characters that one cannot see, or that rearrange the text around them, made visible.

>>> visible("a\x1b[31m \u202eb \ud800")
'a␛[31m [RLO]b �'

Joiners that Persian or Hindi are spelt with, and line ends, stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAMES = {
    "\u00ad": "SHY", "\u061c": "ALM", "\u180e": "MVS", "\u200b": "ZWSP", "\u200e": "LRM", "\u200f": "RLM",
    "\u2028": "LS", "\u2029": "PS", "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO",
    "\u202e": "RLO", "\u2060": "WJ", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
    "\ufeff": "BOM",
}  # fmt: skip
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"} | {0x7F: "␡"}
_CODES = (*range(0x80, 0xA0), *range(0xFFF9, 0xFFFC), 0xFFFE, 0xFFFF, *range(0xE0000, 0xE0080))
_LONE = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_SHOWN: dict[int, str] = {
    **_PICTURES,
    **_LONE,
    **{ord(character): f"[{name}]" for character, name in _NAMES.items()},
    **{code: f"[U+{code:04X}]" for code in _CODES},
}
_ODD = re.compile(f"([{''.join(map(re.escape, map(chr, _SHOWN)))}]+)")


def visible(text: str) -> str:
    return text.replace("\r\n", "\n").translate(_SHOWN)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Visible text in pieces, each with whether it stands for characters that could not be seen."""
    for index, piece in enumerate(_ODD.split(text.replace("\r\n", "\n"))):
        if piece:
            yield piece.translate(_SHOWN), index % 2 == 1
