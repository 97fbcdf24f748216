"""Which segments go into one request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

MOST = 40  # segments in a request: longer lists make models lose count


def packed(texts: Mapping[int, str], most: int) -> Iterator[list[int]]:
    """The places of texts that go together, in order: about `most` tokens, unless one text alone has more."""
    pack, size = list[int](), 0
    for place, text in texts.items():
        tokens = tokens_of(text)
        if pack and (size + tokens > most or len(pack) == MOST):
            yield pack
            pack, size = [], 0
        pack.append(place)
        size += tokens
    if pack:
        yield pack


def tokens_of(text: str) -> int:
    """About how many tokens a text takes; no tokenizer is at hand for a model behind a server."""
    return len(text.encode("utf-8", "surrogatepass")) // 3 + 1
