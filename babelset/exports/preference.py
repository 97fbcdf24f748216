"""Preference pairs as TRL reads them: what was asked, the better answer and the worse, each a list of chat messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babelset.contracts.export import TEXT_FILES, Export, Exported, TranslatedRow
from babelset.errors import DataError
from babelset.exports.conversation import EARLIER, Message, beside, functions, joined, start, talk, turns

CHOSEN = ("chosen", "chosen_response", "chosen_output", "prefered_output", "preferred_output")
REJECTED = ("rejected", "rejected_response", "rejected_output")
ASKED = ("prompt", "instruction", "question", "input")


class DPO(Export):
    """
    {"question": "A", "chosen": "B", "rejected": "C"}
    -> {"prompt": [user A], "chosen": [assistant B], "rejected": [assistant C]}

    Of preference rows in any spelling, of messages or texts, and of those that the step `pairs` makes. TRL's DPOTrainer
    and RewardTrainer read it, and its KTOTrainer.
    """

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> Exported:
        return Exported(_with_tools(row))


class KTO(Export):
    """
    {"prompt": "A", "chosen": "B", "rejected": "C"}
    -> {"prompt": [user A], "completion": [assistant B], "label": true} and one with C and false

    Of preference rows, which become two, and of rows that hold a prompt, a completion and a label.
    """

    endings = TEXT_FILES

    def convert(self, row: TranslatedRow) -> list[Exported]:
        return [Exported(data) for data in labelled(row)]


def labelled(row: TranslatedRow) -> list[dict[str, Any]]:
    """The answers of a row, each with whether it is wanted."""
    if (key := _first(row, ("completion", "response", "output"))) and "label" in row.data:
        label = row.data["label"]
        if not isinstance(label, bool | int) or label not in (0, 1):
            raise DataError(f"is {label!r}; true or false says whether the answer is wanted", field="label")
        asked, used = _asked(row)
        if not asked:
            raise DataError("no prompt", field="prompt")
        shape = {"prompt": asked, "completion": _answer(row.data[key], key), "label": bool(label)}
        return [beside({**shape, **functions(row)}, row, {*used, key, "label", "tools"})]
    shape = _with_tools(row)
    chosen, rejected = shape.pop("chosen"), shape.pop("rejected")
    prompt = {"prompt": shape.pop("prompt")}
    return [
        {**prompt, "completion": answer, "label": label, **shape}
        for answer, label in ((chosen, True), (rejected, False))
    ]


def preference(row: TranslatedRow) -> tuple[list[Message], list[Message], list[Message]] | None:
    """What was asked, the better answer, the worse; None for a row that compares none."""
    if not (_first(row, CHOSEN) and _first(row, REJECTED)):
        return None
    shape, _ = _pair(row)
    return shape["prompt"], shape["chosen"], shape["rejected"]


def _with_tools(row: TranslatedRow) -> dict[str, Any]:
    shape, used = _pair(row)
    return beside({**shape, **functions(row)}, row, {*used, "tools"})


def _pair(row: TranslatedRow) -> tuple[dict[str, Any], set[str]]:
    """The shape, and the keys that it is made of."""
    better, worse = _first(row, CHOSEN), _first(row, REJECTED)
    if not (better and worse):
        raise DataError(f"a row of {row.evidence['schema']!r} has no chosen and rejected answer")
    chosen, rejected = _answer(row.data[better], better), _answer(row.data[worse], worse)
    asked, used = _asked(row)
    common = _common(chosen, rejected)
    if common:
        asked = _merged(asked, chosen[:common])
    chosen, rejected = chosen[common:], rejected[common:]
    if not asked:
        raise DataError("no prompt", field="prompt")
    if not (chosen and rejected) or chosen == rejected:
        raise DataError(f"the same as {better}", field=worse)
    return {"prompt": asked, "chosen": chosen, "rejected": rejected}, {*used, better, worse}


def _first(row: TranslatedRow, keys: Sequence[str]) -> str:
    return next((key for key in keys if row.data.get(key)), "")


def _asked(row: TranslatedRow) -> tuple[list[Message], set[str]]:
    """What the answers answer, and the keys that say it."""
    keys = [key for key in row.data if key in row.keys(*ASKED)]
    listed = [key for key in keys if isinstance(row.data[key], list)]
    texts = [row.data[key] for key in sorted(keys, key=lambda key: "input" in key) if key not in listed]
    said = [turn for key in [*listed, *filter(None, [talk(row)])] for turn in turns(row.data[key], key)]
    if prompt := "\n\n".join(text for text in texts if isinstance(text, str) and text.strip()):
        said = [*said, {"role": "user", "content": prompt}]
    return joined(start(row), said), {*keys, *row.keys("system"), *EARLIER, talk(row)}


def _answer(value: Any, key: str) -> list[Message]:
    """A text, a message or a list of messages."""
    if isinstance(value, str) and not value.lstrip().startswith("["):
        return [{"role": "assistant", "content": value}]
    return turns([value] if isinstance(value, dict) else value, key)


def _common(one: Sequence[Message], other: Sequence[Message]) -> int:
    """How many messages both begin with, up to the last that no assistant says."""
    alike = 0
    for alike, (mine, theirs) in enumerate(zip(one, other, strict=False)):  # noqa: B007
        if mine != theirs:
            break
    else:
        alike = min(len(one), len(other))
    while alike and one[alike - 1].get("role") == "assistant":
        alike -= 1
    return alike


def _merged(asked: list[Message], common: Sequence[Message]) -> list[Message]:
    """The turns that both answers begin with, after what the row says that they do not."""
    contents = [message["content"] for message in common]
    return joined([message for message in asked if message["content"] not in contents], common)
