"""What stands in angle brackets: HTML, or a placeholder such as `<name>`."""

from __future__ import annotations

import re

from babelset.text.scan.marks import Mark

NAME = re.compile(r"</?([A-Za-z][\w-]*)")
# Elements that end a sentence, and elements that a sentence goes on around.
BLOCK = re.compile(
    r"address|article|aside|base|blockquote|body|br|button|canvas|caption|center|col|colgroup|dd|details|dialog|div|dl|dt"
    r"|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|img|input|label|legend|li"
    r"|link|main|map|menu|meta|nav|noscript|object|ol|optgroup|option|p|param|picture|progress|section|select|source"
    r"|summary|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|track|ul|video|audio",
    re.IGNORECASE,
)
INLINE = re.compile(
    r"a|abbr|acronym|area|b|bdi|bdo|big|cite|code|data|del|dfn|em|embed|font|i|ins|kbd|mark|q|rp|rt|ruby|s|samp|small|span"
    r"|strike|strong|sub|sup|svg|time|tt|u|var|wbr|script|style|pre",
    re.IGNORECASE,
)
LONGEST_PLACEHOLDER = 64


def is_html(name: str) -> bool:
    return bool(BLOCK.fullmatch(name) or INLINE.fullmatch(name))


def tag(text: str, start: int, end: int) -> Mark | None:
    """The mark of `text[start:end]`, which is bracketed or an entity; None for "a<b and c>d"."""
    body = text[start:end]
    named = NAME.match(body)
    if not named:
        return Mark(start, end, "html", inline=body.startswith("&"))
    if is_html(named[1]):
        return Mark(start, end, "html", inline=not BLOCK.fullmatch(named[1]))
    if "=" in body or body.endswith("/>"):
        return Mark(start, end, "html", True)
    if len(body) > LONGEST_PLACEHOLDER or (start and text[start - 1].isalnum()):
        return None
    return Mark(start, end, "placeholder", True)
