"""Under which licences the data and the models of a run stand, as far as somebody wrote it down."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from babelset.contracts.filter import Filter
from babelset.contracts.translator import Translator
from babelset.work.damage import write_sealed
from babelset.work.manifest import Manifest, told_manifest
from babelset.work.places import Places

CARD = "README.md"
READ = 20_000  # characters of it
FRONT = re.compile(r"---[ \t]*\n(.*?)\n---", re.DOTALL)
WORD = re.compile(r"\w[\w.+-]*")  # of a licence's name: no markup and no control characters get into reports
NAMES, LONGEST_NAME = 8, 100


@dataclass(frozen=True, slots=True)
class Licenses:
    """`Licenses(data="cc-by-4.0", models={"nllb": "CC-BY-NC-4.0"})`; "" where nothing is known."""

    data: str = ""
    models: dict[str, str] = field(default_factory=dict)  # by translator or scorer

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Licenses:
        """Those that a manifest tells; it may be of an earlier version, or damaged."""
        try:
            return TypeAdapter(cls).validate_python(manifest.get("licenses", {}))
        except ValidationError:
            return cls()


def licenses(data: str | None, inputs: Sequence[str], models: Mapping[str, Translator | Filter]) -> dict[str, Any]:
    """
    What the user says of the data, or a card beside it, and what each of `models` that has a licence says of itself.

    >>> licenses("cc-by-4.0", ["alpaca.jsonl"], {"apertium": Apertium(), "length": Length()})
    {'data': 'cc-by-4.0', 'models': {'apertium': 'GPL (language data)'}}
    """
    told = {name: told for name, model in models.items() if (told := model.license) is not None}
    cards = dict.fromkeys(found for path in inputs if (found := card_license(Path(path).parent)))
    return asdict(Licenses(data or ", ".join(cards), told))


def licenses_of_scores(inputs: Sequence[str], scorers: Mapping[str, Filter]) -> dict[str, Any]:
    """Those of the runs that made `inputs`, as the manifests beside them tell, and of the scorers."""
    before = [Licenses.of(told_manifest(Places.of(path).manifest)) for path in inputs]
    models = {name: text for each in before for name, text in each.models.items()}
    data = ", ".join(dict.fromkeys(each.data for each in before if each.data))
    own = licenses(data, inputs, scorers)
    return {**own, "models": {**models, **own["models"]}}


def relicensed(manifest: Manifest, data: str | None, path: Path) -> Manifest:
    """The manifest of a finished run, in which the data has the licence that the user says now."""
    before = Licenses.of(manifest)
    if data is None or data == before.data:
        return manifest
    manifest = {**manifest, "licenses": {**asdict(before), "data": data}}
    write_sealed(path, manifest)
    return manifest


def card_license(folder: Path) -> str:
    """
    The licence in the front matter of the folder's README.md, as the Hugging Face hub has it; "" for none.

    >>> card_license(Path("alpaca"))  # ---, license: cc-by-nc-4.0, ---
    'cc-by-nc-4.0'
    """
    try:
        with (folder / CARD).open(encoding="utf-8", errors="replace") as file:
            front = FRONT.match(file.read(READ))
    except OSError:
        return ""
    return ", ".join(_names(front[1]))[:LONGEST_NAME] if front else ""


def _names(front: str) -> list[str]:
    """The licences that a card's front matter names; none where it is not YAML."""
    import yaml

    try:
        found = yaml.load(front, Loader=yaml.BaseLoader)  # all is text: tags, dates and numbers construct nothing
    except (yaml.YAMLError, RecursionError):
        return []
    told = found.get("license") if isinstance(found, dict) else None
    each = told[:NAMES] if isinstance(told, list) else [told]
    return [" ".join(WORD.findall(name[:LONGEST_NAME])) for name in each if isinstance(name, str) and name]
