"""`babelset plugins`: what is installed."""

from __future__ import annotations

from babelset.cli import options as o
from babelset.cli.terminal import say, show_json


def plugins(json: o.AsJson = False) -> None:
    """
    List translators, filters, schemas and exports.

    The built-in ones and those of other packages.
    """
    from babelset.plugins import describe

    found = describe()
    if json:
        show_json(found)
        return
    for group, entries in found.items():
        say(group)
        for entry in entries:
            origin = "" if entry["package"] == "babelset" else f"  [{entry['package']}]"
            say(f"  {entry['name']:<14} {entry['promise']}{origin}")
