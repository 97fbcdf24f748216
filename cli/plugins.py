"""`babelset plugins`: what is installed."""

from __future__ import annotations

import typer

from babelset.cli import options as o


def plugins(json: o.AsJson = False) -> None:
    """
    List translators, filters, schemas and exports.

    The built-in ones and those of other packages.
    """
    from babelset.plugins import describe

    found = describe()
    if json:
        import json as json_

        typer.echo(json_.dumps(found, indent=1))
        return
    for group, entries in found.items():
        typer.echo(group)
        for entry in entries:
            origin = "" if entry["package"] == "babelset" else f"  [{entry['package']}]"
            typer.echo(f"  {entry['name']:<14} {entry['promise']}{origin}")
