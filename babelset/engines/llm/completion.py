"""What a server answers, taken apart: the parts that are used, and nothing is believed of the rest."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, field_validator

from babelset.engines.llm.budget import Usage
from babelset.engines.llm.request import ChatChoice, Reply

COUNTABLE = 1 << 31  # tokens: no request has more, whatever a server says


class _Message(BaseModel):
    content: str | None = None

    @field_validator("content", mode="before")
    @classmethod
    def _joined(cls, content: object) -> object:
        """Some servers answer in parts; those of reasoning are not the answer."""
        if not isinstance(content, list):
            return content
        parts = [{"text": part} if isinstance(part, str) else part for part in content]
        if not all(isinstance(part, dict) for part in parts):
            raise ValueError("parts that are no objects")
        texts = [part.get("text") for part in parts if part.get("type", "text") in ("text", "output_text")]
        plain = [text.get("value") if isinstance(text, dict) else text for text in texts]
        if not all(isinstance(text, str) for text in plain):
            raise ValueError("parts without a text")
        return "".join(map(str, plain))


class _RawChoice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class Completion(BaseModel):
    """The parts of a server's answer that are used; pydantic's ValidationError where it is no chat completion."""

    choices: list[_RawChoice] = Field(min_length=1)
    model: str | None = None
    usage: Any = None

    @property
    def texts(self) -> list[str]:
        return [choice.message.content or "" for choice in self.choices]

    def counted(self) -> Usage | None:
        """None where the server does not count."""
        usage = self.usage if isinstance(self.usage, dict) else {}
        details = usage.get("prompt_tokens_details")
        prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
        cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else 0
        return None if prompt is None or completion is None else Usage(prompt, completion, cached or 0)

    def reply(self) -> Reply:
        usage = self.counted() or Usage()
        ends = (choice.finish_reason or "stop" for choice in self.choices)
        return Reply(tuple(map(ChatChoice, self.texts, ends)), usage.prompt, usage.completion)


def _count(value: object) -> int | None:
    """None for what is no sensible number of tokens; True is an int to Python, and 10**400 is one too."""
    return value if type(value) is int and 0 <= value < COUNTABLE else None
