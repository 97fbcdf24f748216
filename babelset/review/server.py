"""
What the page of the review asks for, all of it under `/TOKEN/`.

    GET  list?status&search&sort   [["7c1f...", "open"], ...]: all rows that match, in order
    GET  summaries?ids=A,B         what the list shows of them
    GET  items/ID?reviewer         the row, its newest decision, the reviewer's draft
    PUT  items/ID/decision         the decision as kept, and warnings; 409 with the newest one where there is a newer
    PUT  items/ID/draft            keeps what is not yet said
    GET  changes?since             what others decided, and how far all are

An error is answered with `{"error": "what, and what to do"}`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, Field, StringConstraints, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from babelset.contracts.evidence import path_name
from babelset.errors import BabelsetError, OutputError
from babelset.files.lossless import dumps
from babelset.review.guard import Guard
from babelset.review.record import Conflict, Item, Said, Sort, Status, Verdict, segments_of
from babelset.review.store import Store

if TYPE_CHECKING:
    from jinja2 import Template

BODY = 4_000_000  # bytes
TYPES = {".css": "text/css", ".js": "text/javascript"}
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$")
]
Segment = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}$")]
Targets = dict[Segment, Annotated[str, StringConstraints(max_length=100_000)]]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the review is served, and what its page says."""

    token: str
    port: int
    title: str  # "es.jsonl"
    then: str  # the command for when all is done
    reviewer: str = ""

    @property
    def name(self) -> str:
        """What this review is called in a browser's storage, where the token itself has no business."""
        return sha256(self.token.encode()).hexdigest()[:16]


class _Asked(BaseModel, extra="forbid", strict=True):
    pass


class _Listing(_Asked):
    status: Status = ""
    search: str = Field("", max_length=200)
    sort: Sort = "order"


class _Ids(_Asked):
    ids: str = Field(max_length=5_000)


class _Since(BaseModel, extra="forbid"):
    since: int = Field(ge=-1, lt=2**63)


class _Who(_Asked):
    reviewer: Name


class _Saying(_Who):
    verdict: Verdict
    reason: str = Field("", max_length=2_000)
    targets: Targets = {}
    based_on: int = Field(ge=0, lt=2**63)


class _Unsaid(_Asked):
    targets: Targets
    based_on: int = Field(ge=0, lt=2**63)
    at: int = Field(ge=0, lt=2**63)  # milliseconds, of the browser's clock
    editing: bool


class _Draft(_Who):
    draft: _Unsaid | None


def app_of(store: Store, setting: Setting) -> ASGIApp:
    """The review as an ASGI application, for requests to 127.0.0.1 only."""
    api = _Api(store, setting)
    routes = [
        Route("/", api.page),
        Route("/list", api.list),
        Route("/summaries", api.summaries),
        Route("/changes", api.changes),
        Route("/items/{id}", api.item),
        Route("/items/{id}/decision", api.decide, methods=["PUT"]),
        Route("/items/{id}/draft", api.keep_draft, methods=["PUT"]),
        Route("/{name}", _asset),
    ]
    under = [Route(f"/{{token}}{route.path}", route.endpoint, methods=route.methods) for route in routes]
    handlers: dict[Any, Any]
    handlers = {HTTPException: _refused, ValidationError: _invalid, BabelsetError: _failed, Conflict: _conflict}
    app = Starlette(routes=[Route("/{token}", _to_page), *under], exception_handlers=handlers)
    return Guard(app, setting.token, setting.port)


@dataclass(frozen=True, slots=True)
class _Api:
    store: Store
    setting: Setting

    def page(self, _: Request) -> Response:
        return Response(_template().render(setting=self.setting), media_type="text/html")

    def list(self, request: Request) -> Response:
        wanted = _query(request, _Listing)
        return _json(self.store.listing(status=wanted.status, search=wanted.search, sort=wanted.sort))

    def summaries(self, request: Request) -> Response:
        return _json(self.store.summaries(_query(request, _Ids).ids.split(",")))

    def changes(self, request: Request) -> Response:
        sequence, decisions = self.store.changes(_query(request, _Since).since)
        return _json({"sequence": sequence, "decisions": decisions, "progress": self.store.progress()})

    def item(self, request: Request) -> Response:
        item, who = self._item(request), _query(request, _Who).reviewer
        decision, draft = self.store.decision(item["id"]), self.store.draft(item["id"], who)
        return _json({"item": item, "decision": decision, "draft": draft})

    async def decide(self, request: Request) -> Response:
        return await run_in_threadpool(self._decide, request, await _body(request, _Saying))

    def _decide(self, request: Request, saying: _Saying) -> Response:
        item = self._item(request)
        said: Said = {"item": item["id"], **saying.model_dump(exclude={"based_on"})}  # type: ignore[typeddict-item]
        decision = self.store.decide(said, based_on=saying.based_on)
        warnings = list(_warnings(item, said["targets"]))
        return _json({"decision": decision, "warnings": warnings, "progress": self.store.progress()})

    async def keep_draft(self, request: Request) -> Response:
        return await run_in_threadpool(self._keep_draft, request, await _body(request, _Draft))

    def _keep_draft(self, request: Request, kept: _Draft) -> Response:
        draft = kept.draft.model_dump() if kept.draft else None
        self.store.keep_draft(self._item(request)["id"], kept.reviewer, draft)
        return _json({})

    def _item(self, request: Request) -> Item:
        item = self.store.get(request.path_params["id"])
        if item is None:
            raise HTTPException(404, "this row is not under review")
        return item


def _warnings(item: Item, targets: Mapping[str, str]) -> Iterator[str]:
    """Kept texts that a correction lost, or has more often than the source."""
    corrected = ((part, targets.get(str(part["segment"]))) for _, part in segments_of(item))
    for part, target in corrected:
        for kept, times in Counter(part["keeps"] if target else ()).items():
            found = (target or "").count(kept)
            if found < times:
                yield f"segment {part['segment']} lost {kept}"
            elif found > max(times, part["source"].count(kept)):
                yield f"segment {part['segment']} has {kept} {found} times, its source {times}"


def _query(request: Request, model: type[Model]) -> Model:
    return model.model_validate(dict(request.query_params))


async def _body(request: Request, model: type[Model]) -> Model:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "say it in application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY:
            raise HTTPException(413, f"too long: at most {BODY:,} bytes at a time")
    return model.model_validate_json(bytes(body))


def _json(data: object, status: int = 200) -> Response:
    return Response(dumps(data), status, media_type="application/json")


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _json({"error": error.detail}, error.status_code)


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    first = error.errors(include_input=False)[0]
    return _json({"error": f"{path_name(first['loc'])}: {first['msg']}"}, 400)


def _failed(_: Request, error: Exception) -> Response:
    return _json({"error": str(error)}, 503 if isinstance(error, OutputError) else 400)


def _conflict(_: Request, error: Exception) -> Response:
    assert isinstance(error, Conflict)
    return _json({"error": str(error), "newest": error.newest}, 409)


def _to_page(request: Request) -> Response:
    return RedirectResponse(f"/{request.path_params['token']}/")


def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _assets():
        raise HTTPException(404, "there is no such page")
    return Response(_assets()[name], media_type=TYPES[PurePath(name).suffix])


@cache
def _assets() -> Mapping[str, str]:
    """The files of the page, read once: an update under a running server must not mix two versions."""
    found = (file for file in files(__package__).iterdir() if PurePath(file.name).suffix in TYPES)
    return {file.name: file.read_text("utf-8") for file in found}


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("babelset.review", ""), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("page.jinja")
