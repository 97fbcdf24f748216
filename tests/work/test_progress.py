"""Rows are told of while their chunk is at work: forward only, never more than there are, in the end all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from babelset import Engine, Job, translate
from babelset.contracts.step import Stage
from babelset.scoring.scores import Scoring, add_scores, build_scorers
from babelset.steps.ask import Ask
from babelset.steps.running import run_step
from babelset.translation.routes import read_routes
from babelset.work.watch import Watch
from tests.engines.llm.scripted_server import ScriptedServer

ROWS = 12
ROUTES = """
[engines.first]
name = "openai"
options = {{ model = "rot13", base_url = "{url}", concurrency = 1 }}
[engines.second]
name = "echo"
[[routes]]
use = ["first", "second"]
"""


class Seen:
    """A watch that notes how many rows were told of, and of how many requests the server knew then."""

    def __init__(self, server: ScriptedServer) -> None:
        self.total, self.told, self.when = 0, [0], list[int]()
        self.server = server
        self.watch = Watch(total=self.count, rows=self.rows)

    def count(self, total: int) -> None:
        self.total = total

    def rows(self, new: int) -> None:
        assert new >= 0
        self.told.append(self.told[-1] + new)
        self.when.append(len(self.server.bodies))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    rows = [{"instruction": f"Describe stone {n}.", "output": f"Stone {n} is grey."} for n in range(ROWS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def job(source: Path, server: ScriptedServer, **more: Any) -> Job:
    options = {"model": "rot13", "base_url": server.base_url, "concurrency": 1}
    said = more if "routes" in more else {"translator": Engine(name="openai", options=options), **more}
    return Job(inputs=(str(source),), output=str(source.with_name("out.jsonl")), source="bug", target="ban", **said)


def translated(source: Path, server: ScriptedServer, watch: Watch) -> None:
    translate(job(source, server), watch)


def in_chunks(source: Path, server: ScriptedServer, watch: Watch) -> None:
    translate(job(source, server, chunk=5), watch)


def routed(source: Path, server: ScriptedServer, watch: Watch) -> None:
    routes = source.with_name("routes.toml")
    routes.write_text(ROUTES.format(url=server.base_url))
    translate(job(source, server, routes=read_routes(routes)), watch)


def judged(source: Path, server: ScriptedServer, watch: Watch) -> None:
    done = source.with_name("done.jsonl")
    translate(job(source, server).model_copy(update={"output": str(done)}))
    options = {"judge": {"base_url": server.base_url, "options": {"concurrency": 1}}}
    add_scores(
        Scoring([str(done)], str(source.with_name("out.jsonl")), build_scorers(["judge:rot13"], options, {})), watch
    )


def asked(source: Path, server: ScriptedServer, watch: Watch) -> None:
    step = Ask(model="rot13", base_url=server.base_url, prompt="answer", options={"concurrency": 1}, retries=1)
    stage = Stage((str(source),), str(source.with_name("out.jsonl")), "eng_Latn", "cat_Latn", recipe="test", name="ask")
    run_step(step, stage, watch)


@pytest.mark.parametrize("work", [translated, in_chunks, routed, judged, asked], ids=lambda work: work.__name__)
def test_rows_are_told_of_inside_a_chunk(work: Callable[..., None], source: Path) -> None:
    with ScriptedServer(latency=0.005) as server:
        seen = Seen(server)
        work(source, server, seen.watch)
    assert seen.total == seen.told[-1] == ROWS
    assert len(set(seen.told)) > ROWS // 2, seen.told
    assert len(set(seen.when)) > ROWS // 2, "told when the answers came, not at the end"


def test_what_was_done_before_is_told_of_once(source: Path) -> None:
    with ScriptedServer() as server:
        in_chunks(source, server, Watch())
        seen = Seen(server)
        for made in source.parent.glob("out*.jsonl"):
            made.unlink()
        source.with_name("out.manifest.json").unlink()
        before = len(server.bodies)
        in_chunks(source, server, seen.watch)
    assert seen.told[-1] == ROWS and len(server.bodies) - before < ROWS, "from the memory"
