"""
Tokenizers of language models, to count with: how many tokens a text takes, and how many of them are poor ones.

tokenizer.json, or a folder that holds it     Hugging Face's tokenizers
*.model, *.spm, or a folder of NLLB           SentencePiece
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babelset.engines.modelfolder import PIECES
from babelset.errors import ConfigError

EXTRA = "tokenizer.json needs an extra: pip install 'babelset[tokenizers]'"
JSON = "tokenizer.json"
BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")
Encode = Callable[[Sequence[str]], list[list[str]]]


@dataclass(frozen=True, slots=True)
class Tally:
    """What some texts take."""

    texts: int
    characters: int
    words: int  # between spaces
    tokens: int  # special ones that the tokenizer adds included
    unknown: int
    bytes: int  # tokens that are a part of a character

    def told(self) -> dict[str, float]:
        """The counts, and the figures that compare languages."""
        return {
            "texts": self.texts,
            "tokens": self.tokens,
            "per_word": round(self.tokens / max(self.words, 1), 4),
            "per_character": round(self.tokens / max(self.characters, 1), 4),
            "unknown": round(self.unknown / max(self.tokens, 1), 4),
            "bytes": round(self.bytes / max(self.tokens, 1), 4),
        }


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """
    A tokenizer that was loaded: `encode` gives the tokens of each text, as they are spelled.

    >>> load("models/qwen").count(["Hello."]).tokens
    2
    """

    encode: Encode
    unknown: str
    bytewise: bool  # whether every token is written as bytes, as GPT-2 does

    def count(self, texts: Iterable[str]) -> Tally:
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        tokens = [token for each in self.encode(clean) for token in each]
        return Tally(
            texts=len(clean),
            characters=sum(map(len, clean)),
            words=sum(len(text.split()) for text in clean),
            tokens=len(tokens),
            unknown=sum(token == self.unknown for token in tokens),
            bytes=sum(map(self._is_part, tokens)),
        )

    def _is_part(self, token: str) -> bool:
        if not self.bytewise:
            return bool(BYTE.fullmatch(token))
        try:
            bytes(BYTES.get(char, 32) for char in token).decode()
        except UnicodeDecodeError:
            return True
        return False


def load(path: str) -> Tokenizer:
    """The tokenizer in a file or folder; ConfigError where it is none, or the extra is missing."""
    place = Path(path).expanduser()
    names = [JSON, *PIECES, "tokenizer.model"]
    found = next((place / name for name in names if (place / name).is_file()), place) if place.is_dir() else place
    if not found.is_file():
        raise ConfigError(
            f"{path}: no tokenizer there; name tokenizer.json, a SentencePiece model, or a folder with one"
        )
    return _json(found) if found.suffix == ".json" else _sentencepiece(found)


def _sentencepiece(path: Path) -> Tokenizer:
    from sentencepiece import SentencePieceProcessor

    try:
        model = SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise ConfigError(f"{path} is not a whole SentencePiece model ({error}). Fetch it again") from None
    unknown = model.id_to_piece(model.unk_id())

    def encode(texts: Sequence[str]) -> list[list[str]]:
        ids = model.encode(list(texts))
        return [[model.id_to_piece(id_) for id_ in each] for each in ids]

    return Tokenizer(encode, unknown, bytewise=False)


def _json(path: Path) -> Tokenizer:
    try:
        from tokenizers import Tokenizer as Fast
    except ImportError:
        raise ConfigError(EXTRA) from None
    try:
        fast, told = Fast.from_file(str(path)), json.loads(path.read_bytes())
    except Exception as error:  # noqa: BLE001 - the class of its errors is Exception
        raise ConfigError(f"{path}: not a tokenizer: {error}; fetch it again") from None
    fast.no_truncation()
    fast.no_padding()
    bytewise = '"ByteLevel"' in json.dumps([told.get("pre_tokenizer"), told.get("decoder")])

    def encode(texts: Sequence[str]) -> list[list[str]]:
        found = fast.encode_batch(list(texts))  # its `tokens` may be the text that an unknown one is for
        return [[str(fast.id_to_token(id_)) for id_ in each.ids] for each in found]

    return Tokenizer(encode, _unknown(told["model"]), bytewise)


def _unknown(model: dict[str, Any]) -> str:
    """The token for what is not known, "" where a model has none."""
    place = model.get("unk_id")
    return str(model["vocab"][place][0] if isinstance(place, int) else model.get("unk_token") or "")


def _bytes() -> dict[str, int]:
    """GPT-2's letters for bytes: printable ones are themselves, the others follow from 256 on."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (byte for byte in range(256) if byte not in plain)
    return {**{chr(byte): byte for byte in plain}, **{chr(256 + at): byte for at, byte in enumerate(others)}}


BYTES = _bytes()
