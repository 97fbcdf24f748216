"""
Translation services on this machine, each in the wire format of the real one, to which the real client speaks.

They translate by writing words in capitals, and can be told to fail, to cut connections and to damage markup.
"""

from __future__ import annotations

import json
import re
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

WORDS = re.compile(r"(<[^>]*>|&#?\w+;)|(\w+)")


def capitals(text: str) -> str:
    return WORDS.sub(lambda found: found[1] or found[2].upper(), text)


@dataclass
class Fault:
    """An answer other than a translation; status 0 cuts the connection."""

    status: int
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fake:
    name: str
    faults: deque[Fault] = field(default_factory=deque)  # for the next requests
    refuses: Callable[[list[str]], Fault | None] = lambda texts: None
    damage: Callable[[str], str] = str
    requests: list[list[str]] = field(default_factory=list)  # texts of each, faults too
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Fault:
        texts = TEXTS[self.name](body)
        with self._lock:
            self.requests.append(texts)
            self.bodies.append(body)
            self.headers.append(headers)
            self.paths.append(path)
            fault = self.faults.popleft() if self.faults else self.refuses(texts)
        return fault or Fault(200, ANSWERS[self.name]([self.damage(capitals(text)) for text in texts]))


TEXTS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "deepl": lambda body: body["text"],
    "google": lambda body: body["contents"],
    "azure": lambda body: [one["text"] for one in body["inputs"]],
    "aws": lambda body: [body["Text"]],
}
ANSWERS: dict[str, Callable[[list[str]], Any]] = {
    "deepl": lambda texts: {
        "translations": [{"text": t, "detected_source_language": "EN", "billed_characters": len(t)} for t in texts]
    },
    "google": lambda texts: {
        "translations": [{"translatedText": t} for t in texts],
        "glossaryTranslations": [{"translatedText": t + "!"} for t in texts],
    },
    "azure": lambda texts: {"value": [{"translations": [{"language": "es", "text": t}]} for t in texts]},
    "aws": lambda texts: {"TranslatedText": texts[0], "SourceLanguageCode": "en", "TargetLanguageCode": "es"},
}


def error(name: str, status: int, said: str, headers: dict[str, str] | None = None) -> Fault:
    """As the service writes it. AWS says almost everything with 400."""
    codes = {429: "ThrottlingException", 403: "AccessDeniedException", 404: "ResourceNotFoundException"}
    body: Any = {
        "deepl": {"message": said},
        "google": {"error": {"code": status, "message": said, "status": "WHATEVER"}},
        "azure": {"error": {"code": str(status * 1000), "message": said}},
        "aws": {"__type": codes.get(status, "InvalidRequestException"), "message": said},
    }[name]
    return Fault(400 if name == "aws" and status in codes else status, body, headers or {})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        fake: Fake = self.server.fake  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = fake.answer(self.path, dict(self.headers), body)
        if not answer.status:  # reset: what the client has sent was read
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # cut
            super().finish()

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def serving(name: str) -> Iterator[Fake]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    fake = server.fake = Fake(name, url=f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
