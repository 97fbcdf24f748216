"""
As much of vLLM as babelset calls, around the cipher of the scripted server: it loads in no time, and writes its bill.

The real one is run by tests/translators; a process that holds it cannot be forked for every point.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from tests.engines.llm.scripted_server import _payload, rot13


class SamplingParams(SimpleNamespace):
    pass


class LLM:
    def __init__(self, model: str, **options: Any) -> None:
        self.model_config = SimpleNamespace(max_model_len=32768)
        self.llm_engine = SimpleNamespace(engine_core=SimpleNamespace(shutdown=lambda: None))

    def chat(self, messages: Sequence[Any], sampling: Sequence[Any], **options: Any) -> list[Any]:
        bill = os.open(os.environ["PAID"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(bill, "".join(json.dumps(json.dumps(each)) + "\n" for each in messages).encode())
        os.fsync(bill)
        os.close(bill)
        return [_output(each) for each in messages]


def _output(messages: Any) -> Any:
    text = rot13(_payload({"messages": messages}))
    choice = SimpleNamespace(text=text, finish_reason="stop", token_ids=text.split())
    return SimpleNamespace(outputs=[choice], prompt_token_ids=[0])
