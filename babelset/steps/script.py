"""The step `script`: texts in another script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from babelset.contracts.evidence import carried, path_name
from babelset.contracts.paths import steps, walk
from babelset.contracts.shape import Rules
from babelset.contracts.step import (
    Failed,
    FilePath,
    Made,
    Rejected,
    Rows,
    RowStep,
    Running,
    Stage,
    StepOutcome,
    StepRow,
    knowing,
    relative,
)  # fmt: skip
from babelset.contracts.walk import look
from babelset.errors import ConfigError, DataError
from babelset.files.encoded import placed
from babelset.files.row import KEY
from babelset.languages import find
from babelset.steps.alignment.passages import Where
from babelset.steps.alignment.terms import folded_term, lines_of
from babelset.steps.alignment.words import words
from babelset.text.document import Prose, parse

SCHEMES = ("uroman", "anyascii")
CURE = "pip install 'babelset[script]'"

Write = Callable[[str], str]


def _scheme(said: str, info: ValidationInfo) -> str:
    return said if said in SCHEMES else relative(said, info)


class Script(RowStep, frozen=True):
    """
    Transliterate texts: pairs of original and transliterated ones, or the rows in the other script.

    >>> Script(scheme="uroman")

    A scheme of your own is a table of what is written (a character or several) and what for it. Code, formulas and
    links stay as they are. A row in which nothing changes is rejected.
    """

    target_optional: ClassVar[bool] = True

    scheme: Annotated[str, AfterValidator(_scheme)]  # uroman, anyascii, or a .tsv of two columns
    listed: FilePath | None = Field(None, alias="only")  # a .tsv whose first column names the only words to write anew
    fields: tuple[str, ...] = Field((), description="texts; all known columns")
    shape: Literal["pairs", "row"] = "pairs"  # pairs: id, source, target, language

    def check(self, stage: Stage) -> None:
        for path in self.fields:
            steps(path)
        if self.listed:
            _listed(self.listed)
        if self.scheme in SCHEMES:
            _imported(self.scheme)
        else:
            _table(self.scheme)

    def gives(self, columns: frozenset[str]) -> frozenset[str]:
        return frozenset({"id", "source", "target", "language"}) if self.shape == "pairs" else columns

    @contextmanager
    def open(self, running: Running) -> Iterator[Rows]:
        running.models["scheme"] = self.scheme
        yield partial(self._rows, _writer(self.scheme), _listed(self.listed) if self.listed else None, running.stage)

    def _rows(
        self, writer: Callable[[str, str], str], listed: frozenset[str] | None, stage: Stage, batch: Sequence[StepRow]
    ) -> Sequence[StepOutcome]:
        return [self._row(row, writer, listed, stage) for row in batch]

    def _row(
        self, row: StepRow, writer: Callable[[str, str], str], listed: frozenset[str] | None, stage: Stage
    ) -> StepOutcome:
        language = row.language or find(stage.source)
        try:
            texts = list(self._texts(row))
        except DataError as error:
            return Failed(error.reason, error.field)
        code = language.code[:3]
        new = [(path, text, transliterated(text, lambda part: writer(part, code), listed)) for path, text in texts]
        changed = [(path, text, other) for path, text, other in new if text != other]
        if not changed:
            return Rejected("nothing in it changes in this scheme")
        if self.shape == "row":
            return Made([knowing(placed(row.data, {path: text for path, _, text in new}), scheme=self.scheme)])
        known = {**carried(row.data), "language": language.code}
        return Made(
            [
                {"id": f"{row.id}:{path_name(path)}", "source": text, "target": other, "language": language.bcp47,
                 KEY: known}
                for path, text, other in changed
            ]
        )  # fmt: skip

    def _texts(self, row: StepRow) -> Iterator[tuple[Where, str]]:
        for path in self.fields:
            for place in walk(row.data, steps(path)):
                if not isinstance(place.value, str):
                    raise DataError("no text here", field=path)
                yield place.path, place.value
        if not self.fields:
            yield from ((each.path, each.text) for each in look(row.data, Rules(leave_unknown=True)).fields)


def transliterated(text: str, write: Write, only: frozenset[str] | None = None) -> str:
    """The text in the other script, without its kept spans, or only the words that are listed."""
    parts = []
    for span in parse(text):
        if not isinstance(span, Prose):
            parts.append(span.text)
        elif only is None:
            parts.append(_within_blanks(span.text, write))
        else:
            at = 0
            for start, end in words(span.text):
                word = span.text[start:end]
                parts += [span.text[at:start], write(word) if folded_term(word) in only else word]
                at = end
            parts.append(span.text[at:])
    return "".join(parts)


def _within_blanks(text: str, write: Write) -> str:
    """Line by line, white space at its ends as it was."""
    lines = []
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        before, _, after = line.partition(bare) if bare else (line, "", "")
        lines.append(before + (write(bare) if bare else "") + after)
    return "".join(lines)


def _writer(scheme: str) -> Callable[[str, str], str]:
    """What writes a text of a language, an ISO 639-3 code, in a scheme."""
    if scheme == "uroman":
        roman = _imported(scheme).Uroman()
        return lambda text, code: str(roman.romanize_string(text, lcode=code))
    if scheme == "anyascii":
        ascii_of = _imported(scheme).anyascii
        return lambda text, code: str(ascii_of(text))
    import regex

    table = _table(scheme)
    pattern = regex.compile("|".join(map(regex.escape, sorted(table, key=len, reverse=True))))
    return lambda text, code: pattern.sub(lambda found: table[found[0]], text)


def _imported(scheme: str) -> Any:
    """The package of a scheme; ConfigError where it is not installed."""
    try:
        if scheme == "uroman":
            import uroman

            return uroman
        import anyascii

        return anyascii
    except ImportError:
        raise ConfigError(f"the scheme {scheme} needs an extra: {CURE}") from None


def _table(file: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if not file.endswith(".tsv"):
        raise ConfigError(f"unknown scheme {file!r}: {', '.join(SCHEMES)}, or a .tsv of two columns")
    for line, values in lines_of(file, "\t"):
        if len(values) != 2 or not values[0]:
            raise ConfigError(f"{file}:{line}: {len(values)} columns; a line is: what is written, what for it")
        found[values[0]] = values[1]
    if not found:
        raise ConfigError(f"{file}: nothing in it; a line is: what is written, what for it")
    return found


def _listed(file: str) -> frozenset[str]:
    return frozenset(folded_term(values[0]) for _, values in lines_of(file, "\t"))
