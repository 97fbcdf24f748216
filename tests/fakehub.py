"""The part of the Hugging Face hub that its real client talks to here, on loopback: datasets, downloads, commits."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_notakeyofanybody"


@dataclass
class Repo:
    """Its files by commit; the newest is main."""

    commits: list[dict[str, bytes]] = field(default_factory=lambda: [{}])
    private: bool = False
    gated: bool = False
    refs: dict[str, int] = field(default_factory=dict)  # more branches

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1]

    def at(self, revision: str) -> int | None:
        named = {"main": len(self.commits) - 1, **self.refs, **{sha(n): n for n in range(len(self.commits))}}
        return named.get(revision)


def sha(number: int) -> str:
    return hashlib.sha1(f"commit {number}".encode()).hexdigest()


@dataclass
class FakeHub:
    """`repos` by name. `said` are the requests, `stored` the contents that were uploaded, `fails` what answers 500."""

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    said: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, authorization
    stored: dict[str, bytes] = field(default_factory=dict)
    fails: list[str] = field(default_factory=list)  # parts of paths, each for one request
    breaks: int = 0  # uploads after which all others fail, 0 for none
    echoes: bool = False  # whether errors repeat the token
    held: dict[str, threading.Event] = field(default_factory=dict)  # files that are not sent before

    def put(self, repo: str, **files: bytes | str) -> Repo:
        found = self.repos.setdefault(repo, Repo())
        new = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
        found.commits.append({**found.files, **new})
        return found

    def count(self, method: str, part: str) -> int:
        return sum(each == method and part in path for each, path, _ in self.said)


@contextmanager
def fake_hub() -> Iterator[FakeHub]:
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._do("HEAD")

    def do_GET(self) -> None:
        self._do("GET")

    def do_POST(self) -> None:
        self._do("POST")

    def do_PUT(self) -> None:
        self._do("PUT")

    def _do(self, method: str) -> None:
        path = unquote(urlsplit(self.path).path)
        auth = self.headers.get("Authorization", "")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hub.said.append((method, path, auth))
        if part := next((part for part in self.hub.fails if part in path), ""):
            self.hub.fails.remove(part)
            return self._error(501, f"broken for {auth}" if self.hub.echoes else "broken")
        for pattern, answer in ROUTES.items():
            if found := re.fullmatch(pattern, path):
                return answer(self, body, **found.groupdict())
        return self._error(404, f"no route {path}")

    def _send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", headers.pop("size", str(len(body))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), Content_Type="application/json")

    def _error(self, status: int, message: str, code: str = "") -> None:
        self._send(status, json.dumps({"error": message}).encode(), X_Error_Code=code, X_Error_Message=message,
                   Content_Type="application/json")  # fmt: skip

    def _repo(self, name: str, revision: str = "main") -> tuple[Repo, int] | None:
        """The repository and the commit, for who may see it; the error has been sent where it is None."""
        repo, known = self.hub.repos.get(name), self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if repo is None or (repo.private and not known):
            return self._error(401 if not known else 404, "Repository not found", "RepoNotFound")
        if repo.gated and not known:
            return self._error(403, "Access is restricted", "GatedRepo")
        at = repo.at(revision)
        return (repo, at) if at is not None else self._error(404, "Revision not found", "RevisionNotFound")

    def _info(self, _: bytes, repo: str, revision: str = "main") -> None:
        if found := self._repo(repo, revision or "main"):
            files = [{"rfilename": name} for name in found[0].commits[found[1]]]
            self._json({"id": repo, "sha": sha(found[1]), "siblings": files, "private": False, "tags": []})

    def _resolve(self, _: bytes, repo: str, revision: str, path: str) -> None:
        if not (found := self._repo(repo, revision)):
            return None
        content = found[0].commits[found[1]].get(path)
        if content is None:
            return self._error(404, "Entry not found", "EntryNotFound")
        if self.command == "GET" and path in self.hub.held:
            assert self.hub.held[path].wait(60)
        etag = f'"{hashlib.sha1(content).hexdigest()}"'
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        self._send(206 if start else 200, content[start:], ETag=etag, X_Repo_Commit=sha(found[1]))

    def _create(self, body: bytes) -> None:
        told = json.loads(body)
        name = "/".join(filter(None, (told.get("organization"), told["name"])))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._error(401, "Invalid username or password")
        if name in self.hub.repos:
            return self._send(409, json.dumps({"error": "exists", "url": f"{self.hub.url}/datasets/{name}"}).encode())
        self.hub.repos[name] = Repo(private=bool(told.get("private")) or told.get("visibility") == "private")
        self._json({"url": f"{self.hub.url}/datasets/{name}", "name": name, "id": name})

    def _preupload(self, body: bytes, repo: str, revision: str) -> None:
        if not (found := self._repo(repo, revision)):
            return
        there = {path: _entry(path, content) for path, content in found[0].files.items()}
        files = [{"path": each["path"], "shouldIgnore": False} for each in json.loads(body)["files"]]
        for each in files:
            known = there.get(each["path"], {})
            lfs = each["path"].endswith(".parquet")
            each["uploadMode"], oid = ("lfs", known.get("lfs", {}).get("oid")) if lfs else ("regular", known.get("oid"))
            each |= {"oid": oid} if oid else {}
        self._json({"files": files})

    def _batch(self, body: bytes, repo: str) -> None:
        objects = []
        for each in json.loads(body)["objects"]:
            actions = {"upload": {"href": f"{self.hub.url}/lfs/{each['oid']}", "header": {}}}
            objects.append({**each, **({} if each["oid"] in self.hub.stored else {"actions": actions})})
        self._json({"transfer": "basic", "objects": objects})

    def _store(self, body: bytes, oid: str) -> None:
        assert hashlib.sha256(body).hexdigest() == oid
        if self.hub.breaks and len(self.hub.stored) >= self.hub.breaks:
            return self._error(400, "the connection broke")
        self.hub.stored[oid] = body
        self._send(200)

    def _commit(self, body: bytes, repo: str, revision: str) -> None:
        if not (found := self._repo(repo, revision)):
            return
        files = dict(found[0].files)
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.stored[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        found[0].commits.append(files)
        oid = sha(len(found[0].commits) - 1)
        self._json({"commitUrl": f"{self.hub.url}/datasets/{repo}/commit/{oid}", "commitOid": oid, "success": True})

    def _validate(self, body: bytes) -> None:
        if faults := card_faults(json.loads(body)["content"]):
            return self._send(400, json.dumps({"errors": [{"message": fault} for fault in faults]}).encode())
        self._json({"errors": [], "warnings": []})

    def _paths(self, body: bytes, repo: str, revision: str) -> None:
        if found := self._repo(repo, revision):
            there = found[0].commits[found[1]]
            self._json([_entry(path, there[path]) for path in parse_qs(body.decode())["paths"] if path in there])


def _entry(path: str, content: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    lfs = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    more = {"lfs": lfs} if path.endswith(".parquet") else {}
    return {"type": "file", "path": path, "size": len(content), "oid": blob, **more}


LICENSES = frozenset(
    [
        "apache-2.0",
        "mit",
        "bsd",
        "cc0-1.0",
        "cc-by-4.0",
        "cc-by-sa-4.0",
        "cc-by-nc-4.0",
        "cc-by-nc-sa-4.0",
        "odc-by",
        "gpl",
        "mpl-2.0",
        "other",
        "unknown",
    ]
)
SIZES = frozenset(["n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M"])
TASKS = frozenset(["text-generation", "question-answering", "multiple-choice", "text-classification"])


def card_faults(content: str) -> list[str]:
    """What the hub would find wrong with a card, by its published rules."""
    import yaml

    data = yaml.safe_load(content.split("---")[1])
    faults = [f"license {data['license']}"] if data["license"] not in LICENSES else []
    faults += ["license_name"] if data["license"] == "other" and "license_name" not in data else []
    faults += [f"language {tag}" for tag in data["language"] if not re.fullmatch("[a-z]{2,3}", tag)]
    faults += [f"size {size}" for size in data["size_categories"] if size not in SIZES]
    faults += [f"task {task}" for task in data["task_categories"] if task not in TASKS]
    for config in data["configs"]:
        splits = [each["split"] for each in config["data_files"]]
        faults += [f"split {split}" for split in splits if not re.fullmatch(r"\w+(\.\w+)*", split)]
        faults += ["a split twice"] if len(set(splits)) < len(splits) else []
    names = [config["config_name"] for config in data["configs"]]
    return faults + (["a configuration twice"] if len(set(names)) < len(names) else [])


_REPO = r"(?P<repo>[^/]+/[^/]+?)"
ROUTES: dict[str, Any] = {
    rf"/api/datasets/{_REPO}": _Handler._info,
    rf"/api/datasets/{_REPO}/revision/(?P<revision>.+)": _Handler._info,
    rf"/datasets/{_REPO}/resolve/(?P<revision>refs/\w+/\w+|[^/]+)/(?P<path>.+)": _Handler._resolve,
    r"/api/validate-yaml": _Handler._validate,
    r"/api/repos/create": _Handler._create,
    rf"/api/datasets/{_REPO}/preupload/(?P<revision>[^/]+)": _Handler._preupload,
    rf"/datasets/{_REPO}\.git/info/lfs/objects/batch": _Handler._batch,
    r"/lfs/(?P<oid>\w+)": _Handler._store,
    rf"/api/datasets/{_REPO}/commit/(?P<revision>[^/]+)": _Handler._commit,
    rf"/api/datasets/{_REPO}/paths-info/(?P<revision>[^/]+)": _Handler._paths,
}
