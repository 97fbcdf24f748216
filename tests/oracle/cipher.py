"""
A translator that changes every word it is sent, ROT13 letter by letter, and leaves placeholders alone.

What was protected comes back as it was; what was not is visibly another word. It is a plug-in like a stranger's:
`installed(folder)` makes a folder that, on PYTHONPATH, brings it to the command `babelset`.
"""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from babelset.contracts.translator import Failure, Translation, Translator
from babelset.languages import Pair
from babelset.text.segment import Segment

MODULE = "babelset_oracle_cipher"


class Cipher(Translator):
    """ "Say `ls` now." -> "Fnl `ls` abj.\""""

    schemes: ClassVar[Sequence[str]] = ("raw",)
    limit: ClassVar[int] = 100_000
    batch: ClassVar[int] = 4096
    notice: ClassVar[str] = "cipher does not translate: it changes every word, to show which it was sent"
    signature: ClassVar[str] = "cipher|rot13|v:1"

    def supports(self, pair: Pair) -> bool:
        return True

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        return [Translation(codecs.encode(segment.text, "rot13")) for segment in segments]


def installed(folder: Path) -> Path:
    """`folder`, with this file as a package that has an entry point; nothing is built."""
    about = folder / "babelset_oracle_cipher-1.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    shutil.copy(__file__, folder / f"{MODULE}.py")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: babelset-oracle-cipher\nVersion: 1\n", "utf-8")
    (about / "entry_points.txt").write_text(f"[babelset.translators]\ncipher = {MODULE}:Cipher\n", "utf-8")
    return folder
