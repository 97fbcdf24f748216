"""
Values of a row that depend on its texts, and must do so after translation.

answer_start   where the answer begins in the context (SQuAD): looked for again
keywords       words that another column must hold (IFEval, Multi-IF): must be in its translation
entry_point    a name of code that the texts speak of: must be in them as often
language       what names the language of the row: names the target's
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import regex

from babelset.languages import Language
from babelset.text.prose import UNSPACED

Where = tuple[str | int, ...]
Told = tuple[Where, str, str]  # path, role and source of a text
ANSWERS = (("text", "answer_start", "answer_end"), ("texts", "answer_starts", "answer_ends"))  # of SQuAD, of QuAC
CONTEXTS = ("context", "passage", "paragraph", "document", "article", "story")
NAMES = ("entry_point", "function_name", "method_name")
ASKING = ("prompt", "instruction", "question", "input", "turn/user")
LONGEST = 20_000  # characters of a context that is searched slowly
LETTER = r"[\p{L}\p{M}\p{N}_]"


def offsets(row: Mapping[str, Any]) -> dict[Where, Any]:
    """
    New values of every answer_start and answer_end in a row, from where its answers are in its contexts now.

    {"context": "a b c", "answers": {"text": ["b"], "answer_start": [0]}} -> {("answers", "answer_start"): [2]}

    An answer that differs in capitals or a final stop becomes what the context says. One that the context does not
    hold exactly once gets the offset -1.
    """
    changes: dict[Where, Any] = {}
    for path, keys, answer, context in _answers(row, (), ""):
        found = _each(answer[keys[0]], context)
        changes.update({(*path, key): value for key, value in zip(keys, found, strict=True) if key in answer})
    return changes


def _each(text: Any, context: str) -> tuple[Any, Any, Any]:
    """How the context spells an answer, its start and its end; of a list of answers, the list of each."""
    if isinstance(text, list):
        spelt, starts, ends = zip(*(_each(item, context) for item in text), strict=True) if text else ((), (), ())
        return list(spelt), list(starts), list(ends)
    start, text = _only(text, context)
    return text, start, start + len(text) if start >= 0 else -1


def _answers(data: Any, path: Where, context: str) -> Iterator[tuple[Where, Sequence[str], Mapping[str, Any], str]]:
    if isinstance(data, dict):
        context = next((data[key] for key in CONTEXTS if isinstance(data.get(key), str)), context)
        yield from ((path, keys, data, context) for keys in ANSWERS if _is_answer(data, keys))
        for key, item in data.items():
            yield from _answers(item, (*path, key), context)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            if isinstance(item, dict):
                yield from _answers(item, (*path, index), context)


def _is_answer(data: Mapping[str, Any], keys: Sequence[str]) -> bool:
    return keys[1] in data and isinstance(data.get(keys[0]), list | str)


def points(key: str | int, value: Any, around: Any, longest: int) -> bool:
    """
    Whether a value says where something is in a text, and `offsets` will not look for it.

    >>> points("span_start", 7, {"span_start": 7}, 50), points("answer_start", 7, {"text": "a", "answer_start": 7}, 50)
    (True, False)
    """
    if not isinstance(around, dict) or any(key in keys and _is_answer(around, keys) for keys in ANSWERS):
        return False
    places, other = list(numbers(value)), {"start": "end", "end": "start"}.get(str(key))
    both = [*places, *numbers(around.get(other))]
    if other and isinstance(text := around.get("text"), str):  # of seconds, a text has no certain length
        return len(both) == 2 and abs(both[1] - both[0]) - len(text) in (0, -1) and max(both) <= longest
    return bool(places) and max(both) <= longest and (other is None or len(both) > len(places))


def is_span(value: Any) -> bool:
    """`is_span([14, 20, "CITY"])` -> True: the form of what Doccano and spaCy write."""
    return (
        isinstance(value, list) and len(value) == 3 and [type(each) for each in value] == [int, int, str]
        and 0 <= value[0] < value[1]
    )  # fmt: skip


def numbers(value: Any) -> Iterator[int]:
    """The whole numbers in a value, however deep."""
    if type(value) is int:
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from numbers(item)


def _only(text: Any, context: str) -> tuple[int, Any]:
    """Where the only place of an answer is, -1 where there is none or more, and how the context spells it."""
    if not isinstance(text, str) or not text.strip():
        return -1, text
    if (start := context.find(text)) < 0:
        start, text = _loosely(text, context)
    end = start + len(text)
    around = context[max(start - 1, 0) : start + 1], context[end - 1 : end + 1]
    within_number = any(len(each) == 2 and each.isdigit() for each in around)
    return (-1, text) if start < 0 or start != context.rfind(text) or within_number else (start, text)


def _loosely(text: str, context: str) -> tuple[int, str]:
    """The only place of an answer whatever its capitals and final stop; -1 where there is none or more."""
    if len(context) > LONGEST:
        return -1, text
    places = list(islice(regex.finditer(regex.escape(_bare(text)), context, regex.IGNORECASE), 2))
    return (places[0].start(), places[0][0]) if len(places) == 1 else (-1, text)


def broken_offsets(row: Mapping[str, Any]) -> str:
    """Which answer has no certain place in its context, "" where every one has."""
    for _, keys, answer, context in _answers(row, (), ""):
        for text in _flat(answer[keys[0]]):
            if _only(text, context)[0] < 0:
                return f"{keys[1]}: the translated answer {text!r:.60} is not in the context exactly once"
    return ""


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def worded(fields: Sequence[Told], texts: Mapping[Where, str | None]) -> dict[Where, str]:
    """The keywords of a row as the translated texts spell them, by path, where these hold them."""
    keywords = [(path, source, texts.get(path)) for path, role, source in fields if role == "keyword"]
    told = [(role, source, texts.get(path)) for path, role, source in fields] if keywords else []
    found = ((path, _spelt(source, target, told)) for path, source, target in keywords if target)
    return {path: spelt for path, spelt in found if spelt}


def broken_keywords(targets: Sequence[tuple[str, str, str, str | None]]) -> str:
    """Of (field, role, source, target): which keyword is in no other text, "" where every one is."""
    told = [(role, source, target) for _, role, source, target in targets]
    for field, role, source, target in targets:
        if role == "keyword" and target and not _spelt(source, target, told):
            return f"{field}: the translated keyword {target!r:.60} is in no other text of the row"
    return ""


def _spelt(source: str, target: str, told: Sequence[tuple[str, str, str | None]]) -> str:
    """
    A keyword as the first text spells it of those that hold it in the source; "" where one of these has it no more.

    Texts that ask come first, the others where none of these held it. Where none at all did, one that asks must have
    it now.
    """
    others = [each for each in told if each[0] != "keyword" and each[2]]
    asking = [each for each in others if each[0] in ASKING] or others
    before = _pattern(_bare(source), [text for _, text, _ in others])
    holding = (each for group in (asking, others) if (each := [one for one in group if before.search(one[1])]))
    held = next(holding, [])
    texts = [target or "" for _, _, target in held or asking]
    pattern = _pattern(target.strip() if source.rstrip().endswith(".") else _bare(target), texts)
    found = [match[0] if match else "" for match in map(pattern.search, texts)]
    return next(filter(None, found), "") if not held or all(found) else ""


def _pattern(word: str, texts: Sequence[str]) -> regex.Pattern[str]:
    """`word`, no part of another one where words have spaces between them."""
    spaced = not any(UNSPACED.search(text) for text in texts)
    before = f"(?<!{LETTER})" if spaced and word[:1].isalnum() else ""
    after = f"(?!{LETTER})" if spaced and word[-1:].isalnum() else ""
    return regex.compile(before + regex.escape(word) + after, regex.IGNORECASE)


def _bare(text: str) -> str:
    return text.strip().rstrip(".") or text.strip()


def broken_names(row: Mapping[str, Any], texts: Sequence[tuple[str, str | None]]) -> str:
    """Of (source, target): which name of code that the row tells is gone from a text, "" where none is."""
    names = [row[key] for key in NAMES if isinstance(row.get(key), str) and len(row[key]) > 2]
    for name in names:
        for source, target in texts:
            if target is not None and source.count(name) > target.count(name):
                return f"the name {name!r:.60} is in the source more often than in the translation"
    return ""


def named_alike(said: str, target: Language) -> str:
    """The target's name in the form in which a language is named: eng_Latn, eng, en or English."""
    if "_" in said:
        return target.code
    if len(said) == 3:
        return target.code[:3]
    if len(said) == 2 or "-" in said:
        return target.bcp47
    return target.name.lower() if said.islower() else target.name
