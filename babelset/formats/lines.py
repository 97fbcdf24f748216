"""A line, a row: JSON lines and plain text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from babelset.errors import ConfigError
from babelset.formats.format import LONGEST, Bad, Reading, Writer
from babelset.lossless import dumps, loads
from babelset.row import excerpt


class Lines:
    """The lines of a file, and the number of the last one; a line that is too long comes as its beginning."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.number, self.too_long, self.ended = file, 0, False, False

    def __iter__(self) -> Iterator[bytes]:
        while line := self.file.readline(LONGEST):
            self.number += 1
            self.too_long = len(line) == LONGEST and not line.endswith(b"\n")
            if self.too_long:
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
                reason = "longer than 64 MiB" if lines.too_long else str(error.__cause__ or error.args[0])
                yield lines.number, Bad(f"not valid JSON: {reason}", excerpt(error.line))
                continue
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
                yield lines.number, Bad("longer than 64 MiB", excerpt(line))
                continue
            try:
                yield lines.number, {"text": line.decode().removesuffix("\n").removesuffix("\r")}
            except UnicodeDecodeError as error:
                yield lines.number, Bad(f"not valid UTF-8: {error}", excerpt(line))

    def writer(self, file: IO[bytes]) -> Writer:
        return _TextWriter(file)


class _TextWriter:
    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def write(self, row: dict[str, Any]) -> None:
        text = row.get("text")
        if not isinstance(text, str | None) or "\n" in (text or ""):
            raise ConfigError("a text file holds one line a row, and this row is more; write .jsonl instead")
        self.file.write((text or "").encode("utf-8", "surrogatepass") + b"\n")

    def close(self) -> None:
        pass
