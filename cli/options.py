"""Options that several commands share, and how they become typed objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from babelset.cli.help import CHECKS, ENGINE, ROWS, RUN
from babelset.cli.terminal import say
from babelset.errors import ConfigError

if TYPE_CHECKING:
    from babelset.contracts.engine import Engine
    from babelset.files.shard import Shard
    from babelset.work.watch import Watch

Inputs = Annotated[
    list[str],
    typer.Argument(metavar="IN", help="Files to read; - is standard input, hf:ORG/NAME a dataset of the hub."),
]
To = Annotated[
    str,
    typer.Option(
        "--to", metavar="LANG", help="Target language, as ca, cat_Latn, Catalan or pt-BR.", rich_help_panel=ROWS
    ),
]
From = Annotated[str, typer.Option("--from", metavar="LANG", help="Source language.", rich_help_panel=ROWS)]
SchemaName = Annotated[
    str | None,
    typer.Option(
        "--schema", metavar="NAME|TOML", help="Shape of the rows; detected when not given.", rich_help_panel=ROWS
    ),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field", metavar="PATH", help="A column to translate too, as 'meta.notes[*]'.", rich_help_panel=ROWS
    ),
]
Leave = Annotated[
    list[str] | None,
    typer.Option(
        "--leave", metavar="PATH", help="A column to leave as it is, with all that is in it.", rich_help_panel=ROWS
    ),
]
LeaveUnknown = Annotated[
    bool, typer.Option("--leave-unknown", help="Leave every column that no rule knows.", rich_help_panel=ROWS)
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="NAME=ROLE", help="A speaker, as chatgpt=assistant.", rich_help_panel=ROWS),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="Input format if the file name does not tell: json, jsonl, csv, tsv, parquet, text, conll.",
        rich_help_panel=ROWS,
    ),
]
Reasoning = Annotated[
    bool,
    typer.Option("--translate-reasoning", help="Translate the text in <think> blocks too.", rich_help_panel=ROWS),
]
Comments = Annotated[
    bool, typer.Option("--translate-comments", help="Translate comments and docstrings in code.", rich_help_panel=ROWS)
]
KeepNumbers = Annotated[
    bool, typer.Option("--keep-numbers", help="Protect numbers, versions and units like code.", rich_help_panel=ROWS)
]
TranslatorName = Annotated[
    str | None,
    typer.Option(
        "--translator",
        metavar="NAME",
        help="See: babelset plugins. Without it firefox where its model is here, else apertium.",
        rich_help_panel=ENGINE,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="DIR|ID", help="The translator's model: a folder or a Hugging Face id.", rich_help_panel=ENGINE
    ),
]
EngineOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        "-O",
        metavar="KEY=VALUE",
        help="Any other option of the translator; may be repeated.",
        rich_help_panel=ENGINE,
    ),
]
Route = Annotated[
    str | None,
    typer.Option(metavar="TOML", help="Several translators, and which rows each one gets.", rich_help_panel=ENGINE),
]
Prompt = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE", help="See: babelset prompts list. By default chosen by model.", rich_help_panel=ENGINE
    ),
]
Glossary = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="CSV, TSV or TBX; with any translator, its use is reported.", rich_help_panel=ENGINE
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The server; its key is read from OPENAI_API_KEY.", rich_help_panel=ENGINE),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="TOML",
        help="Options of checks: [filters.length] ...; task = false turns one off.",
        rich_help_panel=CHECKS,
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace an existing output or unfinished run.", rich_help_panel=RUN)
]
ShardOf = Annotated[
    str | None,
    typer.Option(
        "--shard", metavar="K/N", help="Only part K of N; babelset gather puts them together.", rich_help_panel=RUN
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the summary as JSON on standard output.", rich_help_panel=RUN)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.", rich_help_panel=RUN)]


def pairs(given: list[str] | None) -> dict[str, str]:
    """`pairs(["beam=4", "device=cpu"])` -> {"beam": "4", "device": "cpu"}."""
    found = {}
    for pair in given or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--option {pair!r}: write it as KEY=VALUE")
        found[key] = value
    return found


def engine(translator: str | None, given: list[str] | None, **named: Any) -> Engine | None:
    """The translator with its options; where options come without a name, that of a default which has them."""
    from babelset.contracts.default import fitting
    from babelset.contracts.engine import Engine

    options = {**{key: value for key, value in named.items() if value is not None}, **pairs(given)}
    if translator is None and not options:
        return None
    name = translator or next(fitting(options))
    return Engine(name=name, options=engine_options(name, given, **named))


def engine_options(translator: str, given: list[str] | None, **named: Any) -> dict[str, Any]:
    """`engine_options("nllb", ["beam=4", "device=cpu"], model=None)` -> {"beam": 4, "device": "cpu"}."""
    from babelset.contracts.loading import translator_class
    from babelset.plugins import read_option

    options = {key: value for key, value in named.items() if value is not None}
    model = translator_class(translator)
    return {**options, **{key: read_option(model, key, text) for key, text in pairs(given).items()}}


def roles_of(pairs: list[str] | None) -> dict[str, str]:
    """`roles_of(["chatgpt=assistant"])` -> {"chatgpt": "assistant"}."""
    split = [pair.rpartition("=") for pair in pairs or []]
    for name, equals, role in split:
        if not (name and equals):
            raise ConfigError(f"--role {role!r}: write it as NAME=ROLE, as --role chatgpt=assistant")
    return {name: role for name, _, role in split}


def filters_of(path: Path | None) -> dict[str, bool | dict[str, Any]]:
    """The `filters` table of a TOML file; ConfigError for anything else in it."""
    from babelset.files.toml import read_table

    if path is None:
        return {}
    config = read_table(path)
    if unknown := sorted(config.keys() - {"filters"}):
        raise ConfigError(f"{path}: unknown table {unknown[0]!r}; a --config file holds [filters] only")
    return dict(config.get("filters", {}))


def shard_of(text: str | None) -> Shard | None:
    """`shard_of("3/64")` -> Shard(3, 64)."""
    from babelset.files.shard import Shard

    return None if text is None else Shard.of_text(text)


def quiet() -> Watch:
    """Who says on standard error what there is to say, and shows no progress."""
    from babelset.work.watch import Watch

    def tell(message: str) -> None:
        say(message, err=True)

    return Watch(say=tell, warn=tell)
