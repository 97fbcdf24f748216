"""
How much of the engine's speed is left when a language model is driven through babelset.

    python benchmarks/llm.py [vllm] [fast] [slow] [served] [--rows 2000]   # updates benchmarks/results/llm.json

The model is that of tests/models/make_rot13.py: one layer that enciphers what it is given, in a real vLLM on the
processor. The rows are enciphered Catalan, so the answers are Catalan, and each check has as much to read as in
earnest; instruction, input and answer are about half as long as in Alpaca.

    vllm      beside one bare `LLM.chat` with the very same prompts and sampling parameters; so small a model makes
              the work around it look as large as it ever can
    fast      beside `AsyncOpenAI` and a semaphore, at the fixed concurrency that suits it best, with the same
              bodies; the server is scripted and answers in 50 ms * (1 + requests in flight / 64)
    slow      the same with 500 ms, still less than language models take
    served    the same on `vllm serve`

`translate` is one call with all rows; `client` sends the requests and makes nothing of the replies. They take turns
with the bare engine, and ratios are of medians. Ours begins anew in every round: it knows nothing of the server and
remembers no reply. `settled` is the ratio of rates after the first SETTLED seconds of each; `own_ms_a_row` the
processor time of all that the bare engine does not do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import random
import re
import runpy
import socket
import statistics
import sys
import tempfile
import time
from codecs import encode
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any
from unittest.mock import patch

from babelset.contracts.translator import Translation
from babelset.engines.llm.client import Client
from babelset.engines.llm.concurrency import Concurrency
from babelset.engines.llm.languagemodel import LLM
from babelset.engines.llm.probe import probe
from babelset.engines.llm.request import Request
from babelset.languages import Pair, find
from babelset.text.segment import Context, Segment
from babelset.translators.openai import START, OpenAI
from babelset.translators.vllm import VLLM

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for the tests' servers
RESULT = ROOT / "benchmarks" / "results" / "llm.json"
ROT13 = ROOT / "tests" / "models" / "make_rot13.py"
PAIR = Pair(find("en"), find("ca"))
ROUNDS, SETTLED = 3, 2.0
WINDOW = 512  # bytes that the model enciphers
CONCURRENCY = (4, 8, 16, 32, 64, 128, 256)
BATCH, GENERATIONS = 64, 6
ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "2",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # so that processor times hold the engine's share
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
}
ENGINE = {"dtype": "float32", "enforce_eager": True, "gpu_memory_utilization": 0.3}
SERVE = [
    *("--dtype", "float32", "--enforce-eager", "--gpu-memory-utilization", "0.3", "--no-enable-chunked-prefill"),
    *("--served-model-name", "rot13"),
]
WORDS = [
    "|||A més, |Per exemple, |En canvi, |Al final, |Tanmateix, ",
    "la mestra del poble|el servidor principal|una bona recepta|aquest algoritme|la biblioteca|el meu germà gran"
    "|el canvi climàtic|la majoria dels estudiants|un equip petit|la història de la ciutat|el vent de llevant"
    "|l'empresa de transports|la resposta correcta|el jardí botànic|una dieta equilibrada|el tren de la tarda",
    " explica| necessita| millora| redueix| transforma| troba| recorda| descriu| protegeix| prepara| compara| guarda",
    " el camí més curt| les dades de cada client| una manera senzilla d'aprendre| els errors més freqüents"
    "| la qualitat de l'aigua| tres exemples molt clars| el resultat de la prova| un pla per a tota la setmana"
    "| la memòria dels avis| els costos de producció| una llista de compres| el valor de la feina ben feta",
    "||| abans de començar| quan arriba l'hivern| sense gastar gaire| amb molta paciència| durant tot l'any"
    "| perquè ningú no s'hi perdi| a la vora del mar| tot i les dificultats| dues vegades per setmana",
    "|||||||| ({})| <1/>",
]


def sentence(dice: random.Random) -> str:
    text = "".join(dice.choice(words.split("|")) for words in WORDS).format(dice.randint(13, 1999))
    return text[0].upper() + text[1:] + dice.choice("....?")


def row(dice: random.Random) -> list[Segment]:
    lengths = dice.choice((1, 1, 2)), dice.choice((0, 0, 1)), max(1, round(dice.lognormvariate(1.1, 0.8)))
    texts = [
        (role, sentence(dice))
        for role, n in zip(("instruction", "input", "output"), lengths, strict=True)
        for _ in range(n)
    ]
    while sum(len(text.encode()) + 8 for _, text in texts) > WINDOW:
        texts.pop()
    sources = [(role, encode(text, "rot13")) for role, text in texts]
    context = Context.of(sources)
    return [Segment(text, role=role, context=context, at=at) for at, (role, text) in enumerate(sources)]


def model(folder: str) -> str:
    return str(runpy.run_path(str(ROT13))["make"](Path(folder), WINDOW))


def cores_and_versions() -> dict[str, Any]:
    info = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return {
        "cpu": info[1] if info else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: version(name) for name in ("openai", "vllm") if find_spec(name)},
    }


def ours(make: Callable[[], LLM], segments: list[Segment], finished: list[float]) -> None:
    """Translate with a translator that knows nothing yet; every answer must be right at once."""
    original = Client.ask

    async def ask(client: Client, *asked: Any) -> Any:
        reply = await original(client, *asked)
        finished.append(time.perf_counter())
        return reply

    translator = make()
    with tempfile.TemporaryDirectory() as folder, patch.object(Client, "ask", ask):
        translator.keep_replies(Path(folder))
        answers = translator.translate(segments, PAIR)
        translator.close()
    assert answers == [Translation(encode(segment.text, "rot13")) for segment in segments]


def take_turns(contenders: dict[str, Callable[[list[float]], None]], rounds: int, rows: int) -> dict[str, Any]:
    """Seconds of each in every round, and what of the bare engine's speed is left; its name comes first."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    for name, work in list(contenders.items()) * rounds:
        finished: list[float] = []
        cpu, start = time.process_time(), time.perf_counter()
        work(finished)
        end = time.perf_counter()
        late = sum(moment > start + SETTLED for moment in finished)
        found = {"wall": round(end - start, 2), "cpu": round(time.process_time() - cpu, 2)}
        runs[name].append(found | ({"settled_rate": late / (end - start - SETTLED)} if late else {}))
        print(name, runs[name][-1], f"load {os.getloadavg()[0]:.1f}", flush=True)

    def median(name: str, figure: str) -> float:
        return statistics.median(found[figure] for found in runs[name])

    bare, *others = runs
    shares: dict[str, dict[str, float]] = {name: {} for name in others}
    for name, share in shares.items():
        share["wall"] = round(median(bare, "wall") / median(name, "wall"), 3)
        if all("settled_rate" in found for name in (bare, name) for found in runs[name]):
            share["settled"] = round(median(name, "settled_rate") / median(bare, "settled_rate"), 3)
        else:
            share["cpu"] = round(median(bare, "cpu") / median(name, "cpu"), 3)
        share["own_ms_a_row"] = round(1000 * (median(name, "cpu") - median(bare, "cpu")) / rows, 2)
    return {"rows": rows, "runs": runs, "of_bare": shares}


class Lasting(VLLM):
    """Leaves the engine to the next round."""

    def close(self) -> None:
        LLM.close(self)


def in_process(segments: list[Segment], rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = model(folder)
        engine = VLLM(model=path, engine_args=ENGINE).engine

        def make() -> VLLM:
            translator = Lasting(model=path)
            translator.__dict__["engine"] = engine
            engine.reset_prefix_cache()
            return translator

        chat, asked = engine.chat, []
        with patch.object(engine, "chat", lambda *given, **how: asked.append((given, how)) or chat(*given, **how)):
            ours(make, segments, [])
        [((messages, sampling), how)] = asked  # one call: nothing was asked twice

        def bare(finished: list[float]) -> None:
            engine.reset_prefix_cache()
            chat(messages, sampling, **how)

        contenders = {"bare": bare, "translate": partial(ours, make, segments)}
        return take_turns(contenders, rounds, len(messages))


def on_server(segments: list[Segment], rounds: int, base_url: str, key: str) -> dict[str, Any]:
    os.environ["OPENAI_API_KEY"] = key
    make = partial(OpenAI, model="rot13", base_url=base_url)
    requests: list[Request] = []
    bodies: list[dict[str, Any]] = []
    original = Client._body

    def body(client: Client, request: Request) -> dict[str, Any]:
        requests.append(request)
        bodies.append(original(client, request))
        return bodies[-1]

    with patch.object(Client, "_body", body):
        ours(make, segments, [])
    scanned = {}
    for concurrency in CONCURRENCY:
        start = time.perf_counter()
        some = bodies[: GENERATIONS * concurrency]
        asyncio.run(bare_client(base_url, key, some, concurrency, []))
        scanned[concurrency] = round(len(some) / (time.perf_counter() - start), 1)
        print("bare", concurrency, scanned[concurrency], "requests a second", flush=True)
    best = max(scanned, key=lambda concurrency: scanned[concurrency])
    contenders = {
        f"bare, {best} at a time": lambda finished: asyncio.run(bare_client(base_url, key, bodies, best, finished)),
        "client": lambda finished: asyncio.run(our_client(base_url, key, requests, finished)),
        "translate": partial(ours, make, segments),
        "translate, as many at a time": partial(ours, partial(make, concurrency=best), segments),
    }
    return {"bare_requests_a_second": scanned} | take_turns(contenders, rounds, len(bodies))


async def bare_client(
    base_url: str, key: str, bodies: list[dict[str, Any]], concurrency: int, finished: list[float]
) -> None:
    from openai import AsyncOpenAI

    gate = asyncio.Semaphore(concurrency)

    async def ask(client: AsyncOpenAI, body: dict[str, Any]) -> None:
        known = {name: value for name, value in body.items() if name != "chat_template_kwargs"}
        extra = {name: value for name, value in body.items() if name not in known}
        async with gate:
            await client.chat.completions.create(**known, extra_body=extra)
            finished.append(time.perf_counter())

    async with AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=600) as client:
        await asyncio.gather(*(ask(client, body) for body in bodies))


async def our_client(base_url: str, key: str, requests: list[Request], finished: list[float]) -> None:
    found = await probe(base_url, "rot13", key)
    client = Client(base_url, "rot13", key=key, capabilities=found, limiter=Concurrency(start=START))

    async def ask(request: Request) -> None:
        await client.ask(request)
        finished.append(time.perf_counter())

    await asyncio.gather(*map(ask, requests))
    await client.close()


def scripted(port: int, least: float) -> None:
    """The scripted server of the tests, slower the more it has to do at a time."""
    from tests.engines.llm.scripted_server import ScriptedServer

    class Batching(ScriptedServer):
        @property
        def latency(self) -> float:
            return least * (1 + self._busy / BATCH)

        @latency.setter
        def latency(self, seconds: float) -> None:
            pass

    with Batching(port=port):
        time.sleep(3600)


def on_scripted(segments: list[Segment], rounds: int, least: float) -> dict[str, Any]:
    from tests.servers import free_port

    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=scripted, args=(port, least), daemon=True)
    process.start()
    while socket.socket().connect_ex(("127.0.0.1", port)):
        time.sleep(0.1)
    try:
        return on_server(segments, rounds, f"http://127.0.0.1:{port}/v1", "none")
    finally:
        process.kill()


def on_served(segments: list[Segment], rounds: int) -> dict[str, Any]:
    from tests.servers import serving

    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("vllm")), "serve", model(folder), *SERVE]
        with serving(command, Path(folder, "log")) as base_url:
            return on_server(segments, rounds, base_url, "none")


def main() -> None:
    measurements: dict[str, Callable[..., dict[str, Any]]] = {
        "vllm": in_process,
        "fast": partial(on_scripted, least=0.05),
        "slow": partial(on_scripted, least=0.5),
        "served": on_served,
    }
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="*", choices=[*measurements, []], default=list(measurements))
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    dice = random.Random(5)
    segments = list(chain.from_iterable(row(dice) for _ in range(given.rows)))
    for name in given.what:
        found = {"machine": cores_and_versions()} | measurements[name](segments, given.rounds)
        print(json.dumps(found["of_bare"], indent=2), flush=True)
        known = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
        RESULT.write_text(json.dumps(known | {name: found}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
