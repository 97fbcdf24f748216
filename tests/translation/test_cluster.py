"""On a cluster of one machine: the bytes of the local loop, whoever is killed, and no row that stops the others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.schema import load_schema
from babelset.errors import ConfigError
from babelset.files.shard import Within
from babelset.translation.cluster import DEATHS, Actor, Plan, Tries, _sizes, _stretches
from babelset.translation.job import Job
from babelset.work.journal import Chunks

POISON = """
import os, time
from pathlib import Path
from babelset.translators.echo import Echo

class Poison(Echo):
    @property
    def signature(self):
        return "poison|v:1"

    def translate(self, segments, pair):
        with open(os.environ["BILL"], "a") as bill:
            bill.write("".join(segment.text + "\\n" for segment in segments))
        texts = [segment.text for segment in segments]
        if "slow" in os.environ["BILL"]:
            time.sleep(0.5)
        if raylet := os.environ.get("RAY_RAYLET_PID"):
            with open(os.environ["BILL"] + ".raylets", "a") as raylets:
                raylets.write(raylet + "\\n")
        once = Path(os.environ["BILL"] + ".once")
        if any("poison" in text for text in texts) or any("fragile" in text for text in texts) and not once.exists():
            once.touch()
            os.kill(os.getpid(), 9)
        return super().translate(segments, pair)
"""
NODES = """
import sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
others = [cluster.add_node(num_cpus=1, num_gpus=1) for _ in range(2)]
cluster.wait_for_nodes()
print(cluster.address, *(node.all_processes["raylet"][0].process.pid for node in others), flush=True)
sys.stdin.read()
cluster.shutdown()
"""
OFF = "[filters]\n" + "".join(f"{name} = false\n" for name in ("language", "copied", "script", "task", "intact"))
PLAIN = [f"The river {number} runs `x{number}`." for number in range(24)]
ARGV = ("translate", "in.jsonl", "--to", "ca", "--chunk", "3", "-q", "--config", "off.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "engine" / "poison-1.0.dist-info").mkdir(parents=True)
    (tmp_path / "engine" / "poison.py").write_text(POISON)
    (tmp_path / "engine" / "poison-1.0.dist-info" / "METADATA").write_text("Name: poison\nVersion: 1.0\n")
    points = "[babelset.translators]\npoison = poison:Poison\n"
    (tmp_path / "engine" / "poison-1.0.dist-info" / "entry_points.txt").write_text(points)
    (tmp_path / "off.toml").write_text(OFF)
    return tmp_path


def rows(folder: Path, texts: Sequence[str]) -> None:
    lines = [json.dumps({"instruction": "", "input": "", "output": text}) for text in texts]
    (folder / "in.jsonl").write_text("\n".join([*lines, "{no row"]) + "\n")


def environment(folder: Path, bill: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder / "engine"), "BILL": str(folder / bill)}


def start(folder: Path, output: str, *more: str, bill: str = "bill") -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "babelset", *ARGV, "--translator", "poison", "-o", output, *more]
    return subprocess.Popen(
        argv, cwd=folder, env=environment(folder, bill), text=True, stderr=subprocess.PIPE, start_new_session=True
    )


def run(folder: Path, output: str, *more: str, bill: str = "bill") -> str:
    process = start(folder, output, *more, bill=bill)
    said = process.communicate(timeout=500)[1]
    assert process.returncode == 1, said  # the last line is no row
    return said


def same(folder: Path, one: str, other: str) -> None:
    for ending in (".jsonl", ".rejected.jsonl", ".failed.jsonl"):
        assert (folder / f"{one}{ending}").read_bytes() == (folder / f"{other}{ending}").read_bytes(), ending
    assert not (folder / f"{other}.work").exists()


RAY = ("--ray", "local", "--workers", "2")


def on_ray(test: Callable[..., None]) -> Callable[..., None]:
    """Marks a test that starts a cluster: one at a time."""
    absent = pytest.mark.skipif(not find_spec("ray"), reason="Ray is not installed")
    return pytest.mark.engine(pytest.mark.xdist_group("ray")(absent(test)))


@on_ray
def test_a_killed_worker_costs_nothing_but_time(folder: Path) -> None:
    rows(folder, [*PLAIN[:10], "A fragile river.", *PLAIN[10:]])
    (folder / "whole.once").touch()
    run(folder, "whole.jsonl", bill="whole")
    run(folder, "ray.jsonl", *RAY)
    assert (folder / "bill.once").exists()  # one has died
    same(folder, "whole", "ray")


@on_ray
def test_a_row_that_kills_every_worker_is_given_up(folder: Path) -> None:
    rows(folder, [*PLAIN[:10], "A poison river.", *PLAIN[10:]])
    run(folder, "ray.jsonl", *RAY)
    lost = [json.loads(line) for line in (folder / "ray.failed.jsonl").read_text().splitlines()]
    assert [(line["row"], line["line"]) for line in lost] == [(10, 11), (25, 26)]
    assert lost[0]["reason"].startswith(f"{2 * DEATHS} workers died of it") and "A poison river." in lost[0]["raw"]
    assert (folder / "bill").read_text().splitlines().count("A poison river.") == 2 * DEATHS
    rows(folder, PLAIN)
    run(folder, "whole.jsonl", bill="whole")
    made = [json.loads(line)["output"] for line in (folder / "ray.jsonl").read_text().splitlines()]
    assert made == [json.loads(line)["output"] for line in (folder / "whole.jsonl").read_text().splitlines()]


@on_ray
def test_a_killed_driver_goes_on_and_asks_for_nothing_twice(folder: Path) -> None:
    rows(folder, PLAIN)
    run(folder, "whole.jsonl", bill="whole")
    process, work = start(folder, "ray.jsonl", *RAY, bill="slow"), folder / "ray.work"
    while len(list(work.glob("chunk-*.jsonl"))) < 2:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    time.sleep(5)  # its workers end with it
    done = {path.name for path in work.glob("chunk-*.jsonl")}
    asked = (folder / "slow").read_text().splitlines()
    assert 2 <= len(done) < 9
    run(folder, "ray.jsonl", *RAY, bill="slow")
    same(folder, "whole", "ray")
    again = (folder / "slow").read_text().splitlines()[len(asked) :]
    assert len(again) + 3 * len(done) <= len(PLAIN) + 2  # what was in a finished chunk is not asked for again


@pytest.fixture
def nodes(folder: Path) -> Iterator[tuple[str, set[int]]]:
    """The address of a cluster of three nodes, and the raylets of the two that have a processor and, they say, a GPU."""
    with subprocess.Popen(
        [sys.executable, "-c", NODES], cwd=folder, env=environment(folder, "slow"), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdout
        address, *raylets = process.stdout.readline().split()
        yield address, set(map(int, raylets))
        process.communicate()


@on_ray
def test_a_node_that_dies_costs_nothing_but_time(folder: Path, nodes: tuple[str, set[int]]) -> None:
    address, raylets = nodes
    rows(folder, PLAIN)
    run(folder, "whole.jsonl", bill="whole")
    process, told = start(folder, "ray.jsonl", "--ray", address, "--workers", "3", bill="slow"), folder / "slow.raylets"
    while not (working := raylets & set(map(int, told.read_text().split() if told.exists() else ()))):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    os.kill(working.pop(), signal.SIGKILL)
    said = process.communicate(timeout=500)[1]
    assert process.returncode == 1, said  # the last line is no row
    same(folder, "whole", "ray")
    asked = (folder / "slow").read_text().splitlines()
    assert len(PLAIN) <= len(asked) <= len(PLAIN) + 3 * 3, "no more than what was at work is asked for again"


def test_a_try_is_counted_until_it_ends(tmp_path: Path) -> None:
    tries = Tries(tmp_path)
    assert [tries.begin("00000001") for _ in range(3)] == [0, 1, 2] and tries.begin("00000001.5") == 0
    tries.end("00000001")
    assert tries.begin("00000001") == 0
    tries.forget()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("gpus", "group", "asked", "sizes"), [
    # of the cluster, GPUs of an engine, --workers; GPUs of a worker, workers
    (0, 1, None, (0, 12)),
    (0, 4, 3, (0, 3)),
    (8, 1, None, (1, 8)),
    (8, 4, None, (4, 2)),
    (8, 4, 5, (4, 2)),
    (8, 4, 1, (4, 1)),
    (7, 2, None, (2, 3)),
])  # fmt: skip
def test_a_worker_for_each_group_of_gpus_or_each_processor_of_the_cluster(
    gpus: int, group: int, asked: int | None, sizes: tuple[int, int]
) -> None:
    assert _sizes(job(group, asked), {"CPU": 12.0, "GPU": gpus}) == sizes


def test_a_group_that_no_cluster_has_is_said() -> None:
    with pytest.raises(ConfigError, match="tensor_parallel_size is 4, and the cluster has 2 GPUs"):
        _sizes(job(4, None), {"CPU": 12.0, "GPU": 2.0})


def job(group: int = 1, workers: int | None = None) -> Job:
    engine = {"name": "echo", "options": {"engine_args": {"tensor_parallel_size": group}}}
    return Job(inputs=("in.jsonl",), output="out.jsonl", target="ca", translator=engine, workers=workers)


def test_workers_that_die_too_often_end_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    rows(folder, PLAIN[:1])
    within, work = Within(range(2), [2]), folder / "out.work"
    work.mkdir()
    asked = Job(inputs=("in.jsonl",), output="out.jsonl", target="ca", translator="echo", filters={"language": False})
    plan = Plan(asked, load_schema("alpaca"), within, 1, Chunks(work, "run"), folder / "out.sqlite", str(folder))
    told = [Actor(plan, most=2)({"first": [at], "end": [at + 1]}) for at in (0, 1, 1)]
    assert [(each["rows"], each["stop"]) for each in told] == [([1], [""]), ([1], [""]), ([0], ["EngineError"])]
    assert told[-1]["reason"] == ["2 workers died; the same command resumes"]


@given(left=st.sets(st.integers(0, 300), min_size=1), workers=st.integers(1, 9))
def test_every_chunk_that_is_left_is_in_one_stretch(left: set[int], workers: int) -> None:
    found = list(_stretches(sorted(left), workers))
    assert [chunk for each in found for chunk in range(each["first"], each["end"])] == sorted(left)
