"""
Models from Mozilla's delivery service, or from a mirror, into our own folder.

    babelset models get firefox en-es
    babelset models get firefox en-es --from https://models.example.org/firefox/
    babelset models get firefox en-es --from /mnt/models/firefox

The service is that of the browser: https://HOST/v1/buckets/main/collections/translations-models-v2/records lists the
files with the SHA-256 of each, https://HOST/v1/ says where their zstd attachments are. It is not meant for production:
fetch a model once, and host it yourself. A mirror is a copy of our own folder, on a disk or any web server:

    records.json   en-es/model.enes.intgemm.alphas.bin   en-es/vocab.enes.spm   ...

A model appears by rename, whole and with the hashes that the list gives. What was fetched of it stays until then, so
that the same command goes on where another one was stopped.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
from filelock import FileLock
from pydantic import BaseModel, Field, ValidationError

from babelset.engines.address import is_address
from babelset.engines.firefox.download import body, fetched, sha256
from babelset.engines.firefox.models import TAG, home, route
from babelset.errors import ConfigError, OutputError
from babelset.files.writing import sync, write_whole
from babelset.languages import Pair

MAJOR = 3  # of the versions of models that fxtranslate reads
RECORDS = "records.json"
PRODUCTION = (
    "Mozilla's delivery service is for browsers: fetch a model once, then host the folder yourself and use --from"
)

Say = Callable[[str], None]


class _Attachment(BaseModel):
    location: str = Field(pattern=r"^[\w-][\w.-]*(/[\w-][\w.-]*)*$")  # below the folder of all attachments


class Record(BaseModel):
    """One file of a model, as the service lists it; what does not have this form is no file of a model for us."""

    name: str = Field(pattern=r"^(model|lex|vocab|srcvocab|trgvocab)\.[\w.-]{1,80}\.(bin|spm)$")
    kind: Literal["model", "lex", "vocab", "srcvocab", "trgvocab"] = Field(alias="fileType")
    source: str = Field(alias="sourceLanguage", pattern=rf"^{TAG}$")
    target: str = Field(alias="targetLanguage", pattern=rf"^{TAG}$")
    version: str = Field(pattern=rf"^{MAJOR}(\.\d{{1,4}})?(a\d{{1,4}})?$")
    architecture: str | None = None
    digest: str = Field(alias="decompressedHash", pattern="^[0-9a-f]{64}$")
    attachment: _Attachment

    @property
    def pair(self) -> str:
        return f"{self.source}-{self.target}"

    @property
    def rank(self) -> tuple[int, bool, str]:
        """Newest last: 3.0a1, 3.0, 3.1."""
        minor = re.match(r"\d+\.(\d+)", self.version)
        return int(minor[1]) if minor else 0, "a" not in self.version, self.architecture or ""


@dataclass(frozen=True, slots=True)
class Source:
    """A list of records, and where their attachments are: a URL or a folder."""

    records: list[Record]
    base: str

    @classmethod
    def of(cls, place: str) -> Source:
        """The service ("" or a URL that ends in /records), else a mirror. Raises ConfigError, EngineError."""
        place = place or _default()
        if is_address(place) and place.rstrip("/").endswith("/records"):
            root = place.partition("buckets/")[0]
            about = _json(body(root), root)
            try:
                base = str(about["capabilities"]["attachments"]["base_url"])
            except (KeyError, TypeError):
                raise ConfigError(f"{root} does not say where its attachments are: it is no Remote Settings") from None
            return cls(_records(_json(body(place), place), place), base.rstrip("/") + "/")
        base = place.rstrip("/") + "/"
        return cls(_records(_json(body(base + RECORDS), base + RECORDS), base + RECORDS), base)

    def choose(self, source: str, target: str) -> list[Record]:
        """The files of the newest model of a pair: all of one version and architecture."""
        here = [record for record in self.records if (record.source, record.target) == (source, target)]
        best = max((record for record in here if record.kind == "model"), key=lambda record: record.rank)
        files = {one.kind: one for one in here if one.rank == best.rank}
        if "vocab" in files:
            files.pop("srcvocab", None), files.pop("trgvocab", None)
        elif not {"srcvocab", "trgvocab"} <= files.keys():
            raise ConfigError(f"the list has no vocabulary for the model {best.pair} {best.version}")
        return list(files.values())


def _default() -> str:
    from fxtranslate import discovery

    return str(discovery.records_url())


def get(pair: Pair, place: str = "", folder: Path | None = None, say: Say = print) -> list[str]:
    """
    Fetch what leads from one language to the other, over English where nothing does directly; names of the models.

    Raises ConfigError for a pair that is not there, or a file that is not what it should be; EngineError where the
    other side cannot be reached or breaks off again and again, OutputError where the folder cannot be written.
    """
    folder = folder or home()
    if not place:
        say(PRODUCTION)
    source = Source.of(place)
    models = [record for record in source.records if record.kind == "model"]
    way = route(models, pair)
    if not way:
        there = " ".join(sorted({record.pair for record in models}))
        raise ConfigError(f"no model from {pair.source.name} into {pair.target.name}. There are: {there or 'none'}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            for model in way:
                _install(source, source.choose(model.source, model.target), folder, say)
    except OSError as error:
        raise OutputError(f"{error.filename or folder}: cannot be written ({error.strerror or error})") from None
    return [model.pair for model in way]


def _install(source: Source, files: Sequence[Record], folder: Path, say: Say) -> None:
    pair = files[0].pair
    final, work = folder / pair, folder / f".{pair}.part"
    if all(sha256(final / file.name) == file.digest for file in files):
        _list(folder, files)  # which a kill may have kept from the list
        say(f"{pair}: is in {final} already")
        return
    work.mkdir(exist_ok=True)
    for file in files:
        if sha256(work / file.name) != file.digest:
            say(f"{pair}: {file.name}")
            fetched(source.base + file.attachment.location, work / file.name, file.digest)
    for other in {*work.iterdir()} - {work / file.name for file in files}:
        other.unlink()  # of an earlier version
    if final.exists():
        shutil.rmtree(final)
    work.rename(final)
    sync(folder)
    _list(folder, files)
    say(f"{pair}: {files[0].version} in {final}")


def _list(folder: Path, files: Sequence[Record]) -> None:
    """Make the folder a mirror: others may fetch from a copy of it."""
    path = folder / RECORDS
    others = []
    if path.exists():
        with suppress(ConfigError):  # damaged: the list of what is fetched now is made anew
            others = [one for one in _records(_json(body(str(path)), str(path))) if one.pair != files[0].pair]
    here = [file.model_copy(update={"attachment": _Attachment(location=f"{file.pair}/{file.name}")}) for file in files]
    listed = orjson.dumps({"data": [file.model_dump(by_alias=True) for file in (*others, *here)]})
    if not path.exists() or path.read_bytes() != listed + b"\n":
        write_whole(path, [listed])


def _json(text: bytes, place: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConfigError(f"{place} is not a JSON object: it is no list of models")
    return found


def _records(found: dict[str, Any], place: str = RECORDS) -> list[Record]:
    """What of a list are files of models that we can use; the service lists other things, too."""
    if not isinstance(data := found.get("data"), list):
        raise ConfigError(f'{place} has no "data": it is no list of models')
    records = []
    for item in data:
        with suppress(ValidationError):
            records.append(Record.model_validate(item))
    return records
