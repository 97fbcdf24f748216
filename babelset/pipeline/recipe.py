"""
A pipeline file: steps, one after another, for every dataset and language.

to = ["ca", "es"]
output = "out/{dataset}.{lang}.jsonl"
memory = "out/memory.sqlite"

[datasets]
alpaca = "alpaca.jsonl"

[[steps]]
use = "translate"
translator = { name = "nllb", options = { model = "nllb-600M" } }

[[steps]]
use = "export"
as = "okapi"
output = "out/okapi"

Paths are relative to the file. A recipe is a pipeline file that ships with babelset, without datasets and output.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from babelset import plugins
from babelset.contracts.step import Step, below
from babelset.errors import ConfigError, did_you_mean
from babelset.files.names import unfit
from babelset.files.toml import table_of, text_of

ENDING = ".toml"
PLACES = ("dataset", "lang")


class Dataset(BaseModel, extra="forbid", frozen=True):
    """A `[datasets.NAME]` table; a file name alone, or a list of them, will do for one with inputs only."""

    inputs: list[str] = Field(min_length=1)  # files to read
    format: str | None = None  # where the file name does not tell
    license: str | None = None  # of the data, for the manifest
    set: dict[str, dict[str, Any]] = {}  # options of steps that differ for it: { translate = { fields = ["x"] } }


class Recipe(BaseModel):
    """A pipeline file, as it stands."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    description: str = ""  # in one line
    source: str = ""  # whose method it is: a repository, a paper
    not_the_papers: list[str] = []  # what is ours, since its authors do not tell
    to: list[str] = []  # languages
    from_: str = Field("eng_Latn", alias="from")  # language of the datasets
    output: str = ""  # with {dataset} and {lang}, where there are several
    memory: str | None = None  # translation memory that all steps share
    seed: int = 0  # of what is drawn by chance
    datasets: dict[str, Dataset] = {}  # by a name that you choose
    steps: list[dict[str, Any]] = Field(min_length=1)  # each with `use`, the name of a step, and its options

    @field_validator("datasets", mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {
            name: {"inputs": [found] if isinstance(found, str) else found} if isinstance(found, str | list) else found
            for name, found in given.items()
        }


@dataclass(frozen=True, slots=True)
class Named:
    """A step of a pipeline, and its name there."""

    name: str
    number: int  # from 1
    use: str
    options: Mapping[str, Any]
    folder: str | None  # that its paths are relative to; None for that of the output, in a recipe that ships

    def built(self, own: Mapping[str, Any], given: Mapping[str, Any], beside: str) -> Step:
        """
        The step with its options, a dataset's `own` and those `given` on the command line in their place; `beside` is
        the folder of the output.

        ConfigError says what is wrong with them.
        """
        found = step_class(self.use)
        context = {"folder": beside if self.folder is None else self.folder, "given": given.keys()}
        try:
            return found.model_validate(merged(merged(self.options, own), given), context=context)
        except ValidationError as error:
            known = [item.alias or name for name, item in found.model_fields.items()]
            wrong = next((str(one["loc"][-1]) for one in error.errors() if one["type"] == "extra_forbidden"), "")
            cure = f".{did_you_mean(wrong, known)} Its options: {', '.join(known)}" if wrong else ""
            raise ConfigError(plugins.explain(error) + cure) from None


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`merged({"a": {"b": 1}, "c": 2}, {"a": {"d": 3}})` -> {"a": {"b": 1, "d": 3}, "c": 2}."""
    both = (key for key in new if isinstance(new[key], Mapping) and isinstance(old.get(key), Mapping))
    return {**old, **new, **{key: merged(old[key], new[key]) for key in both}}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A recipe that was found sound as far as it goes by itself: `name` is how it is called, `file` where it stands."""

    name: str
    file: str
    recipe: Recipe
    steps: Sequence[Named]

    def wrong(self, number: int, reason: str, *details: str) -> ConfigError:
        """What to raise for a mistake in a step."""
        name = self.steps[number - 1].name if number <= len(self.steps) else ""
        return ConfigError(f"{self.file}: step {number}{f' ({name})' if name else ''}: {reason}", *details)


def step_class(name: str) -> type[Step]:
    """The class of an installed step; ConfigError for an unknown name, ContractError for a broken plug-in."""
    from babelset.contracts.loading import plugin_class

    return plugin_class("steps", name, Step)


def shipped() -> list[str]:
    """Names of the recipes that ship."""
    return sorted(
        path.name.removesuffix(ENDING) for path in files("babelset.recipes").iterdir() if path.name.endswith(ENDING)
    )


def shipped_text(name: str) -> str:
    """A recipe that ships, as its file; ConfigError for an unknown name."""
    if name not in shipped():
        steps = list(plugins.available("steps"))
        meant = did_you_mean(name, [*shipped(), *steps])
        raise ConfigError(
            f"unknown recipe {name!r}.{meant} See: babelset run --list. A file of your own ends with .toml"
        )
    return files("babelset.recipes").joinpath(name + ENDING).read_text("utf-8")


def recipe_of(name: str) -> Recipe:
    """A recipe that ships."""
    return read_pipeline(name, shipped_text(name)).recipe


def pipeline_of(name: str) -> Pipeline:
    """
    The pipeline that a name stands for: a file, a recipe that ships, or one step.

    Raises ConfigError for anything in it that can be seen to be wrong.
    """
    if name.endswith(ENDING):
        return read_pipeline(name, text_of(name), Path(name).parent)
    if name in plugins.available("steps") and name not in shipped():
        recipe = Recipe.model_validate({"steps": [{"use": name}]})
        return Pipeline(name, name, recipe, [Named(name, 1, name, {}, None)])
    return read_pipeline(name, shipped_text(name))


def read_pipeline(file: str, text: str, folder: Path | None = None) -> Pipeline:
    """The pipeline that TOML text describes, with paths below `folder`, or below that of its output."""
    table = table_of(text, file)
    if where := next(_with_nul(table, ""), ""):
        raise ConfigError(f"{file}: {where}: holds a NUL character, which no name can; take it out")
    try:
        recipe = Recipe.model_validate(table)
    except ValidationError as error:
        raise ConfigError(f"{file}: {plugins.explain(error)}{_successor(table)}") from None
    if not is_pattern(recipe.output):
        raise ConfigError(f"{file}: output may hold {{dataset}} and {{lang}} only: {recipe.output!r}")
    for name in recipe.datasets:
        if reason := unfit(name):
            raise ConfigError(f"{file}: the dataset name {name!r} {reason}; files are named after it: choose another")
    name = Path(file).name.removesuffix(ENDING)
    return Pipeline(name, file, _below(recipe, folder) if folder else recipe, list(_named(file, recipe, folder)))


def _successor(table: Mapping[str, Any]) -> str:
    """How a file of the former form is written now."""
    former = {"languages": "to", "translator": 'use = "translate"', "exports": 'use = "export"'}
    said = [f"{old} is now {new}" for old, new in former.items() if old in table]
    return f". {'; '.join(said)}; see: docs, pipelines" if said else ""


def _below(recipe: Recipe, folder: Path) -> Recipe:
    """The recipe with its paths below the folder."""
    datasets = {
        name: each.model_copy(update={"inputs": [below(folder, path) for path in each.inputs]})
        for name, each in recipe.datasets.items()
    }
    said = {name: below(folder, path) for name in ("output", "memory") if (path := getattr(recipe, name))}
    return recipe.model_copy(update={"datasets": datasets, **said})


def _named(file: str, recipe: Recipe, folder: Path | None) -> Iterator[Named]:
    names: set[str] = set()
    for number, table in enumerate(recipe.steps, 1):
        use, name = table.get("use"), table.get("name", table.get("use"))
        if not isinstance(use, str) or not isinstance(name, str) or (reason := unfit(name)):
            wrong = "wants a step's name as `use`" if not isinstance(use, str) else f"its name {name!r} {reason}"
            raise ConfigError(f"{file}: step {number}: {wrong}; see: babelset run --list")
        if name in names and "name" not in table:
            name = f"{name}-{number}"
        if name in names:
            raise ConfigError(f"{file}: step {number}: an earlier step is named {name!r}; choose another name")
        names.add(name)
        options = {key: value for key, value in table.items() if key not in ("use", "name")}
        yield Named(name, number, use, options, str(folder) if folder else None)


def is_pattern(text: str) -> bool:
    """Whether only {dataset} and {lang} are to be filled in: a format can ask for attributes, or a billion blanks."""
    try:
        fields = [field for field in Formatter().parse(text) if field[1] is not None]
    except ValueError:
        return False
    return all(name in PLACES and not spec and not conversion for _, name, spec, conversion in fields)


def _with_nul(value: Any, where: str) -> Iterator[str]:
    """Where in a TOML table a text holds a NUL."""
    if isinstance(value, str) and "\0" in value:
        yield where
    items = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _with_nul(inner, f"{where}.{key}".strip("."))
