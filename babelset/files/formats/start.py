"""How a file begins: its first bytes, looked at before it is read, in UTF-8 whatever it is written in."""

from __future__ import annotations

import codecs
import io
from typing import IO, Any

from babelset.errors import DataError

HEAD = 1 << 20  # bytes that are looked at
BLOCK = 1 << 16
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Start(io.BufferedReader):
    """A file from its beginning; `head` are its first bytes, `whole` says that there are no more."""

    def __init__(self, file: IO[bytes]) -> None:
        head = file.read(2)
        self.utf16 = head in UTF16
        source: Any = _Utf16(head, file) if self.utf16 else _Joined(head, file)
        raw = io.BufferedReader(source, BLOCK)
        self.head = raw.read(HEAD)
        self.whole = len(self.head) < HEAD
        super().__init__(_Joined(self.head, raw), BLOCK)

    @property
    def first_line(self) -> bytes:
        """The first line that is not blank."""
        return self.head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")[0].strip()

    @property
    def second_line(self) -> bytes:
        """What stands behind it, to the end of the line; b"" where there is nothing."""
        rest = self.head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")[2]
        return rest.lstrip(b"\r\n").partition(b"\n")[0].rstrip()


class _Joined(io.RawIOBase):
    """`head`, and after it the rest of the file."""

    def __init__(self, head: bytes, file: Any) -> None:
        self.held, self.file = head, file

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not self.held:
            self.held = self.more()
        count = min(len(target), len(self.held))
        target[:count], self.held = self.held[:count], self.held[count:]
        return count

    def more(self) -> bytes:
        block: bytes = self.file.read(BLOCK)
        return block


class _Utf16(_Joined):
    """The same as UTF-8; DataError where it is no UTF-16."""

    def __init__(self, bom: bytes, file: Any) -> None:
        super().__init__(b"", file)
        self.decoder: Any = codecs.getincrementaldecoder("utf-16")()
        self.decoder.decode(bom)

    def more(self) -> bytes:
        while True:
            block = self.file.read(BLOCK)
            try:
                text = self.decoder.decode(block, final=not block)
                if text or not block:
                    return str(text).encode()
            except (UnicodeDecodeError, UnicodeEncodeError) as error:
                raise DataError(f"not valid UTF-16: {error}; convert the file to UTF-8") from None
