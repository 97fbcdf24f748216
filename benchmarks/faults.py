"""
What becomes of a run whose server misbehaves: every kind of fault, once and always.

    python benchmarks/faults.py [--processes 2] [--result benchmarks/results/faults.json]

Each kind of tests/engines/llm/fault_kinds.py meets the first request for a translation, or all of them, of a run of
`babelset translate`. The result says for each how the run ended, what a user read, and whether it is what must hold;
where a run ended early, whether the same command finished when the server was well again.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections import Counter
from multiprocessing import Pool
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.engines.llm.fault_kinds import KINDS
from tests.engines.llm.faulty_run import ROWS, How, meet

HOWS: tuple[How, How] = ("once", "always")


def run(task: tuple[int, How]) -> dict[str, Any]:
    number, how = task
    kind = KINDS[number]
    with tempfile.TemporaryDirectory() as folder:
        met = meet(kind, how, Path(folder))
    wanted = kind.once if how == "once" else kind.always
    told = met.said or "; ".join(dict.fromkeys(met.reasons))
    return {
        "group": kind.group, "kind": kind.name, "how": how, "wanted": wanted, "end": met.end,
        "holds": kind.holds(how, met.end),
        "exit_code": met.code,
        "rows": met.rows, "wrong": met.wrong, "requests": met.requests, "traceback": met.traceback,
        "resumed": met.resumed, "told": told.replace(folder, ""),
    }  # fmt: skip


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    lost = [each for each in found if each["end"] != "ends" and sum(each["rows"].values()) != len(ROWS)]
    return {
        "kinds": len(KINDS),
        "runs": len(found),
        "ends": dict(Counter(each["end"] for each in found)),
        "as_wanted": sum(each["holds"] for each in found),
        "runs_with_lost_rows": len(lost),
        "runs_with_wrong_rows": sum(each["wrong"] > 0 for each in found),
        "tracebacks": sum(each["traceback"] for each in found),
        "not_resumed": sum(each["resumed"] is False for each in found),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--result", type=Path, default=Path(__file__).parent / "results" / "faults.json")
    given = parser.parse_args()
    tasks = [(number, how) for number in range(len(KINDS)) for how in HOWS]
    with Pool(given.processes) as pool:
        found = pool.map(run, tasks, chunksize=4)
    machine = {"python": platform.python_version(), "system": platform.platform()}
    result = {"machine": machine, "summary": summary(found), "runs": found}
    given.result.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(json.dumps(result["summary"], indent=1))


if __name__ == "__main__":
    main()
