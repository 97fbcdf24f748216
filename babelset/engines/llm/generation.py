"""
The talk with a language model that makes something new: one JSON object, as the prompt's schema describes it.

No input or output happens here: a `Talk` yields requests and takes replies, so that every engine holds it. An answer
that is not what was asked for, or that `examine` finds fault with, is asked for again, with another seed and a note of
what was wrong; what stays faulty is unanswered, with the reason, and never made do with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import regex

from babelset.contracts.filter import Scored, shorten
from babelset.engines.llm.answer import FENCE, Malformed, thought_removed
from babelset.engines.llm.phrases import said
from babelset.engines.llm.prompt import Brief, Prompt
from babelset.engines.llm.request import Reply, Request, Talk
from babelset.languages import Language, Pair, find
from babelset.measures.intact import planted
from babelset.measures.language import LIKELIER, judged
from babelset.measures.repetition import excess
from babelset.measures.script import share

ROOM = 2048  # tokens of an answer; more where it was cut off
LONGEST = 400_000  # characters that are asked about
LETTER = regex.compile(r"\p{L}")
LOOP = 4  # times that a phrase is said again before it is a loop

Examine = Callable[[dict[str, Any]], str]  # "" for an answer that will do, else what is wrong: "is in English"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer that will do, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Manners:
    """How a step asks: `retries` are further requests for an answer that will not do."""

    temperature: float = 0.0
    seed: int = 0
    retries: int = 2
    room: int = ROOM


def generated(prompt: Prompt, brief: Brief, examine: Examine, manners: Manners) -> Talk[dict[str, Any] | Unanswered]:
    """
    The answer, an object that fits the prompt's schema and passes `examine`; else why there is none.

    >>> in_step([generated(load("answer", "generates"), brief, lambda answer: "", Manners())], send)
    [{'answer': 'Hola!'}]
    """
    room, notes = manners.room, list[str]()
    for attempt in range(manners.retries + 1):
        messages, extra = prompt.render(replace(brief, notes=notes))
        if sum(len(str(message["content"])) for message in messages) > LONGEST:
            return Unanswered("too long for any model")
        warmth = max(manners.temperature, 0.3 * attempt)  # at temperature 0 another seed would bring the same answer
        seed = manners.seed + attempt * 1_000_003
        [reply] = yield [Request(messages, room, prompt.answer, warmth, seed, extra=extra)]
        if reply.error:  # no repetition will help
            return Unanswered(f"{'too long for the model' if reply.too_long else 'refused'} ({reply.error})")
        try:
            answer = read(reply, prompt.answer)
            if not (wrong := examine(answer)):
                return answer
        except Malformed as error:
            wrong = error.fault.note
            room *= 2 if error.fault.kind in ("truncated", "thinking") else 1
        notes = [f"The answer {wrong}."]
    return Unanswered(f"the answer {wrong}")


def read(reply: Reply, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The object that a reply holds; raises Malformed where it is not just that, or does not fit the schema."""
    found = lone_json(given(reply))
    if wrong := next(_misfits(found, schema), ""):
        raise Malformed("schema", wrong)
    return dict(found)


def given(reply: Reply) -> str:
    """What a reply says, without the thinking before it; raises Malformed where there is nothing, or not all of it."""
    if not reply.choices:
        raise Malformed("missing", "was not given")
    text = thought_removed(reply.choices[0].text)
    if reply.choices[0].finish == "length":
        raise Malformed("truncated", "was cut off")
    return text


def lone_json(text: str) -> Any:
    """The JSON that a text is, fenced or not; raises Malformed for anything else, and for a key that comes twice."""
    fenced = FENCE.fullmatch(text)
    try:
        return json.loads(fenced[1] if fenced else text, object_pairs_hook=_once, strict=False)
    except (ValueError, RecursionError):
        raise Malformed("json", "is not the JSON object alone that was asked for") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Malformed("twice", "says the same thing twice")
    return found


def _misfits(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    for error in Draft202012Validator(schema, registry=Registry()).iter_errors(value):  # which fetches nothing
        where = ".".join(map(str, error.absolute_path)) or "the answer"
        yield f"does not fit the schema at {where}: {shorten(error.message, 100)}"


def fault_of(text: str, language: Language, source: str = "") -> str:
    """
    What is wrong with a text that a model made, for "The answer ..."; "" for nothing that can be seen.

    >>> fault_of("I'm sorry, but I cannot help with that.", find("ca"))
    'is a refusal'

    `source` is what it answers: what that says itself is not held against the text.
    """
    return unfit(text, language, source) or astray(text, language, source)


def unfit(text: str, language: Language, source: str = "") -> str:
    """What is wrong with a text in whatever language: it is empty, hidden, a loop, a refusal, a chat template's."""
    if not LETTER.search(text) and not any(map(str.isdigit, text)):
        return "is empty"
    if (found := planted(text, language)) and not planted(source, language):
        return f"holds {found}"
    if loops(text, language, source):
        return "repeats itself"
    kinds = [kind for kind, _, _ in said(source, text, Pair(find("eng_Latn"), language))]
    return "is a refusal" if "refusal" in kinds else ""


def loops(text: str, language: Language, source: str = "") -> bool:
    """Whether a text says the same again and again, more than its source does."""
    return excess(Scored(source, text, Pair(find("eng_Latn"), language))) > LOOP


def astray(text: str, language: Language, source: str = "") -> str:
    """`astray("The river is cold.", find("ca"))` -> "is in English, not in Catalan"; "" for a text that is."""
    unit = Scored(source, text, Pair(find("eng_Latn"), language))
    written = share(unit)
    if written is not None and written < 0.5:
        return f"is not written in the script of {language.name}"
    found = judged(replace(unit, source="")).whole
    if found is not None and found.score < -LIKELIER:
        return f"is in {found.taken}, not in {language.name}"
    return ""
