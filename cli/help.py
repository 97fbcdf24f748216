"""Help in panels: options and commands under headings, as plain text, so that `--help` need not load rich."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

ROWS, ENGINE, CHECKS, RUN = "Rows", "Engine", "Checks", "Run"  # panels of options
FEW = 8  # options that need no panels


class Command(TyperCommand):
    """A command whose options stand under the headings of their `rich_help_panel`."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for title, params in panels(self.get_params(ctx)).items():
            with formatter.section(title):
                formatter.write_dl([record for param in params if (record := param.get_help_record(ctx))])


class Group(TyperGroup):
    """A group whose commands stand under the headings of their `rich_help_panel`."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        width = max(map(len, self.commands))
        found: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            line = command.get_short_help_str(formatter.width - 6 - width)
            panel = getattr(command, "rich_help_panel", None)
            found.setdefault(panel if isinstance(panel, str) else "Commands", []).append((name.ljust(width), line))
        for title, lines in found.items():
            with formatter.section(title):
                formatter.write_dl(lines)


def panels(params: Iterable[Any]) -> dict[str, list[Any]]:
    """Arguments and options by heading; few options all under "Options"."""
    shown = [param for param in params if not getattr(param, "hidden", False)]
    few = sum(param.param_type_name == "option" for param in shown) <= FEW
    found: dict[str, list[Any]] = {}
    for param in shown:
        found.setdefault(_panel(param, few), []).append(param)
    return {**found, RUN: found.pop(RUN)} if RUN in found else found  # what all commands have comes last


def _panel(param: Any, few: bool) -> str:
    if param.param_type_name == "argument":
        return "Arguments"
    panel = getattr(param, "rich_help_panel", None)
    return "Options" if few else panel if isinstance(panel, str) else RUN
