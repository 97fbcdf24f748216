"""The talk about one row: what is asked, in which order, and what becomes of good and bad replies."""

from __future__ import annotations

import inspect
import json
import re
from codecs import encode
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.translator import Failure, Translation
from babelset.engines.llm import answer, dialogue, labels, phrases
from babelset.engines.llm.dialogue import Answer, Manner, converse
from babelset.engines.llm.languagemodel import in_step
from babelset.engines.llm.prompt import load
from babelset.engines.llm.request import ChatChoice, Reply, Request
from babelset.languages import Pair, find
from babelset.text.segment import Context, Segment

PAIR = Pair(find("eng_Latn"), find("ban_Latn"))  # Balinese: the identifier does not know it, so a cipher passes
ROW = [
    ("instruction", "Run <1/> in the terminal."),
    ("instruction", "What do you see?"),
    ("output", "A list of files."),
]
Behaviour = Callable[[dict[str, str]], Any]


def row(*sources: tuple[str, str]) -> list[Segment]:
    context = Context.of(sources)
    return [
        Segment(text, keeps=("`ls`",) * text.count("<1/>"), role=role, context=context, at=at)
        for at, (role, text) in enumerate(sources)
    ]


def cipher(text: str) -> str:
    return encode(text, "rot13")


def payload(request: Request) -> dict[str, str]:
    found: dict[str, str] = json.loads(request.messages[-1]["content"].rpartition("Translate:\n")[2])
    return found


class Model:
    """Ciphers what it is asked; `behaviours` say what it does instead, one for each request, the last for the rest."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self.behaviours, self.requests = list(behaviours), list[Request]()

    def send(self, requests: list[Request]) -> list[Reply]:
        return [self.reply(request) for request in requests]

    def reply(self, request: Request) -> Reply:
        self.requests.append(request)
        asked = payload(request)
        good = {number: cipher(text) for number, text in asked.items()}
        said = self.behaviours.pop(0)(good) if self.behaviours else good
        if isinstance(said, Reply):
            return said
        return Reply((ChatChoice(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)),), 10, 10)

    @property
    def asked(self) -> list[list[str]]:
        return [list(payload(request).values()) for request in self.requests]


def talk(model: Model, segments: Sequence[Segment], **manner: Any) -> list[Answer]:
    how = Manner(load("segments"), PAIR, **manner)
    [answers] = in_step([converse(segments, how, how.examiner())], model.send)
    return answers


def texts(answers: Sequence[Answer]) -> list[str | None]:
    return [answer.text if isinstance(answer, Translation) else None for answer in answers]


def test_a_row_is_one_request() -> None:
    model = Model()
    assert texts(talk(model, row(*ROW))) == [cipher(text) for _, text in ROW]
    assert model.asked == [[text for _, text in ROW]]
    assert "1-2 instruction; 3 output" in model.requests[0].messages[-1]["content"]


def without(number: str) -> Behaviour:
    return lambda good: {key: text for key, text in good.items() if key != number}


RECOVERIES: list[tuple[str, Behaviour, list[str]]] = [
    # what the first reply shows, and what the second request asks
    ("a missing number", without("2"), ["What do you see?"]),
    ("a lost tag", lambda good: {**good, "1": good["1"].replace("<1/>", "")}, ["Run <1/> in the terminal."]),
    ("an echo", lambda good: {**good, "3": "A list of files."}, ["A list of files."]),
    ("two numbers swapped", lambda good: {"2": good["1"], "1": good["2"], "3": good["3"]}, [t for _, t in ROW]),
    ("a number that nobody asked for", lambda good: {**good, "4": "More."}, [t for _, t in ROW]),
    ("two objects", lambda good: f"{json.dumps(good)} or {json.dumps(good)}", [t for _, t in ROW]),
    ("half the JSON", lambda good: json.dumps(good)[:30], [t for _, t in ROW]),
    ("no choice at all", lambda good: Reply(), [t for _, t in ROW]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "behaviour", "again"), RECOVERIES, ids=[case[0] for case in RECOVERIES])
def test_only_what_was_bad_is_asked_again(what: str, behaviour: Behaviour, again: list[str]) -> None:
    model = Model(behaviour)
    assert texts(talk(model, row(*ROW))) == [cipher(text) for _, text in ROW]
    assert model.asked[1:] == [again]
    first, second = model.requests
    assert (second.seed, second.temperature > first.temperature) == (first.seed + 1, True)
    assert first.messages[0] == second.messages[0]  # the prefix that an engine has cached


def test_the_note_says_what_was_wrong() -> None:
    model = Model(lambda good: {**good, "1": good["1"].replace("<1/>", "")})
    talk(model, row(*ROW))
    assert "Correction:" not in model.requests[0].messages[-1]["content"]
    assert 'Correction: "TAGS"\n' in model.requests[1].messages[-1]["content"]


def test_the_note_tells_in_codes_which_was_wrong() -> None:
    model = Model(lambda good: {**good, "1": good["1"].replace("<1/>", ""), "3": ""})
    talk(model, row(*ROW))
    assert 'Correction: "1:TAGS"\nCorrection: "2:EMPTY"\n' in model.requests[1].messages[-1]["content"]


def test_talk_around_the_answer_is_passed_over() -> None:
    model = Model(lambda good: f"Sure!\n```json\n{json.dumps(good)}\n```\nAnything else?")
    assert texts(talk(model, row(*ROW))) == [cipher(text) for _, text in ROW]
    assert len(model.requests) == 1


@pytest.mark.parametrize("prompt", ["segments", "document"])
def test_every_code_is_explained_to_the_model(prompt: str) -> None:
    how = Manner(load(prompt), PAIR)
    known = set(re.findall(r"\b[A-Z]{4,}\b", how.examiner().instructions))
    source = inspect.getsource(answer) + inspect.getsource(dialogue) + inspect.getsource(labels)
    kinds = set(re.findall(r'(?:Fault|Malformed)\(\s*"([a-z]+)"', source)) | {rule.kind for rule in phrases._table()[1]}
    unsaid = {"refused"} | ({"json", "extra", "order"} if prompt == "document" else set())
    assert {kind.upper() for kind in kinds - unsaid} <= known


def test_before_giving_up_each_segment_is_asked_alone() -> None:
    model = Model(*[lambda good: "no" for _ in range(9)])
    answers = talk(model, row(*ROW))
    assert all(isinstance(answer, Failure) for answer in answers)
    assert [len(asked) for asked in model.asked] == [3, 3, 1, 1, 1]


ENDINGS: list[tuple[str, Behaviour, Answer]] = [
    (
        "lost tags are for the ladder to see",
        lambda good: {"1": "Jung ner gurl qbvat"},
        Translation("Jung ner gurl qbvat"),
    ),
    ("numbers are for the row's checks", lambda good: {"1": "<1/> ner wnef"}, Translation("<1/> ner wnef", ("retried", "numbers"))),
    (
        "a loop is halved",
        lambda good: {"1": "<1/>" + " naq ba" * 99},
        Translation("<1/>" + " naq ba" * 99, ("repetition",)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "behaviour", "expected"), ENDINGS, ids=[case[0] for case in ENDINGS])
def test_what_is_left_of_a_bad_answer(what: str, behaviour: Behaviour, expected: Answer) -> None:
    model = Model(*[behaviour] * 9)
    assert talk(model, row(("output", "There are 40 <1/> jars"))) == [expected]


def test_a_truncated_answer_gets_more_room_and_then_is_divided() -> None:
    model = Model(*[lambda good: Reply((ChatChoice('{"1":"Eha', "length"),)) for _ in range(9)])
    [answer] = talk(model, row(("output", "A list of files.")))
    assert isinstance(answer, Failure) and answer.too_long
    assert model.requests[1].max_tokens > model.requests[0].max_tokens


def test_a_request_that_is_too_long_is_halved() -> None:
    model = Model(lambda good: Reply(error="context", too_long=True))
    assert texts(talk(model, row(*ROW))) == [cipher(text) for _, text in ROW]
    assert model.asked[1:] == [[ROW[0][1]], [ROW[1][1], ROW[2][1]]]


def test_a_refused_request_is_not_repeated() -> None:
    model = Model(lambda good: Reply(error="content filter"))
    answers = talk(model, row(*ROW))
    assert len(model.requests) == 1
    assert {answer.reason for answer in answers if isinstance(answer, Failure)} == {
        "the model's answer was not given: content filter"
    }


def test_long_rows_are_packed_and_know_what_was_translated_before() -> None:
    sources = [("output", f"The {word} train stops here.") for word in ("first", "second", "third", "fourth")]
    model = Model()
    answers = talk(model, row(*sources), pack=20)
    assert texts(answers) == [cipher(text) for _, text in sources]
    assert [len(asked) for asked in model.asked] == [2, 2]
    assert (
        cipher("The second train stops here.") in model.requests[1].messages[-1]["content"].partition("Translate:")[0]
    )


SETTLED: list[tuple[str, type[Answer]]] = [
    ("B", Translation),  # the letter of an option
    ("(c)", Translation),
    ("broken \ud800 text", Failure),
]


@pytest.mark.parametrize(("text", "kind"), SETTLED)
def test_some_segments_need_no_model(text: str, kind: type[Answer]) -> None:
    model = Model()
    [answer] = talk(model, row(("output", text)))
    assert isinstance(answer, kind) and not model.requests


def test_a_label_uses_the_word_of_the_text_that_names_it() -> None:
    sources = [("instruction", "Answer with positive or negative."), ("output", "Positive")]
    model = Model(lambda good: {**good, "2": "Tbbq"})
    assert texts(talk(model, row(*sources))) == [cipher(text) for _, text in sources]
    assert model.asked[1] == ["Positive"]


def test_a_label_that_stays_wrong_is_flagged() -> None:
    sources = [("instruction", "Answer with positive or negative."), ("output", "Positive")]
    model = Model(lambda good: {**good, "2": "Tbbq"}, *[lambda good: {"1": "Tbbq"}] * 9)
    assert talk(model, row(*sources))[1] == Translation("Tbbq", ("retried", "label"))


def test_candidates_are_counted() -> None:
    replies = ['{"1":"Ehaf"}', '{"1":"Eha gung"}', '{"1":"Ehaf"}', "no"]
    model = Model(lambda good: Reply(tuple(ChatChoice(text) for text in replies)))
    [answer] = talk(model, row(("output", "Runs")), samples=4)
    assert isinstance(answer, Translation)
    assert answer.candidates == (("Ehaf", 2.0), ("Eha gung", 1.0))
    assert (model.requests[0].n, model.requests[0].temperature) == (4, 0.7)


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_any_row_gets_one_answer_for_each_segment(sources: list[str]) -> None:
    assert len(talk(Model(), row(*(("output", text) for text in sources)))) == len(sources)


def test_dialogues_in_step_keep_their_order() -> None:
    how = Manner(load("segments"), PAIR)
    rows = [row(("output", f"Line {number} is here.")) for number in range(5)]
    model = Model(without("1"), lambda good: good, without("1"))
    found = in_step([converse(segments, how, how.examiner()) for segments in rows], model.send)
    assert [texts(answers) for answers in found] == [[cipher(segments[0].text)] for segments in rows]
    assert len(model.requests) == 7
