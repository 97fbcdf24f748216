"""Whatever a row holds: a recipe expresses it or says why not, and leaves the row as it was."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset import plugins
from babelset.contracts.export import Exported, translated
from babelset.errors import DataError
from babelset.files.row import KEY

KEYS = [
    "messages",
    "conversations",
    "instruction",
    "input",
    "output",
    "system",
    "role",
    "from",
    "content",
    "value",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "prompt",
    "chosen",
    "rejected",
    "text",
    "type",
    "id",
    "history",
    "tools",
    "thinking",
    "completion",
    "label",
]
WORDS = ["user", "assistant", "human", "gpt", "function_call", "tool", "{}", "Hola.", "\ud800\x00", ""]
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
rows = st.dictionaries(st.sampled_from(KEYS), json, min_size=1, max_size=5)
ROLES = ["instruction", "input", "output", "system", "turn/user"]


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, str):
        yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from leaves(item, (*path, key))


@pytest.mark.parametrize("name", list(plugins.available("exports")))
@given(
    data=rows,
    roles=st.lists(st.sampled_from(ROLES), max_size=4),
    astray=st.lists(st.sampled_from(KEYS) | st.integers(-1, 2), max_size=3),
    schema=st.sampled_from(["alpaca", "arc", "mine", "messages"]),
)
def test_expressed_or_refused(name, data, roles, astray, schema):
    paths = [*leaves(data), *([astray] if len(astray) == 3 else [])]
    fields = [
        {"path": list(path), "role": role, "source": "English", "keeps": []}
        for path, role in zip(paths, roles, strict=False)
    ]
    evidence = {
        "row": 0, "file": "x.json", "line": 1, "status": "accepted", "schema": schema,
        "source": "eng_Latn", "target": "cat_Latn", "translator": "t",
        "fields": fields, "segments": [], "scores": {}, "verdicts": [],
    }  # fmt: skip
    before = deepcopy(data)
    try:
        exported = plugins.build("exports", name, {}).convert(translated({**data, KEY: evidence}))
    except DataError as error:
        assert error.reason
    else:
        for each in [exported] if isinstance(exported, Exported) else exported:
            assert isinstance(each, Exported) and KEY not in each.data
    assert data == before
