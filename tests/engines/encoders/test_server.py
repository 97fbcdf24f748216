"""An embeddings server: what is sent, what is believed, and what is said when it fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from babelset.engines.encoders import encoder, server
from babelset.errors import BabelsetError, ConfigError

Answer = Callable[[list[str]], Any]
Serve = Callable[..., str]


def vectors(texts: list[str]) -> Any:
    return {"data": [{"index": at, "embedding": [len(text), 3.0]} for at, text in enumerate(texts)][::-1]}


@pytest.fixture
def asked() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def serve(asked: list[dict[str, Any]]) -> Iterator[Serve]:
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer = vectors, models: tuple[str, ...] = ("small",), status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(200, {"object": "list", "data": [{"id": name} for name in models]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked.append({**body, "path": self.path, "key": self.headers["Authorization"]})
                self._send(status, answer(body["input"]))

            def _send(self, code: int, body: Any) -> None:
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(code)
                if code in (307, 308):
                    self.send_header("Location", "http://127.0.0.1:1/v1/embeddings")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(made)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{made.server_port}/v1"

    yield start
    for made in servers:
        made.shutdown()
        made.server_close()


def test_vectors_come_in_the_order_of_the_texts_and_have_length_1(serve: Serve, asked: list[dict[str, Any]]) -> None:
    found = encoder(serve()).encode(["a" * size for size in range(150)])
    assert found.shape == (150, 2) and np.allclose(np.linalg.norm(found, axis=1), 1)
    assert np.all(np.diff(found[1:, 0]) > 0), "longer texts point further"
    assert [len(request["input"]) for request in asked] == [64, 64, 22]
    assert {request["model"] for request in asked} == {"small"}


def test_a_key_is_sent_and_a_text_is_cut_and_mended(
    serve: Serve, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(server.KEY, "secret")
    encoder(serve() + "#other", longest=8).encode(["x" * 999, "\ud800", ""])
    assert asked[0]["key"] == "Bearer secret" and asked[0]["model"] == "other"
    assert asked[0]["input"] == ["x" * 32, "?", " "]


WRONG: list[tuple[str, Answer, int, str]] = [
    # what the server does, its answer, the status, what is said
    ("too few vectors", lambda texts: {"data": vectors(texts)["data"][1:]}, 200, "1 vectors for 2 texts"),
    ("a number twice", lambda texts: {"data": vectors(texts)["data"][:1] * 2}, 200, "1 vectors for 2 texts"),
    ("no numbers", lambda texts: b'{"data": [{"index": 0, "embedding": [NaN]}, {"index": 1, "embedding": [1]}]}',
     200, "hold no numbers"),
    ("of different lengths", lambda texts: {"data": [{"index": 0, "embedding": [1, 2, 3]},
     {"index": 1, "embedding": [1]}]}, 200, "different lengths"),
    ("no embeddings at all", lambda texts: {"choices": []}, 200, "no embeddings from small"),
    ("no JSON", lambda texts: b"<html>", 200, "no embeddings from small"),
    ("refuses", lambda texts: {"error": {"message": "this model has no embeddings"}}, 400, "this model has no embeddings"),
    ("sends elsewhere", lambda texts: {}, 307, "no embeddings from small"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "answer", "status", "said"), WRONG, ids=[case[0] for case in WRONG])
def test_what_is_no_answer_is_told(
    what: str, answer: Answer, status: int, said: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ATTEMPTS", 1)
    loaded = encoder(serve(answer, status=status))
    with pytest.raises(BabelsetError, match=said):
        loaded.encode(["one", "three"])


@pytest.mark.parametrize(
    ("models", "said"), [((), "lists 0 models; name one"), (("a", "b"), "lists 2 models; name one: .*#a")]
)
def test_the_model_is_named_where_there_is_not_one_alone(models: tuple[str, ...], said: str, serve: Serve) -> None:
    with pytest.raises(ConfigError, match=said):
        encoder(serve(models=models))


def test_where_no_server_is_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ATTEMPTS", 1)
    with pytest.raises(BabelsetError, match="does not list its models"):
        encoder("http://127.0.0.1:1/v1")
