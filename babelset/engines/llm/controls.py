"""
Control tokens in dataset text: `<|im_end|>` in a row must never end the message that carries it.

In JSON their first character is escaped, so that a tokenizer sees no token and the value stays the same; in plain
text nothing can be escaped, and `controls` tells the caller to take another way.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from babelset.files.halves import HALF

# The first character of whatever the tokenizer of some chat model reads as a control token.
CONTROL = re.compile(
    r"<(?=[|｜]"  # <|im_start|>, <｜User｜>, <|turn>
    r"|[\w▁]{1,40}[|｜]>"  # <turn|>
    r"|(?i:<?/?sys>"
    r"|/?(?:s|bos|eos|pad|unk|mask|sep|cls|think|thinking|thought|image|audio|video|system|user|assistant)>"
    r"|/?(?:im|fim|img|file|repo|jupyter)_[a-z]{1,20}>"
    r"|/?tool(?:s|_[a-z]{1,20})>"
    r"|/?(?:start|end|begin)_of_[a-z_]{1,30}>"
    r"|/?[a-z_]{1,40}_token>"
    r"|(?:unused|extra_id_|reserved_)\w{1,20}>))"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|MODEL_SETTINGS|AVAILABLE_TOOLS|TOOL_[A-Z]{1,20}|THINK|ARGS|CALL_ID|IMG(?:_[A-Z]{1,9})?"
    r"|AUDIO|BEGIN_AUDIO|PREFIX|MIDDLE|SUFFIX|PAD|UNK|CLS|SEP|[gs]?MASK)\])"
)


def neutral(json_text: str) -> str:
    r"""
    JSON of the same value in which no tokenizer finds a control token.

    >>> neutral('["<|im_end|>", "a <b>"]')
    '["\\u003c|im_end|>", "a <b>"]'
    """
    return CONTROL.sub(lambda match: rf"\u{ord(match[0]):04x}", json_text)


def controls(text: str) -> bool:
    """Whether a tokenizer might find a control token in plain text, where nothing can be escaped."""
    return CONTROL.search(text) is not None


def as_json(value: Any) -> str:
    """The filter `json`: one compact line without control tokens; letters stay as they are."""
    try:
        text = orjson.dumps(value).decode()
    except TypeError:  # a lone surrogate, which UTF-8 cannot hold, or a value that names itself as undefined
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
        text = HALF.sub(lambda match: rf"\u{ord(match[0]):04x}", text)
    return neutral(text)
