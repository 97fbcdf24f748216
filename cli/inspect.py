"""`babelset inspect`: what would be translated in a text, and what would be left alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from babelset.cli import options as o
from babelset.errors import DataError

if TYPE_CHECKING:
    from rich.text import Text

    from babelset.document import Span
    from babelset.segment import Part

COLOURS = {
    "code": "cyan",
    "inline_code": "cyan",
    "latex": "magenta",
    "formula": "magenta",
    "json": "blue",
    "xml": "blue",
    "yaml": "blue",
    "csv": "blue",
    "html": "yellow",
    "markup": "yellow",
    "placeholder": "red",
    "reasoning": "bright_black",
    "marker": "bright_black",
    "table": "bright_black",
}  # any other kind: green

File = Annotated[str, typer.Argument(metavar="FILE|-", help="A text file; - is standard input.")]
Segments = Annotated[bool, typer.Option("--segments", help="Show the segments that a translator would get.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line for each span or segment.")]


def inspect(
    file: File,
    segments: Segments = False,
    reasoning: o.Reasoning = False,
    comments: o.Comments = False,
    numbers: o.KeepNumbers = False,
    as_json: AsJson = False,
) -> None:
    """Show what would be translated in a text, and what would be left alone."""
    from babelset.document import parse
    from babelset.segment import split

    spans = parse(_read(file), reasoning=reasoning, comments=comments, numbers=numbers)
    if as_json:
        _print_json(_segment_records(split(spans)) if segments else _span_records(spans))
    else:
        _print_colours(_painted_segments(split(spans)) if segments else _painted_spans(spans))


def _read(file: str) -> str:
    """The text as it stands: line ends stay, and bytes that are no UTF-8 become lone surrogates."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); name a text file, or - for standard input"
        raise DataError(reason, file=file) from None
    return data.decode("utf-8", "surrogateescape")


def _span_records(spans: Iterable[Span]) -> Iterator[dict[str, Any]]:
    """{"type": "keep", "kind": "url", "inline": true, "text": "..."}; prose has type and text only."""
    from babelset.document import Prose

    for span in spans:
        if isinstance(span, Prose):
            yield {"type": "prose", "text": span.text}
        else:
            yield {"type": "keep", "kind": span.kind, "inline": span.inline, "text": span.text}


def _segment_records(parts: Iterable[Part]) -> Iterator[dict[str, Any]]:
    """{"type": "segment", "text": ..., "keeps": [...], "kinds": [...]} and {"type": "verbatim", "text": ...}."""
    for part in parts:
        if isinstance(part, str):
            yield {"type": "verbatim", "text": part}
        else:
            yield {"type": "segment", "text": part.text, "keeps": part.keeps, "kinds": part.kinds}


def _print_json(records: Iterable[dict[str, Any]]) -> None:
    import json

    for record in records:
        typer.echo(json.dumps(record))  # ASCII, so that lone surrogates and control characters arrive


def _print_colours(text: Text) -> None:
    from rich.console import Console

    Console(highlight=False, soft_wrap=True).print(text)


def _painted_spans(spans: Sequence[Span]) -> Text:
    from rich.text import Text

    from babelset.document import Prose

    painted = Text()
    for span in spans:
        if isinstance(span, Prose):
            painted.append(_visible(span.text))
        else:
            painted.append(_visible(span.text), style=COLOURS.get(span.kind, "green"))
    kinds = dict.fromkeys(span.kind for span in spans if not isinstance(span, Prose))
    painted.append("\n\nkept: " if kinds else "\n\nnothing to keep")
    for kind in kinds:
        painted.append(kind, style=COLOURS.get(kind, "green")).append(" ")
    return painted


def _painted_segments(parts: Iterable[Part]) -> Text:
    from rich.text import Text

    painted = Text()
    number = 0
    for part in parts:
        if isinstance(part, str):
            painted.append(f"      {_visible(part, newline='⏎')}\n", style="bright_black")
            continue
        number += 1
        painted.append(f"{number:>4}  ", style="bold").append(_visible(part.source, newline="⏎"))
        painted.append(f"  {', '.join(part.kinds)}\n", style="green")
    return painted


def _visible(text: str, newline: str = "\n") -> str:
    """Text that cannot command a terminal: control characters, direction marks and surrogates are spelt out."""
    return "".join(char if char.isprintable() or char == "\t" else _spelt(char, newline) for char in text)


def _spelt(char: str, newline: str) -> str:
    return newline if char == "\n" else char.encode("unicode_escape").decode("ascii")
