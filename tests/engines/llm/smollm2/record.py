"""
Ask a real model to translate rows.jsonl, and keep what it says: `python -m tests.engines.llm.smollm2.record URL`.
With `segments-ca` and the like after the URL only these runs are made anew.

Each line of replies.jsonl is one reply: the prompt, the target language, the text and the seed it was asked with.
"""

from __future__ import annotations

import json
import sys
import tempfile
from typing import Any

from babelset.contracts.engine import Engine
from babelset.engines.llm.client import Client
from babelset.engines.llm.request import Reply, Request
from babelset.translation.job import Job
from babelset.translation.run import translate
from tests.engines.llm.smollm2.rows import FILE, HERE
from tests.engines.llm.smollm2.serve import MODEL

RUNS = [(prompt, language) for prompt in ("segments", "document") for language in ("es", "ca")]


def main(base_url: str, *runs: str) -> None:
    wanted = [run for run in RUNS if not runs or "-".join(run) in runs]
    kept = {key: line for key, line in _known().items() if (line["prompt"], line["to"]) not in wanted}
    plain = Client.ask
    for prompt, language in wanted:

        async def ask(client: Client, request: Request, prompt: str = prompt, language: str = language) -> Reply:
            reply = await plain(client, request)
            said = reply.choices[0]
            text = request.messages[-1]["content"].rpartition("Translate:\n")[2]
            line = {"prompt": prompt, "to": language, "asked": text, "seed": request.seed}
            kept[_key(line)] = {**line, "reply": said.text, "finish": said.finish}
            return reply

        Client.ask = ask  # type: ignore[method-assign]
        with tempfile.TemporaryDirectory() as folder:
            options = {"model": MODEL, "base_url": base_url, "prompt": prompt, "concurrency": 1, "retries": 1}
            job = Job(
                inputs=(str(FILE),),
                output=f"{folder}/out.jsonl",
                target=language,
                translator=Engine(name="openai", options=options),
            )
            try:
                print(prompt, language, translate(job)["rows"], flush=True)
            finally:  # what was said before an interrupt is kept, too
                lines = (json.dumps(line, ensure_ascii=False) for line in kept.values())
                (HERE / "replies.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _known() -> dict[str, dict[str, Any]]:
    lines = map(json.loads, (HERE / "replies.jsonl").read_text(encoding="utf-8").splitlines())
    return {_key(line): line for line in lines}


def _key(line: dict[str, Any]) -> str:
    return json.dumps([line[name] for name in ("prompt", "to", "asked", "seed")])


if __name__ == "__main__":
    main(*sys.argv[1:])
