"""A line, a row: JSON lines and plain text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from babelset.errors import OutputError
from babelset.files.formats.format import LONGEST, Bad, Reading, Writer, encoded
from babelset.files.lossless import dumps, loads
from babelset.files.row import EXCERPT, KEY, excerpt

TOO_LONG = "longer than 64 MiB"


class Lines:
    """The lines of a file, and the number of the last one; of a line that is too long only the beginning comes."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.number, self.too_long, self.ended = file, 0, False, False

    def __iter__(self) -> Iterator[bytes]:
        while line := self.file.readline(LONGEST):
            self.number += 1
            self.too_long = len(line) == LONGEST and not line.endswith(b"\n")
            if self.too_long:
                line = line[: 4 * EXCERPT]
                while (rest := self.file.readline(LONGEST)) and not rest.endswith(b"\n"):
                    pass
            yield line.removeprefix(b"\xef\xbb\xbf") if self.number == 1 else line
        self.ended = True


class JsonLines:
    names = ("jsonl", "ndjson")

    def read(self, file: IO[bytes]) -> Iterator[Reading]:
        import jsonlines

        lines = Lines(file)
        reader: Any = jsonlines.Reader(iter(lines), loads=loads)  # type: ignore[arg-type]
        while True:
            try:
                data = reader.read(skip_empty=True)
            except EOFError:  # jsonlines' word for the end, and gzip's for a file that breaks off
                if not lines.ended:
                    raise
                return
            except jsonlines.InvalidLineError as error:
                reason = f"not valid JSON: {error.__cause__}" if error.__cause__ else "not an object"
                reason = TOO_LONG if lines.too_long else reason
                yield lines.number, Bad(reason, excerpt(error.line))
                continue
            if lines.too_long:  # cut, and valid by chance
                yield lines.number, Bad(TOO_LONG, excerpt(dumps(data)))
            else:
                yield lines.number, data if isinstance(data, dict) else Bad("not an object", excerpt(dumps(data)))

    def writer(self, file: IO[bytes]) -> Writer:
        import jsonlines

        writer: Writer = jsonlines.Writer(file, dumps=dumps)  # type: ignore[assignment]
        return writer


class Text:
    names = ("text", "txt")

    def read(self, file: IO[bytes]) -> Iterator[Reading]:
        lines = Lines(file)
        for line in lines:
            if lines.too_long:
                yield lines.number, Bad(TOO_LONG, excerpt(line))
                continue
            try:
                yield lines.number, {"text": line.decode().removesuffix("\n").removesuffix("\r")}
            except UnicodeDecodeError as error:
                yield lines.number, Bad(f"not valid UTF-8: {error}", excerpt(line))

    def writer(self, file: IO[bytes]) -> Writer:
        return _TextWriter(file)


class _TextWriter:
    """A text without translation is an empty line; the evidence of a run has no place here."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def write(self, row: dict[str, Any]) -> None:
        text = "" if row.get("text") is None else row["text"]
        if row.keys() - {KEY} != {"text"} or not isinstance(text, str) or "\n" in text or text.endswith("\r"):
            raise OutputError("a text file holds one line a row, and this row is more; write .jsonl instead")
        self.file.write(encoded(text) + b"\n")

    def close(self) -> None:
        pass
