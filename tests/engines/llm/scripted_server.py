"""
An OpenAI-compatible server on loopback that answers with ROT13, and misbehaves on command.

    with ScriptedServer() as server:                       # obeys schemas, `n`, seeds; asks for no key
        client = Client(server.base_url, "rot13")
    assert server.bodies[0]["temperature"] == 0.0

A `script` decides about each request from its body and its number; None stands for the usual answer, a string is
the answer's text, a `Fault` is what it says:

    def script(body, number):
        return rate_limited(retry_after="1") if number == 3 else None

The usual answer is the ROT13 of what follows the last "Translate:\\n" in the last user message (of all of it, where
that does not occur); of a JSON object, only the strings in it are enciphered. Where a JSON schema is asked for that
this answer does not obey, it is the first object that does.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True)
class Fault:
    """
    An answer that is not what a client hopes for. Its parts may be combined.

    `raw` is sent in place of the usual body. The connection is cut after `cut` bytes of the body. `drip` is the
    time in seconds from byte to byte. `hang` never answers. `changes` are fields of the body of a usual answer.
    `wire` is sent as it is in place of an HTTP answer, and the connection closed; `reset` breaks it off.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    cut: int | None = None
    drip: float = 0.0
    hang: bool = False
    wire: bytes | None = None
    reset: bool = False


def error(status: int, message: str, code: str | None = None, **headers: str) -> Fault:
    """`error(503, "loading", Retry_After="2")`"""
    body = {"error": {"message": message, "type": "scripted", "param": None, "code": code}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status, named, json.dumps(body).encode())


def rate_limited(retry_after: str | None = None) -> Fault:
    """429, with the header Retry-After if one is given."""
    fault = error(429, "Rate limit reached")
    return fault if retry_after is None else replace(fault, headers={"Retry-After": retry_after})


SERVER_ERROR = error(500, "Internal server error")
VALIDATION_500 = error(500, "1 validation error for Request: response_format.json_schema is not supported")
BAD_REQUEST = error(400, "Invalid value for 'temperature'")
TOO_LONG = error(400, "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens")
UNAUTHORIZED = error(401, "Incorrect API key provided")
NOT_FOUND = error(404, "The model does not exist")
HANG = Fault(hang=True)
CUT = Fault(cut=20)
HALF_JSON = Fault(raw=b'{"id": "half", "choices": [{"mess')
NO_CHOICES = Fault(changes={"choices": []})
WRONG_MODEL = Fault(changes={"model": "another-model"})
NO_USAGE = Fault(changes={"usage": None})

Script = Callable[[dict[str, Any], int], Fault | str | None]


def first(fault: Fault, times: int = 1) -> Script:
    """The fault, so many times, then the usual answer."""
    return lambda body, number: fault if number < times else None


def always(fault: Fault) -> Script:
    return lambda body, number: fault


class ScriptedServer:
    """
    `models` are those that /v1/models lists; None: it does not know that path; a Fault is its answer. `key` is the only one let in.

    `enforces_schema`, `supports_n` and `seeds` may be taken away, as may any field of the body by `rejects` (400).
    `thinks` puts <think> before each text unless the chat template is told not to. `latency` is seconds an answer;
    `port` 0 is any that is free. `slots` is what /props says, as llama.cpp's does; None: it does not know that path.
    An answer that `holds` says is held back until it no longer does; `held` are those that wait so.
    What came in: `bodies`, `times` (monotonic seconds) and `keys`, in order; `peak` is the most at once.
    """

    def __init__(
        self,
        script: Script = lambda body, number: None,
        *,
        models: Collection[str] | Fault | None = ("rot13",),
        key: str | None = None,
        latency: float = 0.0,
        enforces_schema: bool = True,
        supports_n: bool = True,
        seeds: bool = True,
        thinks: bool = False,
        rejects: Collection[str] = (),
        port: int = 0,
        slots: Any = None,
    ) -> None:
        self.script, self.models, self.key, self.latency = script, models, key, latency
        self.enforces_schema, self.supports_n, self.seeds = enforces_schema, supports_n, seeds
        self.thinks, self.rejects, self.port, self.slots = thinks, rejects, port, slots
        self.bodies: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.keys: list[str] = []
        self.holds: Callable[[dict[str, Any]], bool] = lambda body: False
        self.peak = self.held = 0
        self._busy = 0
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(10), "the scripted server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection; may be called twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, backlog=1024, limit=1 << 26)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._end.wait()
        server.close()  # asyncio.run() then cancels what is still connected

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or the server is being stopped
        finally:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        data = await reader.readexactly(int(headers.get("content-length", 0)))
        path, key = request.split()[1], headers.get("authorization", "")
        if self.key is not None and key != f"Bearer {self.key}":
            fault = UNAUTHORIZED
        elif path == "/v1/models":
            fault = self._list()
        elif path == "/v1/chat/completions":
            return await self._completion(json.loads(data), key, reader, writer)
        elif path == "/props" and self.slots is not None:
            fault = Fault(raw=json.dumps({"total_slots": self.slots}).encode())
        else:
            fault = error(404, f"no such path: {path}")
        return await _send(writer, reader, fault)

    def _list(self) -> Fault:
        if self.models is None:
            return error(404, "no such path: /v1/models")
        if isinstance(self.models, Fault):
            return self.models
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": "babelset"} for name in self.models]
        return Fault(raw=json.dumps({"object": "list", "data": listed}).encode())

    async def _completion(
        self, body: dict[str, Any], key: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        number = len(self.bodies)
        self.bodies.append(body)
        self.times.append(time.monotonic())
        self.keys.append(key)
        self._busy += 1
        self.peak = max(self.peak, self._busy)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            self.held += (holds := self.holds(body))
            while holds and self.holds(body):
                await asyncio.sleep(0.005)
            return await _send(writer, reader, self._decide(body, number))
        finally:
            self._busy -= 1

    def _decide(self, body: dict[str, Any], number: int) -> Fault:
        if unknown := sorted(set(self.rejects) & body.keys()):
            return error(400, f"Unrecognized request argument supplied: {unknown[0]}")
        said = self.script(body, number)
        fault = said if isinstance(said, Fault) else Fault()
        if fault.raw is not None or fault.wire is not None:
            return fault
        text = said if isinstance(said, str) else self._answer(body, number)
        return replace(fault, raw=json.dumps(self._body(body, text, number) | fault.changes).encode())

    def _answer(self, body: Mapping[str, Any], number: int) -> str:
        text = rot13(_payload(body))
        if not self.seeds and body.get("temperature"):
            text += f" {number}"
        wanted = body.get("response_format", {}).get("json_schema", {}).get("schema")
        if wanted and self.enforces_schema:
            return text if _obeys(text, wanted) else json.dumps(_first(wanted))
        template = body.get("chat_template_kwargs", {})
        return f"<think>\nHm.\n</think>\n\n{text}" if self.thinks and template.get("enable_thinking", True) else text

    def _body(self, body: Mapping[str, Any], text: str, number: int) -> dict[str, Any]:
        count = body.get("n", 1) if self.supports_n else 1
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        prompt, completion = tokens(_payload(body)), tokens(text) * count
        return {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": 0,
            "model": body.get("model"),
            "choices": [{"index": index, **choice} for index in range(count)],
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion},
        }


def tokens(text: str) -> int:
    """The scripted server counts words, and one for the end."""
    return len(text.split()) + 1


def rot13(text: str) -> str:
    """Of a JSON object, only the strings in it."""
    if text.startswith("{"):
        try:
            return json.dumps(_cipher(json.loads(text)), ensure_ascii=False, separators=(",", ":"))
        except ValueError:
            pass
    return codecs.encode(text, "rot13")


def _cipher(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cipher(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_cipher(inner) for inner in value]
    return codecs.encode(value, "rot13") if isinstance(value, str) else value


def _payload(body: Mapping[str, Any]) -> str:
    said = [message.get("content") or "" for message in body["messages"] if message["role"] == "user"]
    return said[-1].rpartition("Translate:\n")[2] if said else ""


def _obeys(text: str, schema: Mapping[str, Any]) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and all(
        name in value and value[name] in rule.get("enum", [value[name]])
        for name, rule in schema.get("properties", {}).items()
    )


def _first(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rule.get("enum", [""])[0] for name, rule in schema.get("properties", {}).items()}


async def _send(writer: asyncio.StreamWriter, reader: asyncio.StreamReader, fault: Fault) -> bool:
    """Whether the connection stays open."""
    if fault.hang:
        await reader.read()  # until the client gives up
        return False
    if fault.wire is not None:
        writer.write(fault.wire)
        return await _closed(writer, fault.reset)
    body = fault.raw or b""
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **fault.headers}
    lines = [f"HTTP/1.1 {fault.status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    body = body[: fault.cut]
    if fault.drip:
        for byte in body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(fault.drip)
    else:
        writer.write(body)
        await writer.drain()
    ends = fault.cut is not None or fault.reset or fault.headers.get("Connection") == "close"
    return await _closed(writer, fault.reset) if ends else True


async def _closed(writer: asyncio.StreamWriter, reset: bool) -> bool:
    await writer.drain()
    if reset:
        linger = struct.pack("ii", 1, 0)  # nothing is sent any more, but RST
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()  # in good order, or what was written might be lost
    await writer.wait_closed()
    return False
