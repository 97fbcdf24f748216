"""`babelset inspect`: what is prose and what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from babelset.cli import options as o
from babelset.cli.terminal import escaped, show

if TYPE_CHECKING:
    from rich.text import Text

    from babelset.text.document import Span

COLOURS = ("cyan", "magenta", "green", "blue", "red")  # of kinds, in the order in which they turn up
File = Annotated[str, typer.Argument(metavar="FILE|-", help="A UTF-8 text; - is standard input.")]
Segments = Annotated[bool, typer.Option("--segments", help="Show the sentences to translate, one per line.")]


def inspect(
    file: File,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line: a span or a segment.")] = False,
    segments: Segments = False,
    translate_reasoning: o.Reasoning = False,
    translate_comments: o.Comments = False,
    keep_numbers: o.KeepNumbers = False,
) -> None:
    """
    Show what would be translated in a text, and what kept.

    Kept spans are shown with their kind: code, latex, url, placeholder and so on.
    """
    from babelset.files.lossless import dumps
    from babelset.text.document import parse
    from babelset.text.segment import Segment, split

    spans = parse(_text(file), reasoning=translate_reasoning, comments=translate_comments, numbers=keep_numbers)
    if segments:
        found = [part for part in split(spans) if isinstance(part, Segment)]
        for segment in found:
            record = {"source": segment.source, "keeps": segment.keeps, "kinds": segment.kinds}
            show((dumps(record) if json else segment.source) + "\n")
    elif json:
        for span in spans:
            show(dumps({"kind": getattr(span, "kind", "prose"), "text": span.text}) + "\n")
    else:
        _show(spans)


def _text(file: str) -> str:
    from babelset.errors import DataError
    from babelset.files.stdin import blocks

    try:
        raw = b"".join(blocks()) if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=file) from None
    return raw.decode("utf-8", "surrogateescape")


def _show(spans: list[Span]) -> None:
    from rich.text import Text

    from babelset.cli.console import Console

    kinds = dict.fromkeys(kind for span in spans if (kind := getattr(span, "kind", "")))
    colours = {kind: COLOURS[number % len(COLOURS)] for number, kind in enumerate(kinds)}
    console = Console(soft_wrap=True)
    body = Text()
    for span in spans:
        body.append_text(_styled(span, colours))
    console.print(body)
    legend = Text("prose")
    for kind, colour in colours.items():
        legend.append(f"  {kind}", style=f"{colour} reverse")
    console.print(legend)


def _styled(span: Span, colours: dict[str, str]) -> Text:
    from rich.text import Text

    kind = getattr(span, "kind", "")
    return Text(escaped(span.text), style=f"{colours[kind]} reverse" if kind else "")
