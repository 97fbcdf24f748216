"""
A folder that `babelset export --as hub` made, to the Hugging Face hub.

1. The repository is created, or is there.
2. Files go up a few at a time; what the hub has already is not sent again, so the same command resumes.
3. One commit makes all of them visible, and takes away shards of an earlier upload that are no longer there. Nobody
   reads half a dataset.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from babelset.errors import ConfigError, DataError
from babelset.files.frontmatter import front_matter
from babelset.files.hub import TOKEN, hub, reaching
from babelset.files.hubsplits import CARD

AT_ONCE = 20  # files that are sent before the next ones are looked at
REPO = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
SHARD = re.compile(r"data/(?P<language>[\w-]+)/\w[\w.]*-\d{5}-of-\d{5}\.parquet", re.ASCII)


def push(folder: Path, repo: str, *, private: bool = False, say: Callable[[str], None] = lambda message: None) -> str:
    """
    Upload the folder; the address of the dataset.

    >>> push(Path("out/alpaca-ca"), "anna/alpaca-ca")
    'https://huggingface.co/datasets/anna/alpaca-ca'

    Raises ConfigError for a folder that is no export for the hub, or without a token that may write; EngineError where
    the hub cannot be reached: the same command resumes.
    """
    files = _files(folder, repo)
    if not os.environ.get(TOKEN):
        raise ConfigError(f"set {TOKEN} to a token that may write; it is read from the environment only")
    api = hub()
    with reaching(repo):
        address = str(api.create_repo(repo, repo_type="dataset", private=private or None, exist_ok=True))
        sent = _send(api, repo, folder, files, say)
        gone = _stale(api.dataset_info(repo).siblings or (), files)
        _commit(api, repo, sent, gone)
    return address


def _files(folder: Path, repo: str) -> list[str]:
    """The card and the shards of the folder, by their names in it; whatever else is there stays here."""
    if not REPO.fullmatch(repo):
        raise ConfigError(f"{repo}: name the repository as ORG/NAME")
    if not folder.is_dir():
        raise DataError("there is no such folder", file=str(folder))
    shards = sorted(path.relative_to(folder).as_posix() for path in folder.glob("data/*/*.parquet"))
    files = [path for path in shards if SHARD.fullmatch(path)]
    if not files or not front_matter(folder / CARD).get("configs"):
        raise ConfigError(f"{folder}: no {CARD} and data that belong together; make them: babelset export --as hub")
    return [*files, CARD]


def _send(api: Any, repo: str, folder: Path, files: Sequence[str], say: Callable[[str], None]) -> list[Any]:
    """Upload what the hub lacks; what is to be committed."""
    from huggingface_hub import CommitOperationAdd

    made = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=str(folder / name)) for name in files]
    for start in range(0, len(made), AT_ONCE):
        part = made[start : start + AT_ONCE]
        api.preupload_lfs_files(repo, additions=part, repo_type="dataset", free_memory=False)
        say(f"{min(start + AT_ONCE, len(made))} of {len(made)} files are there")
    return made


def _stale(there: Sequence[Any], files: Sequence[str]) -> list[str]:
    """Shards of an earlier upload, of a language that comes now: a reader would take them for part of the dataset."""
    languages = {found["language"] for name in files if (found := SHARD.fullmatch(name))}
    old = {found[0]: found["language"] for each in there if (found := SHARD.fullmatch(each.rfilename))}
    return [name for name, language in old.items() if language in languages and name not in files]


def _commit(api: Any, repo: str, sent: Sequence[Any], gone: Sequence[str]) -> None:
    from huggingface_hub import CommitOperationDelete

    operations = [*sent, *(CommitOperationDelete(path_in_repo=name) for name in gone)]
    api.create_commit(repo, operations, commit_message="Upload by babelset", repo_type="dataset")
