"""
Shapes of datasets, one TOML each. `babelset.contracts.schemas:alpaca` is the Schema that alpaca.toml describes.

A new one is a TOML file here and a line among the entry points of the group `babelset.schemas`.
"""

from importlib.resources import files

from babelset.contracts.schema import Schema, parse_schema


def __getattr__(name: str) -> Schema:
    file = files(__name__).joinpath(f"{name}.toml")
    if name.startswith("_") or not file.is_file():
        raise AttributeError(name)
    return parse_schema(name, file.read_text(encoding="utf-8"))
