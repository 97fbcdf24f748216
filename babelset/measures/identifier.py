"""
py3langid's naive Bayes model over byte sequences, for many texts at once, with the labels of languages.csv.

It comes packed: 4.6 MB, of which 68 become, in half a second. They are kept in `~/.cache/babelset` and mapped from
there, so that only what is needed of them is read; where nothing can be kept, in a temporary folder.
"""

from __future__ import annotations

import lzma
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from shutil import copyfileobj, rmtree
from tempfile import TemporaryDirectory, TemporaryFile, gettempdir, mkdtemp
from threading import Lock
from typing import TYPE_CHECKING
from zipfile import ZipFile

import xxhash

from babelset.errors import OutputError
from babelset.languages import all_languages

if TYPE_CHECKING:
    import numpy as np

ARRAYS = ("ptc", "pc", "classes", "nextmove", "nextmove_row", "out_feat")
SEAL = "xxh3_128"  # the file that says what the others hold
LONGEST = 6  # bytes that the model looks back
WINDOW = 32  # bytes of a text that are walked in one go
BATCH = 1 << 18  # bytes of texts that are walked at once


class Identifier:
    """`Identifier().scores(["Bon dia"])`: the log score of each of `labels` for each text, as py3langid gives them."""

    def __init__(self) -> None:
        import numpy as np
        from py3langid.langid import LanguageIdentifier

        arrays = _arrays()
        known = {label for language in all_languages() for label in language.langid}
        columns = [at for at, label in enumerate(arrays["classes"].tolist()) if label in known]
        self.labels: list[str] = arrays["classes"][columns].tolist()
        self.prior = arrays["pc"][columns]
        self.rows = _Rows(arrays["ptc"], columns)
        self.encode = LanguageIdentifier._encode
        self.next, self.base = arrays["nextmove"].reshape(-1), arrays["nextmove_row"].astype(np.intp) << 8
        self.feature = np.array(arrays["out_feat"])

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """
        A row of log scores for each text: of the byte sequences that the model knows, those in it.

        They are added up one after another: what a matrix product gives depends on the machine's number of threads and
        on where in the memory its parts lie, and one text must have the same score in every process.
        """
        import numpy as np

        found = np.empty((len(texts), len(self.labels)), np.float32)
        for at, features in enumerate(self._features(texts)):
            seen = Counter(features)
            weights = np.log1p(np.fromiter(seen.values(), np.float64, len(seen)))
            parts = self.rows.of(np.fromiter(seen, np.intp, len(seen))) * weights[:, None]
            found[at] = np.add.reduce(np.ascontiguousarray(parts), axis=0) + self.prior
        return found

    def _features(self, texts: Sequence[str]) -> Iterator[list[int]]:
        batch: list[bytes] = []
        size = 0
        for text in map(self.encode, texts):
            if size > BATCH:
                yield from self._walked(batch)
                batch, size = [], 0
            batch.append(text)
            size += len(text)
        yield from self._walked(batch)

    def _walked(self, texts: Sequence[bytes]) -> Iterator[list[int]]:
        """
        The numbers of the byte sequences in each text, in their order, by the model's automaton.

        All windows of all texts go through it side by side, each from a few bytes before its own: the state depends on
        no more. That is checked: each window must begin where the one before it ended.
        """
        import numpy as np

        lengths = np.array([len(text) for text in texts], np.intp)
        windows = -(-lengths // WINDOW)
        ends = np.cumsum(windows)
        nth = np.arange(windows.sum()) - np.repeat(ends - windows, windows)
        starts = np.repeat(np.cumsum(lengths) - lengths, windows) + nth * WINDOW + LONGEST
        data = np.frombuffer(bytes(LONGEST) + b"".join(texts) + bytes(WINDOW), np.uint8)
        state, found = np.zeros(len(nth), np.intp), np.empty((len(nth), WINDOW), np.int32)
        for step in range(-LONGEST, WINDOW):
            if step == 0:
                state[nth == 0] = 0
                begun = state
            state = self.next[self.base[state] + data[starts + step]].astype(np.intp)
            if step >= 0:
                found[:, step] = self.feature[state]
        if (begun[1:] != state[:-1])[nth[1:] > 0].any():
            raise AssertionError(f"the language model looks back more than {LONGEST} bytes")
        found[nth[:, None] * WINDOW + np.arange(WINDOW) >= np.repeat(lengths, windows)[:, None]] = -1
        self.rows.fetch(np.unique(found[found >= 0]))
        for end, count in zip(ends, windows, strict=True):
            own = found[end - count : end].ravel()
            yield own[own >= 0].tolist()


class _Rows:
    """
    The rows of the table as single precision, in the columns of our labels: those that a text has needed, together.

    A language needs few of them. In the table each is a miss of the cache, which took a third of all the time.
    """

    def __init__(self, table: np.ndarray, columns: Sequence[int], most: int = 16_384) -> None:
        import numpy as np

        self.table, self.columns, self.used, self._lock = table, columns, 0, Lock()
        self.near = np.empty((most, len(columns)), np.float32)
        self.place = np.full(len(table), -1, np.int32)

    def of(self, numbers: np.ndarray) -> np.ndarray:
        found: np.ndarray
        places = self.place[numbers]
        if places.size and places.min() < 0:  # no room was left
            found = self.table[numbers][:, self.columns].astype(self.near.dtype)
        else:
            found = self.near[places]
        return found

    def fetch(self, numbers: np.ndarray) -> None:
        """Have those ready that there is room for; each is named once."""
        import numpy as np

        with self._lock:
            new = numbers[self.place[numbers] < 0][: len(self.near) - self.used]
            end = self.used + len(new)
            self.near[self.used : end] = self.table[new][:, self.columns]
            self.place[new] = np.arange(self.used, end)
            self.used = end


@cache
def identifier() -> Identifier:
    return Identifier()


def _arrays() -> dict[str, np.ndarray]:
    """The arrays of the model by name; OutputError where there is no room for them."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE

    packed = Path(MODEL_DIR) / MODEL_FILE
    name = f"langid-{xxhash.xxh3_128(packed.read_bytes()).hexdigest()}"
    with suppress(OSError, RuntimeError):  # read-only, full, or nobody's home
        return _mapped(_kept(packed, Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser(), name))
    try:
        with TemporaryDirectory() as folder:
            return _mapped(_unpacked(packed, Path(folder)))
    except OSError as error:
        problem = f"the language model cannot be unpacked there ({error.strerror})"
        raise OutputError(f"{gettempdir()}: {problem}; make room, or set TMPDIR") from None


def _mapped(folder: Path) -> dict[str, np.ndarray]:
    """The files may be removed afterwards."""
    import numpy as np

    files = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS}
    return {name: file.view(np.ndarray) for name, file in files.items()}  # a memmap does more at each look


def _kept(packed: Path, cache: Path, name: str) -> Path:
    """The folder of the cache, where need be unpacked into: it appears by rename. Others may do the same just now."""
    home = cache / "babelset"
    if not home.is_absolute():
        raise FileNotFoundError(home)
    if _is_whole(home / name):
        return home / name
    home.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(prefix="langid-part-", dir=home))
    try:
        (_unpacked(packed, part) / SEAL).write_text(_hash(part))
        rmtree(home / name, ignore_errors=True)  # a damaged one
        part.rename(home / name)
    except OSError:
        rmtree(part, ignore_errors=True)
        if not _is_whole(home / name):
            raise
    return home / name


def _unpacked(packed: Path, folder: Path) -> Path:
    with TemporaryFile(dir=folder) as whole, lzma.open(packed) as source:
        copyfileobj(source, whole, 1 << 20)
        with ZipFile(whole) as archive:
            archive.extractall(folder, [f"{name}.npy" for name in ARRAYS])
    return folder


def _is_whole(folder: Path) -> bool:
    try:
        return (folder / SEAL).read_text() == _hash(folder)
    except (OSError, ValueError):
        return False


def _hash(folder: Path) -> str:
    digest = xxhash.xxh3_128()
    for name in ARRAYS:
        with (folder / f"{name}.npy").open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
