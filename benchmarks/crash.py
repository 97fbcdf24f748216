"""
What is lost when babelset is killed, or the power fails? Every command, at every durable call: tests/crash, all of it.

    python benchmarks/crash.py [CASE ...]     # writes benchmarks/results/crash.json; other cases in it stay

For each case: a SIGKILL before and after every durable call; at some points a second death, another command in its
place, SIGINT and SIGTERM; the time of day that jumps; and, where strace is, what a disk may hold after a power cut at
every call. "lost" names what did not hold.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.crash.cases import CASES
from tests.crash.disk import STRACE
from tests.crash.machine import FAST, Machine, machine
from tests.crash.trial import Trial

RESULT = Path(__file__).parent / "results" / "crash.json"
SAMPLED = 6  # points of each of the other ways to die


def tried(lost: list[str], attempt: Callable[..., None], *arguments: Any) -> int:
    """1, for the sum; what it says is lost is added to the list."""
    try:
        attempt(*arguments)
    except AssertionError as error:
        lost.append(str(error).replace(tempfile.gettempdir(), "")[:300])
    return 1


def measure(fork_server: Machine, name: str, folder: Path) -> dict[str, Any]:
    trial, lost = Trial(fork_server, name, CASES[name], folder / "kills"), list[str]()
    some = trial.sample(SAMPLED)
    found = {
        "points": len(trial.points()),
        "kills": sum(tried(lost, trial.kill, at) for at in trial.points()),
        "second_kills": sum(tried(lost, trial.kill_twice, at, share) for at in some for share in (0.1, 0.6)),
        "other_commands": sum(tried(lost, trial.kill_and_change, at) for at in some if trial.case.other),
        "signals": sum(tried(lost, trial.kill, at, how) for at in some for how in ("INT", "TERM")),
        "clock_jumps": tried(lost, trial.jump),
    }
    if shutil.which(STRACE[0]):
        found["power_cuts"] = _power_cuts(fork_server, name, folder, lost)
    return {**found, "lost": lost}


def _power_cuts(fork_server: Machine, name: str, folder: Path, lost: list[str]) -> int:
    log = folder / "strace.txt"
    with machine([*STRACE, str(log)]) as traced:
        trial, bill = Trial(traced, name, CASES[name], folder / "cuts"), traced.folder / "bill.txt"
    trial.machine = fork_server
    return sum(tried(lost, cut) for cut in trial.power_cuts(log, bill))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cases", nargs="*", metavar="CASE", default=list(CASES))
    options.add_argument("--result", type=Path, default=RESULT)
    chosen = options.parse_args()
    known = json.loads(chosen.result.read_text())["commands"] if chosen.result.exists() else {}
    with machine() as fork_server:
        for name in chosen.cases:
            with tempfile.TemporaryDirectory(dir=FAST if FAST.is_dir() else None) as folder:
                known[name] = measure(fork_server, name, Path(folder))
            print(name, json.dumps(known[name]), flush=True)
            commands = {each: known[each] for each in CASES if each in known}
            about = {"machine": platform.machine(), "python": platform.python_version()}
            chosen.result.write_text(json.dumps({**about, "commands": commands}, indent=1) + "\n")
    sys.exit(
        f"{sum(map(len, (each['lost'] for each in known.values())))} promises were broken"
        if any(each["lost"] for each in known.values())
        else 0
    )


if __name__ == "__main__":
    main()
