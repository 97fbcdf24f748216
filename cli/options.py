"""Options that several commands share, and how they become typed objects."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from babelset import plugins
from babelset.errors import ConfigError

Inputs = Annotated[list[str], typer.Argument(metavar="IN...", help="Files to read; - is standard input.")]
To = Annotated[str, typer.Option("--to", metavar="LANG", help="Target language: ca, cat_Latn, Catalan, pt-BR, zh-TW.")]
From = Annotated[str, typer.Option("--from", metavar="LANG", help="Source language.")]
SchemaName = Annotated[
    str | None,
    typer.Option("--schema", metavar="NAME|TOML", help="Shape of the rows; recognised when not given."),
]
Fields = Annotated[
    list[str] | None,
    typer.Option("--field", metavar="PATH", help="A column to translate beside the known ones: 'meta.notes[*]'."),
]
Leave = Annotated[
    list[str] | None,
    typer.Option(
        "--leave", metavar="PATH", help="A column to leave as it is, with all that is in it; may be repeated."
    ),
]
LeaveUnknown = Annotated[
    bool, typer.Option("--leave-unknown", help="Leave every column as it is that no rule knows, prose too.")
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role", metavar="NAME=ROLE", help="A speaker: user, assistant, system or tool, as chatgpt=assistant."
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="Format of the input where its name does not tell: json, jsonl, csv, tsv, parquet, text.",
    ),
]
TranslatorName = Annotated[str, typer.Option("--translator", metavar="NAME", help="See: babelset plugins.")]
Route = Annotated[
    str | None,
    typer.Option(metavar="TOML", help="Several translators in place of one: which gets which rows, and who is next."),
]
Model = Annotated[str | None, typer.Option(metavar="DIR|ID", help="The translator's model: a folder or a hub id.")]
EngineOptions = Annotated[
    list[str] | None,
    typer.Option("--option", "-O", metavar="KEY=VALUE", help="Any option of the translator; may be repeated."),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="TOML",
        help="Thresholds of the checks: [filters.length] ...; task = false leaves one out.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an output that exists, or an unfinished run.")]
AsJson = Annotated[bool, typer.Option("--json", help="The summary as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Reasoning = Annotated[bool, typer.Option("--translate-reasoning", help="Translate the inside of <think> blocks too.")]
Comments = Annotated[bool, typer.Option("--translate-comments", help="Translate comments inside fenced code.")]
KeepNumbers = Annotated[bool, typer.Option("--keep-numbers", help="Protect numbers, versions and units like code.")]

Prompt = Annotated[
    str | None,
    typer.Option(metavar="NAME|FILE", help="See: babelset prompts list. Chosen by model."),
]
Glossary = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="CSV, TSV or TBX; reported by term with any translator."),
]
FewShot = Annotated[str | None, typer.Option(metavar="FILE", help="Examples: source, target.")]
Formality = Annotated[str | None, typer.Option(help="formal or informal address.")]
Candidates = Annotated[int | None, typer.Option(min=1, help="Hypotheses for each segment, the best is kept.")]
EngineArgs = Annotated[
    list[str] | None,
    typer.Option("--engine-arg", metavar="KEY=VALUE", help="Any argument of vLLM's engine."),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The server; its key is read from OPENAI_API_KEY."),
]
Serve = Annotated[bool, typer.Option("--serve", help="Start `vllm serve` on this machine, and end it.")]
MaxRequests = Annotated[int | None, typer.Option(min=0, help="Stop before more.")]
MaxCost = Annotated[float | None, typer.Option(min=0, help="Stop before more is spent.")]
PriceFile = Annotated[
    str | None,
    typer.Option("--prices", metavar="TOML", help="What a million tokens cost."),
]


def engine_options(pairs: list[str] | None, **named: Any) -> dict[str, Any]:
    """`engine_options(["beam=4", "device=cpu"], model=None)` -> {"beam": 4, "device": "cpu"}."""
    options = {key: value for key, value in named.items() if value is not None}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--option {pair!r}: write it as KEY=VALUE")
        options[key] = _value(value)
    return options


def roles_of(pairs: list[str] | None) -> dict[str, str]:
    """`roles_of(["chatgpt=assistant"])` -> {"chatgpt": "assistant"}."""
    split = [pair.rpartition("=") for pair in pairs or []]
    for name, equals, role in split:
        if not (name and equals):
            raise ConfigError(f"--role {role!r}: write it as NAME=ROLE, as --role chatgpt=assistant")
    return {name: role for name, _, role in split}


def given(context: typer.Context, option: str) -> bool:
    """Whether the user wrote the option, be it with its default."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"


def takes(translator: str, option: str) -> bool:
    """Whether the translator has an option of that name."""
    return option in getattr(plugins.load("translators", translator), "model_fields", ())


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def filters_of(path: Path | None) -> dict[str, bool | dict[str, Any]]:
    """The `filters` table of a TOML file; ConfigError for anything else in it."""
    if path is None:
        return {}
    config = read_toml(path)
    if unknown := sorted(config.keys() - {"filters"}):
        raise ConfigError(f"{path}: unknown table {unknown[0]!r}; a --config file holds [filters] only")
    return dict(config.get("filters", {}))
