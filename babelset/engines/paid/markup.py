"""
Placeholders as a service promises to keep them: a number in an element that it does not translate.

>>> NOTRANSLATE.written("Run <1/> & go.")
'Run <span translate="no" class="notranslate">1</span> &amp; go.'
>>> NOTRANSLATE.read('Executa <span translate="no" class="notranslate">1</span> &amp; vés.', "Run <1/> & go.")
'Executa <1/> & vés.'

Everything else is escaped, as the services read markup.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cached_property

TOKEN = re.compile(r"<(\d{1,4})/>")  # of the scheme "xml"
CLOSERS, OPENERS = re.compile(r"(<\d{1,4}/>) +(?=[,.)\]])"), re.compile(r"(?<=[(\[]) +(<\d{1,4}/>)")


@dataclass(frozen=True)
class Markup:
    """An element, by name and attributes."""

    element: str
    attributes: str = ""

    @cached_property
    def _kept(self) -> re.Pattern[str]:
        return re.compile(rf"<{self.element}\b[^<>]*>\s*(\d{{1,4}})\s*</{self.element}\s*>", re.I)

    @cached_property
    def _rest(self) -> re.Pattern[str]:
        return re.compile(rf"</?{self.element}\b[^<>]*>", re.I)

    def written(self, text: str) -> str:
        """The text as markup."""
        parts = TOKEN.split(text)  # prose, number, prose, ...
        opening, closing = f"<{self.element}{self.attributes}>", f"</{self.element}>"
        parts[::2] = (html.escape(part, quote=False) for part in parts[::2])
        parts[1::2] = (f"{opening}{number}{closing}" for number in parts[1::2])
        return "".join(parts)

    def read(self, answer: str, source: str) -> str:
        """The answer as text. Where an element is damaged, no placeholder is read: the ladder finds them all lost."""
        parts = self._kept.split(answer)
        damaged = any(self._rest.search(part) for part in parts[::2])
        parts[::2] = (html.unescape(self._rest.sub("", part)) for part in parts[::2])
        parts[1::2] = ("" if damaged else f"<{number}/>" for number in parts[1::2])
        return _tidied("".join(parts), source)


def _tidied(text: str, source: str) -> str:
    """Without the spaces that services set between an element and the punctuation at it."""
    for spaced in (CLOSERS, OPENERS):
        if not spaced.search(source):
            text = spaced.sub(r"\1", text)
    return text


IGNORED = Markup("x")  # DeepL: ignore_tags
NOTRANSLATE = Markup("span", ' translate="no" class="notranslate"')  # Google, Azure and AWS read one or the other
