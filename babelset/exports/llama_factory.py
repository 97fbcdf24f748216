"""
LLaMA-Factory: a folder with `dataset_info.json`, which says how each file is read.

alpaca_ca.json     formatting alpaca: instruction, input, output, system, history
sharegpt_ca.json   formatting sharegpt: conversations, tools as JSON text
dpo_ca.json        formatting sharegpt, ranking: conversations, chosen, rejected
kto_ca.json        formatting sharegpt, kto_tag: conversations, kto_tag

LLaMA-Factory puts nothing in the place of a conversation whose speakers do not take turns, and goes on: such rows are
refused here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from babelset.contracts.export import Export, Exported, TranslatedRow
from babelset.errors import DataError
from babelset.exports.alpaca import alpaca
from babelset.exports.conversation import talk, tools_text, whole
from babelset.exports.preference import labelled, preference
from babelset.exports.sharegpt import conversation, sharegpt

TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}
COLUMNS = {  # of a file -> as dataset_info.json names them
    "alpaca": {
        "instruction": "prompt", "input": "query", "output": "response", "system": "system", "history": "history",
        "tools": "tools",
    },
    "sharegpt": {"conversations": "messages", "tools": "tools"},
    "dpo": {"conversations": "messages", "chosen": "chosen", "rejected": "rejected", "tools": "tools"},
    "kto": {"conversations": "messages", "kto_tag": "kto_tag", "tools": "tools"},
}  # fmt: skip
ASKING, ANSWERING = ("human", "observation"), ("gpt", "function_call")


class LlamaFactory(Export):
    """
    A folder for LLaMA-Factory: alpaca, sharegpt, dpo and kto files by language, and their `dataset_info.json`.

    Each row goes to the file of its kind. Columns are LLaMA-Factory's, and `id`; train with `dataset_dir` on the folder
    and `dataset` on the name of a file without its ending.
    """

    endings = ()

    def __init__(self) -> None:
        self.columns: defaultdict[str, set[str]] = defaultdict(set)

    def convert(self, row: TranslatedRow) -> Exported:
        kind, shape = _shape(row)
        known = {key: value for key, value in shape.items() if key in COLUMNS[kind]}
        data = whole({**({"id": row.data["id"]} if "id" in row.data else {}), **known}, row)
        file = f"{kind}_{row.language.bcp47}.json"
        self.columns[file] |= known.keys()
        return Exported(data, file)

    def texts(self, folder: Path, counts: Mapping[str, int]) -> dict[str, str]:
        told = {file.removesuffix(".json"): self._told(file) for file in sorted(counts)}
        return {"dataset_info.json": json.dumps(told, ensure_ascii=False, indent=2) + "\n"}

    def _told(self, file: str) -> dict[str, Any]:
        kind = file.partition("_")[0]
        told: dict[str, Any] = {"file_name": file, "formatting": "alpaca" if kind == "alpaca" else "sharegpt"}
        if kind == "dpo":
            told["ranking"] = True
        told["columns"] = {name: key for key, name in COLUMNS[kind].items() if key in self.columns[file]}
        return told if kind == "alpaca" else {**told, "tags": TAGS}


def _shape(row: TranslatedRow) -> tuple[str, dict[str, Any]]:
    if pair := preference(row):
        asked, chosen, rejected = map(conversation, pair)
        if len(chosen) != 1 or len(rejected) != 1:
            raise DataError("LLaMA-Factory compares answers of one turn")
        _check(asked, ANSWERING)
        return "dpo", {"conversations": asked, "chosen": chosen[0], "rejected": rejected[0], **tools_text(row)}
    if "label" in row.data and "completion" in row.data:
        [data] = labelled(row)
        said = conversation([*data["prompt"], *data["completion"]])
        _check(said, ASKING)
        return "kto", {"conversations": said, "kto_tag": data["label"], **tools_text(row)}
    if talk(row):
        shape = sharegpt(row)
        _check(shape["conversations"], ASKING)
        return "sharegpt", shape
    return "alpaca", {**alpaca(row), **tools_text(row)}


def _check(turns: Sequence[dict[str, Any]], last: Sequence[str]) -> None:
    """DataError where the speakers do not take turns, or the next to speak is not one of `last`."""
    said = [turn["from"] for turn in turns if turn is not turns[0] or turn["from"] != "system"]
    odd = next((at for at, who in enumerate(said) if who not in (ASKING, ANSWERING)[at % 2]), None)
    if odd is not None or (ASKING, ANSWERING)[len(said) % 2] != last:
        where = len(said) if odd is None else odd
        raise DataError(f"turn {where + 1}: LLaMA-Factory wants questions and answers in turn ({', '.join(said[:6])})")
