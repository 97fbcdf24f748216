"""
Shapes with a structure of their own, and benchmarks with their labels, one TOML each:
`babelset.contracts.schemas:oasst_tree` is what oasst_tree.toml describes. Other datasets that are columns need none:
the vocabulary in `columns.toml` knows them.

A new one is a TOML file here and a line among the entry points of the group `babelset.schemas`.
"""

from functools import cache
from importlib.resources import files

from babelset.contracts.columns import column_sets
from babelset.contracts.schema import Schema, of_set, parse_schema


@cache
def __getattr__(name: str) -> Schema:
    if name in column_sets():
        return of_set(column_sets()[name])
    file = files(__name__).joinpath(f"{name}.toml")
    if name.startswith("_") or not file.is_file():
        raise AttributeError(name)
    return parse_schema(name, file.read_text(encoding="utf-8"))
