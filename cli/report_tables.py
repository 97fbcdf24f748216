"""The numbers of a report in a terminal, or as data."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from babelset.cli.terminal import show_json
from babelset.report.collect import Report
from babelset.report.corpus import COLUMNS, cells, footnotes
from babelset.report.facts import Run, licences
from babelset.report.figure import number
from babelset.report.section import Section
from babelset.report.text import count, facts, share
from babelset.report.visible import visible

if TYPE_CHECKING:
    from rich.table import Table

    from babelset.cli.console import Console

PIPE = 120  # columns where there is no terminal


def show(report: Report, *, as_json: bool) -> None:
    """Print the numbers of `report`: tables, or one JSON object."""
    if as_json:
        show_json(report.as_data())
        return
    from babelset.cli.console import Console, cell

    console = Console(width=None if sys.stdout.isatty() else PIPE)
    console.print(_overview(report))
    for run in report.runs:
        for warning in run.warnings:
            console.print(cell(visible(f"{run.name}: {warning}"), "yellow"), soft_wrap=True)
    for section in report.sections:
        _section(console, section, report.runs[section.run])


def _overview(report: Report) -> Table:
    rows = [
        [
            section.target.name,
            report.runs[section.run].name,
            *(count(section.rows[name]) for name in ("read", "accepted")),
            share(section.rows["accepted"], section.rows["read"]),
            *(count(section.rows[name]) for name in ("rejected", "failed")),
        ]
        for section in report.sections
    ]
    return _table(["language", "output", "read", "accepted", "", "rejected", "failed"], rows, left=2)


def _section(console: Console, section: Section, run: Run) -> None:
    from babelset.cli.console import cell

    console.print()
    console.print(cell(f"{section.target.name} · {visible(run.name)}", "bold"))
    if turned_away := list(_reasons(section)):
        console.print(_table(["rejected by", "rows", "share", "alone"], turned_away))
    if section.scores:
        console.print(_table(["score", "rows", "5 %", "median", "95 %", "not covered"], _scores(section)))
    if corpora := {code: table for code, table in run.corpora.items() if code == section.target.code}:
        lines = [[name, *cells(corpus)] for name, corpus in corpora[section.target.code].items()]
        console.print(_table(["against", *COLUMNS], lines))
        for line in footnotes(corpora):
            console.print(cell(visible(line), "dim"), soft_wrap=True)
    for sweep in section.sweeps:
        cuts = [[number(cut.cut), count(cut.rows), share(cut.rows, sweep.rows), count(cut.kept)] for cut in sweep.cuts]
        console.print(_table([f"{sweep.score} from", "rows", "share", "kept"], cuts))
    console.print(_table(["", ""], _facts(section, run), left=2, show_header=False))


def _reasons(section: Section) -> Iterable[list[str]]:
    read = section.rows["read"]
    for reason in section.reasons:
        yield [reason.check, count(reason.rows), share(reason.rows, read), count(reason.alone)]
    for failure, rows in section.failures.items():
        yield [f"failed: {failure}", count(rows), share(rows, read), "–"]


def _scores(section: Section) -> Iterable[list[str]]:
    for score in section.scores:
        middle = [number(value) for value in (score.low, score.median, score.high)]
        yield [score.name, count(score.rows), *middle, count(score.uncovered)]


def _facts(section: Section, run: Run) -> Iterable[list[str]]:
    if found := section.confusion:
        known = {"surely": found.sure, "probably": found.doubtful, "another": found.other, "copies": found.copied}
        yield ["language", facts({**known, "not covered": found.unjudged})]
        if found.taken:
            yield ["taken for", facts(found.taken)]
    yield ["translator", ", ".join(filter(None, [run.translator, *section.signatures]))]
    yield ["segments", facts({"translated": section.segments, "kept spans": section.kept_spans, **section.flags})]
    for check, counts in section.counts.items():
        yield [check, facts(counts)]
    for route in run.routes:
        told = {"rows": route.rows, "tried": route.tried, "segments": route.segments}
        yield [route.name, facts({**told, **route.account, **route.effort})]
    for title, table in (("cost", run.account), ("last process", run.effort)):
        if table:
            yield [title, facts(table)]
    if run.notice:
        yield ["notice", run.notice]
    yield ["licences", licences(run)]


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1, show_header: bool = True) -> Table:
    from babelset.cli.console import table

    cells = [[visible(cell) for cell in row] for row in rows]
    return table(titles, cells, left, padding=(0, 2, 0, 0), header_style="dim", show_header=show_header)
