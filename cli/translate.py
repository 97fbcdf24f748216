"""`babelset translate`: one dataset into one language."""

from __future__ import annotations

from typing import Annotated

import typer

from babelset.cli import options as o


def translate(
    inputs: o.Inputs,
    to: o.To,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Accepted rows; the rest stands beside it. - is standard output.",
        ),
    ],
    source: o.From = "eng_Latn",
    translator: o.TranslatorName = "apertium",
    model: o.Model = None,
    option: o.EngineOptions = None,
    fallback: Annotated[
        str | None, typer.Option(metavar="NAME", help="A second translator for what the first cannot do.")
    ] = None,
    fallback_option: Annotated[
        list[str] | None,
        typer.Option("--fallback-option", metavar="KEY=VALUE", help="Options of the second translator."),
    ] = None,
    schema: o.SchemaName = None,
    field: o.Fields = None,
    format: o.Format = None,
    config: o.Config = None,
    memory: Annotated[
        str | None, typer.Option(metavar="PATH", help="A translation memory to share between runs.")
    ] = None,
    chunk: Annotated[int, typer.Option(min=1, help="Rows that are finished and stored together.")] = 256,
    translate_reasoning: o.Reasoning = False,
    translate_comments: o.Comments = False,
    keep_numbers: o.KeepNumbers = False,
    rejected: Annotated[
        str | None, typer.Option(metavar="FILE.jsonl", help="With -o -: where rejected and failed rows go.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first row that cannot be read.")] = False,
    force: o.Force = False,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """
    Translate the rows of IN into another language: prose only, with everything else byte for byte as it was.

    Accepted rows go to OUT; rejected and failed rows, the manifest and the translation memory stand beside it.
    A run that was stopped or killed goes on where it was when the same command is given again.
    """
    from babelset.cli.progress import watching
    from babelset.cli.summary import show
    from babelset.job import Engine, Job
    from babelset.streams import translate_streams

    job = Job(
        inputs=tuple(inputs), output=output, target=to, source=source,
        translator=Engine(name=translator, options=o.engine_options(option, model=model)),
        fallback=Engine(name=fallback, options=o.engine_options(fallback_option)) if fallback else None,
        filters=o.filters_of(config), schema_name=schema, fields=tuple(field or ()), format=format,
        translate_reasoning=translate_reasoning, translate_comments=translate_comments, keep_numbers=keep_numbers,
        chunk=chunk, memory=memory, strict=strict, force=force,
    )  # fmt: skip
    with watching(quiet) as watch:
        manifest = translate_streams(job, watch, rejected)
    show(manifest, as_json=json, stderr=output == "-")
    raise typer.Exit(1 if manifest["rows"]["failed"] else 0)
