"""What a server can do is found out, whatever it says."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest

from babelset.engines.llm.faults import Down
from babelset.engines.llm.probe import ODD, Capabilities, health, probe
from babelset.errors import ConfigError, EngineError
from tests.engines.llm.asking import ask, request
from tests.engines.llm.scripted_server import (
    HANG,
    NOT_FOUND,
    SERVER_ERROR,
    UNAUTHORIZED,
    VALIDATION_500,
    Fault,
    ScriptedServer,
    error,
    rate_limited,
)

KEY = "sk-secret-0123456789"
ALL = Capabilities(served_by="rot13")


def refusing(field: str, fault: Fault) -> Any:
    return lambda body, number: fault if field in body else None


def found(server: ScriptedServer, **options: Any) -> Capabilities:
    return asyncio.run(asyncio.wait_for(probe(server.base_url, "rot13", **{"wait": 0.002, **options}), 30))


SERVERS = [
    # what the server is like, its options, what it lacks
    ("a server that can everything", {}, {}),
    ("ignores schemas", {"enforces_schema": False}, {"schema": False}),
    ("ignores n", {"supports_n": False}, {"choices": False}),
    ("ignores seeds", {"seeds": False}, {"seed": False}),
    ("thinks aloud until told not to", {"thinks": True}, {}),
    ("thinks aloud, always", {"thinks": True, "rejects": ["chat_template_kwargs"]}, {"thinking_switch": False}),
    ("refuses schemas", {"rejects": ["response_format"]}, {"schema": False}),
    ("refuses n", {"rejects": ["n"]}, {"choices": False}),
    ("refuses seeds", {"rejects": ["seed"]}, {"seed": False}),
    ("refuses temperatures", {"rejects": ["temperature"]}, {"temperature": False}),
    ("a model that reasons", {"rejects": ["max_tokens", "temperature"]}, {"max_completion_tokens": True, "temperature": False}),
    ("500 on schemas", {"script": refusing("response_format", SERVER_ERROR)}, {"schema": False}),
    ("500 of a validation on schemas", {"script": refusing("response_format", VALIDATION_500)}, {"schema": False}),
    ("422 on n", {"script": refusing("n", error(422, "extra fields not permitted"))}, {"choices": False}),
    ("no choices for n", {"script": refusing("n", Fault(changes={"choices": []}))}, {"choices": False}),
    ("JSON, but as the model likes", {"script": lambda body, number: '{"animal": "cat"}' if "response_format" in body else None}, {"schema": False}),
    ("another model answers", {"script": lambda body, number: Fault(changes={"model": "m-2025"})}, {"served_by": "m-2025"}),
    ("says how many requests it takes", {"slots": 4}, {"slots": 4}),
    ("says it in words", {"slots": "four"}, {}),
    ("says what no server has", {"slots": 10**9}, {}),
    ("says that it takes none", {"slots": 0}, {}),
    ("is busy at first", {"script": lambda body, number: rate_limited() if number < 3 else None}, {}),
    ("fails at first", {"script": lambda body, number: SERVER_ERROR if number == 0 else None}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("options", "lacks"), [case[1:] for case in SERVERS], ids=[case[0] for case in SERVERS])
def test_what_a_server_can_do(options: dict[str, Any], lacks: dict[str, Any]) -> None:
    with ScriptedServer(**options) as server:
        assert found(server).to_dict() == ALL.to_dict() | lacks


def test_a_probe_costs_little_and_does_not_say_what_it_wants_to_hear() -> None:
    with ScriptedServer() as server:
        found(server)
    assert len(server.bodies) == 7
    assert ODD not in json.dumps([body["messages"] for body in server.bodies])
    assert max(body["max_tokens"] * body.get("n", 1) for body in server.bodies) <= 512


HOPELESS = [
    ("wrong key", UNAUTHORIZED, "OPENAI_API_KEY"),
    ("wrong path", NOT_FOUND, "--base-url"),
    ("refuses everything", error(400, "no"), "not even a plain request"),
    ("fails on everything", SERVER_ERROR, "not even a plain request"),
    ("never answers", HANG, "no answer within"),
]


@pytest.mark.parametrize(("fault", "said"), [case[1:] for case in HOPELESS], ids=[case[0] for case in HOPELESS])
def test_a_server_without_a_plain_answer_is_an_error(fault: Fault, said: str) -> None:
    with (
        ScriptedServer(lambda body, number: fault) as server,
        pytest.raises((ConfigError, EngineError), match=said) as stop,
    ):
        found(server, key=KEY, timeout=0.2 if fault.hang else 30)
    assert server.base_url in str(stop.value) and KEY not in str(stop.value)


def test_a_server_that_dies_meanwhile_lacks_nothing() -> None:
    with ScriptedServer(refusing("response_format", HANG)) as server, pytest.raises(Down, match="no answer within"):
        found(server, timeout=0.2)


def check(base_url: str, model: str = "rot13", key: str | None = None, timeout: float = 60) -> None:
    asyncio.run(health(base_url, model, key, timeout=timeout))


@pytest.mark.parametrize(
    "models", [["rot13"], ["other", "rot13"], ["models/rot13"], [], None], ids=["only", "among", "prefix", "empty", "404"]
)  # fmt: skip
def test_a_healthy_server(models: list[str] | None) -> None:
    with ScriptedServer(models=models) as server:
        check(server.base_url)
    assert server.bodies == []


def test_a_model_that_is_not_there() -> None:
    models = ["rot13", *(f"model-{number}" for number in range(50))]
    with ScriptedServer(models=models) as server, pytest.raises(ConfigError) as stop:
        check(server.base_url, "rot31")
    message = str(stop.value)
    assert "no model 'rot31' but 'rot13', 'model-0'" in message and "'model-18' ..." in message
    assert "'model-19'" not in message and "Did you mean 'rot13'?" in message


@pytest.mark.parametrize(
    ("key", "said"), [(None, "it wants a key: set OPENAI_API_KEY"), (f"{KEY}0", "OPENAI_API_KEY is not accepted")]
)
def test_a_key_that_is_missing_or_wrong(key: str | None, said: str) -> None:
    with ScriptedServer(key=KEY) as server:
        check(server.base_url, key=KEY)
        with pytest.raises((ConfigError, EngineError), match=said) as stop:
            check(server.base_url, key=key)
    assert KEY not in str(stop.value)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (error(503, "loading the model"), "HTTP 503: 'loading the model'. Is the server running"),
        (HANG, "no answer within 0.2 s. Is the server running"),
        (Fault(raw=b'{"data": []}', cut=3), "the connection broke. Is the server running"),
    ],
    ids=["503", "hang", "cut"],
)
def test_a_server_that_is_not_well(fault: Fault, said: str) -> None:
    with ScriptedServer(models=fault) as server, pytest.raises((ConfigError, EngineError)) as stop:
        check(server.base_url, timeout=0.2 if fault.hang else 30)
    assert said in str(stop.value)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'{"data": null}', b'{"models": []}', b'{"data": [{}]}'])
def test_a_list_of_models_that_is_none_says_nothing(raw: bytes) -> None:
    with ScriptedServer(models=Fault(raw=raw)) as server:
        check(server.base_url)


def test_no_server_at_all() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(EngineError, match=r"cannot be reached\. Is the server running, and --base-url right\?"):
            check(f"http://127.0.0.1:{taken.getsockname()[1]}/v1")


@pytest.mark.engine
@pytest.mark.xdist_group("vllm")
def test_a_real_vllm_can_everything(vllm_server: str) -> None:
    check(vllm_server)
    assert asyncio.run(probe(vllm_server, "rot13")) == ALL
    with pytest.raises(ConfigError, match="no model 'rot31' but 'rot13'"):
        check(vllm_server, "rot31")


@pytest.mark.engine
@pytest.mark.xdist_group("vllm")
def test_a_real_vllm_says_what_is_too_long(vllm_server: str) -> None:
    replies = [ask(vllm_server, request(max_tokens=tokens)) for tokens in (50, 1_000_000)]
    assert [reply.too_long for reply in replies] == [False, True]
    assert replies[0].choices and replies[0].completion_tokens
