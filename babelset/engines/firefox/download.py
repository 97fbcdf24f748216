"""
Files from the web or a folder, of which nothing is believed before its hash is right.

What is stopped halfway goes on where it was, be it the same command or another one; a server that cannot do that
starts over. No redirect leads from https to http.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from babelset import __version__
from babelset.engines.address import is_address
from babelset.errors import ConfigError, EngineError
from babelset.files.writing import sync

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 1 << 20
LARGEST = 1 << 30  # bytes of a file; those of models have up to 60 million
LIST = 1 << 26
ATTEMPTS = 5  # without a byte between them
TIMEOUT = 30.0  # seconds without a byte
FINAL = range(400, 500)  # answers of a server that do not change by asking again


class _Redirects(HTTPRedirectHandler):
    def redirect_request(self, req: Request, *more: Any, **named: Any) -> Request | None:
        made = super().redirect_request(req, *more, **named)
        if made and req.full_url.startswith("https:") and not made.full_url.startswith("https:"):
            raise URLError(f"redirected from https to {made.full_url}")
        return made


def body(place: str) -> bytes:
    """All of a small file, of which a URL or a path is given; EngineError or ConfigError where it cannot be had."""
    if not is_address(place):
        try:
            return Path(place).expanduser().read_bytes()
        except OSError as error:
            raise ConfigError(f"{place}: cannot be read ({error.strerror})") from None
    for attempt in range(ATTEMPTS):
        try:
            with _open(place, 0) as response:
                found = response.read(LIST + 1)
                if len(found) > LIST:
                    raise ConfigError(f"{place}: more than {LIST >> 20} MiB, which is no list of models")
                return found
        except (OSError, HTTPException) as error:
            reason = _reason(place, error)
            _wait(attempt)
    raise EngineError(f"{place}: {reason}. Run the same command again later")


def fetched(place: str, target: Path, digest: str) -> None:
    """
    Make `target` of what is at `place`, unpacked where it is called *.zst; it appears by rename and has that SHA-256.

    Raises ConfigError where it has another one, EngineError where it cannot be had.
    """
    part, new = target.with_name(f".{target.name}.download"), target.with_name(f".{target.name}.new")
    resumed = part.exists()
    source = part if is_address(place) else Path(place).expanduser()
    if is_address(place):
        _download(place, part)
    wrong = _unpack(source, new, digest, packed=place.endswith(".zst"))
    part.unlink(missing_ok=True)
    if wrong and resumed:  # two halves of different files
        return fetched(place, target, digest)
    if wrong:
        new.unlink(missing_ok=True)
        raise ConfigError(f"{place}: {wrong}. Nothing was kept of it; tell those who run the server")
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(target)
    sync(target.parent)
    return None


def sha256(path: Path) -> str:
    """In hexadecimal digits; "" where there is no such file."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(url: str, start: int) -> HTTPResponse:
    headers = {"User-Agent": f"babelset/{__version__}", **({"Range": f"bytes={start}-"} if start else {})}
    opener: OpenerDirector = build_opener(_Redirects)
    response: HTTPResponse = opener.open(Request(url, headers=headers), timeout=TIMEOUT)
    return response


def _download(url: str, part: Path) -> None:
    """All of a file into `part`, which may hold its beginning."""
    barren = 0
    while barren < ATTEMPTS:
        had = part.stat().st_size if part.exists() else 0
        try:
            with _open(url, had) as response:
                if _append(response, part, had):
                    return
                reason = "the connection broke off"
        except HTTPError as error:
            if error.code == 416:  # no such range: it is another file now, or all of it is here
                part.unlink(missing_ok=True)
            reason = _reason(url, error)
        except (OSError, HTTPException) as error:
            reason = _reason(url, error)
        if part.exists() and part.stat().st_size > had:
            barren = 0
        else:
            _wait(barren)
            barren += 1
    raise EngineError(f"{url}: {reason}. Run the same command again to go on")


def _append(response: HTTPResponse, part: Path, had: int) -> bool:
    """Write what comes; whether that is all of it."""
    goes_on = response.status == 206 and str(response.headers.get("Content-Range")).startswith(f"bytes {had}-")
    length = response.headers.get("Content-Length", "")
    expected = (had if goes_on else 0) + int(length) if length.isdecimal() else None
    if (expected or 0) > LARGEST:
        raise ConfigError(f"{response.url}: {expected} bytes are too many for a file of a model")
    with part.open("ab" if goes_on else "wb") as file:
        while block := response.read(BLOCK):
            file.write(block)
            if file.tell() > LARGEST:
                raise ConfigError(f"{response.url}: more than {LARGEST} bytes, which is no file of a model")
        return expected is None or file.tell() == expected


def _unpack(source: Path, target: Path, digest: str, packed: bool) -> str:
    """Copy and check; what is wrong with the content, "" for nothing."""
    found = hashlib.sha256()
    try:
        with source.open("rb") as raw, target.open("wb") as out:
            file: IO[bytes] = zstd.ZstdFile(raw) if packed else raw  # type: ignore[assignment]
            while block := file.read(BLOCK):
                out.write(block)
                found.update(block)
                if out.tell() > LARGEST:
                    return f"unpacks to more than {LARGEST} bytes"
    except (zstd.ZstdError, EOFError) as error:
        return f"not a whole zstd file ({error})"
    except FileNotFoundError:
        return "there is no such file"
    return "" if found.hexdigest() == digest else f"has the SHA-256 {found.hexdigest()}, and not {digest}"


def _reason(url: str, error: Exception) -> str:
    """Why it did not work; ConfigError where asking again is of no use."""
    if isinstance(error, HTTPError) and error.code in FINAL and error.code not in (408, 416, 429):
        raise ConfigError(f"{url}: the server answers {error.code} {error.reason}. Look at --from") from None
    return str(getattr(error, "reason", "") or error or type(error).__name__)


def _wait(attempt: int) -> None:
    time.sleep(min(0.25 * 2**attempt, 8))
