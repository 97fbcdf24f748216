"""`babelset translate`: one dataset into one language."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from babelset.cli import options as o
from babelset.cli.help import ENGINE, ROWS, RUN
from babelset.errors import ConfigError

Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="OUT",
        help="Accepted rows; other files go next to it. - is standard output.",
        rich_help_panel=ROWS,
    ),
]
DataLicense = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Licence of the input, as cc-by-4.0, for the manifest.", rich_help_panel=ROWS),
]
Rejected = Annotated[
    str | None,
    typer.Option(metavar="FILE.jsonl", help="With -o -: where rejected and failed rows go.", rich_help_panel=ROWS),
]
Fallback = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Second translator, for what the first cannot do.", rich_help_panel=ENGINE),
]
FallbackOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--fallback-option", metavar="KEY=VALUE", help="Options of the second translator.", rich_help_panel=ENGINE
    ),
]
Memory = Annotated[
    str | None, typer.Option(metavar="PATH", help="Translation memory, to share between runs.", rich_help_panel=RUN)
]
Chunk = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Rows that are finished and stored together: 256; vLLM 2048.", rich_help_panel=RUN
    ),
]
Ray = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Work on a Ray cluster: local, auto, or HOST:PORT.", rich_help_panel=RUN),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="With --ray: workers; one a GPU, or a processor.", rich_help_panel=RUN),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop at the first row that cannot be read.", rich_help_panel=RUN)
]


def translate(
    inputs: o.Inputs,
    to: o.To,
    output: Output,
    source: o.From = "eng_Latn",
    schema: o.SchemaName = None,
    field: o.Fields = None,
    leave: o.Leave = None,
    leave_unknown: o.LeaveUnknown = False,
    role: o.Roles = None,
    format: o.Format = None,
    translate_reasoning: o.Reasoning = False,
    translate_comments: o.Comments = False,
    keep_numbers: o.KeepNumbers = False,
    data_license: DataLicense = None,
    rejected: Rejected = None,
    translator: o.TranslatorName = None,
    model: o.Model = None,
    option: o.EngineOptions = None,
    fallback: Fallback = None,
    fallback_option: FallbackOptions = None,
    route: o.Route = None,
    prompt: o.Prompt = None,
    glossary: o.Glossary = None,
    base_url: o.BaseUrl = None,
    config: o.Config = None,
    memory: Memory = None,
    chunk: Chunk = None,
    shard: o.ShardOf = None,
    ray: Ray = None,
    workers: Workers = None,
    strict: Strict = False,
    force: o.Force = False,
    json: o.AsJson = False,
    quiet: o.Quiet = False,
) -> None:
    """
    Translate the prose of a dataset into another language.

    Code, formulas, links and the like stay byte for byte as they were. Accepted rows go to OUT; rejected and failed
    rows, the manifest and the translation memory are written next to it. To resume a run that was stopped or killed,
    give the same command again.
    """
    from babelset.cli.progress import watching
    from babelset.cli.summary import show
    from babelset.contracts.engine import Engine
    from babelset.translation.job import Job
    from babelset.translation.pipes import translate_streams
    from babelset.translation.routes import read_routes

    named = o.engine(translator, option, model=model, prompt=prompt, base_url=base_url)
    engine: dict[str, Any] = {"translator": named} if named else {}
    if fallback_option and not fallback:
        raise ConfigError("--fallback-option is for a second translator: name it with --fallback, or leave it out")
    if fallback:
        engine["fallback"] = Engine(name=fallback, options=o.engine_options(fallback, fallback_option))
    job = Job(
        inputs=tuple(inputs), output=output, target=to, source=source,
        **engine, routes=read_routes(route) if route else None, glossary=glossary,
        filters=o.filters_of(config), schema_name=schema, fields=tuple(field or ()),
        leave=tuple(leave or ()), leave_unknown=leave_unknown, roles=o.roles_of(role), format=format,
        translate_reasoning=translate_reasoning, translate_comments=translate_comments, keep_numbers=keep_numbers,
        chunk=chunk, memory=memory, strict=strict, force=force, data_license=data_license,
        shard=o.shard_of(shard),
        ray=ray,
        workers=workers,
    )  # fmt: skip
    with watching(quiet) as watch:
        manifest = translate_streams(job, watch, rejected)
    show(manifest, as_json=json, stderr=output == "-")
    raise typer.Exit(1 if manifest["rows"]["failed"] else 0)
