"""
How many tokens a language model has to read and write for rows full of code, and how many masking saves.

    python benchmarks/llm_tokens.py [--data FILE ...]     # writes benchmarks/results/llm_tokens.json; needs no engine

Every text goes through babelset as in a run, up to the requests. The model that answers them enciphers, and its
answers are counted as if they had said the same in as many tokens as the source: all ways alike, so the shares hold
for any language. Tokens are those of Tekken, a tokenizer of 131,072 tokens that comes with mistral-common.

    segments   the prompt "segments": numbered sentences of a row, answered as JSON
    document   the prompt "document": fields with their line breaks, code replaced by tags
    unmasked   fields as they are, code and all, in the prompt "document": what is sent without masking

`shared` is the part of the prompts that is the same in every request and that servers keep. `masked` is the share of
all tokens of the fields that stands in kept spans; `saved` what is not written in comparison with "unmasked".
"""

from __future__ import annotations

import argparse
import json
import random
from codecs import encode
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mistral_common
from mistral_common.tokens.tokenizers.tekken import Tekkenizer
from pydantic import PrivateAttr

from babelset.contracts.detect import detect
from babelset.contracts.schema import Schema
from babelset.contracts.translator import Failure
from babelset.engines.llm.prompt import Values, load
from babelset.engines.llm.request import ChatChoice, Reply, Request
from babelset.files.reading import read
from babelset.files.row import Row
from babelset.languages import Pair, find
from babelset.text.document import Keep, parse
from babelset.translation.ladder import Ladder
from babelset.translation.worker import ONLY, Worker
from babelset.translators.vllm import VLLM
from babelset.work.memory import Memory

RESULT = Path(__file__).parent / "results" / "llm_tokens.json"
TOKENIZER = "tekken_240911.json"
PAIR = Pair(find("en"), find("ban"))  # Balinese: no check of languages knows it, so a cipher passes
EXPLANATION = (
    "First read the file line by line.",
    "The function returns an empty list when nothing was found.",
    "Remember that the order of the items is not kept.",
    "It takes about twice as long for large inputs.",
    "Two workers never write to the same table at once.",
    "A test should fail before you mend what it tests.",
    "The second argument is optional and may be left out.",
    "Close the connection even when an error occurs.",
)
PYTHON = '''```python
def {name}(path: str, limit: int = {number}) -> list[dict[str, str]]:
    """Rows of a file."""
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    return sorted(rows, key=lambda row: row["{name}"])[:limit]
```'''
SQL = """```sql
SELECT {name}, COUNT(*) AS total
FROM orders JOIN customers ON customers.id = orders.customer_id
WHERE total > {number} GROUP BY {name} ORDER BY total DESC;
```"""
SHELL = "```bash\ngrep -rn '{name}' src/ | sort -u > /tmp/{name}.txt\nwc -l /tmp/{name}.txt\n```"
TABLE = "| Name | Type | Default |\n|---|---|---:|\n| `{name}` | integer | {number} |\n| `path` | text | none |"
INLINE = "Call `{name}(path, limit={number})` and look at `result[0]`, then set `--{name}={number}`."
BLOCKS = (PYTHON, SQL, SHELL, TABLE, INLINE)
NAMES = ("read_rows", "count_words", "load_table", "merge_parts", "find_user", "parse_date", "send_mail")


def code_rows(count: int = 60) -> list[dict[str, Any]]:
    """Alpaca rows whose answers are prose around fenced code, inline code and tables."""
    dice = random.Random(5)

    def filled(text: str) -> str:
        return text.replace("{name}", dice.choice(NAMES)).replace("{number}", str(dice.randint(20, 9999)))

    def answer() -> str:
        blocks = dice.sample(BLOCKS, dice.randint(1, 3))
        prose = (" ".join(dice.sample(EXPLANATION, dice.randint(1, 3))) for _ in range(len(blocks) + 1))
        first, *others = prose
        return "\n\n".join([first, *(part for pair in zip(map(filled, blocks), others, strict=True) for part in pair)])

    return [
        {"instruction": filled("Explain what `{name}` does, and show how it is used."), "input": "", "output": answer()}
        for _ in range(count)
    ]


@cache
def tokenizer() -> Tekkenizer:
    return Tekkenizer.from_file(Path(mistral_common.__file__).parent / "data" / TOKENIZER)


def tokens(text: str) -> int:
    return len(tokenizer().encode(text, bos=False, eos=False))


class Counting(VLLM):
    """Enciphers what it is asked, and counts: no engine is started."""

    _counts: Counter[str] = PrivateAttr(default_factory=Counter)

    def _send(self, requests: list[Request]) -> list[Reply]:
        return [self._reply(request) for request in requests]

    def _reply(self, request: Request) -> Reply:
        said = request.messages[-1]["content"]
        above, _, payload = f"\n{said}".partition("\nTranslate:\n")
        self._counts.update(requests=1, again="\nCorrection: " in above, **counted(request.messages, payload))
        if not request.schema:
            return Reply((ChatChoice(encode(payload, "rot13")),))
        answer = {number: encode(text, "rot13") for number, text in json.loads(payload).items()}
        return Reply((ChatChoice(json.dumps(answer)),))


def counted(messages: Iterable[Any], payload: str) -> dict[str, int]:
    sizes = {message["role"]: tokens(message["content"]) for message in messages}
    return {"prompt": sum(sizes.values()), "shared": sizes.get("system", 0), "written": tokens(payload)}


def masked(rows: Sequence[Row], schema: Schema, prompt: str) -> Counter[str]:
    """What a run with this prompt asks and gets."""
    model = Counting(model="any", prompt=prompt)
    worker = Worker(PAIR, schema, {ONLY: Ladder(model, Memory(":memory:"))}, [])
    answers = worker.translate(worker.parse(rows))
    model._counts["failed"] = sum(isinstance(answer, Failure) for answer in answers)
    return model._counts


def unmasked(texts: Iterable[tuple[str, str]]) -> Counter[str]:
    """What it takes to send whole fields as they are, one request each."""
    found: Counter[str] = Counter()
    prompt = load("document")
    for role, text in texts:
        messages, _ = prompt.render(Values(PAIR.source, PAIR.target, text, roles=role))
        found.update(requests=1, **counted(messages, text))
    return found


def measured(rows: Sequence[Row]) -> dict[str, Any]:
    schema = detect([row.data for row in rows[:20]]).schema
    fields = [(field.role, field.text) for row in rows for field in schema.fields(row.data)]
    kept = sum(tokens(span.text) for _, text in fields for span in parse(text) if isinstance(span, Keep))
    ways: dict[str, Callable[[], Counter[str]]] = {
        "segments": lambda: masked(rows, schema, "segments"),
        "document": lambda: masked(rows, schema, "document"),
        "unmasked": lambda: unmasked(fields),
    }
    found = {name: dict(count()) for name, count in ways.items()}
    whole = found["unmasked"]["written"]
    return {
        "rows": len(rows),
        "masked": round(kept / whole, 3),
        "saved": {name: round(1 - found[name]["written"] / whole, 3) for name in ("segments", "document")},
        "tokens": found,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", nargs="*", type=Path, default=[])
    result: dict[str, Any] = {"tokenizer": f"{TOKENIZER} of mistral-common {version('mistral-common')}"}
    rows = [Row(number, "", number + 1, data) for number, data in enumerate(code_rows())]
    result["code-heavy, made up"] = measured(rows)
    for path in parser.parse_args().data:
        result[path.name] = measured([row for row in read([str(path)]) if isinstance(row, Row)])
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
