"""
unbabel-comet at the far end of a pipe. Runs in the environment of `babelset setup comet`, which knows no babelset.

    python -I worker.py --model Unbabel/XCOMET-XL
    > {"hello": {"versions": {"unbabel-comet": "2.2.7", ...}, "references": "optional", "batch_tokens": 512, ...}}
    < {"id": 1, "rows": [{"src": "Hello.", "mt": "Hola."}, {"src": "Bye.", "mt": "Adéu."}], "batch_tokens": 512}
    > {"id": 1, "places": [1, 0], "scores": [0.81, 0.64], "cut": [false, false]}

One JSON object a line. A request is answered by one line for each batch, up to the first that fails, which gives
{"id", "places", "error"}; the error "oom" asks for smaller batches. A model that cannot be loaded is told as
{"fatal": reason}. The process ends when its standard input does, and with its parent.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BATCH_TOKENS = {"cpu": 512, "cuda": 16384}
FILES = ["hparams.yaml", "checkpoints/model.ckpt"]
ENCODER = ["config.json", "tokenizer.json", "sentencepiece.bpe.model", "tokenizer_config.json"]
SURROGATE = re.compile("[\ud800-\udfff]")
OOM = "oom"
WATCH = 0.5  # seconds between two looks at the parent

Row = dict[str, str]
Send = Callable[[dict[str, Any]], None]


class Scorer:
    """A loaded model; `plan` and `score` are all that `serve` asks of it."""

    def __init__(self, model: Any, device: str, batch_tokens: int) -> None:
        self.model, self.device = model, device
        self.batch_tokens = batch_tokens or BATCH_TOKENS[device.partition(":")[0]]
        segments = model.hparams.get("input_segments")  # of models that read all texts as one sequence
        self.joint = segments is not None
        self.references = "optional" if "ref" in (segments or ()) else "none"
        if model.requires_references():
            self.references = "required"

    def hello(self) -> dict[str, Any]:
        versions = {name: version(name) for name in ("unbabel-comet", "torch", "transformers")}
        kind = type(self.model).__name__
        about = {"versions": versions, "references": self.references, "kind": kind}
        return {**about, "device": self.device, "batch_tokens": self.batch_tokens}

    def plan(self, rows: Sequence[Row], budget: int) -> list[list[int]]:
        """Places of rows, batch by batch, the longest first; rows x longest row <= budget, padding included."""
        lengths = [sum(row) for row in self._lengths(rows)]
        groups: list[list[int]] = []
        for place in sorted(range(len(rows)), key=lambda place: -lengths[place]):
            if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= budget:
                groups[-1].append(place)
            else:
                groups.append([place])
        return groups

    def score(self, rows: Sequence[Row]) -> tuple[list[float], list[bool]]:
        """The score of each row, as `predict` would give it, and whether the model saw only a part of it."""
        torch = import_module("torch")
        # predict_step rather than forward: xCOMET and rankers make the score of more than one output
        with torch.inference_mode():
            batch = self.model.prepare_sample(list(rows), stage="predict")
            batch = self.model.transfer_batch_to_device(batch, torch.device(self.device), 0)
            scores = self.model.predict_step(batch)["scores"]
        return scores.float().view(-1).tolist(), [self._cut(row) for row in self._lengths(rows)]

    def _lengths(self, rows: Sequence[Row]) -> list[list[int]]:
        """Tokens of each text of each row, special ones included."""
        texts = [text for row in rows for text in row.values()]
        encoded = self.model.encoder.tokenizer(texts, return_attention_mask=False, verbose=False)["input_ids"]
        sizes = iter(map(len, encoded))
        return [[next(sizes) for _ in row] for row in rows]

    def _cut(self, lengths: Sequence[int]) -> bool:
        room: int = self.model.encoder.max_positions
        return max(lengths) > room - 2 or (self.joint and sum(lengths) > room)


class Unusable(Exception):
    """What a user can cure; the text says how."""


def load(options: argparse.Namespace) -> Scorer:
    """The model that the options name, in evaluation mode on its device."""
    if not options.download:
        os.environ["HF_HUB_OFFLINE"] = "1"  # read by the hub's library when it is imported
    if find_spec("comet") is None:
        raise ModuleNotFoundError("unbabel-comet is not installed there")
    folder = locate(options.model, options.download)  # before imports that take seconds
    torch, comet, yaml = map(import_module, ("torch", "comet", "yaml"))
    os.chdir(folder)  # an encoder beside the weights may be named by a relative path
    encoder = yaml.safe_load((folder / FILES[0]).read_text(encoding="utf-8")).get("pretrained_model") or ""
    # comet takes the encoder's name from the weights, where only a hub id can stand, unless it is told otherwise
    own = bool(encoder) and Path(encoder).is_dir()
    path = str(folder / FILES[1])
    try:
        model = comet.load_from_checkpoint(path, reload_hparams=own, local_files_only=not options.download)
    except Exception:
        if own or options.download or not encoder or cached(encoder):
            raise
        raise Unusable(absent(f"its encoder {encoder}", encoder, ENCODER)) from None
    device = options.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return Scorer(model.to(device).eval(), device, options.batch_tokens)


def locate(model: str, download: bool) -> Path:
    """The folder `model`, or the copy of the hub's `model` on this machine, fetched where `download` allows it."""
    folder = Path(model).expanduser()
    if not folder.is_dir():
        hub = import_module("huggingface_hub")
        try:
            folder = Path(hub.snapshot_download(model, allow_patterns=FILES, local_files_only=not download))
        except (OSError, ValueError):  # ValueError: a name that the hub cannot have
            if download:
                raise
            raise Unusable(absent(model, model, FILES)) from None
    for name in FILES:
        if not (folder / name).is_file():
            raise Unusable(f"it has no {name}: the download was cut short, or this is no COMET model")
    return folder.resolve()


def cached(name: str) -> bool:
    return isinstance(import_module("huggingface_hub").try_to_load_from_cache(name, ENCODER[0]), str)


def absent(what: str, name: str, files: Sequence[str]) -> str:
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        return f"{what}: no such folder"
    return (
        f"{what} is no folder, and no copy of it is on this machine. Allow the download with download=true, "
        f"or fetch it: hf download {name} {' '.join(files)}"
    )


def serve(scorer: Any, requests: Iterator[dict[str, Any]], send: Send) -> None:
    """Answer requests as long as they come; an error ends one, whatever is left of it."""
    send({"hello": scorer.hello()})
    for request in requests:
        rows = [{name: SURROGATE.sub("\ufffd", text) for name, text in row.items()} for row in request["rows"]]
        places = list(range(len(rows)))
        try:
            for places in scorer.plan(rows, request["batch_tokens"]):
                scores, cut = scorer.score([rows[place] for place in places])
                finite = [score if math.isfinite(score) else None for score in scores]
                send({"id": request["id"], "places": places, "scores": finite, "cut": cut})
        except Exception as error:  # noqa: BLE001 - whatever the libraries raise, the other end decides
            send({"id": request["id"], "places": places, "error": said(error)})


def said(error: Exception) -> str:
    """The error in one line, or "oom"."""
    text = " ".join(str(error).split())
    if isinstance(error, Unusable):
        return text
    full = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return OOM if full or "can't allocate memory" in text else f"{type(error).__name__}: {text}"[:1000]


def own_stdout() -> Send:
    """A way to send lines over standard output that nothing else can write to: prints go to standard error."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    def send(message: dict[str, Any]) -> None:
        pipe.write(json.dumps(message).encode() + b"\n")
        pipe.flush()

    return send


def heard() -> Iterator[dict[str, Any]]:
    """Requests from standard input. From now on the process ends with it, and with its parent, whatever it does."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for work in (lambda: _hear(lines), _watch):
        threading.Thread(target=work, daemon=True).start()
    return map(json.loads, iter(lines.get, b""))


def _hear(lines: queue.SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)


def _watch() -> None:
    """Look at the parent as well: processes that it forked may hold the pipe open after its death."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(0)


def main(arguments: Sequence[str], load: Callable[[argparse.Namespace], Any] = load) -> None:
    parser = argparse.ArgumentParser("comet worker")
    parser.add_argument("--model", required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch-tokens", type=int, default=0)
    parser.add_argument("--download", action="store_true")
    options = parser.parse_args(arguments)
    send, requests = own_stdout(), heard()
    with suppress(OSError):  # when memory runs out, the kernel shall end this process rather than its parent
        Path("/proc/self/oom_score_adj").write_text("800")
    try:
        scorer = load(options)
    except Exception as error:  # noqa: BLE001 - comet raises Exception itself
        send({"fatal": said(error)})
    else:
        serve(scorer, requests, send)
    os._exit(1)  # not the usual way out, which would wait for the thread that listens


if __name__ == "__main__":
    main(sys.argv[1:])
