"""TMX 1.4, the format in which translation tools exchange pairs of segments; it is only written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

from babelset.errors import DataError
from babelset.files.formats.format import Reading, Writer, encoded
from babelset.files.formats.start import Start

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4">
<header creationtool="babelset" creationtoolversion="1" segtype="sentence" o-tmf="babelset" adminlang="en" srclang=%s \
datatype="plaintext"/>
<body>
"""


def forbidden(text: str) -> str:
    """The first character that XML cannot hold; "" where there is none."""
    found = FORBIDDEN.search(text)
    return found[0] if found else ""


class Tmx:
    """A row is a unit: texts by language code, the source first."""

    names = ("tmx",)

    def read(self, file: Start) -> Iterator[Reading]:
        raise DataError("TMX is written and not read; turn it into .tsv or .jsonl with a translation tool")

    def note(self, file: Start) -> str:
        return ""

    def like(self, file: Start) -> Tmx:
        return self

    def writer(self, file: IO[bytes]) -> Writer:
        return _TmxWriter(file)


class _TmxWriter:
    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.begun = file, False

    def write(self, row: dict[str, Any]) -> None:
        self._begin(next(iter(row)))
        units = (
            f"<tuv xml:lang={quoteattr(code)}><seg>{escape(text).replace(CARRIAGE, '&#13;')}</seg></tuv>"
            for code, text in row.items()
        )
        self.file.write(encoded(f"<tu>{''.join(units)}</tu>\n"))

    def close(self) -> None:
        self._begin("*all*")
        self.file.write(b"</body>\n</tmx>\n")

    def _begin(self, source: str) -> None:
        if not self.begun:
            self.file.write(encoded(HEADER % quoteattr(source)))
            self.begun = True


CARRIAGE = "\r"  # which XML reads as a line feed
