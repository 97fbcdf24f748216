"""`babelset prompts`: what language models are asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from babelset.cli import options as o
from babelset.cli.terminal import say, show_json
from babelset.cli.terminal import show as show_text
from babelset.errors import ConfigError

if TYPE_CHECKING:
    from babelset.engines.llm.prompt import Prompt

Name = Annotated[str, typer.Argument(metavar="NAME|PATH", help="The name of a prompt, or a *.jinja file.")]
To = Annotated[
    str | None, typer.Option("--to", metavar="LANG", help="Show the messages that are sent for this language.")
]
Text = Annotated[str | None, typer.Option("--text", metavar="TEXT", help="The text to translate in that example.")]
SAMPLE = "Say <1/> aloud, three times."
TRANSLATION = "(the translation that is judged)"

prompts = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="List and show the prompts for language models."
)


@prompts.command("list")
def list_(json: o.AsJson = False) -> None:
    """
    List prompts, their unit of text and the models they suit.
    """
    from babelset.engines.llm.prompt import available

    rows = [_row(prompt) for prompt in available()]
    if json:
        show_json(rows)
    elif sys.stdout.isatty():
        _table(rows)
    else:
        for row in rows:
            say(*_cells(row))


@prompts.command()
def show(name: Name, to: To = None, source: o.From = "en", text: Text = None) -> None:
    """
    Print a prompt or, with --to, the messages it makes.
    """
    from babelset.engines.llm.prompt import load

    prompt = load(name, None)
    if to is not None:
        _show_rendered(prompt, source, to, SAMPLE if text is None else text)
    elif text is not None:
        raise ConfigError("--text needs a target language: add --to LANG")
    else:
        show_text(prompt.text)


def _row(prompt: Prompt) -> dict[str, Any]:
    return {
        "name": prompt.name,
        "version": prompt.version,
        "unit": prompt.unit,
        "hash": prompt.hash,
        "models": list(prompt.models),
        "description": prompt.description,
    }


def _cells(row: dict[str, Any]) -> list[str]:
    return [" ".join(cell) if isinstance(cell, list) else cell for cell in row.values()]


def _table(rows: list[dict[str, Any]]) -> None:
    from babelset.cli.console import Console, table

    Console().print(table(list(rows[0]), map(_cells, rows), left=len(rows[0]), fixed=("name", "hash")))


def _show_rendered(prompt: Prompt, source: str, target: str, text: str) -> None:
    from dataclasses import replace

    from babelset.engines.llm.controls import as_json
    from babelset.engines.llm.prompt import Brief, Values
    from babelset.languages import find

    row = prompt.unit == "row"
    roles = {"row": "1 instruction", "judgement": "instruction"}.get(prompt.unit, "")
    example = Values(find(source), find(target), as_json({"1": text}) if row else text, roles)
    values = replace(example, translation=TRANSLATION) if prompt.does == "judges" else example
    brief = Brief({"instruction": text}, find(source), find(target))
    messages, extra = prompt.render(brief if prompt.does == "generates" else values)
    for message in messages:
        say(f"--- {message['role']}")
        show_text(_shown(message["content"]) + "\n")
    if extra:
        say("--- body")
        show_text(_shown(extra) + "\n")


def _shown(content: Any) -> str:
    import json

    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1)
