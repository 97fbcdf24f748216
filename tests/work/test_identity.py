"""Whether an output is there already, and the one that was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from babelset import __version__
from babelset.errors import ConfigError
from babelset.translation.job import Places
from babelset.work.identity import finished, identity_of


def test_an_identity_is_json_and_the_same_in_every_process() -> None:
    parts = {"roles": frozenset({"output", "input", "turn/user"}), "file": Path("terms.csv"), "least": 0.5}
    assert json.dumps(identity_of(parts)) == json.dumps(
        {"babelset": __version__, "roles": ["input", "output", "turn/user"], "file": "terms.csv", "least": 0.5}
    )


MADE = {"babelset": "1", "chunk": 8}
STATES = [
    # what lies there, what is found: a manifest, nothing, or an error that says
    ([], None),
    (["out.manifest.json"], None),
    (["out.jsonl", "out.manifest.json", "out.work/"], None),
    (["out.jsonl", "out.manifest.json"], {**MADE, "rows": 3}),
    (["out.jsonl"], r"out\.jsonl exists and is somebody's; name another one, or say --force"),
    (["out.jsonl/", "out.manifest.json"], r"out\.jsonl exists and is somebody's"),
]


@pytest.mark.parametrize(("there", "found"), STATES)
def test_what_lies_at_an_output(there: list[str], found: object, tmp_path: Path) -> None:
    for name in there:
        if name.endswith("/"):
            (tmp_path / name).mkdir()
        else:
            (tmp_path / name).write_text(json.dumps({**MADE, "rows": 3}))
    places = Places.of(str(tmp_path / "out.jsonl"))
    if isinstance(found, str):
        with pytest.raises(ConfigError, match=found):
            finished(places, MADE, "is somebody's")
    else:
        assert finished(places, MADE, "is somebody's") == found


def test_another_order_s_output_is_refused_with_the_difference(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").touch()
    (tmp_path / "out.manifest.json").write_text(json.dumps(MADE))
    with pytest.raises(ConfigError, match=r"made differently:\n  chunk: 8 -> 16\nName another output, or say --force"):
        finished(Places.of(str(tmp_path / "out.jsonl")), {**MADE, "chunk": 16}, "")
