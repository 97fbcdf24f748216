"""Export: translated rows into the files of another shape; each row is written, or listed with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from babelset import plugins
from babelset.contracts import expect_kind
from babelset.contracts.export import Export, Exported, TranslatedRow, translated
from babelset.contracts.stored import stored
from babelset.errors import AccountingError, ConfigError, DataError
from babelset.exports.derived import check_derived
from babelset.files.formats.table import Csv
from babelset.files.formulas import as_texts
from babelset.files.halves import REASON, halved, spells_halves
from babelset.files.lossless import dumps
from babelset.files.names import unfit_below
from babelset.files.reading import format_of, read
from babelset.files.row import KEY, BadRow, Row, excerpt
from babelset.files.survey import survey
from babelset.files.writing import check_writable
from babelset.work.damage import checksum
from babelset.work.history import history
from babelset.work.journal import Entry
from babelset.work.licenses import licenses
from babelset.work.manifest import Manifest
from babelset.work.output import making
from babelset.work.places import Places
from babelset.work.watch import Watch

LANG = "{lang}"
REASONS = 50  # kinds of failure told apart in the summary, so that its size does not grow with the rows


class ExportJob(BaseModel, extra="forbid", frozen=True):
    """
    Which rows are written in which shape, and where: "alpaca-{lang}.json" is one file per language.

    >>> ExportJob(inputs=("ca.jsonl", "es.jsonl"), shape="alpaca", output="alpaca-{lang}.json")
    """

    inputs: tuple[str, ...]
    shape: str
    output: str
    options: dict[str, Any] = {}  # of the shape
    with_evidence: bool = False
    keep_formulas: bool = False  # in tables, which are opened in spreadsheets
    format: str | None = None
    data_license: str | None = None  # of the data, for shapes that say it
    force: bool = False
    renew: bool = False  # replace an export of other rows or options, if nobody has changed it


def export(job: ExportJob, watch: Watch | None = None) -> Manifest:
    """
    Write the rows of the inputs in another shape, one file a language; the account.

    >>> export(ExportJob(inputs=("ca.jsonl",), shape="alpaca", output="ca.json"))["rows"]
    {'read': 951, 'written': 951, 'failed': 0}

    Files appear when all rows are accounted for; rows that cannot be expressed are listed in the failed ledger. A
    finished export of the same job is left alone. Raises ConfigError for another output that exists, does not suit the
    shape or would mix languages, AccountingError when a row is neither written nor listed.
    """
    watch, shape = watch or Watch(), _shape(job)
    places = Places.of(job.output.replace(LANG, "all"), quiet=True)
    rows = _Rows(job, shape)
    files = {"failed": places.failed, **({"written": Path(job.output)} if rows.one else {})}
    seen = survey(job.inputs, format=job.format, count=False)
    check_derived(seen, job.inputs, job.format)
    beside = {"inputs", "force", "renew", "output", *([] if shape.looks else ["data_license"])}
    parts = {"inputs": seen.files, "options": job.model_dump(mode="json", exclude=beside)}
    if shape.looks:
        parts["runs"] = checksum("runs", dumps([dict(run) for run in shape.runs]).encode()).hex()
    with making(
        "export", places, parts, reads=job.inputs, writes=files, force=job.force, resumes=False, renews=job.renew,
        say=watch.say, warn=watch.warn,
    ) as output:  # fmt: skip
        if output.made:
            return output.made

        def about() -> dict[str, Any]:
            seen.check()
            return {"licenses": licenses(job.data_license, job.inputs, {}), **rows.account()}

        always = ("written",) if rows.one else ()
        return output.publish(rows.entries(), files, about, always=always, texts=rows.texts, formats=rows.format)


def _shape(job: ExportJob) -> Export:
    """The shape that the job names; one that looks at all rows is told how they came to be."""
    shape = built(job.shape, job.options)
    if shape.looks:
        shape.runs, shape.licenses = history(job.inputs), licenses(job.data_license, job.inputs, {})
    return shape


class _Rows:
    """The rows of one export on their way, and what became of them."""

    def __init__(self, job: ExportJob, shape: Export) -> None:
        check_name(job)
        self.job, self.shape = job, shape
        self.language = ""
        self.neutral = not job.keep_formulas and shape.for_people and isinstance(format_of(Path(job.output)), Csv)
        self.one = bool(shape.endings) and LANG not in job.output
        self.read, self.used, self.written, self.failed = 0, 0, Counter[str](), Counter[str]()

    def entries(self) -> Iterator[Entry]:
        if self.shape.looks:
            self._look()
        for row in read(self.job.inputs, format=self.job.format):
            self.read += 1
            try:
                places = self._places(row)
            except DataError as error:
                self._fail(error.reason)
                yield {"status": "failed", "data": ledger_line(row, error)}
                continue
            self.used += 1
            for path, data, more in places:
                self.written[path] += not more
                entry: Entry = {"status": "written", "data": data}
                yield entry if self.one else {**entry, "file": path}

    def _look(self) -> None:
        for row in read(self.job.inputs, format=self.job.format):
            with suppress(DataError):
                if isinstance(row, Row):
                    known = translated(row.data)
                    self.shape.look(known, stored({**_with_text_id(known.data), **self._evidence(known)}))

    def _evidence(self, row: TranslatedRow) -> dict[str, Any]:
        return {KEY: row.evidence} if self.job.with_evidence else {}

    def format(self, path: Path) -> Any:
        """What the shape says of how one of its files is written."""
        folder = Path(self.job.output)
        ours = not self.shape.endings and path.is_relative_to(folder)
        return self.shape.format(str(path.relative_to(folder))) if ours else None

    def account(self) -> dict[str, Any]:
        written, failed = self.written.total(), self.failed.total()
        if self.read != self.used + failed:
            raise AccountingError(f"{self.read} rows read, but {self.used} used and {failed} failed")
        used = {} if written == self.used else {"used": self.used}
        rows = {"read": self.read, **used, "written": written, "failed": failed}
        return {"rows": rows, "failures": dict(self.failed.most_common()), "counts": {"written": dict(self.written)}}

    def texts(self) -> dict[Path, str]:
        """What the shape says of its files, beside them."""
        if self.one or self.shape.endings or not self.written:
            return {}
        folder = Path(self.job.output)
        counts = {str(Path(path).relative_to(folder)): count for path, count in self.written.items()}
        return {folder / name: text for name, text in self.shape.texts(folder.absolute(), counts).items()}

    def _places(self, row: Row | BadRow) -> list[tuple[str, dict[str, Any], bool]]:
        """Where what becomes of a row goes, and how it looks there; DataError for one that cannot be expressed."""
        if isinstance(row, BadRow):
            raise DataError(row.reason)
        known = translated(row.data)
        found = self.shape.convert(known)
        several: Sequence[Any] = found if isinstance(found, list | tuple) else [found]
        return [self._placed(known, each) for each in several]

    def _placed(self, row: TranslatedRow, exported: Exported) -> tuple[str, dict[str, Any], bool]:
        expect_kind(f"the export {self.job.shape!r}", exported, Exported)
        data = _with_text_id(exported.data) | self._evidence(row)
        path = self._path(row, exported)
        if (name := halved(data)) and not spells_halves(path):
            raise DataError(REASON, field=name)
        return path, as_texts(data) if self.neutral else data, exported.more

    def _path(self, row: TranslatedRow, exported: Exported) -> str:
        if not self.shape.endings:
            if reason := unfit_below(exported.file):
                raise DataError(f"the export {self.job.shape!r} names the file {exported.file!r}, which {reason}")
            return str(Path(self.job.output, exported.file))
        language = row.language.bcp47
        self.language = self.language or language
        if self.one and language != self.language:
            raise several(self.job.output, self.language, language)
        return self.job.output.replace(LANG, language)

    def _fail(self, reason: str) -> None:
        known = reason in self.failed or len(self.failed) < REASONS
        self.failed[reason if known else "other reasons, listed in the ledger"] += 1


def several(output: str, one: str, other: str) -> ConfigError:
    return ConfigError(
        f"{output}: the input holds {one} and {other}, a file holds one language. Write {LANG} into the output path"
    )


def built(shape: str, options: Mapping[str, Any]) -> Export:
    """The export of that name with its options; ConfigError for an unknown one."""
    if options and not plugins.options("exports", shape):
        raise ConfigError(f"export {shape!r}: unknown option {next(iter(options))!r}. It has no options")
    made: Export = plugins.build("exports", shape, options)
    return made


def _with_text_id(data: Mapping[str, Any]) -> dict[str, Any]:
    """The row, its id as text, whatever dataset it comes from: a column has one type."""
    id = data.get("id")
    number = isinstance(id, int | float) and not isinstance(id, bool)
    return {**data, "id": dumps(id)} if number else dict(data)


def check_name(job: ExportJob) -> None:
    """Raise ConfigError for an export that is unknown, and for an output that it cannot fill."""
    endings = built(job.shape, job.options).endings
    name = job.output.lower().removesuffix(".gz").removesuffix(".zst")
    if endings and name != "-" and not name.endswith(tuple(endings)):
        names = " or ".join(endings)
        raise ConfigError(f"{job.output}: {job.shape} fills one file, name it with {names}")
    if not endings and Path(job.output).is_file():
        raise ConfigError(f"{job.output} is a file; {job.shape} fills a folder, name one")
    if endings:
        check_writable(Path(job.output))


def ledger_line(row: Row | BadRow, error: DataError) -> dict[str, Any]:
    """A line of the failed ledger."""
    where = f"{error.field}: " if error.field else ""
    raw = row.raw if isinstance(row, BadRow) else excerpt(dumps(row.data))
    return {"row": row.number, "file": row.file, "line": row.line, "reason": where + error.reason, "raw": raw}
