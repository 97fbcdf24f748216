from __future__ import annotations

import pytest

from babelset.text.document import Keep, parse


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("### Human: How are bees?### Assistant: They are well.", ["### Human:", "### Assistant:"]),
        ("USER: How are bees?\n\n\nASSISTANT: They are well.", ["USER:", "ASSISTANT:"]),
        ("Human: How are bees?\n\nAssistant: They are well.", ["Human:", "Assistant:"]),
        ("Human: the name of a kind of ape.", []),
        ("Bees are well. The user: a man.", []),
        ("SYSTEM: You help.", ["SYSTEM:"]),
    ],
)
def test_the_marks_of_speakers_are_kept(text: str, kept: list[str]) -> None:
    spans = parse(text)
    assert [span.text for span in spans if isinstance(span, Keep) and span.kind == "speaker"] == kept
    assert "".join(span.text for span in spans) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("I look.\n<tool_call>\n{'name': 'find bees'}\n</tool_call>\nDone.", ["<tool_call>\n{'name': 'find bees'}\n</tool_call>"]),
        ("ASSISTANT: <functioncall> {\"a\": 'the b'} <|endoftext|>", ["<functioncall> {\"a\": 'the b'} "]),
        ("The tag <tool_call> opens a call.", []),
    ],
)  # fmt: skip
def test_calls_of_tools_are_kept(text: str, kept: list[str]) -> None:
    assert [span.text for span in parse(text) if isinstance(span, Keep) and span.kind == "tool_call"] == kept


def test_calls_that_never_close_take_linear_time() -> None:
    import time

    started = time.process_time()
    list(parse("<tool_call> a " * 20_000)[:1])
    assert time.process_time() - started < 5
