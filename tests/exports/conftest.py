from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from babelset.contracts.export import Exported, TranslatedRow, translated
from babelset.contracts.schema import COLUMNS, adhoc, load_schema
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
        texts = (adhoc(list(english)) if schema == "fields" else load_schema(schema)).fields(english)
    fields = [{"path": list(each.path), "role": each.role, "source": each.text, "keeps": []} for each in texts]
    known = {
        "row": 17, "file": f"data/{schema}.jsonl", "line": 18, "status": "accepted", "schema": schema,
        "source": "eng_Latn", "target": lang, "translator": "test|v:1",
        "fields": fields, "segments": [], "scores": {}, "verdicts": [],
    }  # fmt: skip
    return translated({**target, KEY: {**known, **evidence}})
