from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from babelset.contracts.translator import Translation
from babelset.errors import ConfigError, OutputError
from babelset.languages import Pair, find
from babelset.text.segment import PLACEHOLDER, Segment
from babelset.work.memory import REVIEWED, Memory, key_of, reviewed_key_of

HELLO = Segment("Hello.")


def test_what_was_put_comes_back_in_another_process_life(tmp_path: Path, pair: Pair) -> None:
    key = key_of(HELLO, pair, "echo")
    memory = Memory(tmp_path / "m.sqlite")
    memory.put([(key, HELLO, Translation("Hola.", ("retried", "pieces")))], pair, "echo")
    memory.close()
    again = Memory(tmp_path / "m.sqlite")
    assert again.get([key, b"unknown"]) == {key: Translation("Hola.", ("retried", "pieces"))}
    assert len(again) == 1
    again.close()


def test_many_keys_are_looked_up_at_once(pair: Pair) -> None:
    memory = Memory(":memory:")
    segments = [Segment(f"sentence {number}") for number in range(3000)]
    keys = [key_of(segment, pair, "echo") for segment in segments]
    memory.put(((key, segment, Translation("x")) for key, segment in zip(keys, segments, strict=True)), pair, "echo")
    assert len(memory.get(keys)) == 3000


@pytest.mark.parametrize(
    "other",
    [
        lambda pair: (Segment("Hello!"), pair, "echo"),
        lambda pair: (HELLO, Pair(pair.source, find("spa_Latn")), "echo"),
        lambda pair: (HELLO, pair, "echo|v:2"),
    ],
    ids=["another text", "another language", "another engine"],
)
def test_keys_tell_apart(other: object, pair: Pair) -> None:
    assert key_of(*other(pair)) != key_of(HELLO, pair, "echo")  # type: ignore[operator]


def test_kinds_tell_apart_because_markup_must_keep_its_order(pair: Pair) -> None:
    text = f"{chr(PLACEHOLDER)}very{chr(PLACEHOLDER + 1)}"
    markup, code = (Segment(text, ("**", "**"), (kind, kind)) for kind in ("markup", "inline_code"))
    assert key_of(markup, pair, "echo") != key_of(code, pair, "echo")


def test_a_regional_variant_is_another_language(pair: Pair) -> None:
    brazil = Pair(pair.source, find("pt-BR"))
    portugal = Pair(pair.source, find("pt"))
    assert key_of(HELLO, brazil, "echo") != key_of(HELLO, portugal, "echo")


def test_two_processes_share_one_file(tmp_path: Path, pair: Pair) -> None:
    one, two = Memory(tmp_path / "m.sqlite"), Memory(tmp_path / "m.sqlite")
    key = key_of(HELLO, pair, "echo")
    one.put([(key, HELLO, Translation("Hola."))], pair, "echo")
    assert two.get([key])[key].text == "Hola."
    one.close()
    two.close()


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be mistaken for one\n" * 40)
    with pytest.raises(ConfigError, match="not a translation memory"):
        Memory(tmp_path / "notes.txt")
    sqlite3.connect(tmp_path / "other.sqlite").execute("CREATE TABLE memory (a)").connection.close()
    with pytest.raises((ConfigError, OutputError), match="memory"):
        Memory(tmp_path / "other.sqlite")


def test_a_place_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="--memory"):
        Memory(tmp_path / "no" / "such" / "folder.sqlite")


def test_half_a_surrogate_pair_is_not_kept_and_harms_nobody(pair: Pair) -> None:
    memory = Memory(":memory:")
    broken = Segment("broken \ud800 text")
    keys = [key_of(segment, pair, "echo") for segment in (broken, HELLO)]
    memory.put([(keys[0], broken, Translation("x"))], pair, "echo")
    memory.put([(keys[1], HELLO, Translation("Hola."))], pair, "echo")
    assert set(memory.get(keys)) == {keys[1]}


def test_a_reviewed_text_has_a_key_of_its_own(pair: Pair) -> None:
    others = {reviewed_key_of("Hello.", pair), reviewed_key_of("Hello!", pair)}
    others |= {reviewed_key_of("Hello.", Pair(pair.source, find("spa_Latn")))}
    others |= {key_of(HELLO, pair, ""), key_of(HELLO, pair, REVIEWED)}
    assert len(others) == 5
