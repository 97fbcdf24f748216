"""
The file of a CTranslate2 model, taken apart: `model.bin` is a list of variables, each a name, a shape and its bytes.

    6 "TransformerSpec" 7   format, kind of model, revision
    73                      variables: name, dimensions, type, size, content
    3                       other names of variables: name, name
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from babelset.errors import ConfigError

FORMAT = 6
BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    shape: tuple[int, ...]
    type: int
    size: int  # bytes
    start: int  # in the file


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What a file holds; the variables' bytes stay there."""

    path: Path
    kind: str
    revision: int
    variables: list[Variable]
    aliases: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> ModelFile:
        """Raises ConfigError for what is no model, or one in another format."""
        try:
            with path.open("rb") as file:
                length = path.stat().st_size
                if (version := _number(file)) != FORMAT:
                    raise ConfigError(f"{path} has format {version}, not {FORMAT}: convert the model again")
                kind, revision = _text(file), _number(file)
                variables = [_variable(file, length) for _ in range(_number(file))]
                aliases = {_text(file): _text(file) for _ in range(_number(file))}
                return cls(path, kind, revision, variables, aliases)
        except (struct.error, UnicodeDecodeError, OSError, ValueError) as error:
            raise ConfigError(f"{path} is not a whole model ({error}). Fetch or convert it again") from None

    def rows(self, name: str, kept: list[int]) -> Iterator[bytes]:
        """The bytes of some rows of a variable."""
        variable = next(each for each in self.variables if each.name == name)
        width = variable.size // variable.shape[0]
        with self.path.open("rb") as file:
            for row in kept:
                file.seek(variable.start + row * width)
                yield file.read(width)

    def cut(self, names: Mapping[str, list[int]]) -> Iterator[bytes]:
        """The bytes of the file with these rows of these variables alone."""
        yield struct.pack("<I", FORMAT) + _written(self.kind) + struct.pack("<II", self.revision, len(self.variables))
        for each in self.variables:
            kept = names.get(each.name)
            shape = each.shape if kept is None else (len(kept), *each.shape[1:])
            size = each.size if kept is None else each.size // each.shape[0] * len(kept)
            yield _written(each.name) + struct.pack(f"<B{len(shape)}IBI", len(shape), *shape, each.type, size)
            yield from self._whole(each) if kept is None else self.rows(each.name, kept)
        yield struct.pack("<I", len(self.aliases))
        yield from (_written(name) + _written(other) for name, other in self.aliases.items())

    def _whole(self, variable: Variable) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(variable.start)
            for at in range(0, variable.size, BLOCK):
                yield file.read(min(BLOCK, variable.size - at))


def _variable(file: BinaryIO, length: int) -> Variable:
    name, (rank,) = _text(file), struct.unpack("<B", file.read(1))
    shape = struct.unpack(f"<{rank}I", file.read(4 * rank))
    (kind,), size = struct.unpack("<B", file.read(1)), _number(file)
    start = file.tell()
    if start + size > length or (shape and size % max(shape[0], 1)):
        raise ValueError(f"{name} breaks off")
    file.seek(start + size)
    return Variable(name, shape, kind, size, start)


def _number(file: BinaryIO) -> int:
    return int(struct.unpack("<I", file.read(4))[0])


def _text(file: BinaryIO) -> str:
    (size,) = struct.unpack("<H", file.read(2))
    found = file.read(size)
    if len(found) < size:
        raise ValueError("it breaks off")
    return found[:-1].decode()


def _written(text: str) -> bytes:
    return struct.pack("<H", len(text.encode()) + 1) + text.encode() + b"\0"
