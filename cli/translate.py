"""`babelset translate`: one dataset into one language."""

from __future__ import annotations

from typing import Annotated

import typer

from babelset.cli import options as o
from babelset.errors import ConfigError


def translate(
    context: typer.Context,
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
    route: o.Route = None,
    prompt: o.Prompt = None,
    glossary: o.Glossary = None,
    few_shot: o.FewShot = None,
    formality: o.Formality = None,
    candidates: o.Candidates = None,
    engine_arg: o.EngineArgs = None,
    base_url: o.BaseUrl = None,
    serve: o.Serve = False,
    max_requests: o.MaxRequests = None,
    max_cost: o.MaxCost = None,
    prices: o.PriceFile = None,
    schema: o.SchemaName = None,
    field: o.Fields = None,
    leave: o.Leave = None,
    leave_unknown: o.LeaveUnknown = False,
    role: o.Roles = None,
    format: o.Format = None,
    config: o.Config = None,
    memory: Annotated[
        str | None, typer.Option(metavar="PATH", help="A translation memory to share between runs.")
    ] = None,
    chunk: Annotated[
        int | None, typer.Option(min=1, help="Rows that are finished and stored together; 256, for vLLM 2048.")
    ] = None,
    translate_reasoning: o.Reasoning = False,
    translate_comments: o.Comments = False,
    keep_numbers: o.KeepNumbers = False,
    rejected: Annotated[
        str | None, typer.Option(metavar="FILE.jsonl", help="With -o -: where rejected and failed rows go.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first row that cannot be read.")] = False,
    data_license: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Licence of the input, for the record: cc-by-4.0.")
    ] = None,
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
    from babelset.translation.job import Engine, Job
    from babelset.translation.pipes import translate_streams
    from babelset.translation.routes import read_routes

    filters = o.filters_of(config)
    if glossary:
        filters.setdefault("terms", {"glossary": glossary})
    options = o.engine_options(
        option, model=model, prompt=prompt, few_shot=few_shot, formality=formality, candidates=candidates,
        glossary=glossary if glossary and o.takes(translator, "glossary") else None,
        engine_args=o.engine_options(engine_arg) or None, base_url=base_url, serve=serve or None,
        max_requests=max_requests, max_cost=max_cost, prices=prices,
    )  # fmt: skip
    if route and (options or fallback or fallback_option or o.given(context, "translator")):
        raise ConfigError("--route names its translators: write --translator, --fallback and their options into it")
    job = Job(
        inputs=tuple(inputs), output=output, target=to, source=source,
        translator=Engine(name=translator, options=options),
        fallback=Engine(name=fallback, options=o.engine_options(fallback_option)) if fallback else None,
        routes=read_routes(route) if route else None,
        filters=filters, schema_name=schema, fields=tuple(field or ()),
        leave=tuple(leave or ()), leave_unknown=leave_unknown, roles=o.roles_of(role), format=format,
        translate_reasoning=translate_reasoning, translate_comments=translate_comments, keep_numbers=keep_numbers,
        chunk=chunk, memory=memory, strict=strict, force=force, data_license=data_license,
    )  # fmt: skip
    with watching(quiet) as watch:
        manifest = translate_streams(job, watch, rejected)
    show(manifest, as_json=json, stderr=output == "-")
    raise typer.Exit(1 if manifest["rows"]["failed"] else 0)
