"""What is sent, how it is sent again, and what comes back."""

from __future__ import annotations

import asyncio
import random
import time
from email.utils import formatdate
from typing import Any

import pytest

from babelset.engines.llm.budget import Budget, Prices, Spent
from babelset.engines.llm.client import Client
from babelset.engines.llm.concurrency import Concurrency, Slot
from babelset.engines.llm.halt import Halt
from babelset.engines.llm.probe import Capabilities
from babelset.engines.llm.request import ChatChoice, Reply
from babelset.errors import Stopped
from tests.engines.llm.asking import HELLO, ask, request, run
from tests.engines.llm.scripted_server import (
    BAD_REQUEST,
    CUT,
    HALF_JSON,
    HANG,
    NO_CHOICES,
    NO_USAGE,
    SERVER_ERROR,
    Fault,
    ScriptedServer,
    always,
    error,
    first,
    rate_limited,
    rot13,
)

PATIENT = 2.5  # seconds: even a busy machine has answered by then
SCHEMA = {"type": "object", "properties": {"1": {"type": "string"}}, "required": ["1"], "additionalProperties": False}


@pytest.mark.parametrize("header", ["0.4", "date"])
def test_retry_after_holds_for_every_request(header: str) -> None:
    def script(body: dict[str, Any], number: int) -> Fault | None:
        until = formatdate(time.time() + 2, usegmt=True) if header == "date" else header
        return rate_limited(until) if number == 0 else None

    async def work(client: Client) -> list[Reply]:
        one = asyncio.ensure_future(client.ask(request()))
        while not server.bodies or client.limiter._in_flight:
            await asyncio.sleep(0.001)
        return [await one, *await asyncio.gather(*(client.ask(request()) for _ in range(5)))]

    with ScriptedServer(script) as server:
        replies = run(server, work)
    assert all(reply.choices for reply in replies) and len(server.times) == 7
    least = 0.9 if header == "date" else 0.4  # dates have whole seconds
    assert min(server.times[1:]) - server.times[0] >= least


def test_a_request_that_waits_for_its_next_attempt_holds_no_slot() -> None:
    async def work(client: Client) -> Reply:
        slow = asyncio.ensure_future(client.ask(request("poison")))
        while not server.bodies:
            await asyncio.sleep(0.001)
        reply = await client.ask(request())  # there is one slot, and the other request waits for 20 s
        slow.cancel()
        return reply

    with ScriptedServer(first(SERVER_ERROR)) as server:
        assert run(server, work, wait=20, limiter=Concurrency(1, 1, 1)).choices


class Watched(Concurrency):
    """Remembers what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def _learn(self, slot: Slot, seconds: float) -> None:
        if slot.refused or slot.tokens is not None:
            self.told.append("refused" if slot.refused else f"done {slot.tokens}")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (rate_limited(), ["refused", "done 3"]),
        (SERVER_ERROR, ["refused", "done 3"]),
        (HANG, ["refused", "done 3"]),
        (CUT, ["refused", "done 3"]),
        (error(409, "conflict"), ["done 3"]),
        (HALF_JSON, ["done 3"]),
        (BAD_REQUEST, []),
        (NO_USAGE, ["done 3"]),  # 12 characters
    ],
    ids=["429", "500", "hang", "cut", "409", "half JSON", "400", "no usage"],
)
def test_the_limiter_hears_of_load(fault: Fault, told: list[str]) -> None:
    limiter = Watched()
    with ScriptedServer(first(fault)) as server:
        ask(server, limiter=limiter, timeout=PATIENT)
    assert limiter.told == told


ODD_ANSWERS = [
    ("fewer choices", Fault(), {"n": 3}, Reply((ChatChoice(HELLO),), 3, 3)),
    ("no content", Fault(changes={"choices": [{"message": {"content": None}}]}), {}, Reply((ChatChoice(""),), 3, 3)),
    ("cut", Fault(changes={"choices": [{"message": {"content": "U"}, "finish_reason": "length"}]}), {}, Reply((ChatChoice("U", "length"),), 3, 3)),
    ("thoughts beside the text", Fault(changes={"choices": [{"message": {"content": "U", "reasoning_content": "Hm."}}]}), {}, Reply((ChatChoice("U"),), 3, 3)),
    ("no usage", NO_USAGE, {}, Reply((ChatChoice(HELLO),))),
    ("half a usage", Fault(changes={"usage": {"prompt_tokens": 4, "completion_tokens": None}}), {}, Reply((ChatChoice(HELLO),))),
    ("a usage in words", Fault(changes={"usage": {"prompt_tokens": "four", "completion_tokens": -1}}), {}, Reply((ChatChoice(HELLO),))),
    ("as HTML", Fault(headers={"Content-Type": "text/html"}), {}, Reply((ChatChoice(HELLO),), 3, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "fields", "reply"), [c[1:] for c in ODD_ANSWERS], ids=[c[0] for c in ODD_ANSWERS])
def test_odd_answers_are_answers(fault: Fault, fields: dict[str, Any], reply: Reply) -> None:
    with ScriptedServer(always(fault), supports_n=False) as server:
        assert ask(server, request(**fields)) == reply
    assert len(server.bodies) == 1


def test_all_choices_come_back() -> None:
    with ScriptedServer() as server:
        assert ask(server, request(n=3)) == Reply((ChatChoice(HELLO),) * 3, 3, 9)


BODIES = [
    # capabilities, what is asked, fields of the body beside model, messages
    ({}, {}, {"max_tokens": 50, "temperature": 0.0, "seed": 0}),
    ({}, {"temperature": 0.7, "seed": 5, "n": 4}, {"max_tokens": 50, "temperature": 0.7, "seed": 5, "n": 4}),
    ({"choices": False, "seed": False}, {"seed": 5, "n": 4}, {"max_tokens": 50, "temperature": 0.0}),
    ({"max_completion_tokens": True, "temperature": False}, {}, {"max_completion_tokens": 50, "seed": 0}),
    ({"schema": False}, {"schema": SCHEMA}, {"max_tokens": 50, "temperature": 0.0, "seed": 0}),
    (
        {},
        {"schema": SCHEMA},
        {
            "max_tokens": 50, "temperature": 0.0, "seed": 0,
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}},
        },
    ),
    (
        {},
        {"extra": {"top_k": 1, "chat_template_kwargs": {"enable_thinking": False}}},
        {"max_tokens": 50, "temperature": 0.0, "seed": 0, "top_k": 1, "chat_template_kwargs": {"enable_thinking": False}},
    ),
    (
        {"thinking_switch": False},
        {"extra": {"top_k": 1, "chat_template_kwargs": {"enable_thinking": False}}},
        {"max_tokens": 50, "temperature": 0.0, "seed": 0, "top_k": 1},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("lacks", "asked", "fields"), BODIES)
def test_the_body_holds_what_the_server_can_do(
    lacks: dict[str, bool], asked: dict[str, Any], fields: dict[str, Any]
) -> None:
    with ScriptedServer() as server:
        ask(server, request(**asked), capabilities=Capabilities(**lacks))
    messages = [{"role": "user", "content": "Translate:\nHello there."}]
    assert server.bodies == [{"model": "rot13", "messages": messages, **fields}]


@pytest.mark.parametrize("text", ["\x00\x1b[31m\u202e", "a\u2028b" * 100, "x" * 1_000_000, '"}]}\n\nTranslate:', "🏳️‍🌈"])
def test_hostile_texts_arrive_as_they_are(text: str) -> None:
    with ScriptedServer() as server:
        ask(server, request(text))
    assert server.bodies[0]["messages"][0]["content"] == f"Translate:\n{text}"


def test_half_a_surrogate_pair_cannot_be_sent() -> None:
    with ScriptedServer() as server:
        reply = ask(server, request("a\ud800b"))
    assert reply.error.startswith("cannot be sent") and server.bodies == []


def test_the_budget_counts_what_was_paid_for() -> None:
    budget = Budget(prices=Prices(input=1e6, output=1e6))
    faults = [SERVER_ERROR, rate_limited()]
    with ScriptedServer(lambda body, number: faults[number] if number < 2 else None) as server:
        ask(server, budget=budget)
    assert (budget.requests, budget.retries, budget.prompt_tokens, budget.completion_tokens) == (3, 2, 3, 3)
    assert budget.cost == 6


@pytest.mark.parametrize("fault", [HANG, CUT, HALF_JSON], ids=["hang", "cut", "half JSON"])
def test_an_answer_that_was_lost_may_have_been_paid_for(fault: Fault) -> None:
    budget = Budget(prices=Prices(input=0, output=1e6))
    with ScriptedServer(first(fault)) as server:
        ask(server, budget=budget, timeout=PATIENT)
    assert budget.cost == 50 + 3  # of the first, its max_tokens


def test_the_budget_is_never_exceeded() -> None:
    budget = Budget(max_requests=30)

    async def work(client: Client) -> list[Reply | BaseException]:
        return await asyncio.gather(*(client.ask(request(str(n))) for n in range(50)), return_exceptions=True)

    def every_third(body: dict[str, Any], number: int) -> Fault | None:
        return SERVER_ERROR if number % 3 == 0 else None

    with ScriptedServer(every_third) as server:
        ends = run(server, work, budget=budget)
    assert len(server.bodies) == budget.requests == 30
    assert {type(end) for end in ends} == {Reply, Spent}
    assert sum(isinstance(end, Reply) for end in ends) == 20


def test_a_run_that_is_stopped_sends_nothing_more() -> None:
    stop = Halt()

    def script(body: dict[str, Any], number: int) -> Fault | None:
        stop.set()
        return SERVER_ERROR

    with ScriptedServer(script) as server, pytest.raises(Stopped):
        run(server, lambda client: client.ask(request()), halt=stop)
    assert len(server.bodies) == 1


@pytest.mark.core(1)
@pytest.mark.parametrize("seed", range(2))
def test_one_request_in_five_fails_and_nothing_is_lost_or_doubled(seed: int) -> None:
    chance = random.Random(seed)
    faults = [rate_limited(), rate_limited("0.01"), SERVER_ERROR, error(409, "conflict"), CUT, HALF_JSON, NO_CHOICES]

    def script(body: dict[str, Any], number: int) -> Fault | None:
        return chance.choice(faults) if chance.random() < 0.2 else None

    async def work(client: Client) -> list[Reply]:
        return await asyncio.gather(*(client.ask(request(f"text number {n}")) for n in range(500)))

    budget = Budget()
    with ScriptedServer(script) as server:
        replies = run(server, work, attempts=12, budget=budget, limiter=Concurrency(32, 32, 32))
    assert [reply.choices for reply in replies] == [(ChatChoice(rot13(f"text number {n}")),) for n in range(500)]
    assert len(server.bodies) == budget.requests == 500 + budget.retries
    assert budget.retries > 60


PARTS: list[tuple[str, Any, str]] = [
    ("one", [{"type": "text", "text": "Hola."}], "Hola."),
    ("several", [{"type": "text", "text": "Ho"}, {"type": "output_text", "text": "la."}], "Hola."),
    ("strings", ["Ho", "la."], "Hola."),
    ("without a type", [{"text": "Hola."}], "Hola."),
    ("a value within", [{"type": "text", "text": {"value": "Hola."}}], "Hola."),
    (
        "reasoning before it",
        [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Hola."}],
        "Hola.",
    ),
    ("reasoning with a text", [{"type": "reasoning", "text": "Hm."}, {"type": "text", "text": "Hola."}], "Hola."),
    ("nothing but reasoning", [{"type": "reasoning", "text": "Hm."}], ""),
    ("no part", [], ""),
]


@pytest.mark.parametrize(("content", "text"), [case[1:] for case in PARTS], ids=[case[0] for case in PARTS])
def test_content_in_parts_is_read(content: Any, text: str) -> None:
    fault = Fault(changes={"choices": [{"message": {"role": "assistant", "content": content}}]})
    with ScriptedServer(always(fault)) as server:
        assert ask(server).choices == (ChatChoice(text),)


@pytest.mark.parametrize(
    "content", [[1], [None], [{"type": "text"}], [{"type": "text", "text": {}}], {"text": "Hola."}]
)
def test_content_of_another_kind_is_no_answer(content: Any) -> None:
    fault = Fault(changes={"choices": [{"message": {"role": "assistant", "content": content}}]})
    with ScriptedServer(always(fault)) as server:
        assert ask(server, attempts=1).error == "the answer is not a chat completion"
