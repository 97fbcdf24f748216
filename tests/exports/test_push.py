"""A folder to the hub, by the real client: in parts, resumed, whole at once, and without the token in any log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("huggingface_hub")

from babelset.cli.app import app
from babelset.exports import push as pushing
from babelset.exports.hub import Hub
from tests.fakehub import TOKEN, FakeHub

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>'")  # the client's own
OFF = "[filters]\nlanguage = false\ncopied = false\ntask = false\nintact = false\n"


def run(command: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == code, done.output
    assert TOKEN not in done.output
    return done.output


def export(rows: int, shard: int = 500) -> None:
    words = [f"river {number}" for number in range(rows)]
    lines = [{"instruction": f"Describe the {word}.", "input": "", "output": f"The {word} is cold."} for word in words]
    Path("in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    run("translate in.jsonl --to ca -o ca.jsonl --translator echo --config off.toml -q --force")
    Hub.shard = shard
    run("export ca.jsonl --as hub -o out --force --data-license mit")


@pytest.fixture(autouse=True)
def here(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(pushing, "AT_ONCE", 2)
    Path("off.toml").write_text(OFF)
    before = Hub.shard
    export(20)
    yield
    Hub.shard = before


def there() -> dict[str, bytes]:
    return {str(path.relative_to("out")): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}


def test_a_new_dataset(hub: FakeHub) -> None:
    Path("out/notes.txt").write_text("not for others")
    said = run("push out anna/rivers")
    assert said.splitlines()[-1] == f"{hub.url}/datasets/anna/rivers"
    repo = hub.repos["anna/rivers"]
    expected = there()
    del expected["notes.txt"]
    assert repo.files == expected and len(repo.commits) == 2 and not repo.private
    assert hub.count("PUT", "/lfs/") == len(expected) - 1 > 3


def test_the_same_again_sends_nothing(hub: FakeHub) -> None:
    run("push out anna/rivers")
    sent = hub.count("PUT", "/lfs/")
    run("push out anna/rivers")
    assert hub.count("PUT", "/lfs/") == sent and len(hub.repos["anna/rivers"].commits) == 2


def test_what_broke_off_resumes_and_nobody_saw_half_of_it(hub: FakeHub) -> None:
    names = sorted(name for name in there() if name.endswith(".parquet"))
    hub.breaks = 3
    assert "give the same command again" in run("push out anna/rivers", code=6)
    assert hub.repos["anna/rivers"].files == {} and 0 < len(hub.stored) < len(names)
    done = len(hub.stored)
    hub.breaks = 0
    run("push out anna/rivers")
    assert hub.repos["anna/rivers"].files == there()
    assert len(hub.stored) == len(names) > done


def test_shards_of_an_earlier_upload_go_and_other_files_stay(hub: FakeHub) -> None:
    hub.put("anna/rivers", **{"notes.md": "mine", "data/es/train-00000-of-00001.parquet": "theirs"})
    run("push out anna/rivers")
    export(20, shard=10**9)
    run("push out anna/rivers")
    assert set(hub.repos["anna/rivers"].files) == {
        "README.md", "notes.md", "data/ca/train-00000-of-00001.parquet", "data/es/train-00000-of-00001.parquet",
    }  # fmt: skip


def test_a_private_dataset(hub: FakeHub) -> None:
    run("push out anna/rivers --private")
    assert hub.repos["anna/rivers"].private


FAULTS = [
    # what is wrong, the command, its exit code, what it says
    ("no token", "push out anna/rivers", 2, "set HF_TOKEN"),
    ("a token that may not", "push out anna/rivers", 2, "look at the rights of HF_TOKEN"),
    ("no folder", "push nowhere anna/rivers", 3, "no such folder"),
    ("no export", "push . anna/rivers", 2, "babelset export --as hub"),
    ("no repository", "push out rivers", 2, "ORG/NAME"),
]


@pytest.mark.parametrize(("what", "command", "code", "said"), FAULTS, ids=[case[0] for case in FAULTS])
def test_what_cannot_be_pushed(what: str, command: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if what == "no token":
        monkeypatch.delenv("HF_TOKEN")
    if what == "a token that may not":
        monkeypatch.setenv("HF_TOKEN", "hf_another")
    assert said in run(command, code=code)


def test_a_server_that_repeats_the_token_does_not_get_it_into_a_log(
    hub: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    hub.echoes = True
    hub.fails += ["api/repos/create"]
    run("push out anna/rivers", code=6)
    caplog.set_level("DEBUG")
    run("push out anna/rivers")
    assert TOKEN not in caplog.text
    assert {auth for _, path, auth in hub.said if path.startswith("/lfs/")} == {""}
