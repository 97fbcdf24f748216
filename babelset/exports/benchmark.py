"""Benchmark items in the columns that lm-eval reads, whatever columns they came in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from babelset.contracts.export import TranslatedRow
from babelset.errors import DataError
from babelset.files.encoded import decode
from babelset.files.lossless import dumps
from babelset.languages import Language

LETTERS = "ABCDE"
LISTS = frozenset(
    {"choices", "endings", "answers", "mc1_targets", "mc2_targets"}
    | {f"mc{number}_targets_{part}" for number in (1, 2) for part in ("choices", "labels")}
)
PLAIN = {"zho_Hans": "zh"}  # the one of Okapi's languages whose BCP-47 tag is longer than two letters
Columns = dict[str, Any]


def short(language: Language) -> str:
    """A language as Okapi and lm-eval name it in files: by two letters, else by its BCP-47 tag."""
    return PLAIN.get(language.code, language.bcp47)


def options(data: Mapping[str, Any], most: int) -> Columns:
    """
    A question and its options, a column each, and the letter of the right one.

    {"question": "What melts?", "choices": ["Ice", "Iron"], "answer": 0}
    -> {"instruction": "What melts?", "option_a": "Ice", "option_b": "Iron", "option_c": "", ..., "answer": "A"}
    """
    columns = [f"option_{letter.lower()}" for letter in LETTERS[:most]]
    if "option_a" in data:
        given = (data.get(name) for name in columns)
        texts, answer = ["" if text is None else text for text in given], data.get("answer")
    else:
        texts, answer = _listed(data.get("choices")), _letter(data)
    if not 2 <= len(texts) <= most:
        raise DataError(f"{len(texts)} options; there is a place for {most}", field="choices")
    if not isinstance(answer, str) or answer not in LETTERS[:most] or not answer:
        raise DataError("the row does not say which option is right", field="answer")
    asked = data.get("instruction", data.get("question"))
    padded = [*map(_in_words, texts), *[""] * (most - len(texts))]
    return {"instruction": asked, **dict(zip(columns, padded, strict=True)), "answer": answer}


def _in_words(option: Any) -> str:
    """Options that are numbers are written as such: a column holds one type."""
    if isinstance(option, list | dict | bool | None):
        raise DataError("holds an option that is no text", field="choices")
    return option if isinstance(option, str) else dumps(option)


def _listed(choices: Any) -> list[Any]:
    inner = choices.get("text") if isinstance(choices, dict) else choices
    if not isinstance(inner, list):
        raise DataError("is no list of options", field="choices")
    return [item.get("text") if isinstance(item, dict) else item for item in inner]


def _letter(data: Mapping[str, Any]) -> str | None:
    """The letter of the right option, by its own name, a letter, or its number."""
    said, choices = data.get("answerKey", data.get("answer")), data.get("choices")
    names = choices.get("label") if isinstance(choices, dict) else None
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        names = [item.get("label") if isinstance(item, dict) else None for item in choices]
    if isinstance(names, list):
        return LETTERS[names.index(said)] if said in names[: len(LETTERS)] else None
    text = str(said)
    if text.isascii() and text.isdecimal() and len(text) == 1:
        at = int(text) - (1 if "answerKey" in data else 0)  # ARC counts from 1, MMLU from 0
        return LETTERS[at] if 0 <= at < len(LETTERS) else None
    return text


def truthfulqa(data: Mapping[str, Any]) -> Columns:
    """{"question": .., "mc1_targets": {"choices": [..], "labels": [..]}, ..} with a column for each list."""
    found: Columns = {"question": data.get("question")}
    for kind in ("mc1_targets", "mc2_targets"):
        inner = data.get(kind)
        for part in ("choices", "labels"):
            found[f"{kind}_{part}"] = inner.get(part) if isinstance(inner, dict) else data.get(f"{kind}_{part}")
    if found["mc1_targets_labels"] is None and isinstance(found["mc1_targets_choices"], list):
        found["mc1_targets_labels"] = [1] + [0] * (len(found["mc1_targets_choices"]) - 1)  # the first, by its rule
    return found


def hellaswag(data: Mapping[str, Any]) -> Columns:
    if not isinstance(data.get("endings"), list) or len(data["endings"]) != 4:
        raise DataError("are not four", field="endings")
    return _columns(data, ("activity_label", "ctx_a", "ctx_b", "endings", "label"), ("activity_label", "ctx_b"))


def xnli(data: Mapping[str, Any]) -> Columns:
    if str(data.get("label")) not in ("0", "1", "2"):
        raise DataError("is none of 0, 1, 2, by which lm-eval tells the class", field="label")
    return _columns(data, ("premise", "hypothesis", "label"))


PREFIXES = {"question": "Question: ", "answer": "Step-by-Step Answer: "}  # readers cut them off by their length


def mgsm(data: Mapping[str, Any]) -> Columns:
    """MGSM's columns. A question with its steps begins in English, in every language: so does the template."""
    from babelset.contracts.schema import load_schema

    found = _columns(data, ("question", "answer", "answer_number", "equation_solution"), nullable=True)
    marks = load_schema("mgsm").marks
    for key in ("question", "answer"):
        if isinstance(found[key], str):
            text = found[key].strip()
            own = next((mark for mark in marks if text.startswith(mark)), "")
            bare = text.removeprefix(own).strip()
            found[key] = bare if key == "question" and found["answer"] is None else PREFIXES[key] + bare
    if found["answer_number"] is None:
        raise DataError("is missing", field="answer_number")
    return found


def belebele(data: Mapping[str, Any]) -> Columns:
    answers = tuple(f"mc_answer{number}" for number in range(1, 5))
    return _columns(data, ("flores_passage", "question", *answers, "correct_answer_num", "dialect"), ("dialect",))


def xquad(data: Mapping[str, Any]) -> Columns:
    found = _columns(data, ("context", "question", "answers"))
    if not isinstance(found["answers"], dict) or not found["answers"].get("text"):
        raise DataError("holds no answer", field="answers")
    return found


def _columns(
    data: Mapping[str, Any], keys: Sequence[str], blank: Sequence[str] = (), nullable: bool = False
) -> Columns:
    for key in keys:
        if data.get(key) in (None, "") and key not in blank and not nullable:
            raise DataError("is missing", field=key)
    return {key: data.get(key, "" if key in blank else None) for key in keys}


KINDS: dict[str, tuple[str, Callable[[Mapping[str, Any]], Columns]]] = {
    "arc": ("arc", lambda data: options(data, 5)),
    "arc_options": ("arc", lambda data: options(data, 5)),
    "mmlu": ("mmlu", lambda data: options(data, 4)),
    "mmlu_options": ("mmlu", lambda data: options(data, 4)),
    "truthfulqa": ("truthfulqa", truthfulqa),
    "truthfulqa_mc": ("truthfulqa", truthfulqa),
    "hellaswag": ("hellaswag", hellaswag),
    "xnli": ("xnli", xnli),
    "mgsm": ("mgsm", mgsm),
    "belebele": ("belebele", belebele),
    "squad": ("xquad", xquad),
    "xquad": ("xquad", xquad),
}


def item(row: TranslatedRow) -> tuple[str, Columns]:
    """The kind of benchmark that a row is of, and its columns, the id first; DataError for another row."""
    schema = row.evidence["schema"]
    if schema not in KINDS:
        raise DataError(f"a row of {schema!r} is no benchmark item; there are {', '.join(KINDS)}")
    kind, columns = KINDS[schema]
    if schema == "arc_options" and "option_e" not in row.data:
        kind = "mmlu"
    id_ = row.data.get("id", row.evidence["row"])
    return kind, {"id": id_ if isinstance(id_, str) else str(id_), **columns(_opened(row.data))}


def _opened(data: Mapping[str, Any]) -> Columns:
    """The lists and objects that a table holds as texts."""
    told = {key: decode(value) for key, value in data.items() if key in LISTS and isinstance(value, str)}
    return {**data, **{key: value for key, value in told.items() if value is not None}}
