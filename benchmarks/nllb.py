"""
How much of CTranslate2's speed is left when NLLB is driven through babelset.

    python benchmarks/nllb.py [alpaca.json]     # writes benchmarks/results/nllb.json; about five minutes

The model has the shape of NLLB-200-distilled-600M (12 + 12 layers of 1,024, 256,206 tokens) and random
weights that end every translation after 25 tokens: each contender does the same work on the same sentences.

    bare      one `translate_batch` over all token sequences, sorted, in two sizes of batch: the better counts
    babelset  `NLLB.translate`, with tokenising, checks and decoding
    command   `babelset translate --translator nllb`, with everything, start and model loading included; a run of
              one sentence shows what these take

A few of the sentences are decoded besides, greedily and with four beams, by CTranslate2 with all tokens and with a
vocabulary map of 30,000 of them, drawn by chance, and by transformers where it and torch are installed (M2M100 of the
same shape, random weights, sorted, in batches of 32, float32 and bfloat16), all on one thread: tokens a second of
processor time, the best of two turns.

They take turns; with more ROUNDS the best time of each counts: other work on the machine only adds to a time.
"""

from __future__ import annotations

import json
import os
import platform
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import ctranslate2
import numpy
import sentencepiece
from ctranslate2.specs.transformer_spec import TransformerSpec

from babelset.engines import modelfolder
from babelset.engines.ctranslate2.vocabularymap import line
from babelset.languages import Pair, find
from babelset.text.segment import Segment
from babelset.translators.ctranslate2 import NLLB

RESULT = Path(__file__).parent / "results" / "nllb.json"
WIDTH, LAYERS, INNER, VOCABULARY, HEADS = 1024, 12, 4096, 256_206, 16
STOP = 25
SEGMENTS, ROUNDS = 768, 1
FEW, TURNS, MAP = 32, 2, 30_000
PROSE = re.compile(r"[A-Z][A-Za-z ,']{8,500}[.!?]")  # one sentence for any splitter, and nothing to keep


def sentences(path: Path | None) -> list[str]:
    """Different sentences: of an Alpaca file, or pseudo-words with the lengths that such a file shows."""
    dice = random.Random(5)
    if path:
        rows = json.loads(path.read_text(encoding="utf-8"))
        texts = [row[key] for row in rows for key in ("instruction", "input", "output")]
        found = {part.strip() for text in texts for part in re.split(r"(?<=[.!?])\s+", text)}
        usable = sorted(part for part in found if PROSE.fullmatch(part))
        return dice.sample(usable, SEGMENTS)
    syllables = [first + second for first in "bdfglmnprstv" for second in "aeiou"]
    words = ["".join(dice.choices(syllables, k=dice.randint(1, 4))) for _ in range(3000)]
    lengths = [min(60, max(2, round(dice.lognormvariate(2.7, 0.6)))) for _ in range(SEGMENTS)]
    return [" ".join(dice.choices(words, k=length)).capitalize() + "." for length in lengths]


def random_model(folder: Path, texts: list[str]) -> None:
    """A folder as NLLB's; its SentencePiece model knows little, the vocabulary is filled up with made-up words."""
    model = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=model, vocab_size=6000, hard_vocab_limit=False,
        model_type="bpe", minloglevel=2,
    )  # fmt: skip
    save(random_spec(), folder, model.getvalue())


def random_spec() -> Any:
    """The specification filled with numbers, without torch, so that all translations end after STOP tokens."""
    dice = numpy.random.default_rng(5)

    def matrix(rows: int, columns: int) -> numpy.ndarray:
        return dice.standard_normal((rows, columns), dtype=numpy.float32) * 0.03

    def linear(spec: Any, rows: int, columns: int, residual: bool = False) -> None:
        spec.weight, spec.bias = matrix(rows, columns), numpy.zeros(rows, numpy.float32)
        if residual:
            spec.weight *= 0.1  # so that the position decides the token: another one each time, no loops
            spec.weight[0] = 0  # and dimension 0 carries nothing but the position

    def norm(spec: Any) -> None:
        spec.gamma, spec.beta = numpy.ones(WIDTH, numpy.float32), numpy.zeros(WIDTH, numpy.float32)

    spec = TransformerSpec.from_config((LAYERS, LAYERS), HEADS, pre_norm=True)
    embeddings = matrix(VOCABULARY, WIDTH)
    embeddings[:, 0] = 0
    embeddings[2] = 0
    embeddings[2, 0] = 10  # </s> wins as soon as dimension 0 is lit
    positions = matrix(1024, WIDTH)
    positions[:, 0] = 0
    spec.encoder.embeddings[0].weight = embeddings
    spec.decoder.embeddings.weight = embeddings
    spec.decoder.projection.weight = embeddings
    for side in (spec.encoder, spec.decoder):
        side.scale_embeddings = False
        side.position_encodings.encodings = positions.copy()
        norm(side.layer_norm)
        for layer in side.layer:
            norm(layer.self_attention.layer_norm)
            linear(layer.self_attention.linear[0], 3 * WIDTH, WIDTH)
            linear(layer.self_attention.linear[1], WIDTH, WIDTH, residual=True)
            norm(layer.ffn.layer_norm)
            linear(layer.ffn.linear_0, INNER, WIDTH)
            linear(layer.ffn.linear_1, WIDTH, INNER, residual=True)
    for layer in spec.decoder.layer:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], WIDTH, WIDTH)
        linear(layer.attention.linear[1], 2 * WIDTH, WIDTH)
        linear(layer.attention.linear[2], WIDTH, WIDTH, residual=True)
    spec.decoder.position_encodings.encodings *= 100
    spec.decoder.position_encodings.encodings[STOP:, 0] = 30
    return spec


def save(spec: Any, folder: Path, pieces: bytes) -> None:
    """The model as int8 in NLLB's layout, with this SentencePiece model."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=pieces)
    own = [processor.id_to_piece(index) for index in range(3, len(processor))]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *own, "eng_Latn", "cat_Latn"]
    tokens += [f"madeupword{index}" for index in range(VOCABULARY - len(tokens))]
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.decoder_start_token = "</s>"
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    (folder / "sentencepiece.bpe.model").write_bytes(pieces)


def bare(translator: ctranslate2.Translator, sources: list[list[str]], batch: int) -> None:
    translator.translate_batch(
        sorted(sources, key=len, reverse=True),
        target_prefix=[["cat_Latn"]] * len(sources),
        max_batch_size=batch,
        batch_type="tokens",
        beam_size=1,
    )


def searches(folder: Path, texts: list[str]) -> dict[str, dict[str, float]]:
    """Tokens a second of processor time, by who searches and with how many beams."""
    vocabulary = modelfolder.tokens(folder / "shared_vocabulary.json")
    vmap = folder.with_name(f"{folder.name}.vmap")
    vmap.write_text(line(random.Random(5).sample(vocabulary, MAP)) + "\n", encoding="utf-8")
    pair, found = Pair(find("en"), find("ca")), {}
    for beam in (1, 4):
        rates = found[f"beam {beam}"] = {}
        for name, path in (("all tokens", ""), (f"map of {MAP}", str(vmap))):
            engine = NLLB(model=str(folder), beam=beam, vmap=path, threads=1)
            sources = engine.tokens.encode(texts[:FEW], pair)
            [one] = engine._decoder.decode(sources[:1], ["cat_Latn"], [2 * STOP])  # loads the model
            assert len(one) == STOP + 1, "the language, and as many tokens as all others write"
            rates[name] = rate(partial(engine._decoder.decode, sources, ["cat_Latn"], [2 * STOP] * FEW))
            engine.close()
        rates |= {f"transformers, {kind}": told for kind, told in transformers(list(map(len, sources)), beam).items()}
        print(f"beam {beam}", rates, flush=True)
    vmap.unlink()
    return found


def rate(work: Callable[[], object]) -> float:
    """By the best of some turns."""
    return round(FEW * STOP / min(clocked(work)["cpu"] for _ in range(TURNS)), 1)


def transformers(lengths: list[int], beam: int) -> dict[str, float]:
    """The same search over sequences as long, which end after as many tokens; {} where it is not installed."""
    if not find_spec("torch") or not find_spec("transformers"):
        return {}
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    config = M2M100Config(
        vocab_size=VOCABULARY, d_model=WIDTH, encoder_layers=LAYERS, decoder_layers=LAYERS, encoder_ffn_dim=INNER,
        decoder_ffn_dim=INNER, encoder_attention_heads=HEADS, decoder_attention_heads=HEADS,
    )  # fmt: skip
    torch.set_num_threads(1)  # two would wait for each other, and waiting counts as processor time
    model = M2M100ForConditionalGeneration(config).eval()
    ordered = sorted(lengths, reverse=True)

    def work() -> None:
        for start in range(0, len(ordered), 32):
            sizes = torch.tensor(ordered[start : start + 32])
            mask = (torch.arange(int(sizes.max()))[None] < sizes[:, None]).long()
            given = torch.where(mask > 0, torch.randint(4, VOCABULARY, mask.shape), 1)
            model.generate(given, attention_mask=mask, num_beams=beam, min_new_tokens=STOP, max_new_tokens=STOP)

    rates = {}
    for kind in ("float32", "bfloat16"):
        model.to(getattr(torch, kind))
        with torch.inference_mode():
            rates[kind] = rate(work)
    return rates


def write_rows(path: Path, texts: list[str]) -> None:
    """Rows of eight sentences, as answers have."""
    rows = (" ".join(texts[start : start + 8]) for start in range(0, len(texts), 8))
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows), encoding="utf-8")


def command(folder: Path, source: Path, segments: int) -> None:
    with tempfile.TemporaryDirectory() as run:
        subprocess.run(
            [
                *(sys.executable, "-m", "babelset", "translate", source, "--field", "text"),
                *("--from", "en", "--to", "ca", "-o", f"{run}/out.jsonl", "--quiet"),
                *("--translator", "nllb", "--model", folder),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        manifest = json.loads(Path(run, "out.manifest.json").read_text(encoding="utf-8"))
        assert manifest["this_process"]["unique"] >= 0.99 * segments, manifest[
            "this_process"
        ]  # as the splitter sees it


def clocked(work: Callable[[], None]) -> dict[str, float]:
    """Wall and processor seconds, of this process and of those it waited for."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)

    def used() -> float:
        return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, whose))

    cpu, start = used(), time.perf_counter()
    work()
    return {"wall": round(time.perf_counter() - start, 2), "cpu": round(used() - cpu, 2)}


def machine() -> dict[str, Any]:
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*: (.*)", info)
    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: version(name) for name in ("ctranslate2", "sentencepiece", "numpy")},
    }


def measure(folder: Path, texts: list[str]) -> dict[str, Any]:
    engine = NLLB(model=str(folder))
    pair = Pair(find("en"), find("ca"))
    segments = [Segment(text) for text in texts]
    sources = engine.tokens.encode(texts, pair)
    rows = folder / "in.jsonl"
    write_rows(rows, texts)
    one = folder / "one.jsonl"
    write_rows(one, texts[:1])
    translator = engine._decoder.engine  # loaded once, for both
    contenders: dict[str, Callable[[], object]] = {
        "bare, 1024 tokens": lambda: bare(translator, sources, 1024),
        "bare, 2048 tokens": lambda: bare(translator, sources, 2048),
        "babelset": lambda: engine.translate(segments, pair),
        "command": lambda: command(folder, rows, len(texts)),
        "command, one sentence": lambda: command(folder, one, 1),
    }
    times: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    for name, work in list(contenders.items()) * ROUNDS:
        times[name].append(clocked(work))
        print(name, times[name][-1], flush=True)
    return {
        "machine": machine(),
        "segments": len(texts),
        "source_tokens": sum(map(len, sources)),
        "longest": max(map(len, sources)),
        "seconds": times,
        "speed_of_bare": {name: share(times, name) for name in ("babelset", "command")}
        | {"command, once started": once_started(times)},
    }


def share(times: dict[str, list[dict[str, float]]], name: str) -> dict[str, float]:
    """The best bare time through the best of `name`: 1.0 is as fast as CTranslate2 alone."""

    def best(names: Iterable[str], clock: str) -> float:
        return min(run[clock] for name in names for run in times[name])

    bare_names = [name for name in times if name.startswith("bare")]
    return {clock: round(best(bare_names, clock) / best([name], clock), 3) for clock in ("wall", "cpu")}


def once_started(times: dict[str, list[dict[str, float]]]) -> float:
    """The same by wall time, without what a run of one sentence takes: start, loading, hashing, the first score."""
    bare_best = min(run["wall"] for name in times if name.startswith("bare") for run in times[name])
    whole, start = (min(run["wall"] for run in times[name]) for name in ("command", "command, one sentence"))
    return round(bare_best / (whole - start), 3)


def main() -> None:
    texts = sentences(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    with tempfile.TemporaryDirectory(prefix="nllb-shaped-") as folder:
        random_model(Path(folder), texts)
        result = {"sentences": Path(sys.argv[1]).name if len(sys.argv) > 1 else "made up"}
        result |= measure(Path(folder), texts)
        result["tokens_a_second"] = searches(Path(folder), texts)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result["speed_of_bare"], indent=2))


if __name__ == "__main__":
    main()
