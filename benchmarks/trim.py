"""
What `models trim` and a vocabulary map bring on the shape of NLLB-200-distilled-600M, and that answers stay the same.

    python benchmarks/trim.py NTREX_FOLDER     # writes benchmarks/results/trim.json; about ten minutes

12 + 12 layers of 1,024, 256,206 tokens, int8, random weights; but the last layer looks at the source token in the
decoder's place and says it again. So every answer is known: it is its source. The other layers add noise.

The SentencePiece model (BPE, 256,001 pieces) is trained on NTREX-128 in eight languages and on made-up words in six
scripts, as there is no real text for so many pieces. The model is cut by the first 1,500 segments in NTREX's six
languages in Latin script and by the made-up Latin words; the other segments are new. Two kinds of them are translated:

    inside    every token is in the smallest model: all contenders read and write the same tokens, and are timed
    outside   some token is not: a cut model must split it, a map is free to write another

Each contender is in a process of its own, on one thread. All run at the same time, so that other work on the machine
weighs on all alike; the best processor time counts. Memory is what is resident after the first answer (`loaded`), and
at most (`peak`).
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import numpy
import sentencepiece
from nllb import WIDTH, clocked, machine, random_spec, save

from babelset.engines.ctranslate2 import vocabularymap
from babelset.engines.ctranslate2.seq2seq import Tokens
from babelset.languages import Pair, find
from babelset.text.segment import Segment
from babelset.translators.ctranslate2 import NLLB

RESULT = Path(__file__).parent / "results" / "trim.json"
PIECES, SIZES = 256_001, (60_000, 30_000)
LATIN, KNOWN = ("eng", "cat", "spa", "glg", "por", "fra"), 1500
INSIDE, OUTSIDE, ROUNDS, BEAMS = 16, 8, 2, (1, 4)
PAIR = Pair(find("en"), find("ca"))
LETTERS = (
    ("bdfglmnprstv", "aeiou"),
    ("бвгдклмнпрст", "аеиоу"),
    ("βγδκλμνπρστ", "αεηιου"),
    ("कगचजटडतदनपबमरल", "ािीुे"),
    ("بتجدرسكلمن", "اوي"),
    ("ბგდვზთკლმნპ", "აეიოუ"),
)
WORDS, PLACES, CODE = 60_000, 64, 3.0


def made_up(letters: tuple[str, str], dice: Random) -> list[str]:
    """Lines of words, each word twice."""
    syllables = list(map("".join, product(*letters)))
    words = ["".join(dice.choices(syllables, k=dice.randint(2, 5))) for _ in range(WORDS)] * 2
    dice.shuffle(words)
    return [" ".join(words[start : start + 20]) for start in range(0, len(words), 20)]


def trained(texts: Sequence[str]) -> bytes:
    model = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=model, vocab_size=PIECES, model_type="bpe",
        character_coverage=1.0, minloglevel=2,
    )  # fmt: skip
    return model.getvalue()


def copying_spec() -> Any:
    """Random weights that copy: the first dimensions hold the place alone; the last layer looks where it is equal."""
    spec, dice = random_spec(), numpy.random.default_rng(6)
    embeddings = spec.decoder.embeddings.weight  # one for all
    embeddings[2] = dice.standard_normal(WIDTH, dtype=numpy.float32) * 0.03
    embeddings[:, :PLACES] = 0
    codes = numpy.zeros((1024, WIDTH), numpy.float32)
    codes[:, :PLACES] = dice.choice([-CODE, CODE], (1024, PLACES))
    for side in (spec.encoder, spec.decoder):
        side.scale_embeddings = True
        side.position_encodings.encodings = codes.copy()
    query, both, output = spec.decoder.layer[-1].attention.linear
    heads, whole = WIDTH // PLACES, numpy.eye(WIDTH, dtype=numpy.float32)
    look = numpy.tile(whole[:PLACES], (heads, 1))
    tokens = whole.copy()
    tokens[:PLACES] = 0
    query.weight, both.weight, output.weight = look, numpy.concatenate([look, tokens]), 4 * whole
    return spec


def contender(model: str, vmap: str, inside: Sequence[str], outside: Sequence[str]) -> dict[str, Any]:
    """In a process of its own: what it says, how long it takes, what it holds."""
    engine = NLLB(model=model, vmap=vmap, threads=1)

    def answers(texts: Sequence[str]) -> list[str]:
        return [getattr(answer, "text", "") for answer in engine.translate([Segment(text) for text in texts], PAIR)]

    def timed(texts: Sequence[str]) -> float:
        return clocked(lambda: answers(texts))["cpu"]

    found: dict[str, Any] = {
        "start_seconds": clocked(lambda: answers(inside[:1]))["cpu"],
        "loaded_mb": resident("VmRSS"),
    }
    for beam in BEAMS:
        engine._decoder.beam = beam
        times = [timed(inside) for _ in range(ROUNDS)]
        found[f"beam {beam}"] = {"seconds": times, "inside": answers(inside), "outside": answers(outside)}
        print(model, vmap, beam, times, flush=True)
    return {**found, "peak_mb": resident("VmHWM")}


def resident(name: str) -> int:
    """Megabytes, of this process alone: ru_maxrss would begin with those of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition(f"{name}:")[2].split()[0]) >> 10


def trimmed(model: Path, texts: Path, size: int) -> tuple[Path, dict[str, Any]]:
    """The cut model, by the command."""
    folder = model.with_name(f"trimmed-{size}")
    command = [sys.executable, "-m", "babelset", "models", "trim", model, "--to", "en,ca", "-o", folder, "--json"]
    told: list[bytes] = []
    time = clocked(lambda: told.append(subprocess.check_output([*command, "--size", str(size), "--text", texts])))
    return folder, {
        **{name: each["after"] for name, each in json.loads(told[0]).items() if each},
        "cut_in": time["cpu"],
    }


def sentences(whole: Tokens, kept: frozenset[str], texts: Sequence[str]) -> tuple[list[str], list[str], float]:
    """Those inside, those outside, and the share of tokens that is kept."""
    split = [whole.pieces(text) for text in texts]
    inside = [text for text, pieces in zip(texts, split, strict=True) if kept.issuperset(pieces)]
    within = [piece in kept for pieces in split for piece in pieces]
    outside = sorted(set(texts).difference(inside))
    dice = Random(7)
    return dice.sample(inside, INSIDE), dice.sample(outside, OUTSIDE), round(sum(within) / len(within), 4)


def summary(whole: Tokens, found: dict[str, Any], texts: dict[str, list[str]]) -> dict[str, Any]:
    """Speeds and right answers in place of times and texts."""
    tokens = sum(len(whole.pieces(text)) + 1 for text in texts["inside"])
    for beam in BEAMS:
        each = found[f"beam {beam}"]
        each["tokens_a_second"] = round(tokens / min(each["seconds"]), 1)
        for kind, sources in texts.items():
            copies = [whole.decode(whole.pieces(text)) for text in sources]
            each[kind] = f"{sum(map(str.__eq__, each[kind], copies))} of {len(copies)} right"
    return found


def made(data: Path, folder: Path) -> tuple[dict[str, Any], dict[str, tuple[str, str]], list[str]]:
    """Sizes, the contenders' models and maps, and the sentences that are new."""
    dice = Random(5)
    read = {path.stem.split(".")[-1]: path.read_text(encoding="utf-8").splitlines() for path in data.glob("*.txt")}
    words = [made_up(letters, dice) for letters in LETTERS]
    model, latin = folder / "whole", folder / "latin.txt"
    model.mkdir()
    save(copying_spec(), model, trained([text for texts in [*read.values(), *words] for text in texts]))
    known = [text for name in LATIN for text in read[name][:KNOWN]]
    latin.write_text("\n".join([*known, *words[0]]), encoding="utf-8")
    sizes, contenders = {"whole": {"bytes": (model / "model.bin").stat().st_size}}, {"whole": (str(model), "")}
    for size in SIZES:
        cut, sizes[f"trimmed to {size}"] = trimmed(model, latin, size)
        vmap = folder / f"{size}.vmap"
        kept = filter(vocabularymap._fits, Tokens(cut, "nllb").vocabulary)
        vmap.write_text(vocabularymap.line(kept) + "\n", encoding="utf-8")
        contenders |= {f"trimmed to {size}": (str(cut), ""), f"map of {size}": (str(model), str(vmap))}
    return sizes, contenders, read["eng"][KNOWN:]


def measure(data: Path, folder: Path) -> dict[str, Any]:
    told = machine()
    sizes, contenders, new = made(data, folder)
    whole, least = Tokens(folder / "whole", "nllb"), Tokens(folder / f"trimmed-{SIZES[-1]}", "nllb")
    inside, outside, share = sentences(whole, least.vocabulary, new)
    with ProcessPoolExecutor(len(contenders), multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        runs = {name: pool.submit(contender, *task, inside, outside) for name, task in contenders.items()}
        found = {name: run.result() for name, run in runs.items()}
    texts = {"inside": inside, "outside": outside}
    return {
        "machine": {**told, "note": "shared with other work at the same time: only processor time counts"},
        "tokens_inside": sum(len(whole.pieces(text)) + 1 for text in inside),
        "share_of_new_tokens_that_the_smallest_keeps": share,
        "sizes": sizes,
        "contenders": {name: summary(whole, each, texts) for name, each in found.items()},
    }


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="nllb-trimmed-") as folder:
        result = measure(Path(sys.argv[1]), Path(folder))
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
