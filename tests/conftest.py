"""What several test files share: a language pair, and a translator that can be told to misbehave."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from babelset.languages import Pair, find
from babelset.segment import Segment
from babelset.translator import Failure, Translation

Reply = Translation | Failure | str


class Scripted:
    """A translator whose answers a function decides: text in, text or Translation or Failure out."""

    limit = 1000
    batch = 8
    notice = ""

    def __init__(
        self,
        reply: Callable[[str], Reply],
        schemes: Sequence[str] = ("letters", "tags"),
        name: str = "scripted",
    ) -> None:
        self.reply, self.schemes, self.signature = reply, schemes, name
        self.seen: list[str] = []

    def supports(self, pair: Pair) -> bool:
        return True

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        self.seen += [segment.text for segment in segments]
        replies = [self.reply(segment.text) for segment in segments]
        return [Translation(reply) if isinstance(reply, str) else reply for reply in replies]

    def close(self) -> None:
        pass


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


@pytest.fixture
def pair() -> Pair:
    return Pair(find("eng_Latn"), find("cat_Latn"))
