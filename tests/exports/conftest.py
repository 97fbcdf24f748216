from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from babelset.contracts.export import Exported, TranslatedRow, translated
from babelset.contracts.rules import FieldRule
from babelset.contracts.schema import COLUMNS, Schema, load_schema, role_of
from babelset.files.row import KEY
from babelset.plugins import build


@pytest.fixture
def export_as() -> Callable[..., Exported]:
    def export(recipe: str, *args: Any, **kwargs: Any) -> Exported:
        exported: Exported = build("exports", recipe, {}).convert(make(*args, **kwargs))
        return exported

    return export


def make(
    schema: str, english: dict[str, Any], target: dict[str, Any], *, lang: str = "cat_Latn", **evidence: Any
) -> TranslatedRow:
    """A translated row as `babelset translate` writes it, from the row before and after."""
    if schema == "columns":
        texts = COLUMNS.look(english).fields
    else:
        rules = [FieldRule(path=path, role=role_of(path), required=True) for path in english]
        named = Schema(name="fields", fields_=rules) if schema == "fields" else load_schema(schema)
        texts = named.fields(english)
    fields = [{"path": list(each.path), "role": each.role, "source": each.text, "keeps": []} for each in texts]
    known = {
        "row": 17, "file": f"data/{schema}.jsonl", "line": 18, "status": "accepted", "schema": schema,
        "source": "eng_Latn", "target": lang, "translator": "test|v:1",
        "fields": fields, "segments": [], "scores": {}, "verdicts": [],
    }  # fmt: skip
    return translated({**target, KEY: {**known, **evidence}})
