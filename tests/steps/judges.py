"""Servers that compare answers: one by what they are worth, others by what they should not look at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.engines.llm.scripted_server import ScriptedServer

ANSWERS = re.compile(r"^Answers: (.*)$", re.MULTILINE)


def shown(body: dict[str, Any]) -> dict[str, str] | None:
    """The answers of a request by letter; None for a request about something else."""
    found = ANSWERS.search(str(body["messages"][-1]["content"]))
    return json.loads(found[1]) if found else None


def by_worth(answers: dict[str, str]) -> list[str]:
    """Of "worth 3" and the like, the highest first."""
    return sorted(answers, key=lambda letter: -int(answers[letter].rpartition(" ")[2]))


def by_place(answers: dict[str, str]) -> list[str]:
    return list(answers)


def by_length(answers: dict[str, str]) -> list[str]:
    return sorted(answers, key=lambda letter: -len(answers[letter]))


JUDGES = {"worth": by_worth, "place": by_place, "length": by_length}


@contextmanager
def judging(by: str) -> Iterator[ScriptedServer]:
    """A server whose judge goes by that."""

    def script(body: dict[str, Any], number: int) -> str | None:
        answers = shown(body)
        return None if answers is None else json.dumps({"reason": "so it is", "order": JUDGES[by](answers)})

    with ScriptedServer(script) as server:
        yield server
