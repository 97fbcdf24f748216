"""Datasets of the hub by name, with the real client, against a hub on loopback."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("huggingface_hub")

from babelset.errors import BabelsetError, ConfigError, DataError, EngineError
from babelset.files import reading
from babelset.files.hub import HubName, dataset_of, label, local
from babelset.files.hubsplits import expanded, fits, split_of
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.files.survey import survey
from tests.fakehub import TOKEN, FakeHub, sha

ROW = json.dumps({"text": "Hello."}) + "\n"
NAMES = [
    # what a user writes, repository, revision, configuration, split, path
    ("hf:a/b", "a/b", "", "", "", ""),
    ("hf:tatsu-lab/alpaca.en/train", "tatsu-lab/alpaca.en", "", "", "train", ""),
    ("hf:a/b:c", "a/b", "", "c", "", ""),
    ("hf:a/b@v1.0:c d/test", "a/b", "v1.0", "c d", "test", ""),
    ("hf:a/b@refs/convert/parquet", "a/b", "refs/convert/parquet", "", "", ""),
    ("hf:a/b@refs/pr/3:c/test", "a/b", "refs/pr/3", "c", "test", ""),
    ("hf:a/b@0f98b1:c/test/d/e:f@g.jsonl", "a/b", "0f98b1", "c", "test", "d/e:f@g.jsonl"),
]
ODD = ["hf:", "hf:alpaca", "hf:a/b/", "hf:a/b@", "hf:a/b:", "hf:a b/c", "hf:a/b@../x", "hf:a/b\n", "hf:ä/b"]


@pytest.mark.parametrize(("name", "repo", "revision", "config", "split", "path"), NAMES)
def test_a_name_and_its_parts(name: str, repo: str, revision: str, config: str, split: str, path: str) -> None:
    assert HubName.of(name) == HubName(repo, revision, config, split, path)
    assert str(HubName.of(name)) == str(Path(name)) == name


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_name_is_said_with_the_form(name: str) -> None:
    with pytest.raises(ConfigError, match=r"hf:ORG/NAME\[@REVISION\]"):
        expanded([name])


def test_names_for_outputs_and_ids() -> None:
    assert [dataset_of(each) for each in ("a/b.jsonl.gz", "hf:a/b.c", "hf:a/b:main", "hf:a/b:c/test")] == [
        "b", "b.c", "b", "b-c",
    ]  # fmt: skip
    assert [label(each) for each in ("a/b.jsonl", "hf:a/b@1:c/test/d.csv")] == ["b.jsonl", "b-c.test"]
    assert [split_of(each) for each in ("a.test.jsonl", "latest.jsonl", "dev.csv", "hf:a/b@1:c/fold1/train.csv")] == [
        "test", "train", "validation", "fold1",
    ]  # fmt: skip


CARD = "---\nconfigs:\n{}\n---\n"
TWO = CARD.format(
    "- config_name: one\n  data_files: one/*.jsonl\n"
    "- config_name: two\n  data_files:\n  - {split: train, path: [two/a-*, two/b.csv]}\n  - {split: hold.out, path: two/deep/**}"
)
MANY = ("one/x.jsonl", "one/deep/x.jsonl", "two/a-1.csv", "two/a-2.csv", "two/b.csv", "two/deep/c/d.csv")
HUBS: list[tuple[str, dict[str, str], str, list[str]]] = [
    # what it shows, files of the repository, what is asked for, what is read: split/path
    ("shards by split", dict.fromkeys(("data/train-00000-of-00002.jsonl", "data/train-00001-of-00002.jsonl", "data/fold_2-00000-of-00001-0a.jsonl"), ""), "", ["train/data/train-00000-of-00002.jsonl", "train/data/train-00001-of-00002.jsonl", "fold_2/data/fold_2-00000-of-00001-0a.jsonl"]),
    ("words in names", dict.fromkeys(("my_dev.csv", "x/testing/a.csv", "x.csv"), ""), "", ["train/x.csv", "validation/my_dev.csv", "test/x/testing/a.csv"]),
    ("a word within a word", {"latest.jsonl": "", "evaluator.jsonl": ""}, "", ["train/evaluator.jsonl", "train/latest.jsonl"]),
    ("most files, and no metadata", {"a.csv": "", "b.csv": "", "c.jsonl": "", "dataset_infos.json": "", ".hidden.csv": "", "x.py": ""}, "", ["train/a.csv", "train/b.csv"]),
    ("the better of two formats", {"a.csv": "", "a.jsonl.gz": ""}, "", ["train/a.jsonl.gz"]),
    ("one split", {"train.csv": "", "test.csv": ""}, "/test", ["test/test.csv"]),
    ("a configuration", {"README.md": TWO, **dict.fromkeys(MANY, "")}, ":one", ["train/one/x.jsonl"]),
    ("splits and patterns of a card", {"README.md": TWO, **dict.fromkeys(MANY, "")}, ":two", ["train/two/a-1.csv", "train/two/a-2.csv", "train/two/b.csv", "hold.out/two/deep/c/d.csv"]),
    ("a folder of a card", {"README.md": CARD.format("- {config_name: default, data_dir: x}"), "x/test.csv": "", "y.csv": ""}, "", ["test/x/test.csv"]),
    ("splits by name", {"README.md": CARD.format("- {data_files: {test: b.csv}}"), "a.csv": "", "b.csv": ""}, "", ["test/b.csv"]),
    ("a card in itself", {"README.md": "---\nconfigs: [{data_files: &a [*a]}]\n---", "a.csv": ""}, "", ["train/a.csv"]),
    ("a card that is no YAML", {"README.md": "---\n: [\n---", "a.csv": ""}, "", ["train/a.csv"]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "files", "asked", "found"), HUBS, ids=[case[0] for case in HUBS])
def test_the_files_of_a_dataset(what: str, files: dict[str, str], asked: str, found: list[str], hub: FakeHub) -> None:
    hub.put("a/b", **files)
    names = [HubName.of(each) for each in expanded([f"hf:a/b{asked}"])]
    assert [f"{name.split}/{name.path}" for name in names] == found
    assert {(name.repo, name.revision) for name in names} == {("a/b", sha(1))}


def test_the_copies_that_the_hub_keeps_of_scripts(hub: FakeHub) -> None:
    repo = hub.put("a/b", **{"b.py": "import os"})
    with pytest.raises(ConfigError, match=r"no file that can be read.*try a/b@refs/convert/parquet"):
        expanded(["hf:a/b"])
    hub.put("a/b", **{"all/train/0000.parquet": "", "all/partial-fold/0000.parquet": "", "b.py": ""})
    repo.refs["refs/convert/parquet"] = 2
    names = [HubName.of(each) for each in expanded(["hf:a/b@refs/convert/parquet:all"])]
    assert [(name.config, name.split) for name in names] == [("all", "fold"), ("all", "train")]


FAULTS: list[tuple[str, str, dict[str, Any], type[BabelsetError], str]] = [
    # what is wrong, what is asked for, how the repository is, the error, what it says
    ("no such dataset", "hf:a/c", {}, ConfigError, "no such dataset, or it is private: set HF_TOKEN"),
    ("private", "hf:a/b", {"private": True}, ConfigError, "private: set HF_TOKEN"),
    ("gated", "hf:a/b", {"gated": True}, ConfigError, "accept its conditions"),
    ("no such revision", "hf:a/b@old", {}, ConfigError, "no such revision"),
    ("no such split", "hf:a/b/tset", {}, ConfigError, "no split 'tset'. Did you mean 'test'? There are: train, test"),
    ("no such configuration", "hf:a/b:x", {}, ConfigError, "no configuration 'x'"),
    ("no such file", f"hf:a/b@{sha(1)}:c/test/d.csv", {}, ConfigError, "no such file"),
]


@pytest.mark.parametrize(("what", "name", "how", "error", "said"), FAULTS, ids=[case[0] for case in FAULTS])
def test_what_cannot_be_had(
    what: str, name: str, how: dict[str, Any], error: type[BabelsetError], said: str, hub: FakeHub
) -> None:
    repo = hub.put("a/b", **{"train.csv": "a\n1\n", "test.csv": "a\n2\n"})
    for key, value in how.items():
        setattr(repo, key, value)
    with pytest.raises(error, match=r"^hf:a/") as raised:
        list(read([name]))
    assert said in str(raised.value)


def test_several_configurations_are_asked_back(hub: FakeHub) -> None:
    hub.put("a/b", **{"README.md": TWO, **dict.fromkeys(MANY, "")})
    with pytest.raises(ConfigError, match=r"which configuration\? Write :NAME behind it\. There are: one, two"):
        expanded(["hf:a/b"])


BOMB = "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 99))
HOSTILE = [
    ("a bomb", f"---\na0: &a0 [x]\n{BOMB}configs: [{{data_files: *a98}}]\n---"),
    ("nothing", "---\nconfigs: [{data_files: []}]\n---"),
    ("a split that is a path", "---\nconfigs: [{data_files: [{split: ../x, path: a.csv}]}]\n---"),
    ("a file outside of its folder", "---\nconfigs: [{data_files: ../x.csv}]\n---"),
    ("a file with a name that steers", "---\nconfigs: [{data_files: x*.csv}]\n---"),
    ("a pattern to think about", f"---\nconfigs: [{{data_files: '{'**/*a' * 40}b'}}]\n---"),
]


@pytest.mark.parametrize(("what", "card"), HOSTILE, ids=[case[0] for case in HOSTILE])
def test_a_hostile_card_is_refused(what: str, card: str, hub: FakeHub) -> None:
    hub.put(
        "a/b", **{"README.md": card, "a.csv": "", "/".join("a" * 60) + "/a.csv": "", "../x.csv": "", "x\x1b.csv": ""}
    )
    with pytest.raises(ConfigError):
        expanded(["hf:a/b"])


def test_patterns_take_no_more_than_parts_times_marks() -> None:
    assert not fits("/".join("a" * 90), "/".join(["**", "a"] * 40) + "/b")
    assert fits("a/b/c.csv", "**/c.csv") and fits("c.csv", "**/c.csv") and not fits("a/c.csv", "*.csv")


def test_rows_know_where_they_are_from_and_are_fetched_once(hub: FakeHub) -> None:
    hub.put("a/b", **{"train.jsonl": ROW * 2, "test.jsonl": ROW})
    seen = survey(["hf:a/b"])
    rows = list(read(["hf:a/b"]))
    seen.check(row for row in rows)
    assert survey(["hf:a/b"]).total == 3 and [row.number for row in rows] == [0, 1, 2]
    assert [(HubName.of(row.file).split, row.line) for row in rows] == [("train", 1), ("train", 2), ("test", 1)]
    assert [each["file"] for each in seen.files] == list(expanded(["hf:a/b"])) and seen.files[1]["bytes"] == len(ROW)
    assert hub.count("GET", "resolve") == 2


def test_a_name_with_its_commit_stays_what_it_was(hub: FakeHub) -> None:
    hub.put("a/b", **{"train.jsonl": ROW})
    before = expanded(["hf:a/b"])
    hub.put("a/b", **{"train.jsonl": ROW * 5, "more.jsonl": ROW})
    assert len(list(read(before))) == 1 and expanded([f"hf:a/b@{sha(1)}"]) == before


def test_what_breaks_off_goes_on_later(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "fetch_ahead", lambda _: None)  # which would try it once before
    hub.put("a/b", **{"train.jsonl": ROW, "test.jsonl": ROW})
    hub.fails.append("test.jsonl")
    with pytest.raises(EngineError, match="give the same command again later"):
        list(read(["hf:a/b"]))
    assert len([row for row in read(["hf:a/b"]) if isinstance(row, Row)]) == 2
    assert hub.count("GET", "train.jsonl") == 1


def test_the_token_is_that_of_the_environment_and_stands_in_no_message(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hf-home").mkdir(exist_ok=True)
    (tmp_path / "hf-home" / "token").write_text("hf_ofafile")
    hub.put("a/b", **{"train.jsonl": ROW}).private = True
    with pytest.raises(ConfigError):
        expanded(["hf:a/b"])
    assert {auth for *_, auth in hub.said} == {""}
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    hub.echoes = True
    hub.fails.append("train.jsonl")
    with pytest.raises(EngineError) as raised:
        list(read(["hf:a/b"]))
    assert TOKEN not in str(raised.value)
    assert len(list(read(["hf:a/b"]))) == 1


def test_nothing_is_asked_for_files(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(ROW)
    assert len(list(read([tmp_path / "a.jsonl"]))) == 1 and hub.said == []


def test_rows_of_a_file_are_there_before_the_next_is_fetched(hub: FakeHub) -> None:
    hub.put("a/b", **{"train.jsonl": ROW * 30, "test.jsonl": ROW, "more-validation.parquet.jsonl": ROW})
    hub.held = {name: threading.Event() for name in ("test.jsonl", "more-validation.parquet.jsonl")}
    seen = survey(["hf:a/b"])
    assert len(seen.first) == 20 and seen.total is None and len(seen.files) == 3
    rows = read(["hf:a/b"])
    assert [next(rows).number for _ in range(30)] == [*range(30)]
    assert {path for _, path, _ in hub.said if "resolve" in path} >= {f"/datasets/a/b/resolve/{sha(1)}/train.jsonl"}
    for event in hub.held.values():
        event.set()
    seen.check(rows)
    assert survey(["hf:a/b"]).files == seen.files and survey(["hf:a/b"]).total == 32


def test_the_next_file_is_on_its_way_while_one_is_read(hub: FakeHub) -> None:
    names = ("train-1.jsonl", "train-2.jsonl", "train-3.jsonl")
    hub.put("a/b", **{name: ROW * number for number, name in enumerate(names, 2)})  # the same content is fetched once
    rows = read(["hf:a/b"])
    next(rows)
    for _ in range(500):
        if hub.count("GET", names[1]):
            break
        time.sleep(0.01)
    assert [hub.count("GET", name) for name in names] == [1, 1, 0]
    assert len(list(rows)) == 8 and [hub.count("GET", name) for name in names] == [1, 1, 1]


@pytest.mark.parametrize("name", ["train.jsonl", "train.parquet"])  # git knows the one, large file storage the other
def test_what_the_hub_says_of_a_file_is_checked_when_it_is_read(name: str, hub: FakeHub, tmp_path: Path) -> None:
    from pyarrow import parquet, table

    parquet.write_table(table({"text": ["Hello."] * 30}), tmp_path / "a.parquet")
    content = {"train.jsonl": (ROW * 30).encode(), "train.parquet": (tmp_path / "a.parquet").read_bytes()}[name]
    hub.put("a/b", **{name: content})
    seen = survey(["hf:a/b"])
    assert seen.files[0]["bytes"] == len(content) and {"git_sha1", "sha256"} & seen.files[0].keys()
    seen.check(read(["hf:a/b"]))
    path = local(seen.files[0]["file"])
    path.resolve().write_bytes(content.replace(b"Hello", b"Adeus"))
    seen = survey(["hf:a/b"])
    with pytest.raises(DataError, match=r"is not what the hub has: remove .*/snapshots/"):
        seen.check(read(["hf:a/b"]))


def test_a_file_may_be_in_two_splits(hub: FakeHub) -> None:
    hub.put(
        "a/b", **{"README.md": CARD.format("- {data_files: {train: a.csv, test: a.csv}}"), "a.csv": "text\nHello.\n"}
    )
    assert [each["bytes"] for each in survey(["hf:a/b"]).files] == [12, 12]
