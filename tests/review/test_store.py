import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from babelset.errors import ConfigError, DataError, OutputError
from babelset.review.record import Conflict, Said
from babelset.review.store import Store
from babelset.work.damage import telling
from tests.review.conftest import item_of
from tests.work.damaging import DAMAGE, damage

SURROGATE = "\ud800"


def said(item: str = "a", verdict: str = "accept", **more: object) -> Said:
    return {"item": item, "verdict": verdict, "reason": "", "targets": {}, "reviewer": "Anna", **more}  # type: ignore


def test_keeps_items_in_the_order_they_came(store: Store) -> None:
    store.add([item_of("b"), item_of("a")])
    store.add([item_of("a", ("Changed.",)), item_of("c")])
    assert store.listing() == [("b", "open"), ("a", "open"), ("c", "open")]
    assert [(item["id"], item["number"]) for item in store.items()] == [("b", 0), ("a", 1), ("c", 2)]
    assert store.get("a") == item_of("a", number=1)
    assert store.get("nobody") is None


@pytest.mark.parametrize(
    "text", [SURROGATE, "a\x00b", "x" * 100_000, "</script>\x1b[31m", "\u202eابجد", "'; DROP TABLE items"]
)
def test_keeps_any_text(store: Store, text: str) -> None:
    item = item_of("a", (text,), place=text, run=text)
    store.add([item])
    assert store.get("a") == item
    made = store.decide(said(verdict="correct", targets={"0": text}, reviewer=text + "!", reason=text), based_on=0)
    assert store.decision("a") == made
    store.keep_draft("a", text, {"text": text})
    assert store.draft("a", text) == {"text": text}
    assert store.listing(status="correct", search=text) == [("a", "correct")]
    assert store.summaries(["a"])[0]["verdict"] == "correct"


def test_decisions_are_only_added(store: Store) -> None:
    store.add([item_of("a")])
    first = store.decide(said(verdict="reject", reason="unnatural"), based_on=0)
    second = store.decide(said(verdict="open"), based_on=1)
    assert (first["version"], second["version"]) == (1, 2)
    assert store.decision("a") == second
    assert store.changes(0) == (2, [first, second])
    assert store.changes(1) == (2, [second])
    assert store.changes(2) == (2, [])
    assert store.changes(-1) == (2, [])
    assert [store.decision("a", version) for version in (1, 2, 3)] == [first, second, None]


def test_who_decides_second_is_told(store: Store) -> None:
    store.add([item_of("a")])
    first = store.decide(said(), based_on=0)
    with pytest.raises(Conflict) as conflict:
        store.decide(said(verdict="reject", reviewer="Bea"), based_on=0)
    assert conflict.value.newest == first
    assert "'Anna' said 'accept'" in str(conflict.value)
    assert store.decide(said(verdict="reject", reviewer="Bea"), based_on=1)["version"] == 2


def test_a_repeated_save_changes_nothing(store: Store) -> None:
    store.add([item_of("a")])
    first = store.decide(said(), based_on=0)
    assert store.decide(said(), based_on=0) == first
    assert store.decide(said(), based_on=1)["version"] == 2
    with pytest.raises(Conflict):
        store.decide(said(), based_on=0)


@pytest.mark.parametrize("wrong, message", [
    (said("b"), "no item 'b'"),
    (said(verdict="maybe"), "unknown verdict 'maybe'; known: accept, reject, correct, open"),
    (said(reviewer=" "), "say who reviews"),
    (said(verdict="correct"), "with 0 corrected segments"),
    (said(targets={"0": "Hola."}), "the verdict is 'accept', with 1 corrected"),
    (said(verdict="correct", targets={"1": "Hola."}), "has no segment '1'"),
    (said(verdict="correct", targets={"0": " \n"}), "is blank"),
])  # fmt: skip
def test_refuses(store: Store, wrong: Said, message: str) -> None:
    store.add([item_of("a")])
    with pytest.raises(DataError, match=message):
        store.decide(wrong, based_on=0)
    assert store.decision("a") is None


def test_a_segment_without_a_translation_needs_one(store: Store) -> None:
    item = item_of("a", ("One.", "Two."))
    item["fields"][0]["parts"][1]["target"] = None  # type: ignore[index]
    store.add([item])
    for wrong in (said(), said(verdict="correct", targets={"0": "Uno."})):
        with pytest.raises(DataError, match="segment 1 has no translation; correct it, or reject the row"):
            store.decide(wrong, based_on=0)
    assert store.decide(said(verdict="reject"), based_on=0)
    assert store.decide(said(verdict="correct", targets={"1": "Dos."}), based_on=1)


def test_lists_by_status_text_and_order(store: Store) -> None:
    store.add([
        item_of("a", ("Red houses.",), quality=0.9, row=10),
        item_of("b", ("ÉCOLE and\nHouse.",), quality=0.2, row=9),
        item_of("c", ("Nothing.",), reasons=[["length", "too long"]], row=2),
    ])  # fmt: skip
    store.decide(said("a"), based_on=0)

    def ids(**query: object) -> list[str]:
        return [id for id, _ in store.listing(**query)]  # type: ignore[arg-type]

    assert ids(status="open") == ["b", "c"]
    assert ids(status="accept") == ["a"]
    assert ids(search="house") == ["a", "b"]
    assert ids(search="école") == ["b"]
    assert ids(search="b.json:1") == ["b"]
    assert ids(search="%") == []
    assert ids(status="open", search="house") == ["b"]
    assert ids(sort="worst") == ["b", "a", "c"]
    assert ids(sort="place") == ["c", "b", "a"]
    assert store.summaries(["nobody", "a"])[0] == {
        "id": "a", "number": 0, "place": "a.json:1", "run": "es.jsonl", "verdict": "accept", "reviewer": "Anna",
        "excerpt": "Red houses.", "target": "spa_Latn", "kinds": ["worst"],
    }  # fmt: skip
    assert store.summaries(["b"])[0]["excerpt"] == "ÉCOLE and House."
    assert store.progress() == {"items": 3, "open": 2, "accept": 1, "reject": 0, "correct": 0}
    with pytest.raises(DataError, match="unknown order"):
        ids(sort="id; DROP TABLE items")
    with pytest.raises(DataError, match="unknown status"):
        ids(status="maybe")


def test_streams_the_newest_decisions(store: Store) -> None:
    store.add(item_of(f"{number}") for number in range(500))
    for number in range(499, 0, -2):
        store.decide(said(f"{number}"), based_on=0)
    store.decide(said("7", "open"), based_on=1)
    found = list(store.decisions())
    assert [decision["item"] for decision in found] == [f"{number}" for number in range(1, 500, 2)]
    assert found[3]["verdict"] == "open"


def test_a_draft_goes_when_its_reviewer_decides(store: Store) -> None:
    store.add([item_of("a")])
    store.keep_draft("a", "Anna", {"reason": "unnat"})
    store.keep_draft("a", "Bea", {"reason": "?"})
    store.decide(said(), based_on=0)
    assert store.draft("a", "Anna") is None
    assert store.draft("a", "Bea") == {"reason": "?"}
    store.keep_draft("a", "Bea", None)
    assert store.draft("a", "Bea") is None


def test_settings(store: Store) -> None:
    assert store.setting("port") is None
    store.set("port", "1")
    store.set("port", "2")
    assert store.setting("port") == "2"


def test_only_its_owner_reads_it(store: Store) -> None:
    store.add([item_of("a")])
    files = list(store.path.parent.iterdir())
    assert len(files) == 3  # WAL's too
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_two_stores_share_a_file(store: Store) -> None:
    other = Store.open(store.path)
    store.add([item_of("a")])
    other.add([item_of("a"), item_of("b")])
    other.decide(said("b"), based_on=0)
    assert store.decision("b") == other.decision("b")
    other.close()


def test_two_threads_lose_nothing(store: Store) -> None:
    other = Store.open(store.path)
    store.add(item_of(f"{number}") for number in range(40))
    conflicts = []

    def decide(one: Store, reviewer: str) -> None:
        for number in range(40):
            try:
                one.decide(said(f"{number}", reviewer=reviewer), based_on=0)
            except Conflict as conflict:
                conflicts.append(conflict)

    tasks = [(store, "Anna"), (store, "Bea"), (other, "Cai")]
    threads = [threading.Thread(target=decide, args=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(conflicts) == 80
    assert len(store.changes(0)[1]) == 40
    assert store.progress()["accept"] == 40
    other.close()


KILLED = """
import sys
from pathlib import Path
from babelset.review.store import Store
store = Store.open(Path(sys.argv[1]))
for version in range(100_000):
    said = {"item": "a", "verdict": "reject", "reason": str(version), "targets": {}, "reviewer": "Anna"}
    print(store.decide(said, based_on=version)["version"], flush=True)
"""


def test_killed_in_the_middle_it_has_all_that_was_saved(store: Store) -> None:
    store.add([item_of("a")])
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(store.path)], stdout=subprocess.PIPE)
    assert process.stdout
    for _ in range(50):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    last = 50 + len(process.stdout.read().split())
    process.stdout.close()
    process.wait()
    again = Store.open(store.path)
    versions = [decision["version"] for decision in again.changes(0)[1]]
    assert versions == list(range(1, len(versions) + 1))
    assert len(versions) in (last, last + 1)
    again.close()


def other_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE memory (key)")


def later_format(path: Path) -> None:
    Store.open(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=9")
        db.execute("PRAGMA journal_mode=DELETE")


@pytest.mark.parametrize("make", [other_table, later_format])
def test_leaves_other_files_alone(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "x.review.sqlite"
    make(path)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"x\.review\.sqlite: not a review"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot open the review"):
        Store.open(tmp_path / "none" / "x.sqlite")


def test_ten_thousand_items(store: Store) -> None:
    store.add(item_of(f"{number}", (f"Sentence {number}. " * 40,)) for number in range(10_000))
    assert len(store.listing()) == 10_000
    assert store.listing(search="sentence 9999.") == [("9999", "open")]
    assert len(store.summaries([f"{number}" for number in range(500)])) == 500


@pytest.mark.parametrize("how", [how for how in DAMAGE if how not in ("twice", "empty")])
def test_a_damaged_review_is_set_aside_and_what_can_be_read_is_kept(how: str, store: Store) -> None:
    store.add(item_of(f"{number}", ("Hello. " * 30,)) for number in range(60))
    first = "7"
    store.decide(said(first, "reject", reason="unnatural"), based_on=0)
    items, told = list(store.items()), list[str]()
    store.close()
    damage(store.path, how)
    with telling(told.append), closing(Store.open(store.path)) as mended:
        mended.add(items)
        assert [id for id, _ in sorted(mended.listing())] == sorted(item["id"] for item in items)
        if mended.decision(first):
            assert ("reject" in dict(mended.listing())[first]) and mended.progress()["reject"] == 1
        else:
            assert told
        assert not mended.mended or str(store.path) in told[0]


def test_a_decision_that_was_changed_is_not_believed(store: Store) -> None:
    store.add(item_of(f"{number}", ("Hello. " * 30,)) for number in range(60))
    first = "7"
    store.decide(said(first, "reject", reason="unnatural"), based_on=0)
    store._db.execute("UPDATE decisions SET body = replace(body, 'reject', 'accept')")
    store.close()
    told: list[str] = []
    with telling(told.append), closing(Store.open(store.path)) as mended:
        assert mended.mended and mended.decision(first) is None and "0 decisions are kept" in told[0]
