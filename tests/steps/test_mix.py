"""Shares are exact, nothing is lost, and the same rows come whatever the chunks."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from babelset.errors import BabelsetError, ConfigError, ShortfallError
from babelset.steps.mix import Mix
from babelset.steps.mixing import Mixing
from babelset.steps.shares import partition_shares
from tests.steps.rows import done, read, write

LANGUAGES = ("ca", "es", "en")


def rows(language: str, count: int) -> list[dict[str, Any]]:
    return [{"id": n, "lang": language, "text": f"{language} {n}", "label": "abc"[n % 3]} for n in range(count)]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("three")
    return [write(folder / f"{language}.jsonl", rows(language, 500)) for language in LANGUAGES]


@pytest.fixture
def few(tmp_path: Path) -> list[str]:
    return [write(tmp_path / f"{language}.jsonl", rows(language, n)) for language, n in zip(LANGUAGES, (9, 30, 60))]  # noqa: B905


def languages_of(path: Path) -> dict[str, int]:
    return dict(Counter(row["lang"] for row in read(path)))


def test_shares_are_exact_and_the_bytes_the_same_with_other_chunks(
    three: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = Mix(share="ca:30,es:30,en:40", total=1000)
    manifest = done(mix, three, tmp_path / "a.jsonl")
    assert languages_of(tmp_path / "a.jsonl") == {"ca": 300, "es": 300, "en": 400}
    assert manifest["rows"] == {"read": 1500, "used": 1000, "rejected": 500, "failed": 0, "written": 1000}
    assert manifest["mix"][0] == {  # type: ignore[typeddict-item]
        "language": "cat_Latn", "asked": 300, "available": 500, "taken": 300, "share": 0.3,
    }  # fmt: skip
    monkeypatch.setattr(Mix, "chunk", 7)
    done(mix, three, tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    done(mix, three, tmp_path / "c.jsonl", seed=1)
    assert {row["text"] for row in read(tmp_path / "a.jsonl")} != {row["text"] for row in read(tmp_path / "c.jsonl")}


def test_rows_are_unchanged_and_say_what_they_are_part_of(few: list[str], tmp_path: Path) -> None:
    done(Mix(share={"ca": 1, "en": 3}, total=12), few, tmp_path / "out.jsonl")
    known = {(row["lang"], row["id"]): row for language, path in zip(LANGUAGES, few, strict=True) for row in read(path)}
    for row in read(tmp_path / "out.jsonl"):
        about = row.pop("_babelset")
        assert row == known[row["lang"], row["id"]]
        expected = {"ca": ("cat_Latn", 0.25, "native"), "en": ("eng_Latn", 0.75, "source")}[row["lang"]]
        assert about["mix"] == dict(zip(("language", "share", "origin", "stage"), (*expected, ""), strict=True))
    reasons = Counter(row["_babelset"]["verdicts"][-1]["reason"] for row in read(tmp_path / "out.rejected.jsonl"))
    assert reasons == {"no share is asked of spa_Latn": 30, "not drawn": 6 + 51}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"ca": 9, "es": 30, "en": 60}),
        ({"total": 33}, {"ca": 3, "es": 10, "en": 20}),
        ({"alpha": 0}, {"ca": 9, "es": 9, "en": 9}),
        ({"alpha": 0.5, "total": 20}, {"ca": 4, "es": 7, "en": 9}),
        ({"balance": "language"}, {"ca": 9, "es": 9, "en": 9}),
        ({"balance": "label,language"}, {"ca": 9, "es": 9, "en": 9}),
        ({"share": "ca:50,en:50"}, {"ca": 9, "en": 9}),
        ({"share": "ca:50,en:50", "repeat": 3}, {"ca": 27, "en": 27}),
        ({"share": "Catalan:1,eng_Latn:1", "repeat": 2, "total": 30}, {"ca": 15, "en": 15}),
        ({"by": "origin", "share": "source:1,native:1", "total": 20}, {"en": 10}),
        ({"by": "label", "share": "a:1", "total": 33}, {"ca": 3, "es": 10, "en": 20}),
        ({"share": "es:0,ca:1,en:2"}, {"ca": 9, "en": 18}),
    ],
)
def test_ways_to_share(few: list[str], tmp_path: Path, options: dict[str, Any], expected: dict[str, int]) -> None:
    manifest = done(Mix(**options), few, tmp_path / "out.jsonl")
    found = languages_of(tmp_path / "out.jsonl")
    assert {language: found[language] for language in expected} == expected
    table = manifest["mix"]  # type: ignore[typeddict-item]
    assert sum(line["taken"] for line in table) == sum(found.values()) == manifest["rows"]["written"]
    assert sum(manifest["rows"][what] for what in ("used", "rejected", "failed")) == manifest["rows"]["read"] == 99


def test_a_repeated_row_is_taken_as_often_as_all_others_or_once_more(few: list[str], tmp_path: Path) -> None:
    done(Mix(share="ca:1", repeat=3, total=20), few, tmp_path / "out.jsonl")
    often = Counter(row["id"] for row in read(tmp_path / "out.jsonl"))
    assert sorted(often.values()) == [2] * 7 + [3] * 2
    assert len({row["_babelset"]["made"]["id"] for row in read(tmp_path / "out.jsonl")}) == 20


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"share": "ca:50,en:50", "total": 40}, "cat_Latn"),
        ({"share": "ca:50,fr:50"}, "fra_Latn"),
        ({"share": "ca:1", "total": 30, "repeat": 3}, "cat_Latn"),
        ({"balance": "label,language", "total": 90}, "a cat_Latn"),
        ({"partition": "mc4", "total": 100}, "100 rows"),
        ({"parallel": 3, "total": 60}, "cat_Latn"),
        ({"by": "label", "share": "z:1", "total": 1}, "z"),
    ],
)
def test_too_few_rows_are_an_error_with_a_table_and_nothing_is_written_but_why(
    few: list[str], tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    before = {*tmp_path.iterdir()}
    with pytest.raises(ShortfallError) as caught:
        done(Mix(**options), few, tmp_path / "{lang}.out.jsonl")
    assert said in caught.value.summary and caught.value.exit_code == 1
    if "partition" not in options:
        assert caught.value.details[0].split()[-4:] == ["asked", "available", "taken", "share"]
    [told] = {*tmp_path.iterdir()} - before
    shortfall = json.loads(told.read_text())["shortfall"]
    assert shortfall == {"reason": caught.value.summary, "details": [*caught.value.details]}


def test_a_partition_puts_every_row_into_exactly_one_language(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", ({"id": n, "text": f"row {n}"} for n in range(1000)))
    manifest = done(Mix(partition="mc4"), [source], tmp_path / "{lang}.out.jsonl")
    written = {path: read(path) for path in tmp_path.glob("*.out.jsonl")}
    assert sorted(row["id"] for rows in written.values() for row in rows) == [*range(1000)]
    taken = {line["language"]: line["taken"] for line in manifest["mix"]}  # type: ignore[typeddict-item]
    common = [code for code, share in partition_shares("mc4").items() if share >= 0.1]
    assert len(common) == 37 and all(taken[code] for code in common)
    assert taken["eng_Latn"] == len(read(tmp_path / "en.out.jsonl")) in (438, 439)
    assert len(taken) == 96 and "sr.out.jsonl" in {path.name for path in written}


def test_a_partition_of_some_rows(tmp_path: Path) -> None:
    shares = tmp_path / "p.toml"
    shares.write_text("[shares]\nca = 1\nzho_Hans = 3\n")
    source = write(tmp_path / "in.jsonl", rows("en", 50))
    manifest = done(Mix(partition=str(shares), total=20), [source], tmp_path / "{lang}.out.jsonl")
    assert manifest["rows"]["written"] == 20 and manifest["rejections"] == {"not drawn": 30}
    assert len(read(tmp_path / "zh-Hans.out.jsonl")) == 15


def test_parallel_rows_are_there_in_every_language_or_in_none(tmp_path: Path) -> None:
    inputs = [write(tmp_path / f"{language}.jsonl", rows(language, 40)) for language in LANGUAGES]
    write(tmp_path / "es.jsonl", [row for row in reversed(rows("es", 40)) if row["id"] != 17])
    said: list[str] = []
    manifest = done(Mix(parallel=3), inputs, tmp_path / "out.jsonl", said=said)
    assert Counter(row["id"] for row in read(tmp_path / "out.jsonl")) == {n: 3 for n in range(40) if n != 17}
    assert manifest["rejections"] == {"parallel: in 2 of 3 languages only": 2}
    assert said == ["ids in fewer than 3 languages, whose rows are rejected: 1"]
    done(Mix(parallel="all", total=30), inputs, tmp_path / "some.jsonl")
    assert sorted(Counter(row["id"] for row in read(tmp_path / "some.jsonl")).values()) == [3] * 10
    assert done(Mix(parallel=2), inputs, tmp_path / "two.jsonl")["rows"]["written"] == 119


def test_a_second_row_of_an_id_in_its_language_is_no_partner(tmp_path: Path) -> None:
    inputs = [
        write(tmp_path / "ca.jsonl", [*rows("ca", 2), *rows("ca", 1)]),
        write(tmp_path / "es.jsonl", rows("es", 2)),
    ]
    manifest = done(Mix(parallel=2), inputs, tmp_path / "out.jsonl")
    assert manifest["rows"]["written"] == 4 and len(manifest["rejections"]) == 1


@pytest.mark.parametrize(("key", "expected"), [("", 2), ("ref", 1)])
def test_the_key_of_parallel_rows(tmp_path: Path, key: str, expected: int) -> None:
    """By `id`, or by the column that is named; a row without it fails."""
    inputs = [
        write(tmp_path / "ca.jsonl", [{"id": 1, "ref": "x", "lang": "ca"}, {"id": 2, "ref": "y", "lang": "ca"}]),
        write(tmp_path / "es.jsonl", [{"id": 2, "ref": "z", "lang": "es"}, {"id": 1, "ref": "y", "lang": "es"}]),
    ]
    manifest = done(Mix(parallel=2, key=key), inputs, tmp_path / "out.jsonl")
    assert manifest["rows"]["written"] == 2 * expected
    write(tmp_path / "es.jsonl", [{"id": 2, "lang": "es"}, {"id": 1, "ref": "y", "lang": "es"}])
    again = done(Mix(parallel=2, key="ref"), inputs, tmp_path / "again.jsonl")
    assert again["rows"]["failed"] == 1


def test_the_holes_of_a_grid(few: list[str], tmp_path: Path) -> None:
    grid = tmp_path / "grid.toml"
    grid.write_text('field = "label"\n[languages]\na = ["ca", "es", "en"]\nb = ["en"]\n')
    manifest = done(Mix(holdout=str(grid)), few, tmp_path / "out.jsonl")
    found = Counter((row["label"], row["lang"]) for row in read(tmp_path / "out.jsonl"))
    assert found == {("a", "ca"): 3, ("a", "es"): 10, ("a", "en"): 20, ("b", "en"): 20}
    assert manifest["rejections"] == {
        "held out: the task is not in the grid": 33, "held out: b in spa_Latn": 10, "held out: b in cat_Latn": 3,
    }  # fmt: skip


def test_a_changed_grid_is_another_run(few: list[str], tmp_path: Path) -> None:
    grid = tmp_path / "grid.toml"
    grid.write_text('field = "label"\n[languages]\na = ["ca"]\n')
    done(Mix(holdout=str(grid)), few, tmp_path / "out.jsonl")
    grid.write_text('field = "label"\n[languages]\na = ["es"]\n')
    with pytest.raises(ConfigError, match="made differently"):
        done(Mix(holdout=str(grid)), few, tmp_path / "out.jsonl")


def test_stages_come_one_after_another(few: list[str], tmp_path: Path) -> None:
    stages = tmp_path / "stages.toml"
    stages.write_text(
        '[[stages]]\nname = "english"\norigins = ["source"]\n'
        '[[stages]]\nname = "a"\nwhere = { label = "a" }\nlanguages = ["Spanish"]\n'
        '[[stages]]\nname = "rest"\nfiles = ["ca.jsonl"]\n'
    )
    manifest = done(Mix(order=str(stages)), few, tmp_path / "out.jsonl")
    found = [row["_babelset"]["mix"]["stage"] for row in read(tmp_path / "out.jsonl")]
    assert found == ["english"] * 60 + ["a"] * 10 + ["rest"] * 9
    assert manifest["rejections"] == {"no stage of the curriculum takes it": 20}
    ids = [row["id"] for row in read(tmp_path / "out.jsonl")][:60]
    assert ids != sorted(ids)


def test_interleaved_rows_are_spread_evenly(few: list[str], tmp_path: Path) -> None:
    done(Mix(order="interleave", share="ca:1,en:3", total=36), few, tmp_path / "out.jsonl")
    found = [row["lang"] for row in read(tmp_path / "out.jsonl")]
    assert all(found[start : start + 4].count("ca") == 1 for start in range(0, 36, 4))


def test_the_order_of_the_input(few: list[str], tmp_path: Path) -> None:
    done(Mix(order="input", total=50), few, tmp_path / "out.jsonl")
    found = [(LANGUAGES.index(row["lang"]), row["id"]) for row in read(tmp_path / "out.jsonl")]
    assert found == sorted(found)


def test_rows_that_do_not_tell_their_language(tmp_path: Path) -> None:
    inputs = [
        write(tmp_path / "a.jsonl", [{"text": "x"}, {"text": "y", "lang": "es"}]),
        write(tmp_path / "b.jsonl", [{"text": "z"}]),
    ]
    manifest = done(Mix(), inputs, tmp_path / "1.jsonl")
    assert manifest["rows"]["failed"] == 2 and manifest["rows"]["written"] == 1
    assert "--set language=a.jsonl=LANG" in (tmp_path / "1.failed.jsonl").read_text()
    done(Mix(language="a.jsonl=ca,en"), inputs, tmp_path / "2.jsonl")
    found = {row["text"]: row["_babelset"]["mix"]["language"] for row in read(tmp_path / "2.jsonl")}
    assert found == {"x": "cat_Latn", "y": "spa_Latn", "z": "eng_Latn"}


def test_translated_rows_are_known_by_their_evidence(tmp_path: Path) -> None:
    evidence = {"file": "alpaca.jsonl", "row": 3, "target": "cat_Latn", "translator": "apertium|v:1"}
    inputs = [
        write(tmp_path / "ca.jsonl", [{"text": "a", "_babelset": evidence}]),
        write(tmp_path / "es.jsonl", [{"text": "b", "_babelset": {**evidence, "target": "spa_Latn"}}]),
    ]
    done(Mix(parallel=2), inputs, tmp_path / "out.jsonl")
    found = [row["_babelset"]["mix"] for row in read(tmp_path / "out.jsonl")]
    assert {each["language"] for each in found} == {"cat_Latn", "spa_Latn"}
    assert {each["origin"] for each in found} == {"translated"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"share": "ca:x"}, "share of ca"),
        ({"share": "ca:-1,es:2"}, "share of ca"),
        ({"share": "ca:nan"}, "share of ca"),
        ({"share": "ca:1/0"}, "share of ca"),
        ({"share": "ca"}, "no share"),
        ({"share": "ca:0"}, "all 0"),
        ({"share": "xx:1"}, "unknown language"),
        ({"share": "ca:1,Catalan:2"}, "has a share already"),
        ({"share": "zh:1"}, "two scripts"),
        ({"share": "ca:1", "alpha": 0.5}, "keep one"),
        ({"parallel": 2, "repeat": 2}, "taken once"),
        ({"parallel": 7}, "rows are in 3"),
        ({"partition": "mc5"}, "mc4 ships"),
        ({"partition": "none.toml"}, "cannot be read"),
        ({"partition": "mc4", "order": "interleave"}, "before there are languages"),
        ({"order": "shufle"}, "one of shuffle"),
        ({"order": "none.toml"}, "cannot be read"),
        ({"holdout": "none.toml"}, "cannot be read"),
        ({"language": "other.jsonl=ca"}, "not among the files"),
        ({"language": "xx"}, "unknown language"),
        ({"by": "a[b"}, "not a path"),
    ],
)
def test_what_is_wrong_is_said_before_any_row_is_worked_on(
    few: list[str], tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        done(Mix(**options), few, tmp_path / "{lang}.jsonl")


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("partition", "ca = 1", "shares"),
        ("partition", "[shares]\nxx = 1", "unknown language"),
        ("partition", "[shares]\nca = 1\n[more]\nes = 1", "one table"),
        ("partition", "[shares]\nca = true", "the share of ca"),
        ("partition", "shares = 3", "one table"),
        ("partition", "[", "not a partition"),
        ("order", "[[stages]]\nlanguages = ['ca']", "name"),
        ("order", "[[stages]]\nname = 'x'\nlanguage = ['ca']", "unknown option"),
        ("order", "[[stages]]\nname = 'x'\nlanguages = ['xx']", "unknown language"),
        ("order", "stages = []", "stages"),
        ("holdout", "field = 'label'", "languages"),
        ("holdout", "field = 'label'\n[languages]\na = ['xx']", "unknown language"),
        ("holdout", "\udcff", "not UTF-8"),
    ],
)
def test_a_wrong_file_is_named(few: list[str], tmp_path: Path, option: str, text: str, said: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=said) as caught:
        done(Mix(**{option: str(path)}), few, tmp_path / "{lang}.jsonl")
    assert str(path) in str(caught.value)


def test_labels_are_scalars(tmp_path: Path) -> None:
    labels: list[Any] = ["a", None, 1, True, ["a"], {"b": 1}]
    source = write(
        tmp_path / "in.jsonl", [{"lang": "ca", "m": {"label": label}} for label in labels] + [{"lang": "ca"}]
    )
    manifest = done(Mix(balance="m.label"), [source], tmp_path / "out.jsonl")
    assert manifest["rows"] == {"read": 7, "used": 4, "rejected": 0, "failed": 3, "written": 4}


def test_a_column_of_texts_is_no_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babelset.steps.mix.MOST_KINDS", 10)
    source = write(tmp_path / "in.jsonl", rows("ca", 11))
    with pytest.raises(ConfigError, match="more than 10 different values"):
        done(Mix(balance="text"), [source], tmp_path / "out.jsonl")


def test_no_rows_at_all(tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", [])
    assert done(Mix(), [source], tmp_path / "out.jsonl")["rows"]["written"] == 0
    with pytest.raises(BabelsetError, match="too few rows"):
        done(Mix(total=3), [source], tmp_path / "some.jsonl")


def test_shares_that_do_not_sum_to_100_are_said(few: list[str], tmp_path: Path) -> None:
    said: list[str] = []
    done(Mix(share="ca:1,en:3"), few, tmp_path / "1.jsonl", said=said)
    assert said == ["the shares sum to 4, and are taken for cat_Latn 25 %, eng_Latn 75 %"]
    done(Mix(share="ca:0.25,en:0.75"), few, tmp_path / "2.jsonl", said=said)
    done(Mix(share="ca:25,en:75"), few, tmp_path / "3.jsonl", said=said)
    assert len(said) == 1


@pytest.mark.parametrize("options", [{"share": "ca:1,en:3"}, {"parallel": 2, "total": 40}, {"order": "interleave"}])
def test_a_run_that_was_stopped_resumes_with_the_same_bytes(
    few: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.setattr(Mix, "chunk", 10)
    mix = Mix(**options)
    done(mix, few, tmp_path / "whole.jsonl")
    for batches in range(9):
        left = iter(range(batches))

        def stopped(self: Mixing, batch: Any, left: Any = left) -> Any:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return [self._one(row) for row in batch]

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(Mixing, "__call__", stopped)
            done(mix, few, tmp_path / "out.jsonl")
    done(mix, few, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not (tmp_path / "out.work").exists()
