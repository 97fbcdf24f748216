"""
How much faster CometKiwi is scored natively than by unbabel-comet, in each form, and how near the scores are.

    babelset setup comet                # or name an interpreter: BABELSET_COMET_PYTHON=comet/bin/python
    python benchmarks/cometkiwi.py [SOURCES TARGETS]    # writes benchmarks/results/cometkiwi.json; about ten minutes

The model has the shape of wmt22-cometkiwi-da (XLM-RoBERTa large: 24 layers of 1,024, 250,002 tokens; 565 million
weights) and random weights. The pairs are lines of two files or, without them, pseudo-words with the lengths of the
sentences in Alpaca.

    predict, 16       unbabel-comet's `model.predict` with its own batch size, in fp32
    predict, N        the same with the batch size that is fastest here
    comet-score       what that command does, on few pairs: it casts the model to fp16 on a CPU, too
    fp32, bf16, int8  babelset, by dtype; `auto` under machine is what it takes by itself

Each is a process of its own with the same threads. They take turns, and each scores every pair once. Differences and
rank correlations are to `predict, 16`.
"""

from __future__ import annotations

import io
import json
import math
import os
import platform
import random
import re
import resource
import runpy
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from statistics import correlation
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "cometkiwi.json"
VOCABULARY = 250_002
PAIRS, ROUNDS, FEW = 400, 2, 24
SIZES = (1, 2, 4, 8)
FORMS = ("fp32", "bf16", "int8")
REFERENCE = "predict, 16"

Pair = list[str]
Scorer = Callable[[Sequence[Pair], int], list[float]]


def lines(paths: Sequence[str]) -> list[Pair]:
    """As many pairs of two aligned files, all over them."""
    pairs = [list(pair) for pair in zip(*(Path(path).read_text("utf-8").splitlines() for path in paths), strict=True)]
    return random.Random(5).sample([pair for pair in pairs if all(map(str.strip, pair))], PAIRS)


def made_up() -> list[Pair]:
    dice = random.Random(5)
    syllables = [first + second for first in "bdfglmnprstv" for second in "aeiou"]
    words = ["".join(dice.choices(syllables, k=dice.randint(1, 4))) for _ in range(6000)]

    def text(length: float) -> str:
        return " ".join(dice.choices(words, k=max(1, round(length)))).capitalize() + "."

    lengths = [min(70, dice.lognormvariate(2.5, 0.8)) for _ in range(PAIRS)]
    return [[text(length), text(length * dice.lognormvariate(0.1, 0.15))] for length in lengths]


def random_model(folder: Path, texts: Sequence[str]) -> None:
    """A checkpoint as it is released, with a tokenizer that makes about 1.4 tokens of a word."""
    import sentencepiece
    import torch
    import yaml

    tiny = runpy.run_path(str(ROOT / "tests" / "models" / "make_tiny_comet.py"))
    size = tiny["Size"](hidden=1024, inner=4096, layers=24, heads=16, longest=512)
    settings = tiny["RELEASED"] | {
        "hidden_sizes": [3072, 1024],
        "layer_transformation": "sparsemax_patch",
        "pretrained_model": str(folder / "encoder"),
        "word_layer": size.layers,
    }
    pieces, dice = io.BytesIO(), torch.Generator().manual_seed(5)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=pieces, vocab_size=4000, hard_vocab_limit=False, minloglevel=2
    )
    weights = OrderedDict()
    for name, shape in tiny["shapes"](settings, VOCABULARY, size).items():
        weights[name] = torch.empty(shape).normal_(generator=dice).mul_(spread(name, shape)).add_(centre(name))
    for part in ("encoder", "checkpoints"):
        (folder / part).mkdir()
    (folder / "encoder" / "sentencepiece.bpe.model").write_bytes(pieces.getvalue())
    config = tiny["config"](settings["encoder_model"], VOCABULARY, size)
    (folder / "encoder" / "config.json").write_text(json.dumps(config))
    (folder / "hparams.yaml").write_text(yaml.safe_dump(settings))
    stored = {name: value for name, value in settings.items() if name != "class_identifier"}
    stored["layer_transformation"] = "softmax"
    content = {"state_dict": weights, "hyper_parameters": stored, "pytorch-lightning_version": "2.0.0"}
    torch.save(content, folder / "checkpoints" / "model.ckpt")


def spread(name: str, shape: Sequence[int]) -> float:
    """Of a weight: layers change little, and attention chooses, as in trained models; scores differ by about 0.1."""
    if len(shape) == 1 or "embeddings" in name:
        return 0.2 if "embeddings" in name else 0.1
    gain = 2 if ".query" in name or ".key" in name else 1 if "estimator" in name else 0.5
    return gain / math.sqrt(shape[1])


def centre(name: str) -> float:
    return 1 if "LayerNorm.weight" in name or name.endswith("gamma") else 0


def comet(folder: str, half: bool) -> Scorer:
    """unbabel-comet's own loop; runs in its environment."""
    from comet import load_from_checkpoint

    model = load_from_checkpoint(f"{folder}/checkpoints/model.ckpt").eval()
    model = model.half() if half else model

    def score(pairs: Sequence[Pair], batch: int) -> list[float]:
        samples = [{"src": source, "mt": target} for source, target in pairs]
        found = model.predict(samples, batch_size=batch, gpus=0, accelerator="cpu", progress_bar=False)
        return list(found.scores)

    return score


def native(folder: str, dtype: Any) -> Scorer:
    from babelset.engines.comet.kiwi import Kiwi

    kiwi = Kiwi.load(folder, "cpu", dtype)
    return lambda pairs, batch: kiwi.score([(source, target) for source, target in pairs])


def play(kind: str, folder: str) -> None:
    """A contender's process: pairs and batch size in, scores and seconds out, line by line."""
    pipe = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the libraries print
    started = time.perf_counter()
    score = native(folder, kind) if kind in FORMS else comet(folder, half=kind == "comet-score")
    loaded = time.perf_counter() - started
    for line in sys.stdin:
        pairs, batch = json.loads(line)
        started, cpu = time.perf_counter(), time.process_time()
        scores = score(pairs, batch)
        clocks = {"wall": time.perf_counter() - started, "cpu": time.process_time() - cpu, "load": loaded}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps({"scores": scores, **clocks, "gigabytes": peak}), file=pipe, flush=True)


class Player:
    """A contender, asked."""

    def __init__(self, python: str, kind: str, folder: str) -> None:
        self.process = subprocess.Popen(
            [python, __file__, "--play", kind, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        )

    def __call__(self, pairs: Sequence[Pair], batch: int = 16) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([pairs, batch]).encode() + b"\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def measure(python: str, folder: str, pairs: list[Pair]) -> dict[str, Any]:
    parts = [pairs[start::ROUNDS] for start in range(ROUNDS)]
    players = {kind: Player(python if kind in ("predict", "comet-score") else sys.executable, kind, folder)
               for kind in ("predict", "comet-score", *FORMS)}  # fmt: skip
    for player in players.values():
        player(pairs[:4])  # loads the model, one after the other
    sample = random.Random(5).sample(pairs, 2 * FEW)
    walls = {size: players["predict"](sample, size)["wall"] for size in SIZES}
    best = min(SIZES, key=walls.__getitem__)
    turns: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        for name, kind, batch in [
            (REFERENCE, "predict", 16),
            (f"predict, {best}", "predict", best),
            *((form, form, 0) for form in FORMS),
            ("comet-score", "comet-score", 16),
        ]:
            asked = part[: FEW // ROUNDS] if kind == "comet-score" else part
            turns.setdefault(name, []).append(players[kind](asked, batch) | {"pairs": len(asked)})
            print(name, round(len(asked) / turns[name][-1]["wall"], 2), "pairs/s", flush=True)
    for player in players.values():
        player.close()
    return {
        "predict_by_batch_size": {size: round(len(sample) / wall, 2) for size, wall in walls.items()},
        "contenders": {name: account(found, turns[REFERENCE]) for name, found in turns.items()},
        "times_as_fast_as": {name: ratios(turns, name) for name in turns if name not in FORMS},
    }


def account(found: list[dict[str, Any]], reference: list[dict[str, Any]]) -> dict[str, Any]:
    scores = list(chain.from_iterable(turn["scores"] for turn in found))
    true = list(chain.from_iterable(ref["scores"][: turn["pairs"]] for ref, turn in zip(reference, found, strict=True)))
    return {
        "pairs": len(scores),
        "pairs_per_second": round(speed(found), 2),
        "by_round": [round(speed([turn]), 2) for turn in found],
        "processor_seconds_per_pair": round(sum(turn["cpu"] for turn in found) / len(scores), 3),
        "seconds_to_load": round(found[0]["load"], 1),
        "peak_gigabytes": round(max(turn["gigabytes"] for turn in found), 2),
        "largest_difference": float(f"{max(abs(one - two) for one, two in zip(scores, true, strict=True)):.1e}"),
        "rank_correlation": round(correlation(ranks(scores), ranks(true)), 6),
    }


def speed(found: list[dict[str, Any]]) -> float:
    return float(sum(turn["pairs"] for turn in found) / sum(turn["wall"] for turn in found))


def ratios(turns: dict[str, list[dict[str, Any]]], name: str) -> dict[str, float]:
    return {form: round(speed(turns[form]) / speed(turns[name]), 2) for form in FORMS}


def ranks(values: list[float]) -> list[int]:
    order = sorted(range(len(values)), key=values.__getitem__)
    return [rank for _, rank in sorted(zip(order, range(len(values)), strict=True))]


def machine() -> dict[str, Any]:
    from babelset.engines.comet.linear import form_of

    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "auto": form_of("auto", "cpu"),
        **{name: version(name) for name in ("torch", "transformers")},
    }


def comet_python() -> str:
    """The interpreter of an environment with unbabel-comet; ConfigError where there is none."""
    from babelset.engines.comet import environment

    beside = Path(sys.prefix, "comet")  # where `make test-engines` puts it
    return os.environ.get("BABELSET_COMET_PYTHON") or environment.TOOL.python(beside if beside.is_dir() else None)


def main() -> None:
    from babelset.errors import ConfigError

    try:
        python = comet_python()
    except ConfigError as error:
        print(f"skipped: {error}")
        return
    pairs = lines(sys.argv[1:3]) if len(sys.argv) > 2 else made_up()
    about = {"pairs": [Path(name).name for name in sys.argv[1:3]] or "made up", "machine": machine()}
    with tempfile.TemporaryDirectory(prefix="kiwi-shaped-") as folder:
        random_model(Path(folder), [text for pair in pairs for text in pair])
        result = about | {"tokens": tokens(folder, pairs)} | measure(python, folder, pairs)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result["times_as_fast_as"], indent=2))


def tokens(folder: str, pairs: list[Pair]) -> dict[str, float]:
    from babelset.engines.comet.pairs import Tokens

    found = Tokens(Path(folder, "encoder"), 512).sequences([(source, target) for source, target in pairs])
    lengths = [sum(map(len, rows)) for rows in found]
    return {"mean": round(sum(lengths) / len(lengths), 1), "shortest": min(lengths), "longest": max(lengths)}


if __name__ == "__main__":
    play(*sys.argv[2:]) if sys.argv[1:2] == ["--play"] else main()
