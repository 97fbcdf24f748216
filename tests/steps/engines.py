"""Translators that know a few words by heart, as plug-ins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from babelset import plugins
from babelset.contracts.translator import Failure, Translation, Translator
from babelset.languages import Pair
from babelset.text.segment import Segment


class ByHeart(Translator):
    """Says what its table has for a text; leaves the others as they are, and fails where the table says None."""

    table: ClassVar[Mapping[str, str | None]] = {}
    asked: ClassVar[list[str]] = []

    @property
    def signature(self) -> str:
        return type(self).__name__

    def supports(self, pair: Pair) -> bool:
        return True

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        self.asked.extend(segment.text for segment in segments)
        said = [self.table.get(segment.text, segment.text) for segment in segments]
        return [Failure("not known") if text is None else Translation(text) for text in said]


@contextmanager
def translators(**tables: Mapping[str, str | None]) -> Iterator[dict[str, list[str]]]:
    """`with translators(one={"Rome": "Roma"})`: such plug-ins are installed; what each was asked, by name."""
    made = {name: type(name, (ByHeart,), {"table": table, "asked": []}) for name, table in tables.items()}
    before = plugins.available

    class Point:
        def __init__(self, found: type[Translator]) -> None:
            self.found, self.value = found, "tests.steps.engines:ByHeart"

        def load(self) -> type[Translator]:
            return self.found

    points: dict[str, Any] = {name: Point(found) for name, found in made.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            plugins, "available", lambda group: {**before(group), **(points if group == "translators" else {})}
        )
        yield {name: found.asked for name, found in made.items()}
