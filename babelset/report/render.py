"""
The report as one HTML page that needs no network, runs no script but its own, and stays below 5 MB.

Everything in it that comes from a data set is escaped by the template, after characters that cannot be seen, or
that rearrange the text around them, were made visible; it stands in the text of the page, never in its script.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from babelset import __version__
from babelset.errors import ConfigError
from babelset.report.collect import Report
from babelset.report.corpus import COLUMNS, cells, footnotes
from babelset.report.facts import licences
from babelset.report.figure import histogram, number, stack, sweep_line
from babelset.report.sample import Alternative, Sample, SampleField
from babelset.report.section import RATIO, Score, Section
from babelset.report.text import count, facts, share
from babelset.report.visible import pieces, visible

if TYPE_CHECKING:
    from jinja2 import Template

LIMIT = 5_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a report is shown: samples of each kind, characters of their texts."""

    each: int
    text: int
    figures: bool = True


SIZES = (Size(12, 900), Size(8, 600), Size(5, 400), Size(3, 250), Size(1, 150), Size(0, 0), Size(0, 0, False))


def render(report: Report) -> str:
    """The page, with as many and as long samples as fit; ConfigError where not even the numbers do."""
    template, style, script = _template(), _asset("page.css"), _asset("page.js")
    always = {
        "report": report,
        "version": __version__,
        "policy": _policy(style, script),
        "style": Markup(style),
        "script": Markup(script),
        "ratio": RATIO,
        "total": _total(report.sections),
    }
    for size in SIZES:
        sections = [replace(section, samples=_fitting(section.samples, size)) for section in report.sections]
        if page := _within_limit(template.generate(always, sections=sections, size=size)):
            return page
    raise ConfigError("the report would be larger than 5 MB: report on fewer files at a time")


def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("babelset.report", ""),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        n=count, number=number, share=share, odd=_odd, facts=facts, varying=_varying, licences=licences
    )
    environment.globals.update(histogram=histogram, sweep_line=sweep_line, stack=stack)
    environment.globals.update(columns=COLUMNS, cells=cells, footnotes=footnotes)
    return environment.get_template("page.jinja")


def _within_limit(chunks: Iterable[str]) -> str:
    """The page; "" as soon as it is too large, however much would follow."""
    page, size = [], 0
    for chunk in chunks:
        page.append(chunk)
        size += len(chunk.encode())
        if size >= LIMIT:
            return ""
    return "".join(page).lstrip()  # the macros leave empty lines before the doctype


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    parts = ("default-src 'none'", f"style-src {_hash(style)}", f"script-src {_hash(script)}")
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _finalize(value: Any) -> Any:
    """Every value that the template writes passes here before it is escaped."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _odd(text: str) -> Markup:
    """Text between two tags, what stands for invisible characters marked."""
    mark = Markup('<i class="odd">{}</i>').format
    return Markup("").join(mark(piece) if odd else escape(piece) for piece, odd in pieces(text))


def _fitting(samples: Iterable[Sample], size: Size) -> tuple[Sample, ...]:
    """The first samples of each kind, with texts as short as `size` asks."""
    taken: dict[str, int] = {}
    found = []
    for sample in samples:
        for kind in sample.kinds:
            taken[kind] = taken.get(kind, 0) + 1
        if any(taken[kind] <= size.each for kind in sample.kinds):
            found.append(_shortened(sample, size.text))
    return tuple(found)


def _shortened(sample: Sample, length: int) -> Sample:
    def field(item: SampleField) -> SampleField:
        return replace(item, source=item.source.upto(length), target=item.target and item.target.upto(length))

    def alternative(item: Alternative) -> Alternative:
        return replace(item, text=item.text.upto(length))

    fields, others = tuple(map(field, sample.fields)), tuple(map(alternative, sample.alternatives))
    return replace(sample, fields=fields, alternatives=others)


def _varying(scores: Iterable[Score]) -> list[Score]:
    """Scores that tell rows apart; the others need no figure."""
    return [score for score in scores if sum(bool(each.accepted + each.rejected) for each in score.bins) > 1]


def _total(sections: Iterable[Section]) -> Mapping[str, int]:
    names = ("read", "accepted", "rejected", "failed")
    return {name: sum(section.rows[name] for section in sections) for name in names}
