"""Argilla's folder out and in; what Argilla's own SDK makes of it is in test_argilla_sdk.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.errors import ConfigError, DataError
from babelset.review.argilla import _correction, _targets
from babelset.review.exchange import export_to, import_from
from babelset.review.record import Item
from babelset.review.store import Store
from tests.review.conftest import item_of

ANNA, BEA = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"


def two() -> list[Item]:
    return [item_of("a", ("One.", "Two.")), item_of("b", ("Three.",))]


@pytest.fixture
def folder(store: Store, tmp_path: Path) -> Path:
    store.add(two())
    export_to(store, f"{tmp_path / 'argilla'}/")
    return tmp_path / "argilla"


def records(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "records.json").read_text("ascii"))


def answer(folder: Path, number: int, user: str = ANNA, **values: Any) -> None:
    """What Argilla writes when a user has answered."""
    found = records(folder)
    for question, value in values.items():
        found[number]["responses"].setdefault(question, []).append({"value": value, "user_id": user})
    for record in found:
        record |= {"status": "completed", "_server_id": BEA}
    (folder / "records.json").write_text(json.dumps(found))


def newest(store: Store, id: str) -> tuple[Any, ...] | None:
    found = store.decision(id)
    return found and (found["verdict"], found["reason"], found["targets"], found["reviewer"])


def test_what_argilla_reads(store: Store, folder: Path) -> None:
    settings = json.loads((folder / ".argilla" / "settings.json").read_text())
    assert [field["name"] for field in settings["fields"]] == ["source", "target"]
    assert [(each["name"], each["settings"]["type"], each["required"]) for each in settings["questions"]] == [
        ("verdict", "label_selection", True), ("correction", "text", False), ("reason", "text", False),
    ]  # fmt: skip
    assert not any(field["settings"]["use_markdown"] for field in settings["fields"])  # rows are hostile
    assert json.loads((folder / ".argilla" / "dataset.json").read_text())["name"] == "es-review"
    assert records(folder)[0] == {
        "id": "a",
        "fields": {"source": "output:\n⟦0⟧ One.⟦1⟧ Two.", "target": "output:\n⟦0⟧ ONE.⟦1⟧ TWO."},
        "metadata": {
            "run": "es.jsonl", "place": "a.json:1", "language": "Spanish", "status": "accepted", "version": 0,
        },
        "suggestions": {"correction": {"value": "⟦0⟧ ONE.\n⟦1⟧ TWO.", "score": None, "agent": "babelset"}},
        "responses": {},
        "vectors": {},
    }  # fmt: skip


def test_what_was_decided_is_suggested_and_unchanged(store: Store, folder: Path) -> None:
    said = {"item": "a", "verdict": "correct", "reason": "hm", "targets": {"1": "Dos."}, "reviewer": "Anna"}
    store.decide(said, based_on=0)  # type: ignore[arg-type]
    export_to(store, f"{folder}/", force=True)
    suggestions = records(folder)[0]["suggestions"]
    assert {name: told["value"] for name, told in suggestions.items()} == {
        "verdict": "correct", "reason": "hm", "correction": "⟦0⟧ ONE.\n⟦1⟧ Dos.",
    }  # fmt: skip
    answer(folder, 0, **{name: told["value"] for name, told in suggestions.items()})
    assert import_from(store, f"{folder}/") == {"decided": 0, "unchanged": 1, "without verdict": 1}


ANSWERS: list[tuple[dict[str, str], tuple[str, dict[str, str]] | None]] = [
    ({"verdict": "accept", "correction": "⟦0⟧ ONE.\n⟦1⟧ TWO."}, ("accept", {})),
    ({"verdict": "accept"}, ("accept", {})),
    ({"verdict": "correct", "correction": "⟦0⟧ Uno.\n⟦1⟧ TWO."}, ("correct", {"0": "Uno."})),
    ({"verdict": "accept", "correction": " ⟦1⟧Dos. \r\n"}, ("correct", {"1": "Dos."})),
    ({"verdict": "correct", "correction": "⟦01⟧ Dos\nlíneas.\n⟦0⟧"}, ("correct", {"1": "Dos\nlíneas."})),
    ({"correction": "⟦0⟧ Uno."}, ("correct", {"0": "Uno."})),
    ({"verdict": "reject", "correction": "all of it is wrong"}, ("reject", {})),
    ({"correction": "⟦0⟧ ONE.\n⟦1⟧ TWO."}, None),
    ({"reason": "hm"}, None),
]


@pytest.mark.parametrize("values, expected", ANSWERS)
def test_responses_are_decisions(store: Store, folder: Path, values: dict[str, str], expected: Any) -> None:
    answer(folder, 0, **values)
    counts = import_from(store, f"{folder}/", "Anna")
    found = newest(store, "a")
    assert counts["decided"] == (expected is not None)
    assert (found and (found[0], found[2])) == expected
    assert import_from(store, f"{folder}/", "Anna")["decided"] == 0


def test_users_are_known_by_their_ids(store: Store, folder: Path) -> None:
    answer(folder, 0, verdict="reject", reason="unnatural")
    answer(folder, 0, user=BEA, verdict="reject", reason="unnatural")
    import_from(store, str(folder))
    assert newest(store, "a") == ("reject", "unnatural", {}, "argilla 11111111")


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"verdict": "maybe"}, "unknown verdict 'maybe'; known: accept, reject, correct"),
    ({"verdict": "correct"}, "with 0 corrected segments"),
    ({"correction": "Uno."}, "no longer in segments"),
    ({"correction": "⟦0⟧ Uno.\n⟦0⟧ Dos."}, "no longer in segments"),
    ({"correction": "⟦7⟧ Uno."}, "no longer in segments"),
]


@pytest.mark.parametrize("values, message", PROBLEMS)
def test_file_and_record_of_what_is_wrong(store: Store, folder: Path, values: Any, message: str) -> None:
    answer(folder, 0, **values)
    answer(folder, 1, verdict="accept")
    with pytest.raises(DataError, match=message) as error:
        import_from(store, f"{folder}/", "Anna")
    assert str(error.value).startswith(f"{folder}/records.json record:1: ")
    assert list(store.decisions()) == []


def test_users_who_disagree(store: Store, folder: Path) -> None:
    answer(folder, 0, verdict="accept")
    answer(folder, 0, user=BEA, verdict="reject")
    with pytest.raises(DataError, match="2 users decided differently"):
        import_from(store, f"{folder}/")


@pytest.mark.parametrize("data", ["[1]", '[{"id": 1}]', '[{"id": "x"}]', '[{"id": "a", "responses": [1]}]', "{"])
def test_what_is_no_dataset(store: Store, folder: Path, data: str) -> None:
    (folder / "records.json").write_text(data)
    with pytest.raises(DataError, match=r"records\.json"):
        import_from(store, f"{folder}/")


@pytest.mark.parametrize("text", ["a ⟦0⟧ b", "\ud800", "\x00"])
def test_what_cannot_be_read_again_cannot_be_corrected(store: Store, tmp_path: Path, text: str) -> None:
    store.add([item_of("a", (text,))])
    export_to(store, f"{tmp_path}/x/")
    record = records(tmp_path / "x")[0]
    assert "correction" not in record["suggestions"]
    json.dumps(record, ensure_ascii=False).encode()
    answer(tmp_path / "x", 0, correction="⟦0⟧ Uno.")
    with pytest.raises(DataError, match="no correction in Argilla can have"):
        import_from(store, f"{tmp_path}/x/")


@given(
    targets=st.lists(
        st.text(min_size=1).filter(lambda text: text.strip() and "⟦" not in text and "\r" not in text), min_size=1
    ),
    data=st.data(),
)
def test_any_correction_comes_back(targets: list[str], data: st.DataObject) -> None:
    item = item_of("a", tuple(f"Source {number}" for number in range(len(targets))))
    chosen = data.draw(st.sets(st.sampled_from(range(len(targets)))))
    given = {str(number): targets[number] for number in sorted(chosen)}
    found = _targets(item, {}, _correction(item, given))
    assert {number: text.strip() for number, text in given.items()} == found
    assert _targets(item, given, _correction(item, given)) == given


def test_a_folder_that_holds_records_is_left_alone(store: Store, folder: Path) -> None:
    export_to(store, f"{folder}/")  # the same again changes nothing
    (folder / "records.json").write_text("[]\n")
    with pytest.raises(ConfigError, match=r"records\.json exists, and says something else; name another folder"):
        export_to(store, f"{folder}/")
    with pytest.raises(DataError, match="no such file"):
        import_from(store, f"{folder}/none/")
