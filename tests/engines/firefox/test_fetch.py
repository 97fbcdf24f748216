"""Models from a server that speaks as Mozilla's does, from one that misbehaves, and from mirrors."""

from __future__ import annotations

import hashlib
import json
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from babelset.engines.firefox import download, fetch
from babelset.engines.firefox.fetch import get
from babelset.engines.firefox.models import within
from babelset.errors import BabelsetError, ConfigError, EngineError
from babelset.languages import Pair, find

ROOT = "/v1/buckets/main/collections/translations-models-v2/records"
FILES = ("model.{}.intgemm.alphas.bin", "lex.50.50.{}.s2t.bin", "vocab.{}.spm")


@dataclass
class Service:
    """What the server says and how it behaves; `asked` are the paths and ranges it was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    cut: int = 0  # bytes after which an answer breaks off
    cuts: int = 0  # how many answers do
    ranges: bool = True
    redirect: str = ""
    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def add(self, pair: str, version: str = "3.0", architecture: str = "base", **more: Any) -> None:
        source, target = pair.split("-")
        for form in FILES:
            name = form.format(source + target)
            content = random.Random(f"{pair} {version} {architecture} {form}").randbytes(200_000)
            location = f"main-workspace/translations-models-v2/{hashlib.md5(content).hexdigest()}.zst"
            self.files[f"/cdn/{location}"] = download.zstd.compress(content)
            record = {
                "name": name, "fileType": name.partition(".")[0], "sourceLanguage": source, "targetLanguage": target,
                "version": version, "architecture": architecture, "decompressedHash": hashlib.sha256(content).hexdigest(),
                "decompressedSize": len(content), "id": "x", "schema": 1, "filter_expression": "", "last_modified": 1,
                "attachment": {"location": location, "hash": "0", "size": 1, "filename": f"{name}.zst", "mimetype": "application/zstd"},
            }  # fmt: skip
            self.records.append({**record, **more})

    def answer(self, path: str) -> bytes | None:
        if path == "/v1/":
            return json.dumps({"capabilities": {"attachments": {"base_url": f"{self.url}/cdn/"}}}).encode()
        if path == ROOT:
            return json.dumps({"data": self.records}).encode()
        return self.files.get(path)


def handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append((self.path, self.headers.get("Range", "")))
            attachment = self.path.startswith("/cdn/")
            if attachment and service.redirect:
                self.send_response(302)
                self.send_header("Location", service.redirect.format(path=self.path.removeprefix("/cdn")))
                self.end_headers()
                return
            content = service.answer(self.path.replace("/moved/", "/cdn/"))
            if content is None or (attachment and service.status != 200):
                self.send_error(service.status if service.status != 200 else 404)
                return
            start = int(self.headers.get("Range", "bytes=0-")[6:-1]) if service.ranges else 0
            if start and start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            body = content[start:]
            if attachment and service.cuts > 0:
                service.cuts -= 1
                body = body[: service.cut]
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    return Handler


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(service))
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(download, "_wait", lambda attempt: None)
    monkeypatch.setattr(fetch, "_default", lambda: service.url + ROOT)
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


def fetched(folder: Path, pair: str = "en-es", place: str = "") -> list[str]:
    source, target = pair.split("-")
    return get(Pair(find(source), find(target)), place, folder, lambda message: None)


def whole(service: Service, folder: Path, pair: str, version: str = "3.0") -> bool:
    """Whether the folder holds the files of a model, with the right content, and nothing else."""
    wanted = {
        r["name"]: r["decompressedHash"]
        for r in service.records
        if (f"{r['sourceLanguage']}-{r['targetLanguage']}", r["version"]) == (pair, version)
    }
    return wanted == {path.name: download.sha256(path) for path in (folder / pair).iterdir()}


def test_a_model_is_fetched_once_and_whole(service: Service, tmp_path: Path) -> None:
    service.add("en-es")
    assert fetched(tmp_path) == ["en-es"]
    assert whole(service, tmp_path, "en-es") and [model.name for model in within([tmp_path])] == ["en-es"]
    assert {path.name for path in tmp_path.iterdir()} == {"en-es", "records.json", ".lock"}
    service.asked.clear()
    assert fetched(tmp_path) == ["en-es"]
    assert not [path for path, _ in service.asked if path.startswith("/cdn")]


@pytest.mark.parametrize(
    ("pair", "there", "names"),
    [
        ("pt-es", ["en-es", "pt-en", "es-en"], ["pt-en", "en-es"]),
        ("es-pt", ["es-pt", "es-en", "en-pt"], ["es-pt"]),
        ("en-zho_Hans", ["en-zh"], ["en-zh"]),
    ],
)
def test_other_pairs_go_by_way_of_english(
    pair: str, there: list[str], names: list[str], service: Service, tmp_path: Path
) -> None:
    for one in there:
        service.add(one)
    assert fetched(tmp_path, pair) == names and all(whole(service, tmp_path, name) for name in names)


def test_the_newest_version_that_the_engine_reads_with_all_of_its_files(service: Service, tmp_path: Path) -> None:
    for version in ("3.1", "3.0", "3.2a1", "4.0", "2.9"):
        service.add("en-es", version)
    service.add("en-es", "3.1", architecture="a-tiny", decompressedHash="0" * 64)
    fetched(tmp_path)
    digests = {r["decompressedHash"] for r in service.records if (r["version"], r["architecture"]) == ("3.2a1", "base")}
    assert {download.sha256(path) for path in (tmp_path / "en-es").iterdir()} == digests


@pytest.mark.parametrize(
    "trouble",
    [
        {"cut": 70_000, "cuts": 6},
        {"cut": 0, "cuts": 3},
        {"cut": 70_000, "cuts": 2, "ranges": False},
        {"redirect": "/moved{path}"},
    ],
    ids=["cut again and again", "cut at once", "cut, and starts over", "redirected"],
)
def test_a_bad_line_costs_time_only(trouble: dict[str, Any], service: Service, tmp_path: Path) -> None:
    service.add("en-es")
    service.__dict__.update(trouble)
    assert fetched(tmp_path) == ["en-es"] and whole(service, tmp_path, "en-es")


def test_what_was_stopped_goes_on_where_it_was(service: Service, tmp_path: Path) -> None:
    service.add("en-es")
    service.cut, service.cuts = 0, 99
    packed = service.files[f"/cdn/{service.records[0]['attachment']['location']}"]
    (tmp_path / ".en-es.part").mkdir()
    part = tmp_path / ".en-es.part" / f".{service.records[0]['name']}.download"
    part.write_bytes(packed[:1000])
    with pytest.raises(EngineError, match=r"broke off.*Run the same command again to go on"):
        fetched(tmp_path)
    assert not (tmp_path / "en-es").exists() and part.read_bytes() == packed[:1000]
    service.cuts = 0
    service.asked.clear()
    fetched(tmp_path)
    assert whole(service, tmp_path, "en-es") and "bytes=1000-" in {asked for _, asked in service.asked}


def test_what_was_begun_of_another_file_is_forgotten(service: Service, tmp_path: Path) -> None:
    service.add("en-es")
    (tmp_path / ".en-es.part").mkdir()
    for record, beginning in zip(service.records, (b"other" * 200, b"x" * 10**6, b""), strict=True):
        (tmp_path / ".en-es.part" / f".{record['name']}.download").write_bytes(beginning)
    (tmp_path / ".en-es.part" / "model.old.bin").write_bytes(b"of an earlier version")
    fetched(tmp_path)
    assert whole(service, tmp_path, "en-es")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"decompressedHash": "0" * 64}, "has the SHA-256"),
        ({"decompressedHash": None}, "no model from English into Spanish"),
        ({"decompressedHash": "short"}, "no model from English into Spanish"),
        ({"name": "../../model.evil.bin"}, "no model from English into Spanish"),
        ({"name": "model./etc/x.bin"}, "no model from English into Spanish"),
        ({"name": "/abs/model.enes.bin"}, "no model from English into Spanish"),
        ({"name": "model.enes.bin\n"}, "no model from English into Spanish"),
        ({"name": ".bashrc"}, "no model from English into Spanish"),
        ({"sourceLanguage": "../en"}, "no model from English into Spanish"),
        ({"version": "4.0"}, "no model from English into Spanish"),
        ({"version": "30"}, "no model from English into Spanish"),
        ({"attachment": {"location": "../../secret"}}, "no model from English into Spanish"),
        ({"attachment": {"location": "http://evil.example/x"}}, "no model from English into Spanish"),
        ({"attachment": {"location": "gone.zst"}}, "the server answers 404"),
        ({"attachment": None}, "no model from English into Spanish"),
        ({"fileType": "model"}, "has no vocabulary"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(
    wrong: dict[str, Any], message: str, service: Service, tmp_path: Path
) -> None:
    service.add("en-es", **wrong)
    with pytest.raises(ConfigError, match=message):
        fetched(tmp_path / "in")
    assert not (tmp_path / "in" / "en-es").exists() and {path.name for path in tmp_path.iterdir()} <= {"in"}
    assert not within([tmp_path / "in"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no zstd", "not a whole zstd file"),
        (b"", "has the SHA-256|not a whole zstd file"),
        (download.zstd.compress(b"other"), "has the SHA-256"),
    ],
)
def test_attachments_that_are_something_else(content: bytes, message: str, service: Service, tmp_path: Path) -> None:
    service.add("en-es")
    service.files = dict.fromkeys(service.files, content)
    with pytest.raises(BabelsetError, match=message):
        fetched(tmp_path)
    assert not (tmp_path / "en-es").exists()


def test_an_attachment_that_unpacks_without_end(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "LARGEST", 100_000)
    service.add("en-es")
    service.files = dict.fromkeys(service.files, download.zstd.compress(bytes(10**7)))
    with pytest.raises(ConfigError, match="unpacks to more than"):
        fetched(tmp_path)
    assert not list((tmp_path / ".en-es.part").iterdir())


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ({"redirect": "/cdn/circle{path}"}, "infinite loop"),
        ({"redirect": "file:///etc/passwd"}, "not allowed"),
        ({"status": 500}, "Run the same command again"),
        ({"status": 403}, "the server answers 403"),
    ],
    ids=["in a circle", "to a file", "out of order", "not for us"],
)
def test_a_server_that_does_not_serve(trouble: dict[str, Any], message: str, service: Service, tmp_path: Path) -> None:
    service.add("en-es")
    service.__dict__.update(trouble)
    with pytest.raises(BabelsetError, match=message):
        fetched(tmp_path)
    assert not (tmp_path / "en-es").exists()


@pytest.mark.parametrize("way", ["folder", "web"])
def test_what_was_fetched_can_be_hosted(way: str, service: Service, tmp_path: Path) -> None:
    for pair in ("en-es", "es-en"):
        service.add(pair)
        fetched(tmp_path / "own", pair)
    place = str(tmp_path / "own")
    if way == "web":
        service.files |= {
            f"/m/{path.relative_to(place)}": path.read_bytes()
            for path in (tmp_path / "own").rglob("*.*")
            if path.is_file()
        }
        place = f"{service.url}/m"
    assert fetched(tmp_path / "other", "en-es", place) == ["en-es"]
    assert whole(service, tmp_path / "other", "en-es")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"data": 3}', b'{"data": [1, null, {}, "x"]}', b"\xff"])
def test_a_mirror_that_is_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "records.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"JSON object|no \"data\"|no model from"):
        fetched(tmp_path / "own", "en-es", str(tmp_path))
    with pytest.raises(ConfigError, match="cannot be read"):
        fetched(tmp_path / "own", "en-es", str(tmp_path / "nowhere"))


def test_nobody_there(tmp_path: Path, service: Service) -> None:
    with pytest.raises(EngineError, match="refused"):
        fetched(tmp_path, place="http://127.0.0.1:9/models")
