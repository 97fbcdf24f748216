"""
One way to make an output, for every command that writes rows.

with making("translate", places, parts, reads=inputs) as output:
    if output.made:                                    finished earlier, by the same command
        return output.made
    output.write(number, entries)                      once for each chunk that is not in output.done
    return output.publish(output.entries(), files, about)

What a kill at any moment leaves, the same command resumes:

1. Nothing is opened until it is sure that no file is read and written, and that no file there is somebody else's.
2. OUT.work/run.json says what is being made; finished chunks stand beside it.
3. OUT.work/publish.json says which files are about to appear; each does so by rename.
4. The manifest, by rename: now the output is finished.
5. OUT.work/ goes, with all that was kept for a resumed run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babelset.contracts.evidence import known_of
from babelset.contracts.stored import stored
from babelset.errors import ConfigError, DataError
from babelset.files.formats import Format, Writer
from babelset.files.row import KEY
from babelset.files.survey import fingerprint
from babelset.files.writing import appear, check_writable, drafting, drafting_text, make_folder, part_of
from babelset.work.damage import Damaged, read_sealed, set_aside, teller, telling, write_sealed
from babelset.work.journal import PUBLISH, Chunks, Entry, Journal, clear, compare
from babelset.work.manifest import Manifest, identity_of, read_manifest, told_manifest
from babelset.work.places import Places, keep_apart, keep_outside

FORCE = "name another output, or add --force"
DERIVING = ("filter", "score", "apply-review")  # commands whose outputs hold rows of their inputs


@dataclass
class Output:
    """An output on its way. `made` is the manifest where it was finished earlier."""

    places: Places
    identity: dict[str, Any]
    like: str | None
    force: bool
    reads: Sequence[str | Path] = ()
    made: Manifest | None = None
    journal: Journal | None = None
    replaced: Manifest = field(default_factory=Manifest)  # what --force replaces
    doubt: str = ""  # what does not tell any more whose files are there: these may be replaced by the same bytes only

    @property
    def work(self) -> Path:
        """The folder for what a resumed run must find again."""
        return self.places.work

    def fall_short(self, reason: str, details: Sequence[str]) -> None:
        """Say in the manifest why nothing is made; but leave that of an output which is there already."""
        path = self.places.manifest
        if not path.exists() or "shortfall" in told_manifest(path):
            told = {"shortfall": {"reason": reason, "details": list(details)}, "files": {"manifest": str(path)}}
            write_sealed(path, {**self.identity, **told, "written": []})

    @property
    def done(self) -> set[int]:
        return self._journal.done()

    def write(self, chunk: int, entries: Iterable[Entry]) -> None:
        """Finish a chunk: it is there whole, or not at all."""
        self.chunks.write(chunk, entries)

    @property
    def chunks(self) -> Chunks:
        """Where they are, for other processes too."""
        return self._journal.chunks

    def entries(self) -> Iterator[Entry]:
        """Every entry of every finished chunk, in order."""
        return self._journal.read()

    def publish(
        self,
        entries: Iterable[Entry],
        files: Mapping[str, Path],
        about: Callable[[], Mapping[str, Any]],
        always: Sequence[str] = (),
        texts: Callable[[], Mapping[Path, str]] = dict,
        formats: Callable[[Path], Format | None] = lambda path: None,
    ) -> Manifest:
        """
        Write each entry to the file of its status, then all files at once, then the manifest; clean up.

        An entry may name its own `file`. Files in `always` are there also without rows, and the first of them appears
        last. `texts` are files beside them, asked for when every entry is written. `formats` says how
        a file is written, where its name does not. `about` is the rest of the
        manifest; it is asked when every entry is written and before anything appears, and may raise. Raises
        ConfigError for a file that is there and was not made by this command, OutputError where one cannot be written.
        """
        with ExitStack() as stack:
            drafts: dict[Path, Writer] = {}
            paths: dict[str, str] = {}

            def draft(what: str, path: Path) -> Writer:
                if path not in drafts:
                    keep_apart(self.reads, {f"{what} rows": path})
                    self.refuse(path)
                    like = formats(path) or self.like
                    make_folder(path.parent)
                    drafts[path] = stack.enter_context(drafting(path, like=like))
                    paths[what] = str(path)
                return drafts[path]

            for what in always:
                draft(what, files[what])
            for entry in entries:
                what = entry.get("file", entry["status"])
                draft(what, files.get(what) or Path(what)).write(stored(self._derived(entry["data"])))
            told, beside = about(), texts()
            for path, text in beside.items():
                keep_apart(self.reads, {"text beside them": path})
                self.refuse(path)
                stack.enter_context(drafting_text(path, text))
        made = [*drafts, *beside]
        self._appear(made)
        return self._finish({**told, "files": {**paths, **told.get("files", {})}}, made)

    def _derived(self, data: dict[str, Any]) -> dict[str, Any]:
        """The row, which says that another file has it, too, and which command copied it."""
        command = self.identity["command"]
        known = known_of(data) if command in DERIVING else {}
        if not known or command in (before := known.get("derived", ())):
            return data
        return {**data, KEY: {**known, "derived": [*before, command]}}

    def _appear(self, paths: Sequence[Path]) -> None:
        told = [self._relative(path) for path in paths]
        self._check_doubt(paths)
        write_sealed(self.work / PUBLISH, {"files": told})
        for path in reversed(paths):
            appear(path)
        home = self.places.manifest.parent
        for entry in self.replaced.get("written", ()):  # by an earlier run of this command
            before = home / entry["file"]
            if entry["file"] not in told and before.resolve().is_relative_to(home.resolve()):  # whoever wrote this
                before.unlink(missing_ok=True)

    def _check_doubt(self, paths: Sequence[Path]) -> None:
        """Raise ConfigError where nobody knows who made a file, and it is not what this command makes."""
        for path in paths if self.doubt and not self.force else ():
            if path.exists() and _known_by(path) != _known_by(part_of(path)):
                for each in paths:
                    part_of(each).unlink(missing_ok=True)
                raise ConfigError(f"{path} exists, and is not what this command makes ({self.doubt}); {FORCE}")

    def _finish(self, about: dict[str, Any], paths: Sequence[Path]) -> Manifest:
        """Write the manifest, which says that all is there, and clean up."""
        path = self.places.manifest
        about["files"]["manifest"] = str(path)
        written = [{**fingerprint(made), "file": self._relative(made)} for made in paths]
        manifest: Manifest = {**self.identity, **about, "written": written}  # type: ignore[typeddict-item]
        make_folder(path.parent)
        if self.doubt and path.exists() and not _is_read(path):
            set_aside(path, self.doubt)
        write_sealed(path, manifest)
        self._journal.remove()
        return manifest

    def _relative(self, path: Path) -> str:
        return os.path.relpath(path, self.places.manifest.parent)

    def refuse(self, path: Path) -> None:
        """Raise ConfigError for a file that is there and was not made by this command."""
        if not os.path.lexists(path) or (self.force and not path.is_dir()):
            return
        ours = [entry["file"] for entry in self.replaced.get("written", ())]
        if self._relative(path) not in [*ours, *self._begun()] and not self.doubt:  # _begun may doubt
            raise ConfigError(f"{path} exists, and was not made by this command; {FORCE}")

    def _begun(self) -> list[str]:
        """The files that were about to appear."""
        try:
            return list(read_sealed(self.work / PUBLISH)["files"])
        except FileNotFoundError:
            return []
        except (Damaged, KeyError) as damaged:
            self.doubt = str(damaged)
            set_aside(self.work / PUBLISH, self.doubt)
            return []

    @property
    def _journal(self) -> Journal:
        if self.journal is None:
            raise RuntimeError("the output is made already")
        return self.journal


@contextmanager
def making(
    command: str,
    places: Places,
    parts: Mapping[str, Any],
    *,
    reads: Sequence[str | Path],
    writes: Mapping[str, Path],
    shares: Mapping[str, Path] | None = None,
    like: str | None = None,
    force: bool = False,
    resumes: bool = True,
    renews: bool = False,
    say: Callable[[str], None] = lambda message: None,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Output]:
    """
    The output of a command, to be made or made already. `parts` decide its bytes; `shares` are written by others too.
    With `resumes` a failure leaves what was done, or paid for, to resume from; without, what was paid for only. With
    `renews` the same command's output of other inputs or options is replaced, as long as nobody has changed it.

    Raises ConfigError, before anything is opened, for a file that is read and written, for an ending that tells no
    format, and without `force` for one that another command made.
    """
    reads, beside = [*reads], {"manifest": places.manifest, "work folder": places.work}
    keep_apart(reads, {**{f"{what} rows": path for what, path in writes.items()}, **beside}, shares)
    keep_outside(places.work, [*reads, *writes.values(), *(shares or {}).values()])
    for path in writes.values():
        check_writable(path, reads, like)
    output = Output(places, identity_of(command, parts), like, force, reads)
    with telling(warn or teller()):
        if _is_made(output, writes, renews, say):
            yield output
            return
        for path in writes.values():
            output.refuse(path)
        with Journal(places.work, {**output.identity, "force": force}, replace=force or renews) as output.journal:
            if _is_made(output, writes, renews, say):  # by another process, since we looked
                output.journal.remove()
            try:
                yield output
            except BaseException:
                if output.journal.empty:
                    output.journal.remove()
                elif not (resumes or (output.work / PUBLISH).exists()):
                    output.journal.remove(keep_paid=True)
                raise


def _is_made(output: Output, writes: Mapping[str, Path], renews: bool, say: Callable[[str], None]) -> bool:
    """Whether the output is finished, with its manifest in `made`; ConfigError for one that was made differently."""
    places = output.places
    try:
        manifest = read_manifest(places.manifest)
        _check_name(manifest, places.manifest)
    except DataError as error:
        if not output.force and not any(path.exists() for path in (places.accepted, *writes.values())):
            raise ConfigError(f"{error}; {FORCE}") from None
        output.doubt = error.reason
        teller()(f"{error}: making all of it again, to see whose it is")
        return False
    if not manifest or "shortfall" in manifest:
        return False
    if output.force:
        output.replaced = manifest if manifest.get("command") == output.identity["command"] else {}
        return False
    differences = compare({key: manifest.get(key) for key in output.identity}, output.identity)
    if differences and not (renews and manifest.get("command") == output.identity["command"]):
        shown = [f"  {line}" for line in differences[:10]]
        raise ConfigError(f"{places.accepted} exists and was made differently:", *shown, FORCE.capitalize())
    if (gone := _gone(manifest, places.manifest.parent)) or differences:
        say(f"{gone or places.accepted} is {'missing' if gone else 'of other rows or options'}: making it again")
        output.replaced = manifest
        return False
    say(f"{places.accepted} is complete already: nothing to do")
    clear(places.work)
    output.made = manifest
    return True


def _check_name(manifest: Manifest, path: Path) -> None:
    """Raise DataError for the manifest of another output."""
    files = manifest.get("files")
    name = Path(str(files.get("manifest", path))).name if isinstance(files, dict) else ""
    if manifest and name != path.name:
        raise DataError(f"the manifest is that of {name or 'something else'}", file=str(path))


def _gone(manifest: Manifest, folder: Path) -> str:
    """A file of a finished output that is missing, "" for none; ConfigError for one that somebody changed."""
    for before in manifest.get("written", ()):
        path = folder / before["file"]
        if not path.exists():
            return str(path)
        if _known_by(path) != (before["bytes"], before["xxh3_128"]):
            raise ConfigError(f"{path} has changed since it was made; {FORCE} to make it again")
    return ""


def _known_by(path: Path) -> tuple[int, str]:
    found = fingerprint(path)
    return found["bytes"], found["xxh3_128"]


def _is_read(path: Path) -> bool:
    try:
        return bool(read_manifest(path))
    except DataError:
        return False
