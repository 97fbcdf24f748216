"""What the models of all recipes say: it depends on what they are asked, not on what came before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.engines.llm.scripted_server import Fault
from tests.pipeline.test_answer_recipes import script
from tests.pipeline.test_asking_recipes import answers
from tests.steps.test_grow import Writer

CANDIDATES = ("El riu {} és fred.", "El riu {} és fred.", "El riu {} és fred", "Riu {}!")


def said(body: dict[str, Any], number: int) -> Fault | str | None:
    asked = str(body["messages"][-1]["content"]).partition("\nTranslate:\n")[2]
    if "Our river" in asked or "The Ebro" in asked:
        return Fault(changes={"choices": list(_candidates(json.loads(asked), body.get("n", 1)))})
    return answers(body, number) or Writer("ur")(body, number) or script(body, number)


def _candidates(asked: dict[str, str], count: int) -> Iterator[dict[str, Any]]:
    """Translations that differ, with the numbers of the sentences."""
    for at in range(count):
        told = {name: CANDIDATES[at].format(*(re.findall(r"\d+", text) or ["gran"])) for name, text in asked.items()}
        message = {"role": "assistant", "content": json.dumps(told)}
        yield {"index": at, "message": message, "finish_reason": "stop"}
