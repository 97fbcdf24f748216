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
from babelset.files.frontmatter import front_matter
from babelset.files.hub import is_hub
from babelset.files.hubsplits import CARD, card_of, expanded
from babelset.work.damage import write_sealed
from babelset.work.manifest import Manifest, told_manifest
from babelset.work.places import Places

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
    What the user says of the data, else the runs that made it, else a card; and what `models` say of themselves.

    >>> licenses("cc-by-4.0", ["alpaca.jsonl"], {"apertium": Apertium(), "length": Length()})
    {'data': 'cc-by-4.0', 'models': {'apertium': 'GPL (language data)'}}

    The models of the runs that made `inputs`, as the manifests beside them tell, stay in the list.
    """
    files = expanded(inputs)
    before = [Licenses.of(told_manifest(Places.of(path).manifest)) for path in files if not is_hub(path)]
    told = {name: told for name, model in models.items() if (told := model.license) is not None}
    known = [*(each.data for each in before), *map(_card_license, files)]
    said = ", ".join(dict.fromkeys(filter(None, known)))
    earlier = {name: text for each in before for name, text in each.models.items()}
    return asdict(Licenses(data or said, {**earlier, **told}))


def _card_license(path: str) -> str:
    card = card_of(path) if is_hub(path) else Path(path).parent / CARD
    return card_license(card.parent) if card else ""


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
    told = front_matter(folder / CARD).get("license")
    each = told[:NAMES] if isinstance(told, list) else [told]
    names = [" ".join(WORD.findall(name[:LONGEST_NAME])) for name in each if isinstance(name, str) and name]
    return ", ".join(names)[:LONGEST_NAME]
