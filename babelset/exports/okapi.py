"""
Okapi: a folder a kind of data, in it a JSON array a language, as nlp-uoregon/Okapi and mlmm-evaluation do.

multilingual-alpaca-52k/ca.json        id, instruction, input, output
multilingual-ranking-data-42k/ca.json  id, instruction, input, prefered_output, rejected_output (spelt so)
multilingual-rl-tuning-64k/ca.json     id, instruction, input; prompts alone, as okapi-rl
m_arc/ca.json                          id, instruction, option_a to option_e, answer
m_mmlu/ca.json                         id, instruction, option_a to option_d, answer
m_truthfulqa/ca.json                   id, question, mc1_targets_choices, mc1_targets_labels, mc2_targets_...
m_hellaswag/ca.json                    id, activity_label, ctx_a, ctx_b, endings, label

The benchmarks are as lm-eval's okapi tasks read them, whichever of their shapes they came in.
Languages are named as Okapi names them, by two letters; those that have no such code by their BCP-47 tag.
Okapi's columns are fixed: extra keys stay behind, an id is the row's own or its number in the source file.
"""

from __future__ import annotations

from typing import Any

from babelset.contracts.export import Export, Exported, TranslatedRow
from babelset.errors import DataError
from babelset.exports.alpaca import alpaca
from babelset.exports.benchmark import KINDS, item, short
from babelset.exports.conversation import text_of, whole

BENCHMARKS = frozenset({"arc", "hellaswag", "mmlu", "truthfulqa"})
RANKED = ("prefered_output", "rejected_output")


class Okapi(Export):
    """A folder for each kind of data, in it a JSON array for each language, as Okapi's instruction and test data."""

    endings = ()

    def convert(self, row: TranslatedRow) -> Exported:
        if row.evidence["schema"] in KINDS:
            kind, data = item(row)
            if kind not in BENCHMARKS:
                raise DataError(f"okapi has no place for {kind}; --as lm-eval has")
            return Exported(data, _file(f"m_{kind}", row))
        if ranked := _ranked(row):
            return _exported("multilingual-ranking-data-42k", row, ranked, *RANKED)
        return _exported("multilingual-alpaca-52k", row, alpaca(row), "output")


class OkapiRL(Export):
    """Prompts alone, as Okapi's data for reinforcement learning."""

    endings = ()

    def convert(self, row: TranslatedRow) -> Exported:
        prompt = _ranked(row) or alpaca(row, needed=("instruction",))
        return _exported("multilingual-rl-tuning-64k", row, prompt)


def _file(folder: str, row: TranslatedRow) -> str:
    return f"{folder}/{short(row.language)}.json"


def _exported(folder: str, row: TranslatedRow, flat: dict[str, Any], *answers: str) -> Exported:
    if flat.get("system"):
        raise DataError("okapi has no place for a system prompt")
    data = {"id": row.data.get("id", row.evidence["row"])}
    data.update({key: flat[key] for key in ("instruction", "input", *answers)})
    return Exported(whole(data, row) if answers else data, _file(folder, row))


def _ranked(row: TranslatedRow) -> dict[str, Any] | None:
    """The columns of a row that ranks two answers, Okapi's own or a preference pair; None for other rows."""
    if {"instruction", *RANKED} <= row.data.keys():
        return {"input": "", **row.data}
    if not {"chosen", "rejected"} <= row.data.keys():
        return None
    chosen, rejected = row.data["chosen"], row.data["rejected"]
    return {
        "instruction": _said("user", row.data.get("prompt", chosen if isinstance(chosen, list) else None)),
        "input": "",
        "prefered_output": _said("assistant", chosen),
        "rejected_output": _said("assistant", rejected),
    }


def _said(role: str, value: Any) -> str:
    """A text, or what `role` says in a list of messages."""
    if isinstance(value, str):
        return value
    turns = value if isinstance(value, list) else []
    texts = [text_of(turn) for turn in turns if isinstance(turn, dict) and turn.get("role") == role]
    if len(texts) != 1:
        raise DataError(f"{len(texts)} {role} messages; okapi ranks two answers to one prompt")
    return texts[0]
