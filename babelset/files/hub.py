"""
Datasets of the Hugging Face hub by name, and their files in its cache.

hf:ORG/NAME[@REVISION][:CONFIG][/SPLIT]     what a user writes: hf:openai/gsm8k@main:socratic/test
hf:ORG/NAME@COMMIT:CONFIG/SPLIT/PATH        one file of it, at one commit: what evidence and manifests say

The second is a file's name wherever the first cannot change any more: `local` fetches it once. The token is read from
HF_TOKEN and from nowhere else, and stands in no message.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, Literal, Self

from babelset.errors import BabelsetError, ConfigError, EngineError

PREFIX = "hf:"
FORM = "hf:ORG/NAME[@REVISION][:CONFIG][/SPLIT]"
TOKEN = "HF_TOKEN"
NAME = re.compile(
    r"hf:(?P<repo>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>refs/(?:pr|convert)/\w[\w.-]*|\w[\w.-]*))?"
    r"(?::(?P<config>[^/:@]+))?(?:/(?P<split>\w[\w.-]*)(?:/(?P<path>.+))?)?",
    re.ASCII,
)
PLAIN = ("", "default", "main", "plain_text")  # names of a configuration that say nothing
LONGEST = 500  # characters of what a server says
ASKED = 1000  # files of a question


@dataclass(frozen=True, slots=True)
class HubName:
    """`HubName.of("hf:openai/gsm8k:socratic/test")` -> HubName("openai/gsm8k", "", "socratic", "test", "")."""

    repo: str
    revision: str = ""
    config: str = ""
    split: str = ""
    path: str = ""

    @classmethod
    def of(cls, name: str | Path) -> Self:
        """Raises ConfigError for a text that is no such name."""
        found = NAME.fullmatch(str(name))
        if found is None:
            raise ConfigError(f"{name}: write a dataset of the hub as {FORM}, as hf:tatsu-lab/alpaca/train")
        made = cls(**found.groupdict(default=""))
        if made.path and (not made.path.isprintable() or {"", ".", ".."} & {*made.path.split("/")}):
            raise ConfigError(f"{name}: no file of a dataset can have such a name")
        return made

    def __str__(self) -> str:
        parts = (("@", self.revision), (":", self.config), ("/", self.split), ("/", self.path))
        return f"{PREFIX}{self.repo}" + "".join(mark + part for mark, part in parts if part)

    @property
    def dataset(self) -> str:
        """`{dataset}` in names of outputs: "gsm8k-socratic"."""
        name = self.repo.partition("/")[2]
        return name if self.config in PLAIN else f"{name}-{self.config}"


def is_hub(name: str | Path) -> bool:
    return str(name).startswith(PREFIX)


def dataset_of(file: str | Path) -> str:
    """`dataset_of("data/dolly.jsonl.gz"), dataset_of("hf:tatsu-lab/alpaca")` -> ("dolly", "alpaca")."""
    return HubName.of(file).dataset if is_hub(file) else Path(file).name.partition(".")[0]


def label(file: str | Path) -> str:
    """The file in a row's id: its last name, of a file of the hub "gsm8k-socratic.test"."""
    if not is_hub(file):
        return Path(file).name
    name = HubName.of(file)
    return ".".join(filter(None, (name.dataset, name.split)))


@cache
def local(path: str | Path) -> Path:
    """
    The file itself; one of the hub is fetched into the cache of huggingface_hub, unless it is there.

    Raises ConfigError for one that cannot be had, EngineError where the hub cannot be reached.
    """
    if not is_hub(path):
        return Path(path)
    name = HubName.of(path)
    if not name.path:
        raise ConfigError(f"{path}: this command reads one file; name it as hf:ORG/NAME@COMMIT:CONFIG/SPLIT/PATH")
    return fetched(name, name.path)


def fetched(name: HubName, path: str) -> Path:
    """A file of the repository."""
    with reaching(str(name)):
        found = hub().hf_hub_download(name.repo, path, repo_type="dataset", revision=name.revision or None)
        return Path(found)


def fetch_ahead(path: str | Path) -> None:
    """Begin to fetch a file while others are read; whatever is wrong with it is said when it is read itself."""

    def fetch() -> None:
        with suppress(BabelsetError):
            local(path)

    if is_hub(path):
        Thread(target=fetch, daemon=True).start()


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of a file, as the hub knows it: `digest` is a SHA-256, or for small files what git calls them."""

    bytes: int
    kind: Literal["sha256", "git_sha1"]
    digest: str


def blobs(paths: Sequence[str]) -> dict[str, Blob]:
    """What the hub says of files of its datasets; none is fetched. Raises as `local`."""
    names = {path: HubName.of(path) for path in paths}
    wanted: dict[tuple[str, str], dict[str, None]] = {}
    for name in names.values():
        wanted.setdefault((name.repo, name.revision), {})[name.path] = None
    there = {where: dict(_blobs(*where, list(some))) for where, some in wanted.items()}
    found = {path: there[name.repo, name.revision].get(name.path) for path, name in names.items()}
    if missing := next((path for path, blob in found.items() if blob is None), ""):
        raise ConfigError(f"{missing}: there is no such file")
    return {path: blob for path, blob in found.items() if blob}


def _blobs(repo: str, revision: str, paths: Sequence[str]) -> Iterator[tuple[str, Blob]]:
    with reaching(str(HubName(repo, revision))):
        for start in range(0, len(paths), ASKED):
            some = paths[start : start + ASKED]
            for each in hub().get_paths_info(repo, list(some), repo_type="dataset", revision=revision or None):
                if lfs := getattr(each, "lfs", None):
                    yield each.path, Blob(each.size, "sha256", lfs.sha256)
                elif hasattr(each, "blob_id"):
                    yield each.path, Blob(each.size, "git_sha1", each.blob_id)


def cached(name: HubName, path: str) -> Path | None:
    """A file of the repository, if it was fetched before; nobody is asked."""
    hub()
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name.repo, path, repo_type="dataset", revision=name.revision)
    return Path(found) if isinstance(found, str) else None


def hub() -> Any:
    """The client, for the server that HF_ENDPOINT names, and with no other token than that of HF_TOKEN."""
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.utils import disable_progress_bars
    except ImportError:
        raise ConfigError("the hub needs an extra: pip install 'babelset[hub]'") from None
    if not sys.stderr.isatty():
        disable_progress_bars()
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, token=os.environ.get(TOKEN) or False)


@contextmanager
def reaching(name: str) -> Iterator[None]:
    """Whatever the client raises as ConfigError, where the user can mend it, or else as EngineError."""
    hub()  # which says what is missing
    from huggingface_hub import errors

    known = (errors.HTTPError, errors.HfHubHTTPError, errors.HFValidationError, OSError, RuntimeError, ValueError)
    try:
        yield
    except known as error:
        raise _told(name, error) from None


def _told(name: str, error: Exception) -> BabelsetError:
    from huggingface_hub import errors

    cure = f"set {TOKEN} to a token that may do this" if not os.environ.get(TOKEN) else f"look at the rights of {TOKEN}"
    if isinstance(error, errors.GatedRepoError):
        return ConfigError(f"{name}: its owners want you to accept its conditions on its page; then {cure}")
    if isinstance(error, errors.RepositoryNotFoundError):
        return ConfigError(f"{name}: there is no such dataset, or it is private: {cure}")
    if isinstance(error, errors.RevisionNotFoundError):
        return ConfigError(f"{name}: there is no such revision; name a branch, a tag or a commit")
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return ConfigError(f"{name}: there is no such file")
    if isinstance(error, errors.HFValidationError):
        return ConfigError(f"{name}: {_safe(error)}")
    if getattr(getattr(error, "response", None), "status_code", 0) in (401, 403):
        return ConfigError(f"{name}: the hub refuses: {_safe(error)}; {cure}")
    return EngineError(f"{name}: the hub cannot be reached: {_safe(error)}; give the same command again later")


def _safe(error: BaseException) -> str:
    """What went wrong, on one line and without the token, whoever repeats it."""
    first = error.__cause__ or error
    text = " ".join((str(first) or type(first).__name__).split())
    token = os.environ.get(TOKEN)
    return (text.replace(token, f"${TOKEN}") if token else text)[:LONGEST]
