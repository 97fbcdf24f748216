"""Dialogues in one text: the marks of speakers, "### Human:" or "USER:", and calls of tools in tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from babelset.text.scan.marks import Mark

WHO = "Human|User|Assistant|System|Bot|GPT|AI|Instruction|Input|Response|Output|Question|Answer|Prompt"
HASHED = re.compile(rf"(?<!#)#{{2,}}+[ \t]*(?:{WHO})[ \t]*:", re.IGNORECASE)
SPEAKER = re.compile(
    r"^(?:USER|HUMAN|ASSISTANT|SYSTEM|BOT|FUNCTION RESPONSE|TOOL RESPONSE|FUNCTION CALL"
    r"|(?P<asks>Human|User)|(?P<answers>Assistant|AI|Bot)):",
    re.MULTILINE,
)
SHOUTED = re.compile(r"\b(?:USER|ASSISTANT|SYSTEM):")  # in one line, as Vicuna is trained

CALL = re.compile(
    r"<(tool_call|tool_response|function_call|function_response|tools|tool_calls)>|<functioncall>[^\n]*?(?=<\||$)",
    re.MULTILINE,
)


def calls(text: str) -> Iterator[Mark]:
    """`<tool_call> ... </tool_call>` and its like whole, and Glaive's `<functioncall> {...}` to the end of its line."""
    at, unclosed = 0, set[str]()
    while opened := CALL.search(text, at):
        at = opened.end()
        if opened[1] is None:
            yield Mark(opened.start(), at, "tool_call")
        elif opened[1] not in unclosed:
            end = text.find(f"</{opened[1]}>", at)
            if end < 0:
                unclosed.add(opened[1])
                continue
            at = end + len(opened[1]) + 3
            yield Mark(opened.start(), at, "tool_call")


def speakers(text: str) -> Iterator[Mark]:
    """
    The marks before each turn. Plain "Human:" and "Assistant:" at the start of a line are such only together.

    "### Human: Hello.### Assistant: Good day." -> "### Human:" and "### Assistant:"
    """
    found = list(SPEAKER.finditer(text))
    if len({mark.lastgroup for mark in found if mark.lastgroup}) < 2:
        found = [mark for mark in found if not mark.lastgroup]
    if "##" in text:
        found += HASHED.finditer(text)
    if "USER:" in text and "ASSISTANT:" in text:
        found += SHOUTED.finditer(text)
    return (Mark(start, end, "speaker") for start, end in sorted({mark.span() for mark in found}))
