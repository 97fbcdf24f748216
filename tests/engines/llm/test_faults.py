"""Whose fault a failure is: the moment's, the request's, the server's or the user's."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from typing import Any

import pytest

from babelset.engines.llm import client as module
from babelset.engines.llm.budget import Budget
from babelset.engines.llm.client import Client
from babelset.engines.llm.faults import Down, seconds_to_wait, server_text
from babelset.engines.llm.probe import Capabilities
from babelset.engines.llm.request import ChatChoice, Reply
from babelset.errors import BabelsetError, ConfigError, EngineError
from tests.engines.llm.asking import HELLO, KEY, WAIT, ask, request, run
from tests.engines.llm.scripted_server import (
    BAD_REQUEST,
    CUT,
    HALF_JSON,
    HANG,
    NO_CHOICES,
    NOT_FOUND,
    SERVER_ERROR,
    TOO_LONG,
    UNAUTHORIZED,
    VALIDATION_500,
    Fault,
    ScriptedServer,
    always,
    error,
    first,
    rate_limited,
)

OLD_DATE = "Wed, 21 Oct 2015 07:28:00 GMT"

PASSING = [
    ("408", error(408, "timeout")),
    ("409", error(409, "conflict")),
    ("425", error(425, "too early")),
    ("429", rate_limited()),
    ("429 for a moment", rate_limited("0.01")),
    ("429 until a moment that is past", rate_limited(OLD_DATE)),
    ("429 with nonsense", rate_limited("soon")),
    ("429 with nan", rate_limited("nan")),
    ("500", SERVER_ERROR),
    ("500 without a body", Fault(500, raw=b"")),
    ("502 in HTML", Fault(502, raw=b"<html>Bad gateway: json_schema</html>")),
    ("503", error(503, "loading", Retry_After="0.01")),
    ("529", error(529, "overloaded")),
    ("no answer", HANG),
    ("cut before the body", Fault(cut=0)),
    ("cut in the body", CUT),
    ("half of the JSON", HALF_JSON),
    ("not JSON", Fault(raw=b"Hello")),
    ("not UTF-8", Fault(raw=b'{"choices": "\xff"}')),
    ("half a surrogate pair", Fault(raw=rb'{"choices": [{"message": {"content": "\ud800"}}]}')),
    ("another JSON", Fault(raw=b"[]")),
    ("an error with status 200", Fault(raw=b'{"error": {"message": "upstream failed", "code": 502}}')),
    ("no choices", NO_CHOICES),
    ("choices null", Fault(changes={"choices": None})),
    ("a choice without message", Fault(changes={"choices": [{"index": 0}]})),
    ("a byte now and then", Fault(drip=0.1)),
]


@pytest.mark.parametrize("fault", [case[1] for case in PASSING], ids=[case[0] for case in PASSING])
def test_what_passes_is_tried_again(fault: Fault) -> None:
    budget = Budget()
    with ScriptedServer(first(fault, 2)) as server:
        reply = ask(server, timeout=2 if fault.hang or fault.drip else 60, budget=budget)
    assert reply.choices == (ChatChoice(HELLO),) and not reply.error
    assert len(server.bodies) == 3 and server.bodies[0] == server.bodies[2]
    assert (budget.requests, budget.retries) == (3, 2)


REFUSED = [
    # what, the server's answer, the error says, too long
    ("400", BAD_REQUEST, "HTTP 400: \"Invalid value for 'temperature'\"", False),
    ("422", Fault(422, raw=b'{"detail": [{"msg": "Unexpected fields"}]}'), "HTTP 422: ", False),
    ("500 of a validation", VALIDATION_500, "HTTP 500: '1 validation error", False),
    ("vLLM", TOO_LONG, "HTTP 400: ", True),
    ("vLLM's other way", error(400, "max_tokens=9000 cannot be greater than max_model_len=4096."), "HTTP 400: ", True),
    ("OpenAI", error(400, "Please reduce the length", "context_length_exceeded"), "HTTP 400: ", True),
    ("llama.cpp", error(400, "the request exceeds the available context size"), "HTTP 400: ", True),
    ("SGLang", error(400, "The input (5000 tokens) is longer than the model's context length"), "HTTP 400: ", True),
    ("TGI", error(422, "`inputs` tokens + `max_new_tokens` must be <= 4096"), "HTTP 422: ", True),
    ("Anthropic", error(400, "prompt is too long: 210000 tokens > 200000 maximum"), "HTTP 400: ", True),
    ("413", Fault(413, raw=b"Request Entity Too Large"), "HTTP 413: 'Request Entity Too Large'", True),
    ("control characters", error(400, "no \x1b[31m\u202e here"), r"HTTP 400: 'no \x1b[31m\u202e here'", False),
]


@pytest.mark.parametrize(("fault", "said", "too_long"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_the_server_refuses_is_not_asked_again(fault: Fault, said: str, too_long: bool) -> None:
    with ScriptedServer(always(fault)) as server:
        reply = ask(server)
    assert reply.choices == () and reply.error.startswith(said) and len(reply.error) < 400
    assert reply.too_long is too_long
    assert len(server.bodies) == 1


SAID = [
    # whose, the error's body, what it says
    ("OpenAI's", {"error": {"message": "no such model", "type": "invalid_request_error"}}, "no such model"),
    ("the older vLLM's", {"object": "error", "message": "too many tokens", "code": 400}, "too many tokens"),
    ("llama.cpp's", {"error": {"code": 503, "message": "Loading model"}}, "Loading model"),
    ("TGI's", {"error": "Model is overloaded", "error_type": "overloaded"}, "Model is overloaded"),
    ("Ollama's", {"error": "model 'm' not found"}, "model 'm' not found"),
    ("FastAPI's", {"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
    ("FastAPI's in words", {"detail": "Not Found"}, "Not Found"),
    ("another's", {"code": 7}, "{'code': 7}"),
    ("nobody's", None, ""),
]


@pytest.mark.parametrize(("body", "said"), [case[1:] for case in SAID], ids=[case[0] for case in SAID])
def test_the_servers_own_words_are_found(body: object, said: str) -> None:
    assert server_text(body) == said


def test_an_error_that_is_sent_as_a_success_is_shown_escaped_and_short() -> None:
    fault = Fault(raw=json.dumps({"error": {"message": f"overloaded \x1b[31m{KEY} " + "!" * 9999}}).encode())
    with ScriptedServer(always(fault)) as server:
        reply = ask(server, key=KEY, attempts=2)
    assert reply.error.startswith(r"the answer is not a chat completion: 'overloaded \x1b[31m*** !!")
    assert len(reply.error) < 400


HOPELESS = [
    ("wrong key", UNAUTHORIZED, "OPENAI_API_KEY is not accepted"),
    ("key without rights", error(403, "not yours"), "may not use model 'rot13'"),
    ("wrong model", NOT_FOUND, "--model rot13"),
    ("wrong path", Fault(405, raw=b"<html>"), "--base-url"),
    ("no credit", error(429, "You exceeded your current quota", "insufficient_quota"), "no credit left"),
    ("a day's wait", rate_limited("86400"), "no request for 24.0 hours"),
]


@pytest.mark.parametrize(("fault", "said"), [case[1:] for case in HOPELESS], ids=[case[0] for case in HOPELESS])
def test_what_no_request_can_cure_ends_the_run(fault: Fault, said: str) -> None:
    with ScriptedServer(always(fault)) as server, pytest.raises((ConfigError, EngineError)) as stop:
        ask(server, key=KEY)
    assert said in str(stop.value) and server.base_url in str(stop.value)
    assert len(server.bodies) == 1


def test_a_server_that_wants_a_key_gets_it() -> None:
    with ScriptedServer(key=KEY) as server:
        assert ask(server, key=f" {KEY}\n").choices
        with pytest.raises(ConfigError, match="it wants a key: set OPENAI_API_KEY"):
            ask(server, key=None)
    assert server.keys == [f"Bearer {KEY}"]


def test_once_the_server_has_answered_a_forbidden_text_is_the_texts_fault() -> None:
    async def work(client: Client) -> list[Reply]:
        return [await client.ask(request(text)) for text in ("Hello there.", "a <script>", "Hello there.")]

    def firewall(body: dict[str, Any], number: int) -> Fault | None:
        return error(403, "Blocked") if "<script>" in str(body) else None

    with ScriptedServer(firewall) as server:
        replies = run(server, work)
    assert [reply.error for reply in replies] == ["", "HTTP 403: 'Blocked'", ""]


@pytest.mark.parametrize("fault", [SERVER_ERROR, HALF_JSON, NO_CHOICES], ids=["500", "half JSON", "no choices"])
def test_a_request_that_always_fails_is_given_up_while_others_succeed(fault: Fault) -> None:
    def script(body: dict[str, Any], number: int) -> Fault | None:
        return fault if "poison" in str(body) else None

    async def work(client: Client) -> list[Reply]:
        texts = [f"text {number}" for number in range(40)] + ["poison"] * 3
        return await asyncio.gather(*(client.ask(request(text)) for text in texts))

    with ScriptedServer(script) as server:
        replies = run(server, work, attempts=3)
    assert [bool(reply.error) for reply in replies] == [False] * 40 + [True] * 3
    assert len(server.bodies) == 40 + 3 * 3


@pytest.mark.parametrize("fault", [SERVER_ERROR, CUT, HALF_JSON], ids=["500", "cut", "half JSON"])
def test_a_server_that_answers_nothing_ends_the_run(fault: Fault) -> None:
    given_up: list[Reply] = []

    async def work(client: Client) -> None:
        for number in range(100):
            given_up.append(await client.ask(request(f"text {number}")))

    with ScriptedServer(always(fault)) as server, pytest.raises(Down, match="the same command goes on"):
        run(server, work, attempts=2)
    assert len(given_up) == module.PATIENCE - 1 and all(reply.error for reply in given_up)


@pytest.mark.parametrize(("other", "said"), [(None, ""), (BAD_REQUEST, "HTTP 400")], ids=["answers", "refusals"])
def test_failures_do_not_add_up_where_the_server_says_something_between_them(other: Fault | None, said: str) -> None:
    async def work(client: Client) -> list[Reply]:
        return [await client.ask(request(text)) for text in ["hello", *["poison", "other"] * (2 * module.PATIENCE)]]

    def script(body: dict[str, Any], number: int) -> Fault | None:
        return SERVER_ERROR if "poison" in str(body) else other if "other" in str(body) else None

    with ScriptedServer(script) as server:
        replies = run(server, work, attempts=1)
    assert all(reply.error.startswith("HTTP 500") for reply in replies[1::2])
    assert all(reply.error.startswith(said) for reply in replies[2::2])


def test_refusals_of_a_server_that_never_answered_end_the_run() -> None:
    async def work(client: Client) -> None:
        for _ in range(100):
            await client.ask(request())

    with ScriptedServer(always(BAD_REQUEST)) as server, pytest.raises(EngineError, match="refuses every request"):
        run(server, work)
    assert len(server.bodies) == module.PATIENCE


def test_texts_that_are_too_long_never_end_the_run() -> None:
    async def work(client: Client) -> list[Reply]:
        return [await client.ask(request()) for _ in range(2 * module.PATIENCE)]

    with ScriptedServer(always(TOO_LONG)) as server:
        assert all(reply.too_long for reply in run(server, work))


def test_a_server_that_is_gone_ends_the_run_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Down, match="cannot be reached"):
            ask(f"http://127.0.0.1:{port}/v1")


def test_a_server_that_comes_back_is_asked_again() -> None:
    with ScriptedServer() as first_life:
        port = first_life.port

        async def work(client: Client) -> Reply:
            assert (await client.ask(request())).choices
            first_life.stop()
            waiting = asyncio.ensure_future(client.ask(request()))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            second_life = ScriptedServer(port=port)
            with second_life:
                return await waiting

        reply = run(first_life, work, wait=0.05, attempts=8)
    assert reply.choices == (ChatChoice(HELLO),)


def test_too_many_requests_never_reject_a_row() -> None:
    with ScriptedServer(first(rate_limited(), 15)) as server:
        assert ask(server, attempts=2, wait=WAIT / 4).choices
    with ScriptedServer(always(rate_limited())) as server, pytest.raises(Down, match="HTTP 429"):
        ask(server, attempts=2, wait=WAIT / 4)
    assert len(server.bodies) == module.TURNED_AWAY


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "nan"}, 0),
        ({"retry-after": "9" * 400}, float("inf")),
        ({"retry-after": "tomorrow"}, 0),
        ({"retry-after": OLD_DATE}, 0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float) -> None:
    assert seconds_to_wait(headers) == seconds


@pytest.mark.parametrize(
    ("base_url", "key", "said"),
    [
        ("127.0.0.1:8000/v1", None, "--base-url"),
        ("ftp://host/v1", None, "--base-url"),
        ("http://host:notaport/v1", None, "--base-url"),
        ("http:///v1", None, "--base-url"),
        (f"https://me:{KEY}@host/v1", None, "holds a password"),
        ("http://host/v1", "sk-a\nb", "OPENAI_API_KEY"),
        ("http://host/v1", "sk-ключ", "OPENAI_API_KEY"),
    ],
)
def test_an_address_or_key_that_cannot_be_one(base_url: str, key: str | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        Client(base_url, "rot13", key=key, capabilities=Capabilities())
    assert KEY not in str(error.value) and (not key or key not in str(error.value))


ECHOES = [UNAUTHORIZED, error(400, f"bad header: Bearer {KEY}"), error(500, KEY), error(404, KEY), HANG, CUT]


@pytest.mark.parametrize("fault", ECHOES, ids=["401", "400", "500", "404", "hang", "cut"])
def test_the_key_is_never_shown(
    fault: Fault, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    async def work(client: Client) -> list[str]:
        seen = [repr(client), str(client), repr(client.endpoint)]
        try:
            seen.append(repr(await client.ask(request())))
        except BabelsetError as error:
            link: BaseException | None = error
            while link:
                assert type(link).__module__.startswith("babelset."), (
                    "errors of others hold their request, with the key"
                )
                seen.append(f"{link!r} {vars(link)}")
                link = link.__context__
        return seen

    with ScriptedServer(always(fault)) as server:
        shown = run(server, work, key=KEY, attempts=2, timeout=0.2)
    assert KEY not in "".join(shown) and KEY not in caplog.text
    assert capfd.readouterr() == ("", "")
