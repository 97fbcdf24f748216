"""
Write docs/reference/ from the code, so that it cannot say anything else: python docs/generate.py

A test makes the same pages and compares them with the committed ones.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import typer

import babelset
from babelset import errors, plugins
from babelset.cli.app import EXIT_CODES, app
from babelset.cli.help import panels
from babelset.contracts import bound, columns, engine, evidence, labels, rules, schema, stored
from babelset.engines.llm import budget, prompt
from babelset.pipeline import recipe
from babelset.translation import routes
from babelset.work import manifest

FOLDER = Path(__file__).parent / "reference"
REQUIRED = "required"
MADE = "<!-- Made by `make docs` from the code. Do not edit. -->"


class Key(NamedTuple):
    """A field of a class as its source says it: `tolerance: float = 2.0  # times as long`."""

    name: str
    type: str
    default: str
    note: str


@cache
def keys_of(cls: type) -> tuple[Key, ...]:
    """The annotated fields of a class, the comment behind each as its note."""
    source = textwrap.dedent(inspect.getsource(cls))
    notes = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip()
    }
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    return tuple(
        Key(
            node.target.id,
            ast.unparse(node.annotation),
            ast.unparse(node.value) if node.value else "",
            notes.get(node.end_lineno or 0, ""),
        )
        for node in body.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id[0] != "_"
    )


def options_of(model: type) -> list[Key]:
    """The options of a pydantic model and its bases, with the names that a user writes."""
    known = {key.name: key for base in reversed(model.__mro__) if _has_source(base) for key in keys_of(base)}
    found = []
    for name, field in getattr(model, "model_fields", {}).items():
        written = known.get(name, Key(name, str(field.annotation), "", ""))
        default = REQUIRED if field.is_required() else _default(field.get_default(call_default_factory=True))
        found.append(Key(field.alias or name, written.type, default, field.description or written.note))
    return found


def _has_source(cls: type) -> bool:
    return cls.__module__.startswith("babelset")


def _default(value: Any) -> str:
    if isinstance(value, set | frozenset):
        return ", ".join(map(repr, sorted(value)))
    return "" if value is None else repr(str(value) if isinstance(value, Path) else value)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return escaped(" ".join(text.split())).replace("|", "\\|")


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def escaped(text: str) -> str:
    """Prose with its angle brackets escaped, except in code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def prose(doc: str | None) -> str:
    """A docstring as Markdown: its examples and indented parts as code."""
    return "\n\n".join(map(_paragraph, re.split(r"\n\s*\n", inspect.cleandoc(doc or ""))))


def _paragraph(text: str) -> str:
    if text.startswith(">>> "):
        return f"```pycon\n{text}\n```"
    lines = text.splitlines()
    if any(line.startswith((" ", "[")) or " = " in line or "──" in line for line in lines):
        return f"```text\n{text}\n```"
    return escaped(text)


def keys(title: str, found: Iterable[Key]) -> str:
    rows = [(code(key.name), code(key.type), _shown(key.default), key.note) for key in found]
    if not rows:
        return ""
    return f"{title}\n\n" * bool(title) + table(["key", "type", "default", "meaning"], rows)


def _shown(default: str) -> str:
    return default if default == REQUIRED else code(default)


def commands() -> Iterator[str]:
    yield "# Commands"
    yield "`--help` says the same. Every command ends with one of the [exit codes](errors.md)."
    for path, command in _walk(typer.main.get_command(app), "babelset"):
        yield f"## {path}"
        yield prose(command.help)
        for title, params in panels(command.params).items():
            rows = [_option(param) for param in params if param.name not in ("install_completion", "show_completion")]
            yield f"**{title}**\n\n{table(['option', 'default', 'meaning'], rows)}"


def _walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _walk(inner, f"{path} {name}")


def _option(param: Any) -> tuple[str, str, str]:
    if param.param_type_name == "argument":
        return code(param.metavar or param.name), "required" if param.required else "", param.help or ""
    names = ", ".join([*param.opts, *param.secondary_opts])
    value = "" if param.is_flag else f" {param.metavar or param.name.upper()}"
    plain = param.default if isinstance(param.default, str | int | float) else None
    default = "required" if param.required else "" if plain in (None, False, "") else code(str(plain))
    return code(names + value), default, param.help or ""


def plugin_page(group: str, intro: str) -> Iterator[str]:
    yield f"# {group.capitalize()}"
    yield intro
    ours = (point for point in plugins.available(group).values() if point.value.startswith("babelset."))
    for point in sorted(ours, key=lambda point: point.name):
        found = plugins.load(group, point.name)
        yield f"## {point.name}"
        yield prose(found.__doc__ or inspect.getmodule(found).__doc__)  # type: ignore[union-attr]
        if endings := getattr(found, "endings", ()):
            yield "File name endings: " + ", ".join(map(code, endings))
        yield keys("", options_of(found))


def translators() -> Iterator[str]:
    return plugin_page("translators", "Choose one with `--translator NAME`; give its options as `-O KEY=VALUE`.")


def filters() -> Iterator[str]:
    intro = "Checks decide, scorers measure. Set options in `--config` under `[filters.NAME]`, or with `score -O`."
    return plugin_page("filters", intro)


def steps() -> Iterator[str]:
    intro = (
        "In a pipeline file a table `[[steps]]` with `use = NAME` and these options; one alone: `babelset run NAME`."
    )
    return plugin_page("steps", intro)


def exports() -> Iterator[str]:
    return plugin_page("exports", "Choose one with `babelset export --as NAME`.")


def schemas() -> Iterator[str]:
    yield "# Schemas"
    yield "The shapes of rows that are detected. Name one with `--schema NAME`, or write [your own](files.md#schema)."
    rows = []
    for name in {**plugins.available("schemas"), **columns.column_sets()}:
        found = schema.load_schema(name)
        fields = ", ".join(code(path) for path in [*(rule.path for rule in found.fields_), *found.required])
        rows.append((code(name), found.description, fields))
    yield table(["name", "rows", "texts that rows must have"], sorted(rows))


def files() -> Iterator[str]:
    yield "# TOML files"
    yield "Unknown keys are errors, in every file. Paths in a pipeline file are relative to that file."
    yield from _file("Pipeline", recipe.__doc__, recipe.Recipe, ("datasets.NAME", recipe.Dataset))
    yield "`steps` holds a table for each: `use`, the name of a [step](steps.md), and its options."
    yield from _file("Engine", None, engine.Engine)
    yield from _file("Routes", routes.__doc__, routes.Routes, ("engines.NAME", engine.Engine),
                     ("routes", routes.Rule), ("kept_share, length", routes.Bounds),
                     ("retry", routes.Retry))  # fmt: skip
    yield from _file("Schema", schema.__doc__, schema.Schema, ("fields", rules.FieldRule),
                     ("rewrites", rules.Rewrite), ("labels", labels.Label), ("bound", bound.Bound))  # fmt: skip
    yield "## Checks"
    yield "The file of `--config`: tables `[filters.NAME]` with its [options](filters.md), or `NAME = false`."
    yield from _file("Prompt", prompt.__doc__, prompt.Front)
    yield f"Variables of the template:\n\n{prose(prompt.Values.__doc__)}"
    yield keys("", keys_of(prompt.Values))
    yield from _file("Prices", budget.Prices.__doc__, budget._Table, ("models.NAME", budget._Price))


def _file(title: str, doc: str | None, top: type, *tables: tuple[str, type]) -> Iterator[str]:
    yield f"## {title}"
    yield f"```text\n{inspect.cleandoc(doc or '')}\n```"
    found = (key for key in options_of(top) if key.name != "name")  # which is the file's
    yield keys("At the top:", (key._replace(name=key.name.rstrip("_")) for key in found))
    for name, model in tables:
        yield keys(f"In `[{name}]`:", options_of(model))


def formats() -> Iterator[str]:
    yield "# Evidence and manifest"
    yield (
        f"Format {manifest.FORMAT}. The number is the key `format` of the manifest, and holds for the evidence of the "
        "rows too. The promise: the number is raised when a key changes its meaning or is removed; keys may be added "
        "at any time, so ignore those that you do not know."
    )
    yield f"## Evidence\n\n{prose(evidence.__doc__)}"
    parts = ["Evidence", "FieldEvidence", "SegmentEvidence", "VerdictEvidence", "RouteEvidence", "CandidateEvidence"]
    for name in parts:
        cls = getattr(evidence, name)
        rows = [(code(key.name), code(_required(key.type)), key.note) for key in keys_of(cls)]
        yield f"### {name}\n\n{prose(cls.__doc__)}\n\n{table(['key', 'type', 'meaning'], rows)}"
    yield f"## Evidence in a file\n\n{prose(stored.__doc__)}"
    yield f"## Manifest\n\n{prose(manifest.__doc__)}"
    rows = [(code(key.name), code(key.type), key.note) for key in keys_of(manifest.Manifest)]
    yield table(["key", "type", "meaning"], rows)


def _required(type: str) -> str:
    return re.sub(r"^NotRequired\[(.*)\]$", r"\1, may be absent", type)


def error_page() -> Iterator[str]:
    yield "# Errors and exit codes"
    yield EXIT_CODES.strip()
    kinds = [errors.BabelsetError, *errors.BabelsetError.__subclasses__()]
    kinds = [kind for kind in kinds if kind.__module__ == errors.__name__]
    rows = [(code(kind.__name__), str(kind.exit_code), inspect.getdoc(kind) or "") for kind in kinds]
    yield table(["class", "exit code", "meaning"], rows)
    yield "A message says where, what, and what to do next. [Troubleshooting](../troubleshooting.md) says more."


def python() -> Iterator[str]:
    yield "# Python"
    yield prose(babelset.__doc__)
    for name in babelset.__all__:
        found = getattr(babelset, name)
        if name.startswith("_") or (inspect.isclass(found) and issubclass(found, errors.BabelsetError)):
            continue
        yield f"## {name}"
        if inspect.isfunction(found):
            yield f"```python\n{name}{inspect.signature(found)}\n```".replace("'", "")
        yield prose(found.__doc__)
        if inspect.isclass(found) and found not in (evidence.Evidence, manifest.Manifest):
            yield keys("", options_of(found) or keys_of(found))


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "commands": commands,
    "translators": translators,
    "filters": filters,
    "steps": steps,
    "exports": exports,
    "schemas": schemas,
    "files": files,
    "formats": formats,
    "errors": error_page,
    "python": python,
}


def page(name: str) -> str:
    parts = [MADE, *(part.strip() for part in PAGES[name]() if part.strip())]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in PAGES:
        (FOLDER / f"{name}.md").write_text(page(name), encoding="utf-8")


if __name__ == "__main__":
    main()
