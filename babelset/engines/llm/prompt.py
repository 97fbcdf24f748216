"""
Prompts: files of TOML front matter and a Jinja2 template, rendered in a sandbox.

+++
version = "1"
unit = "row"             what one request translates: "row" (numbered segments of a row, answered as JSON by number),
                         "field" (a whole field as plain text), "segment" (one sentence as plain text); with
                         "judgement" it translates nothing, but grades the translation of a field; with "generation" it
                         asks for something new about a row, as the JSON object that [answer] describes
description = "..."
models = ["*tower*"]     patterns on the lower-case model id: an adapter for these models
scheme = "xml"           placeholder scheme
context = true           whether it shows context, terms or examples
structured = false       whether the user block is JSON: the parts of the message's content
[answer]                 of a generation: the JSON schema of an object; what a step writes are its properties
[extra]                  fields of the request's body: a string is a template too, { json = "..." } one that gives
                         JSON, and what comes out blank is left out
+++
{% block system %}...{% endblock %}
{% block user %}...{{ text }}{% endblock %}

The variables are the fields of `Values`, of a generation those of `Brief`. Dataset text goes through the filter
`json`, or is the message's very end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Literal

import orjson
import xxhash
from pydantic import BaseModel

from babelset.engines.llm.controls import neutral
from babelset.errors import ConfigError, did_you_mean
from babelset.files.toml import as_model, table_of, text_of
from babelset.languages import Language

if TYPE_CHECKING:
    from types import FrameType

    from jinja2 import Environment, Template

FRONT = re.compile(r"\ufeff?\+\+\+[ \t]*\r?\n(.*?)^\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
BLOCKS = ("system", "user")
SHOWN = 300  # characters of what a template's error says
DEFAULT = "segments"


@dataclass(frozen=True, slots=True)
class Values:
    """
    What a prompt is rendered with: `Values(find("en"), find("ca"), '{"1":"Name a river.","2":"The Ebre."}')`.

    `text` holds the placeholders; for the unit "row" it is the compact JSON of the numbered segments. `roles` says
    "1-2 instruction; 3 output". `before` and `after` are the context: "role", "source" and, if known, "target".
    `notes` say what was wrong with the last answer, to a translator in codes; `labels` are words to be translated the
    same way everywhere; `translation` is the one to be judged.
    """

    source: Language
    target: Language
    text: str
    roles: str = ""
    before: Sequence[Mapping[str, str]] = ()
    after: Sequence[Mapping[str, str]] = ()
    terms: Sequence[tuple[str, str]] = ()
    examples: Sequence[tuple[str, str]] = ()
    formality: Literal["default", "formal", "informal"] = "default"
    numbers: Literal["keep", "convert"] = "keep"
    notes: Sequence[str] = ()
    labels: Sequence[str] = ()
    translation: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """
    What a prompt that generates is rendered with: `Brief({"instruction": "Greet."}, find("en"), find("ca"))`.

    `row` is the row without what is known about it, `source` the language that it is in, `target` the one that the
    answer is to be in. `given` is what the step adds: examples, answers to be compared, a rubric. `notes` say what was
    wrong with the last answer.
    """

    row: Mapping[str, Any]
    source: Language
    target: Language
    given: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


NAMES = frozenset(each.name for each in fields(Values))
BRIEF = frozenset(each.name for each in fields(Brief))
Does = Literal["translates", "judges", "generates"]
DOES: Mapping[str, Does] = {"judgement": "judges", "generation": "generates"}  # by unit; all others translate


class Front(BaseModel, extra="forbid", frozen=True):
    version: str
    unit: Literal["row", "field", "segment", "judgement", "generation"]
    description: str
    models: tuple[str, ...] = ()
    scheme: str
    context: bool
    structured: bool = False
    answer: dict[str, Any] = {}
    extra: dict[str, Any] = {}


class Prompt(Front, frozen=True):
    """One prompt file: `load("segments").signature` is "segments@1#" and 12 hex digits of the file's hash."""

    name: str
    file: str
    text: str  # the whole file

    @property
    def hash(self) -> str:
        """The 128-bit xxh3 of the file's bytes, its first 12 hex digits."""
        return xxhash.xxh3_128_hexdigest(self.text.encode())[:12]

    @property
    def does(self) -> Does:
        return DOES.get(self.unit, "translates")

    @property
    def signature(self) -> str:
        return f"{self.name}@{self.version}#{self.hash}"

    def render(self, values: Values | Brief) -> tuple[tuple[Mapping[str, Any], ...], Mapping[str, Any]]:
        """
        The messages, without a system message where its block is absent or blank, and the body's extra fields.

        Raises ConfigError, with file and line, for a template that fails.
        """
        given = {name: getattr(values, name) for name in _names(self.unit)}
        if self.unit == "row":
            given["text"] = neutral(given["text"])
        template = _template(self.text, self.file, self.unit)
        system, user = (_render(template, given, name) if name in template.blocks else "" for name in BLOCKS)
        content = _parsed(user, self.file) if self.structured else user
        messages = [{"role": "system", "content": system}] if system.strip() else []
        messages.append({"role": "user", "content": content})
        return tuple(messages), _filled(self.extra, f"{self.file}: extra", given)


def load(name: str, does: Does | None = "translates") -> Prompt:
    """
    The prompt of that name, or in that file: one that `does` this; with None any will do.

    >>> load("segments").unit
    'row'

    Raises ConfigError for an unknown name, an unreadable file, wrong front matter and a template that cannot work.
    """
    known = {prompt.name: prompt for prompt in available()}
    fitting = [prompt.name for prompt in known.values() if does in (None, prompt.does)]
    is_file = name.endswith(".jinja") or "/" in name
    if not is_file and name not in known:
        near = did_you_mean(name, fitting)
        raise ConfigError(f"unknown prompt {name!r}.{near} There are {', '.join(fitting)}; a file is named *.jinja")
    prompt = _parse(text_of(Path(name)), str(Path(name))) if is_file else known[name]
    if does not in (None, prompt.does):
        what = {"judges": "judges translations", "generates": "asks for something new"}.get(prompt.does, "translates")
        raise ConfigError(f"the prompt {name!r} {what}; here one is needed such as {', '.join(fitting)}")
    return prompt


@cache
def available() -> tuple[Prompt, ...]:
    """The prompts that come with babelset, by name."""
    found = (file for file in files("babelset.prompts").iterdir() if file.name.endswith(".jinja"))
    return tuple(_parse(file.read_bytes().decode(), file.name) for file in sorted(found, key=lambda file: file.name))


def for_model(model_id: str) -> Prompt:
    """The first adapter with a pattern for the model, else the prompt "segments" that any chat model follows."""
    wanted = model_id.lower()
    prompts = (prompt for prompt in available() if prompt.does == "translates")
    fitting = (prompt for prompt in prompts if any(fnmatchcase(wanted, pattern) for pattern in prompt.models))
    return next(fitting, None) or load(DEFAULT)


def _parse(text: str, file: str) -> Prompt:
    front = as_model(Front, _front(text, file), file)
    if bool(front.answer) is not (front.unit == "generation"):
        raise ConfigError(f"{file}: [answer] is the JSON schema of what a prompt of the unit 'generation' asks for")
    _template(text, file, front.unit)
    return Prompt(**front.model_dump(), name=Path(file).stem, file=file, text=text)


def _front(text: str, file: str) -> dict[str, Any]:
    if match := FRONT.match(text):
        return table_of("\n" + match[1], file)  # a line for the fence, so that errors name the file's lines
    raise ConfigError(
        f"{file}:1: a prompt begins with TOML between two lines +++; see: babelset prompts show {DEFAULT}"
    )


@lru_cache(maxsize=64)
def _template(text: str, file: str, unit: str) -> Template:
    match = FRONT.match(text)
    start = match.end() if match else 0
    source = "\n" * text.count("\n", 0, start) + text[start:]  # lines are the file's
    template = _compile(source, file, _names(unit))
    if "user" not in template.blocks:
        raise ConfigError(f"{file}: there is no {{% block user %}}, which holds what is sent")
    _check_blocks(source, file)
    return template


def _check_blocks(source: str, file: str) -> None:
    """Nothing is rendered but the blocks, so nothing may stand around them."""
    from jinja2 import nodes

    for node in _sandbox().parse(source).body:
        if isinstance(node, nodes.Block) and node.name in BLOCKS:
            continue
        data = node.nodes if isinstance(node, nodes.Output) else [node]
        stray = [part for part in data if not isinstance(part, nodes.TemplateData) or part.data.strip()]
        if stray:
            raise ConfigError(f"{file}:{stray[0].lineno}: something stands outside of the blocks 'system' and 'user'")


def _sandbox() -> Environment:
    from babelset.engines.llm.sandbox import sandbox

    return sandbox()


def _names(unit: str) -> frozenset[str]:
    return BRIEF if unit == "generation" else NAMES


@lru_cache(maxsize=256)
def _compile(source: str, where: str, names: frozenset[str]) -> Template:
    from jinja2 import Template, TemplateSyntaxError, meta, nodes

    sandbox = _sandbox()
    try:
        tree = sandbox.parse(source)
        unknown = meta.find_undeclared_variables(tree) - names
        code = sandbox.compile(source, filename=where)
    except TemplateSyntaxError as error:
        raise ConfigError(f"{where}:{error.lineno}: {error.message}") from None
    except (RecursionError, MemoryError, ValueError, SyntaxError) as error:  # brackets in brackets, endless numbers
        raise ConfigError(f"{where}: cannot be read as a template: {str(error)[:SHOWN]}") from None
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            near = did_you_mean(name.name, sorted(names))
            raise ConfigError(f"{where}:{name.lineno}: {name.name!r} is undefined.{near}")
    return Template.from_code(sandbox, code, {})


def _render(template: Template, given: Mapping[str, Any], block: str = "") -> str:
    from jinja2 import TemplateError

    wrong = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
    from babelset.engines.llm.sandbox import joined, limited

    function = template.blocks[block] if block else template.root_render_func
    pieces: Any = function(template.new_context(dict(given)))
    try:
        with limited():
            return joined(pieces)
    except (TemplateError, *wrong) as error:
        raise _fault(template, error, pieces.gi_frame) from None


def _fault(template: Template, error: Exception, at: FrameType | None) -> ConfigError:
    """`at`: where the template has come to, if the error is not its own."""
    frames = walk_tb(error.__traceback__)
    lines = [
        at.f_lineno if at else 1,
        *(line for frame, line in frames if frame.f_code.co_filename == template.filename),
    ]
    return ConfigError(f"{template.filename}:{template.get_corresponding_lineno(lines[-1])}: {str(error)[:SHOWN]}")


def _parsed(text: str, where: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        what = f"the template does not give JSON: {error}; write values with the filter json"
        raise ConfigError(f"{where}: {what}") from None


def _filled(value: Any, where: str, given: Mapping[str, Any]) -> Any:
    """`value` with its strings rendered; of an object, without the fields that come out blank."""
    if isinstance(value, str):
        return _render(_compile(value, where, frozenset(given)), given)
    if isinstance(value, list):
        return [_filled(item, where, given) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"json"} and isinstance(value["json"], str):
        text = _filled(value["json"], where, given)
        return _parsed(text, where) if text.strip() else ""
    found = {key: _filled(item, f"{where}.{key}", given) for key, item in value.items()}
    return {key: item for key, item in found.items() if item != ""}
