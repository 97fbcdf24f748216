"""
SentencePiece models that do without some of their pieces: what these would write is split further.

sentencepiece's own SetVocabulary, which does the same, is not in its Python package any more. A model is a protocol
buffer, `repeated SentencePiece pieces = 1` with `piece = 1, score = 2, type = 3`; a field that is written twice counts
as it was written last, so a piece becomes UNUSED by two bytes behind it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

PIECES = NAME = b"\x0a"  # field 1, a length and so many bytes
UNUSED = b"\x18\x05"  # field 3, the enumeration's value 5
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5  # wire types


def without(model: bytes, kept: Container[str]) -> bytes:
    """The model, every piece that is not among `kept` unused; ValueError for bytes that are no such model."""
    return b"".join(_marked(tag, content, kept) for tag, content in _fields(model))


def _marked(tag: bytes, content: bytes, kept: Container[str]) -> bytes:
    if tag != PIECES:
        return tag + content
    size, start = _varint(content, 0)
    piece = content[start : start + size]
    name = next((_text(inner) for tag, inner in _fields(piece) if tag == NAME), "")
    piece += b"" if name in kept else UNUSED
    return PIECES + _written(len(piece)) + piece


def _text(content: bytes) -> str:
    return content[_varint(content, 0)[1] :].decode()


def _fields(message: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Tag and content of each field of a message, as they stand there."""
    at = 0
    while at < len(message):
        tag, start = _varint(message, at)
        kind = tag & 7
        size, end = _varint(message, start) if kind in (VARINT, LENGTH) else (0, start)
        end += {VARINT: 0, FIXED64: 8, LENGTH: size, FIXED32: 4}.get(kind, len(message) + 1)
        if end > len(message):
            raise ValueError("not a SentencePiece model")
        yield message[at:start], message[start:end]
        at = end


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(message):
            break
        byte, at = message[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("not a SentencePiece model")


def _written(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
