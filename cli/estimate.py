"""`babelset estimate`: what a run will take."""

from __future__ import annotations

from typing import Annotated

import typer

from babelset.cli import options as o
from babelset.cli.help import RUN
from babelset.cli.terminal import say, show_json

TOKENIZER = "Count tokens with it: tokenizer.json, a SentencePiece model, or a folder with one."


def estimate(
    inputs: o.Inputs,
    to: o.To,
    source: o.From = "eng_Latn",
    translator: o.TranslatorName = None,
    model: o.Model = None,
    option: o.EngineOptions = None,
    schema: o.SchemaName = None,
    field: o.Fields = None,
    leave: o.Leave = None,
    leave_unknown: o.LeaveUnknown = False,
    role: o.Roles = None,
    format: o.Format = None,
    trial: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Segments (LLM: rows) to translate to estimate the time.", rich_help_panel=RUN
        ),
    ] = 200,
    tokenizer: Annotated[str | None, typer.Option(metavar="FILE|DIR", help=TOKENIZER, rich_help_panel=RUN)] = None,
    translate_reasoning: o.Reasoning = False,
    translate_comments: o.Comments = False,
    keep_numbers: o.KeepNumbers = False,
    json: o.AsJson = False,
) -> None:
    """
    Estimate the size, time and cost of a run.

    Counts rows, segments, unique segments, the protected share and tokens, and translates a sample to measure the time.
    """
    from babelset.engines.tokenizer import load
    from babelset.files.stdin import spooled
    from babelset.translation.estimate import estimate as count
    from babelset.translation.job import Job
    from babelset.translation.run import decided

    named = o.engine(translator, option, model=model)
    job = Job(
        inputs=tuple(inputs), output="", target=to, source=source, translator=named, schema_name=schema,
        fields=tuple(field or ()), leave=tuple(leave or ()), leave_unknown=leave_unknown, roles=o.roles_of(role),
        format=format, translate_reasoning=translate_reasoning, translate_comments=translate_comments,
        keep_numbers=keep_numbers,
    )  # fmt: skip
    counting = load(tokenizer) if tokenizer else None
    with spooled(job.inputs, format) as paths:
        found = count(decided(job, o.quiet()).model_copy(update={"inputs": paths}), trial, tokenizer=counting)
    if json:
        show_json(found, indent=None)
        return
    rows, languages = found.pop("rows"), found.pop("languages", {})
    say(f"rows: {rows['read']}, of which {rows['failed']} cannot be read")
    for name, value in found.items():
        say(f"{name.replace('_', ' ')}: {value}")
    for language, told in languages.items():
        say(f"{language}: {', '.join(f'{name.replace(chr(95), chr(32))} {value}' for name, value in told.items())}")
