"""
Argilla's own SDK reads the folder and writes answers into it. It needs an environment of its own: `make test-engines`.

It writes and reads no folder without a server; it does read settings and records, once a server has said who asks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from babelset.review.exchange import export_to, import_from
from babelset.review.store import Store
from tests.review.conftest import item_of

PYTHON = Path(os.environ.get("BABELSET_ARGILLA_PYTHON") or Path(sys.prefix, "argilla", "bin", "python"))
ANNA = "11111111-2222-3333-4444-555555555555"

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not PYTHON.exists(), reason=f"{PYTHON} is not there: an environment with argilla"),
]

ANSWER = """
import json, sys
import argilla as rg

address, folder, user, answers = sys.argv[1:]
rg.Argilla(api_url=address, api_key="x")
settings = rg.Settings.from_json(f"{folder}/.argilla/settings.json")
settings.validate()
with open(f"{folder}/records.json") as file:
    records = [rg.Record.from_dict(found) for found in json.load(file)]
told = {record.id: [[each.question_name, each.value] for each in record.suggestions] for record in records}
questions = {question.name for question in settings.questions}
for record in records:
    assert set(record.fields.to_dict()) == {field.name for field in settings.fields}
    assert set(dict(record.metadata)) <= {each.name for each in settings.metadata}
    assert {name for name, _ in told[record.id]} <= questions
    for question, value in json.loads(answers).get(record.id, {}).items():
        assert question in questions
        record.responses.add(rg.Response(question, value, user_id=user))
with open(f"{folder}/records.json", "w") as file:
    json.dump([record.to_dict() for record in records], file)
print(json.dumps(told))
"""


class _Server(BaseHTTPRequestHandler):
    """Says who asks; more is not asked."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"id": ANNA, "username": "anna", "role": "owner", "first_name": "Anna"}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_argilla_reads_the_folder_and_its_answers_are_read(store: Store, address: str, tmp_path: Path) -> None:
    store.add([item_of("a", ("One.", "Two.")), item_of("b", ("Three.",)), item_of("c", ("Four.",))])
    folder = tmp_path / "argilla"
    export_to(store, f"{folder}/")
    answers: dict[str, Any] = {
        "a": {"verdict": "correct", "correction": "⟦0⟧ Uno.\n⟦1⟧ TWO."},
        "b": {"verdict": "reject", "reason": "wrong meaning"},
    }
    command = [str(PYTHON), "-c", ANSWER, address, str(folder), ANNA, json.dumps(answers)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["a"] == [["correction", "⟦0⟧ ONE.\n⟦1⟧ TWO."]]
    assert import_from(store, f"{folder}/") == {"decided": 2, "unchanged": 0, "without verdict": 1}
    found = {id: store.decision(id) for id in "abc"}
    assert found["a"] and (found["a"]["verdict"], found["a"]["targets"]) == ("correct", {"0": "Uno."})
    assert found["b"] and (found["b"]["verdict"], found["b"]["reason"]) == ("reject", "wrong meaning")
    assert found["c"] is None
