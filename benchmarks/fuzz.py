"""
Does any text break the parser? Documents made of all that it knows, joined and damaged, by the hundred thousand.

    python benchmarks/fuzz.py [--documents 1000000] [--minutes 60]     # writes benchmarks/results/fuzz.json
    python benchmarks/fuzz.py --show 123456                             # that document again, and what is wrong with it

A document is some pieces of grammar (fences, maths, tags, JSON, tables, chat templates, scripts of the world, invisible
and broken characters), nested into each other and mutated. Document N is the same in every process. Of each it is
checked, with options drawn by chance, that the spans join to the text, that sentences and whole documents rebuild to
it when every segment is translated into itself, that nothing raises or ends the process, and that the work takes less
than `SECONDS`.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import platform
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from babelset.text.document import Keep, parse
from babelset.text.segment import Part, rebuild, split, whole

RESULT = Path(__file__).parent / "results" / "fuzz.json"
SECONDS = 1.0  # of processor time that a document of some hundred characters may take
BATCH = 2000
SHOWN = 20  # failures that the result names

PIECES: dict[str, list[str]] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
KINDS = list(PIECES.values())
WORDS, ODD = PIECES["words"], PIECES["odd"]
WRAPPERS: list[Callable[[str], str]] = [
    lambda text: f"```\n{text}\n```",
    lambda text: f"`{text}`",
    lambda text: f"${text}$",
    lambda text: f"<p>{text}</p>",
    lambda text: json.dumps({"text": text}),
    lambda text: repr([text]),
    lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
    lambda text: "".join(f"- {line}\n" for line in text.splitlines()),
    lambda text: "".join(f"    {line}\n" for line in text.splitlines()),
    lambda text: f"| {text} | {text} |\n|---|---|\n| {text} | x |",
    lambda text: f"**{text}**",
    lambda text: f"([{text}](https://a.org))",
    lambda text: f"<|im_start|>user\n{text}<|im_end|>",
]
GAPS = ["", " ", " ", " ", "\n", "\n", "\n\n", ". ", ", ", ": ", "\r\n"]
LANGUAGES = ["en", "en", "en", "fr", "ja", "zh", "hi", "km", "bo", "ar", "de"]


def document(number: int) -> str:
    """The document of that number."""
    draw = Random(number)
    text = _joined(draw, draw.choice((1, 2, 2, 3, 3, 4, 5, 6, 8, 16)))
    for _ in range(draw.choice((0, 0, 1, 1, 2, 3, 6))):
        text = _mutated(draw, text)
    return text


def _joined(draw: Random, count: int) -> str:
    parts = []
    for _ in range(count):
        kind = draw.choice(KINDS)
        piece = " ".join(draw.choices(WORDS, k=draw.randint(1, 12))) if kind is WORDS else draw.choice(kind)
        if draw.random() < 0.15:
            piece = draw.choice(WRAPPERS)(piece)
        parts += [piece, draw.choice(GAPS)]
    text = "".join(parts)
    return draw.choice(WRAPPERS)(text) if draw.random() < 0.1 else text


def _mutated(draw: Random, text: str) -> str:
    at, to = sorted((draw.randint(0, len(text)), draw.randint(0, len(text))))
    match draw.randrange(7):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + draw.choice(draw.choice(KINDS)) + text[at:]
        case 2:
            return text[:at]
        case 3:
            return text[:at] + text[at:to] * 2 + text[to:]
        case 4:
            return text[:at] + text[at:to][::-1][:40] + text[to:]
        case 5:
            return text[:at] + draw.choice(draw.choice(KINDS)) * draw.randint(2, 30) + text[to:]
        case _:
            return text[:at] + draw.choice(ODD) + text[at:]


def wrong(number: int, text: str, kinds: Counter[str]) -> str:
    """What is wrong with the document of that number, "" for nothing; the kinds of its kept spans are counted."""
    draw = Random(f"options of {number}")
    options = {name: draw.random() < 0.25 for name in ("reasoning", "comments", "numbers")}
    started = time.process_time()
    try:
        spans = parse(text, **options)
        found = [name for name, same in _same(text, spans, draw) if not same]
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what we look for
        return f"{type(error).__name__}: {error}"[:300]
    if (seconds := time.process_time() - started) > SECONDS:
        found.append(f"{seconds:.1f} s for {len(text)} characters")
    kinds.update({span.kind for span in spans if isinstance(span, Keep)})
    return ", ".join(found)


def _same(text: str, spans: list[Any], draw: Random) -> Iterator[tuple[str, bool]]:
    yield "spans do not join to the text", "".join(span.text for span in spans) == text
    yield "an empty span", all(span.text for span in spans)
    limit = draw.choice((40, 200, 1000))
    yield "sentences do not rebuild", _rebuilt(split(spans, draw.choice(LANGUAGES), limit)) == text
    yield "the whole does not rebuild", _rebuilt(whole(spans, draw.choice((60, 400, 4000)))) == text


def _rebuilt(parts: list[Part]) -> str:
    return rebuild(parts, [part.source for part in parts if not isinstance(part, str)])


def _batch(start: int, end: int) -> dict[str, Any]:
    """What a process of its own says of these documents; where one of them kills it, the next goes on behind it."""
    found: dict[str, Any] = {"end": end, "kinds": {}, "characters": 0, "failures": [], "seconds": 0.0}
    while start < end:
        reached, (reader, writer) = mmap.mmap(-1, 8), os.pipe()
        child = os.fork()
        if child == 0:
            with os.fdopen(writer, "w") as answer:
                json.dump(_checked(start, end, reached), answer)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            said = answer.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if not status:
            some = json.loads(said)
            return {**found, **some, "failures": found["failures"] + some["failures"]}
        start = struct.unpack("q", reached[:8])[0] + 1
        found["failures"].append({"document": start - 1, "wrong": f"the process ended with {status}"})
    return found


def _checked(start: int, end: int, reached: mmap.mmap) -> dict[str, Any]:
    kinds: Counter[str] = Counter()
    lengths, failures, begun = 0, [], time.process_time()
    for number in range(start, end):
        reached[:8] = struct.pack("q", number)
        text = document(number)
        lengths += len(text)
        if said := wrong(number, text, kinds):
            failures.append({"document": number, "wrong": said})
    seconds = time.process_time() - begun
    return {"kinds": kinds, "characters": lengths, "failures": failures, "seconds": seconds}


def measure(documents: int, minutes: float) -> dict[str, Any]:
    """All of them, or as many as are done in that time."""
    kinds: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    characters = seconds = done = 0
    end = time.monotonic() + 60 * minutes
    while done < documents and time.monotonic() < end:
        batch = _batch(done, min(done + BATCH, documents))
        kinds.update(batch["kinds"])
        failures += batch["failures"]
        characters, seconds, done = characters + batch["characters"], seconds + batch["seconds"], batch["end"]
        print(f"{done} documents, {len(failures)} failures, {seconds:.0f} s", file=sys.stderr, flush=True)
    return {
        "documents": done,
        "characters": characters,
        "documents_with": dict(kinds.most_common()),
        "failures": len(failures),
        "first": failures[:SHOWN],
        "milliseconds_per_document": round(1000 * seconds / max(done, 1), 2),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--documents", type=int, default=1_000_000)
    options.add_argument("--minutes", type=float, default=600, help="stop after that time")
    options.add_argument("--show", type=int, metavar="N")
    options.add_argument("--result", type=Path, default=RESULT)
    chosen = options.parse_args()
    if chosen.show is not None:
        text = document(chosen.show)
        print(ascii(text), wrong(chosen.show, text, Counter()) or "nothing is wrong", sep="\n")
        return
    machine = {"machine": platform.machine(), "python": platform.python_version()}
    result = {**machine, **measure(chosen.documents, chosen.minutes)}
    chosen.result.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({**result, "documents_with": len(result["documents_with"])}))
    sys.exit(f"{result['failures']} documents failed" if result["failures"] else 0)


if __name__ == "__main__":
    main()
