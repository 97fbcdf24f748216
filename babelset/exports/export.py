"""Export: translated rows into the files of a recipe; each row is written, or listed with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from babelset import plugins
from babelset.contracts.export import Exported, Recipe, TranslatedRow, translated
from babelset.errors import AccountingError, ConfigError, DataError, OutputError
from babelset.files.lossless import dumps
from babelset.files.row import KEY, BadRow, Row, excerpt
from babelset.files.rows import read, writing
from babelset.files.stdin import spooled
from babelset.translation.job import Places

LANG = "{lang}"
REASONS = 50  # kinds of failure told apart in the summary, so that its size does not grow with the rows
Write = Callable[[dict[str, Any]], None]


class Export(BaseModel, extra="forbid", frozen=True):
    """`Export(inputs=("ca.jsonl", "es.jsonl"), recipe="alpaca", output="alpaca-{lang}.json")`."""

    inputs: tuple[str, ...]
    recipe: str
    output: str
    with_evidence: bool = False
    format: str | None = None
    force: bool = False

    @property
    def ledger(self) -> Path:
        """Where failed rows are listed, beside the output: out/alpaca.failed.jsonl."""
        return Places.of(self.output.replace(LANG, "all")).failed


@dataclass(slots=True)
class Exporting:
    """What an export did: rows by file, failed rows by reason."""

    read: int = 0
    written: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    ledger: str = ""  # "" when nothing failed

    def account(self) -> dict[str, Any]:
        """{"rows": {"read": 3, "written": 2, "failed": 1}, "failed": {reason: 1}, "files": {"ca.json": 2}}"""
        return {
            "rows": {"read": self.read, "written": self.written.total(), "failed": self.failed.total()},
            "failed": dict(self.failed.most_common()),
            "files": {**self.written, **({self.ledger: self.failed.total()} if self.ledger else {})},
        }

    def fail(self, reason: str) -> None:
        known = reason in self.failed or len(self.failed) < REASONS
        self.failed[reason if known else "other reasons, listed in the ledger"] += 1

    def check(self) -> None:
        written, failed = self.written.total(), self.failed.total()
        if self.read != written + failed:
            raise AccountingError(f"{self.read} rows read, but {written} written and {failed} failed")


def export(order: Export) -> Exporting:
    """
    Write the rows of `order.inputs` as its recipe shapes them, one file a language.

    A file appears when all rows are accounted for, whole or not at all; rows that cannot be expressed are
    listed in the ledger. Raises ConfigError for an output that exists, does not suit the recipe or would mix
    languages, and AccountingError when a row is neither written nor listed.
    """
    recipe: Recipe = plugins.build("exports", order.recipe, {})
    done = Exporting()
    with ExitStack() as stack:
        files = _Files(order, recipe, stack)
        done.written.update({str(path): 0 for path in files.writers})
        for row in read(stack.enter_context(spooled(order.inputs, order.format)), format=order.format):
            done.read += 1
            try:
                path, data = files.place(row)
            except DataError as error:
                files.write(order.ledger, ledger_line(row, error))
                done.fail(error.reason)
            else:
                files.write(path, data)
                done.written[str(path)] += 1
        done.check()
    if done.failed:
        done.ledger = str(order.ledger)
    else:
        order.ledger.unlink(missing_ok=True)  # of an earlier export, replaced with --force
    return done


class _Files:
    """The open output files of one export; each appears when the stack closes without an error."""

    def __init__(self, order: Export, recipe: Recipe, stack: ExitStack) -> None:
        self.order, self.recipe, self.stack = order, recipe, stack
        self.writers: dict[Path, Write] = {}
        self.language = ""
        self.one = bool(recipe.endings) and LANG not in order.output
        _check_name(order, recipe.endings)
        _refuse(order.ledger, order.force)
        if self.one:  # also when no row comes
            self._open(Path(order.output))

    def place(self, row: Row | BadRow) -> tuple[Path, dict[str, Any]]:
        """Where a row goes and how it looks there; DataError for a row that cannot be expressed."""
        if isinstance(row, BadRow):
            raise DataError(row.reason)
        known = translated(row.data)
        exported = self.recipe.convert(known)
        evidence = {KEY: known.evidence} if self.order.with_evidence else {}
        return self._path(known, exported), {**exported.data, **evidence}

    def _path(self, row: TranslatedRow, exported: Exported) -> Path:
        if not self.recipe.endings:
            return Path(self.order.output, exported.file)
        language = row.language.bcp47
        self.language = self.language or language
        if self.one and language != self.language:
            raise ConfigError(
                f"{self.order.output}: the input holds {self.language} and {language}, a file holds one "
                f"language. Write {LANG} into the output path"
            )
        return Path(self.order.output.replace(LANG, language))

    def write(self, path: Path, data: dict[str, Any]) -> None:
        (self.writers.get(path) or self._open(path))(data)

    def _open(self, path: Path) -> Write:
        _refuse(path, self.order.force)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = f"cannot make the folder ({error.strerror})"
            raise OutputError(f"{path.parent}: {reason}; name another output") from None
        self.writers[path] = self.stack.enter_context(writing(path)).write
        return self.writers[path]


def _refuse(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise ConfigError(f"{path} exists; name another output, or say --force")


def _check_name(order: Export, endings: Sequence[str]) -> None:
    name = order.output.lower().removesuffix(".gz").removesuffix(".zst")
    if endings and not name.endswith(tuple(endings)):
        names = " or ".join(endings)
        raise ConfigError(f"{order.output}: {order.recipe} fills one file, name it with {names}")
    if not endings and Path(order.output).is_file():
        raise ConfigError(f"{order.output} is a file; {order.recipe} fills a folder, name one")


def ledger_line(row: Row | BadRow, error: DataError) -> dict[str, Any]:
    """A line of the failed ledger."""
    where = f"{error.field}: " if error.field else ""
    raw = row.raw if isinstance(row, BadRow) else excerpt(dumps(row.data))
    return {"row": row.number, "file": row.file, "line": row.line, "reason": where + error.reason, "raw": raw}
