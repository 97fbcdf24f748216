"""The shards of one output: the proof that each is there once, what they hold, and the sum of their accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

from babelset.errors import AccountingError, ConfigError, DataError
from babelset.files.lossless import dumps, loads
from babelset.files.reading import read
from babelset.files.row import KEY, BadRow
from babelset.files.survey import fingerprint
from babelset.work.journal import Entry, compare
from babelset.work.manifest import Manifest, read_manifest
from babelset.work.places import Places

ROWS = {
    "translate": "accepted",
    "score": "scored",
    "run": "written",
    "filter": "accepted",
}  # what the main file of a command holds
DECIDING = ("inputs", "job", "schema", "signature", "filters", "scorers", "sample", "chunk", "step", "options")
IDENTITY = ("format", "babelset", "command", *DECIDING)
ACCOUNT = ("rows", "rejections", "not_covered", "counts", "segments", "columns", "input_notes", "routes", "failures")
RECORD = ("reading", "notice", "notes", "licenses", "engine", "accounts")


@dataclass(frozen=True, slots=True)
class Part:
    """One finished shard."""

    places: Places
    manifest: Manifest
    moved: Mapping[tuple[str, str], tuple[str, int]] = field(default_factory=dict)  # see `following`

    @property
    def reads(self) -> Path | None:
        """What an earlier step of its pipeline made of this part; None for the first step."""
        reads = self.manifest["shard"].get("reads")
        return self.places.accepted.parent / str(reads) if reads else None

    @property
    def memory(self) -> Path:
        """The translation memory that it has to itself; of a pipeline's last step, the one of all steps."""
        last = self.reads and self.reads.parent != self.places.accepted.parent
        return self.reads.with_name("memory.sqlite") if self.reads and last else self.places.memory

    @property
    def name(self) -> str:
        shard = self.manifest["shard"]
        return f"{shard['number']}/{shard['of']}"

    @property
    def identity(self) -> dict[str, Any]:
        """What it has in common with the others: all that decides the output, but which shard it is."""
        found = {key: self.manifest[key] for key in IDENTITY if key in self.manifest}  # type: ignore[literal-required]
        return reading(found, None) if self.reads else found

    @property
    def files(self) -> dict[str, Path]:
        """By status of their rows, those that are there."""
        main = ROWS[self.manifest["command"]]
        all_ = {main: self.places.accepted, "rejected": self.places.rejected, "failed": self.places.failed}
        names = {entry["file"] for entry in self.manifest["written"]}
        return {status: path for status, path in all_.items() if path.name in names}

    def count(self, status: str) -> int:
        """How many rows it has counted."""
        return self.manifest["rows"].get("written" if status == "scored" else status, 0)

    def entries(self) -> Iterator[Entry]:
        """Its rows as they are written; AccountingError where they are not as many as it has counted."""
        found = Counter[str]()
        for status, path in self.files.items():
            for row in read([path]):
                if isinstance(row, BadRow):
                    raise DataError(row.reason, file=row.file, line=row.line)
                found[status] += 1
                yield {"status": status, "data": self._placed(row.data)}
        for status in (ROWS[self.manifest["command"]], "rejected", "failed"):
            if found[status] != (count := self.count(status)):
                raise AccountingError(f"{self.places.accepted}: {found[status]} of {count} rows {status}; report this")

    def _placed(self, data: dict[str, Any]) -> dict[str, Any]:
        """A row that tells where in an earlier step's rows it came from: where that is in those of all shards."""
        known = loads(data[KEY]) if self.moved and isinstance(data.get(KEY), str) else data
        path = Path(str(known.get("file", ""))) if isinstance(known, dict) else Path()
        if not (found := self.moved.get((path.parent.name, path.name))):
            return data
        file, before = found
        told = {**known, "file": file, **{key: known[key] + before for key in ("row", "line") if key in known}}
        return {**data, KEY: dumps(told)} if KEY in data else told


def reading(identity: Mapping[str, Any], path: Path | None) -> dict[str, Any]:
    """The identity of a step that reads this file; None for one of its shard's own."""
    files = [fingerprint(path)] if path else []
    job = {"job": {**identity["job"], "inputs": [str(path)] if path else []}} if "job" in identity else {}
    return {**identity, "inputs": files, **job}


def following(parts: Sequence[Part], earlier: Sequence[Part], gathered: Path) -> list[Part]:
    """
    The parts, when what they read, `earlier`, has been gathered: their rows then tell where it is.

    Raises ConfigError where one of them is not what its part has read.
    """
    found, before = list[Part](), 0
    for part, source in zip(parts, earlier, strict=True):
        path = source.places.accepted
        if part.name != source.name or part.manifest["inputs"] != [fingerprint(path)]:
            raise ConfigError(f"{path} is not what {part.places.accepted} was made of; run its command again")
        where = {(path.parent.name, path.name): (str(gathered), before)}
        found.append(replace(part, moved={**source.moved, **where}))
        before += source.count(ROWS[source.manifest["command"]])
    return found


def steps_of(part: Part, output: Path) -> Path:
    """
    Where a run that makes `output` keeps what its earlier steps make.

    "part-1.ca.jsonl" reads "part-1.steps/1-ask.jsonl", so "all.ca.jsonl" is made of "all.steps/1-ask.jsonl".
    """
    assert part.reads
    name, folder = output.name, part.reads.parent
    if folder == part.places.accepted.parent:  # an earlier step itself
        return output.with_name(part.reads.name)
    before, _, after = part.places.accepted.name.partition(folder.name.removesuffix(".steps"))
    alike = name.startswith(before) and name.endswith(after)
    stem = name[len(before) : len(name) - len(after)] if alike else name.partition(".")[0]
    return output.with_name(f"{stem}.steps") / part.reads.name


def parts_of(paths: Sequence[str | Path]) -> list[Part]:
    """
    The shards in their order.

    Raises ConfigError for one that is missing, given twice, unfinished, changed, or of something else; DataError for a
    manifest that cannot be read.
    """
    parts = [_part(Path(path)) for path in paths]
    first = min(parts, key=lambda part: part.manifest["shard"]["number"])
    named: dict[str, Part] = {}
    for part in parts:
        if differences := compare(first.identity, part.identity):
            shown = [f"  {line}" for line in differences[:10]]
            raise ConfigError(
                f"{part.places.accepted} is a shard of something else than {first.places.accepted}:", *shown
            )
        if part.manifest["shard"]["of"] != first.manifest["shard"]["of"]:
            both = f"{first.places.accepted} is shard {first.name}, and {part.places.accepted} is {part.name}"
            raise ConfigError(f"{both}: give the shards of one division")
        if other := named.get(part.name):
            raise ConfigError(f"shard {part.name} is there twice: {other.places.accepted}, {part.places.accepted}")
        named[part.name] = part
    of = first.manifest["shard"]["of"]
    if missing := [number for number in range(1, of + 1) if f"{number}/{of}" not in named]:
        raise ConfigError(f"shards are missing: {_listed(missing)} of {of}; make them, and name all {of}")
    ordered = [named[f"{number}/{of}"] for number in range(1, of + 1)]
    _check_rows(ordered)
    return ordered


def _part(path: Path) -> Part:
    places = next((each for each in (Places.of(path), Places.of(path, quiet=True)) if each.manifest.exists()), None)
    if places is None:
        raise ConfigError(f"{path}: there is no manifest beside it, so it is not finished; run its command to the end")
    manifest = read_manifest(places.manifest)
    if "shard" not in manifest or manifest.get("command") not in ROWS:
        raise ConfigError(f"{path} is no shard: it was made without --shard; name outputs of --shard K/N only")
    for entry in manifest["written"]:
        made = path.parent / entry["file"]
        if not made.exists():
            raise ConfigError(f"{made} is missing; run the command of shard {_name(manifest)} again")
        if {**fingerprint(made), "file": entry["file"]} != entry:
            raise ConfigError(f"{made} has changed since it was made; run its command again, with --force")
    return Part(places, manifest)


def _name(manifest: Manifest) -> str:
    return Part(Places(Path()), manifest).name


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" ..." if len(numbers) > 20 else "")


def _check_rows(parts: Sequence[Part]) -> None:
    """Raise AccountingError where they do not hold every row once."""
    end = 0
    for part in parts:
        shard, rows = part.manifest["shard"], part.manifest["rows"]
        end = 0 if part.reads else end  # each has rows of its own, and those it reads are proved to be all
        if shard["first"] != end or shard["end"] - shard["first"] != rows["read"]:
            raise AccountingError(f"{part.places.accepted} has the rows {shard}, and read {rows['read']}; report this")
        end = shard["end"]
    if not parts[-1].reads and end != parts[-1].manifest["shard"]["total"]:
        raise AccountingError(f"the shards end at row {end} of {parts[-1].manifest['shard']['total']}; report this")


def account_of(parts: Sequence[Part]) -> dict[str, Any]:
    """What the manifests of all tell, summed; what only rows can tell, as quartiles, is not among it."""
    told = [{key: part.manifest[key] for key in (*ACCOUNT, *RECORD) if key in part.manifest} for part in parts]  # type: ignore[literal-required]
    seconds = sum(part.manifest.get("this_process", {}).get("seconds", 0) for part in parts)
    return {**reduce(summed, told), "this_process": {"shards": len(parts), "seconds": round(seconds, 1)}}


def summed(one: Any, other: Any) -> Any:
    """
    Counts added by their names, lists joined, all else as it was in the first.

    >>> summed({"read": 3, "by": {"a": 1}}, {"read": 4, "by": {"b": 2}})
    {'read': 7, 'by': {'a': 1, 'b': 2}}
    """
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {key: summed(one.get(key), other.get(key)) for key in dict.fromkeys([*one, *other])}
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, list) and isinstance(other, list):
        return list(dict.fromkeys([*one, *other]))
    counted = isinstance(one, int | float) and not isinstance(one, bool) and isinstance(other, int | float)
    return round(one + other, 6) if counted else one
