"""The server of a review over real sockets: who may ask, what is refused, what is answered."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from babelset.errors import ConfigError
from babelset.review import serving
from babelset.review.server import BODY
from babelset.review.store import Store
from tests.review.conftest import item_of

JSON = {"content_type": "application/json"}
Answer = tuple[int, http.client.HTTPMessage, Any]


class Client:
    """Asks as a browser does, with any header that a test wants."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def raw(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def get(self, path: str, **headers: str) -> Answer:
        status, found, text = self.raw("GET", f"/{self.token}/{path}", **headers)
        return status, found, json.loads(text) if "json" in found.get("content-type", "") else text

    def put(self, path: str, body: object) -> tuple[int, Any]:
        status, _, text = self.raw(
            "PUT", f"/{self.token}/{path}", json.dumps(body).encode(), content_type="application/json"
        )
        return status, json.loads(text)


def says(verdict: str = "accept", **more: object) -> dict[str, Any]:
    return {"verdict": verdict, "reason": "", "targets": {}, "reviewer": "Anna", "based_on": 0, **more}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store.open(tmp_path_factory.mktemp("review") / "es.review.sqlite")
    kept = item_of("kept", ("Run `ls` and `ls`.", "Then stop."))
    parts: Any = kept["fields"][0]["parts"]
    parts[0]["keeps"] = ["`ls`", "`ls`"]
    names = ["accept", "reject", "correct", "undo", "conflict", "draft", "wide", "fresh"]
    store.add([*(item_of(name) for name in names), kept, item_of("odd", ("a\ud800b <script>\u202e",))])
    yield store
    store.close()


@pytest.fixture(scope="module")
def client(store: Store) -> Iterator[Client]:
    listening = serving.listen(store)
    port, token = listening.getsockname()[1], serving.token_of(store)
    setting = serving.Setting(token, port, "<b>es</b>.jsonl", "babelset apply-review", '"Anna" & co')
    server = serving.server_of(store, setting)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield Client(port, token)
    server.should_exit = True
    thread.join(10)
    listening.close()


def test_the_page_and_what_it_loads(client: Client) -> None:
    status, headers, page = client.get("")
    assert (status, headers.get_content_type()) == (200, "text/html")
    assert "&lt;b&gt;es&lt;/b&gt;.jsonl" in page
    assert 'data-reviewer="&#34;Anna&#34; &amp; co"' in page
    assert client.token not in page
    for name, type_ in [("page.js", "text/javascript"), ("page.css", "text/css"), ("unsent.js", "text/javascript")]:
        status, headers, _ = client.get(name)
        assert (status, headers.get_content_type()) == (200, type_), name


@pytest.mark.parametrize("path", ["", "page.js", "list", "nothing"])
def test_every_answer_has_the_headers(client: Client, path: str) -> None:
    _, headers, _ = client.get(path)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["set-cookie"] is None
    assert headers["access-control-allow-origin"] is None


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/{token}/list", {}, 200),
        ("/{token}/list", {"host": "localhost:{port}"}, 200),
        ("/{token}/list", {"origin": "http://127.0.0.1:{port}"}, 200),
        ("/{token}/list", {"host": "localhost:{port}", "origin": "http://localhost:{port}"}, 200),
        ("/{token}/list", {"host": "evil.example:{port}"}, 421),
        ("/{token}/list", {"host": "127.0.0.1"}, 421),
        ("/{token}/list", {"host": "127.0.0.1.evil.example:{port}"}, 421),
        ("/{token}/list", {"host": ""}, 421),
        ("/{token}/list", {"origin": "http://evil.example"}, 403),
        ("/{token}/list", {"origin": "https://127.0.0.1:{port}"}, 403),
        ("/{token}/list", {"origin": "http://localhost:{port}"}, 403),
        ("/{token}/list", {"origin": "null"}, 403),
        ("/{token}/page.py", {}, 404),
        ("/{token}/server.py", {}, 404),
        ("/{token}/../store.py", {}, 404),
        ("/{token}/%2e%2e/store.py", {}, 404),
        ("/{token}", {}, 307),
        ("/{token}x/list", {}, 404),
        ("/{short}/list", {}, 404),
        ("/list", {}, 404),
        ("/", {}, 404),
        ("/%C3%A9/list", {}, 404),
        ("/%ff%00/list", {}, 404),
    ],
)
def test_who_may_ask(client: Client, path: str, headers: dict[str, str], status: int) -> None:
    facts = {"token": client.token, "short": client.token[:-1], "port": client.port}
    given = {name: value.format(**facts) for name, value in headers.items()}
    assert client.raw("GET", path.format(**facts), **given)[0] == status


def test_a_wrong_token_is_told_nothing(client: Client) -> None:
    status, _, text = client.raw("GET", "/guess/items/accept?reviewer=Anna")
    assert status == 404
    assert "HELLO" not in text
    assert client.token not in text


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS", "PATCH"])
def test_no_other_methods(client: Client, method: str) -> None:
    assert client.raw(method, f"/{client.token}/items/fresh/decision")[0] == 405


@pytest.mark.parametrize("type_", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
def test_only_json_is_taken(client: Client, type_: str) -> None:
    body = json.dumps(says()).encode()
    assert client.raw("PUT", f"/{client.token}/items/fresh/decision", body, content_type=type_)[0] == 415


def test_the_size_of_a_body_is_limited(client: Client, store: Store) -> None:
    body = json.dumps(says("correct", targets={str(n): "x" * 99_000 for n in range(50)})).encode()
    assert len(body) > BODY
    with suppress(BrokenPipeError, ConnectionResetError):  # it does not even listen to the end
        assert client.raw("PUT", f"/{client.token}/items/fresh/decision", body, **JSON)[0] == 413
    assert store.decision("fresh") is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Field required"),
        (says("maybe"), "verdict"),
        (says(reviewer=""), "reviewer"),
        (says(reviewer="   "), "reviewer"),
        (says(reviewer="A" * 101), "reviewer"),
        (says(reviewer="A\x1b[31m"), "reviewer"),
        (says("reject", reason="x" * 2001), "reason"),
        (says("correct", targets={"0": "x" * 100_001}), "targets"),
        (says("correct", targets={"zero": "x"}), "targets"),
        (says("correct", targets={"0": 5}), "targets"),
        (says("correct", targets={"7": "x"}), "no segment '7'"),
        (says("correct", targets={"0": " "}), "blank"),
        (says("correct"), "0 corrected segments"),
        (says("accept", targets={"0": "x"}), "1 corrected segments"),
        (says(based_on=-1), "based_on"),
        (says(based_on="0"), "based_on"),
        (says(based_on=2**70), "based_on"),
        (says(extra=1), "extra"),
        ([], ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_what_is_refused(client: Client, store: Store, body: Any, words: str) -> None:
    status, said = client.put("items/fresh/decision", body)
    assert status == 400
    assert words in said["error"]
    assert store.decision("fresh") is None


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"reviewer": "\\ud800"}', b"[" * 100_000, b"NaN"])
def test_a_body_that_is_no_json_is_refused(client: Client, body: bytes) -> None:
    status, _, text = client.raw("PUT", f"/{client.token}/items/fresh/decision", body, **JSON)
    assert (status, "error" in json.loads(text)) == (400, True)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("list?status=reject&search=x&sort=worst", 200),
        ("list?status=maybe", 400),
        ("list?sort=size", 400),
        ("list?search=" + "x" * 201, 400),
        ("list?offset=1", 400),
        ("summaries?ids=accept,nobody", 200),
        ("summaries?ids=" + "x" * 5001, 400),
        ("summaries", 400),
        ("changes?since=-1", 200),
        ("changes?since=-2", 400),
        ("changes?since=x", 400),
        ("changes", 400),
        ("items/fresh?reviewer=Anna", 200),
        ("items/fresh", 400),
        ("items/nobody?reviewer=Anna", 404),
        ("items/%27%3B--?reviewer=Anna", 404),
        ("items/fresh/decision", 405),
    ],
)
def test_questions(client: Client, path: str, status: int) -> None:
    assert client.get(path)[0] == status


def test_list_and_summaries(client: Client, store: Store) -> None:
    _, _, rows = client.get("list?search=a%EF%BF%BD")
    assert rows == []
    _, _, rows = client.get("list?search=then%20stop")
    assert rows == [["kept", "open"]]
    _, _, [summary] = client.get("summaries?ids=kept,nobody")
    assert summary["excerpt"] == "Run `ls` and `ls`. Then stop."


@pytest.mark.parametrize(
    ("id", "verdict", "more"),
    [("accept", "accept", {}), ("reject", "reject", {"reason": "unnatural"}), ("correct", "correct", {"targets": {"0": "¡Hola!"}})],
)  # fmt: skip
def test_a_decision_is_kept(client: Client, store: Store, id: str, verdict: str, more: dict[str, Any]) -> None:
    before = store.progress()
    status, answer = client.put(f"items/{id}/decision", says(verdict, **more))
    assert status == 200
    assert answer["decision"] == store.decision(id)
    said = {**says(verdict, **more), "item": id, "version": 1, "at": answer["decision"]["at"]}
    del said["based_on"]
    assert answer["decision"] == said
    assert answer["warnings"] == []
    assert answer["progress"][verdict] == before[verdict] + 1


def test_the_same_again_is_harmless(client: Client, store: Store) -> None:
    first = client.put("items/undo/decision", says())
    assert client.put("items/undo/decision", says())[1]["decision"] == first[1]["decision"]
    status, answer = client.put("items/undo/decision", says("open", based_on=1))
    assert (status, answer["decision"]["version"]) == (200, 2)
    assert store.progress()["open"] > 0


def test_a_conflict_shows_the_newest(client: Client, store: Store) -> None:
    client.put("items/conflict/decision", says(reviewer="Ben"))
    status, answer = client.put("items/conflict/decision", says("reject", reason="unnatural"))
    assert status == 409
    assert (answer["newest"]["reviewer"], answer["newest"]["version"]) == ("Ben", 1)
    assert client.put("items/conflict/decision", says("reject", based_on=1))[0] == 200


@pytest.mark.parametrize(
    ("target", "warnings"),
    [
        ("Ejecuta `ls` y `ls`.", []),
        ("Ejecuta `ls`.", ["segment 0 lost `ls`"]),
        ("Ejecuta.", ["segment 0 lost `ls`"]),
        ("`ls` `ls` `ls`", ["segment 0 has `ls` 3 times, its source 2"]),
    ],
)
def test_kept_texts_that_are_lost_or_doubled_are_said(
    client: Client, store: Store, target: str, warnings: list[str]
) -> None:
    version = (store.decision("kept") or {"version": 0})["version"]
    status, answer = client.put("items/kept/decision", says("correct", targets={"0": target}, based_on=version))
    assert (status, answer["warnings"]) == (200, warnings)


def test_drafts(client: Client, store: Store) -> None:
    draft = {"targets": {"0": "Ho"}, "based_on": 0, "at": 1_700_000_000_000, "editing": True}
    assert client.put("items/draft/draft", {"reviewer": "Anna", "draft": draft})[0] == 200
    assert client.get("items/draft?reviewer=Anna")[2]["draft"] == draft
    assert client.get("items/draft?reviewer=Ben")[2]["draft"] is None
    assert client.put("items/draft/draft", {"reviewer": "Anna", "draft": None})[0] == 200
    assert client.get("items/draft?reviewer=Anna")[2]["draft"] is None
    assert client.put("items/nobody/draft", {"reviewer": "Anna", "draft": None})[0] == 404
    assert client.put("items/draft/draft", {"reviewer": "Anna", "draft": {**draft, "more": 1}})[0] == 400


def test_changes(client: Client, store: Store) -> None:
    since = client.get("changes?since=-1")[2]["sequence"]
    client.put("items/wide/decision", says("reject", reason="ü" * 2000))
    found = client.get(f"changes?since={since}")[2]
    assert [decision["item"] for decision in found["decisions"]] == ["wide"]
    assert (found["sequence"], found["progress"]) == (since + 1, store.progress())
    assert client.get(f"changes?since={found['sequence']}")[2]["decisions"] == []


def test_odd_rows_travel_whole(client: Client) -> None:
    item = client.get("items/odd?reviewer=Anna")[2]["item"]
    assert item["fields"][0]["parts"][0]["source"] == "a\ud800b <script>\u202e"


def test_a_full_disk_is_said(client: Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from babelset.errors import OutputError

    def full(*_: object, **__: object) -> None:
        raise OutputError("es.review.sqlite: cannot be written (disk full); make room and go on")

    monkeypatch.setattr(Store, "decide", full)
    status, answer = client.put("items/fresh/decision", says())
    assert (status, answer["error"]) == (503, "es.review.sqlite: cannot be written (disk full); make room and go on")


def test_a_second_start_says_where_it_runs(client: Client, store: Store) -> None:
    with pytest.raises(ConfigError, match=f"127.0.0.1:{client.port}/{client.token}/"):
        serving.listen(store)


def test_the_address_stays(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "a.review.sqlite")
    first = serving.listen(store)
    port, token = first.getsockname()[1], serving.token_of(store)
    first.close()
    again = serving.listen(store)
    assert (again.getsockname(), serving.token_of(store)) == (("127.0.0.1", port), token)
    assert len(token) >= 43  # 256 bits
    again.close()
    with socket.socket() as other:  # another program has taken the port
        other.bind(("127.0.0.1", port))
        with pytest.raises(ConfigError, match=f"port {port} cannot be used.*--port 0"):
            serving.listen(store)
        fresh = serving.listen(store, 0)
        assert fresh.getsockname()[1] != port
        fresh.close()
    store.close()


@pytest.mark.parametrize(
    ("screen", "opened"), [({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True), ({}, False)]
)
def test_a_browser_is_opened_where_there_is_a_screen(
    monkeypatch: pytest.MonkeyPatch, screen: dict[str, str], opened: bool
) -> None:
    urls: list[str] = []
    monkeypatch.setattr("webbrowser.open", urls.append)
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in screen.items():
        monkeypatch.setenv(name, value)
    serving.open_browser("http://127.0.0.1:1/x/")
    for thread in threading.enumerate():
        if thread.daemon and thread.name.startswith("open"):
            thread.join(5)
    assert bool(urls) is opened
