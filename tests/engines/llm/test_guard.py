"""Models that put good answers under wrong numbers: always, now and then, or never."""

from __future__ import annotations

import json
import random
import threading
from codecs import encode
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from babelset.contracts.translator import Translation
from babelset.engines.llm import guard as module
from babelset.engines.llm.guard import Alone, Guard
from babelset.engines.llm.languagemodel import LLM, in_step
from babelset.engines.llm.replies import Replies
from babelset.engines.llm.request import ChatChoice, Reply, Request, T, Talk
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from babelset.text.segment import Context, Segment

PAIR = Pair(find("eng_Latn"), find("ban_Latn"))
Wrong = Callable[[list[str]], list[str]]
THINGS = [
    "river",
    "window",
    "farmer",
    "bridge",
    "market",
    "kitchen",
    "teacher",
    "garden",
    "letter",
    "winter",
    "village",
    "boat",
]
DEEDS = ["crosses", "opens", "sells", "leaves", "forgets", "paints", "follows", "carries", "remembers", "hides"]
ADVERBS = ["slowly", "today", "gladly", "again", "alone", "early", "quietly", "often", "outside", "twice"]


class Model(LLM):
    """Enciphers; what several segments of one request get is made `wrong` where `when` says so."""

    batch: ClassVar[int] = 100_000
    parallel: ClassVar[int] = 1
    chunk: ClassVar[int] = 256
    _wrong: Wrong
    _when: Callable[[str], bool]
    _asked: list[list[str]]

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        self._wrong, self._when, self._asked = list, lambda text: True, []

    def hold(self, talks: Sequence[Talk[T]]) -> list[T]:
        return in_step(talks, self._send)

    def _send(self, requests: list[Request]) -> list[Reply]:
        keys, known = self._remembered(requests)
        for key, request in zip(keys, requests, strict=True):
            known[key] = known.get(key) or self._reply(request)
        self._replies.put(known.items())
        return [known[key] for key in keys]

    def _reply(self, request: Request) -> Reply:
        text = request.messages[-1]["content"].rpartition("Translate:\n")[2]
        texts = list(json.loads(text).values())
        self._asked.append(texts)
        said = [encode(text, "rot13") for text in texts]
        if len(said) > 1 and self._when(text):
            said = self._wrong(said)
        return Reply((ChatChoice(json.dumps({str(at): text for at, text in enumerate(said, 1)})),), 7, 5)


@pytest.fixture
def model() -> Iterator[Callable[..., Model]]:
    made: list[Model] = []

    def make(wrong: Wrong = list, when: Callable[[str], bool] = lambda text: True, **options: Any) -> Model:
        made.append(Model(**{"model": "m", **options}))
        made[-1]._wrong, made[-1]._when = wrong, when
        return made[-1]

    yield make
    for translator in made:
        translator.close()


def sentence(draw: random.Random) -> str:
    return f"The {draw.choice(THINGS)} {draw.choice(DEEDS)} the {draw.choice(THINGS)} {draw.choice(ADVERBS)}."


def rows(count: int, size: int = 4, seed: int = 1) -> list[Segment]:
    draw, found = random.Random(seed), list[Segment]()
    for _ in range(count):
        texts = list(dict.fromkeys(sentence(draw) for _ in range(size)))
        context = Context.of([("output", text) for text in texts])
        found += [Segment(text, role="output", context=context, at=at) for at, text in enumerate(texts)]
    return found


def wrongly(translator: Model, segments: Sequence[Segment]) -> int:
    answers = translator.translate(segments, PAIR)
    taken = [
        (segment.text, answer.text)
        for segment, answer in zip(segments, answers, strict=True)
        if isinstance(answer, Translation)
    ]
    return sum(encode(source, "rot13") != text for source, text in taken)


def shift(said: list[str]) -> list[str]:
    return said[1:] + said[:1]


def swap(said: list[str]) -> list[str]:
    return [said[1], said[0], *said[2:]]


def merge(said: list[str]) -> list[str]:
    return [f"{said[0][:-1]}, {said[1]}", "", *said[2:]]


def merge_and_move(said: list[str]) -> list[str]:
    return [f"{said[0][:-1]}, {said[1]}", *said[2:], ""]


def duplicate(said: list[str]) -> list[str]:
    return [said[1], *said[1:]]


@pytest.mark.parametrize("wrong", [shift, swap, merge, merge_and_move, duplicate])
def test_nothing_is_accepted_of_a_model_that_always_does_it(wrong: Wrong, model: Callable[..., Model]) -> None:
    assert wrongly(model(wrong), rows(20)) == 0


def test_once_a_shift_is_found_every_segment_is_asked_alone(model: Callable[..., Model]) -> None:
    translator = model(shift)
    assert wrongly(translator, rows(20)) == 0
    found = translator.account()["guard"]
    assert (found["name"], found["packed"]) == ("sample 2 %", 20) and 4 <= found["rechecked"] == found["shifts"] < 7
    translator._asked.clear()
    assert wrongly(translator, rows(20, seed=2)) == 0
    assert {len(texts) for texts in translator._asked} == {1}


def test_a_shift_is_not_forgotten_by_the_next_process(tmp_path: Path, model: Callable[..., Model]) -> None:
    for seed in (1, 2):
        translator = model(shift)
        translator.keep_replies(tmp_path)
        assert wrongly(translator, rows(5, seed=seed)) == 0
    assert {len(texts) for texts in translator._asked} == {1}
    assert translator.account()["guard"]["shifts"] >= 4


def test_a_rare_shift_is_found_as_often_as_is_looked_for_it(model: Callable[..., Model]) -> None:
    seldom = lambda text: hash_of(text) % 10 == 0  # noqa: E731
    many = rows(100, size=2)
    for share, found in ((1.0, 0), (0.0, None)):
        translator = model(shift, seldom, recheck=share)
        left = wrongly(translator, many)
        assert left == 0 if found == 0 else left > 0


def hash_of(text: str) -> int:
    return sum(map(ord, text))


def test_a_model_that_is_right_is_asked_little_more(model: Callable[..., Model]) -> None:
    translator, many = model(), rows(300)
    assert wrongly(translator, many) == 0
    found = translator.account()["guard"]
    assert (found["packed"], found["shifts"]) == (300, 0) and 4 <= found["rechecked"] < 20
    assert len(translator._asked) <= 300 + 4 * found["rechecked"]


def test_without_a_share_nothing_is_asked_again(model: Callable[..., Model]) -> None:
    translator = model(recheck=0)
    wrongly(translator, rows(5))
    assert len(translator._asked) == 5 and "guard" not in translator.account()


# --- the guard alone ---


def looked(guard: Guard, texts: Sequence[tuple[str, str]], alone: Sequence[str], key: bytes = b"") -> bool:
    """What the guard says, when each segment asked alone gets its answer of `alone`."""
    asked = Alone(lambda place: Request((), place), lambda reply: reply.choices[0].text)
    talk = guard.look(key, texts, True, asked, Pair(find("en"), find("ca")))
    [found] = in_step([talk], lambda sent: [Reply((ChatChoice(alone[request.max_tokens]),)) for request in sent])
    return found


def paraphrase(text: str, draw: random.Random) -> str:
    """A third of the words are others, as when a model is asked a second time."""
    return " ".join(encode(word, "rot13")[::-1] if draw.random() < 0.33 else word for word in text.split())


@pytest.mark.parametrize("kind", ["unlike", "alike"])
def test_another_wording_is_no_shift(kind: str) -> None:
    draw, guard = random.Random(3), Guard(Replies(":memory:"), 1.0)
    for number in range(100):
        texts = [sentence(draw) for _ in range(5)]
        if kind == "alike":
            texts = [f"Then the old {thing} near the church was sold." for thing in draw.sample(THINGS, 5)]
        answers = [paraphrase(encode(text, "rot13"), draw) for text in texts]
        alone = [paraphrase(encode(text, "rot13"), draw) for text in texts]
        assert not looked(guard, list(zip(texts, answers, strict=True)), alone, str(number).encode())
    assert guard.account()["rechecked"] == 100


SYNONYMS = [
    ("The engine starts at noon.", "El motor arranca a mediodía.", "El motor se enciende al mediodía."),
    ("The engine is switched on at noon.", "El motor se enciende al mediodía.", "El motor se enciende al mediodía."),
]


def test_two_sources_with_one_translation_are_no_shift() -> None:
    guard = Guard(Replies(":memory:"), 1.0)
    assert not looked(guard, [case[:2] for case in SYNONYMS], [case[2] for case in SYNONYMS])


class Encoder:
    """An encoder that knows words, and the cipher."""

    folder = "words"

    def encode(self, texts: Sequence[str]) -> Any:
        numpy = pytest.importorskip("numpy")
        found = numpy.zeros((len(texts), 512), numpy.float32)
        for place, text in enumerate(texts):
            for word in text.lower().strip(".").split():
                found[place, hash_of(min(word, encode(word, "rot13"))) * 7 % 512] += 1
        return found / numpy.linalg.norm(found, axis=1, keepdims=True).clip(1e-9)


@pytest.mark.parametrize(("wrong", "least"), [(list, 0), (shift, 39), (swap, 38)])
def test_with_an_encoder_every_request_is_looked_at(
    wrong: Wrong, least: int, model: Callable[..., Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "encoder", lambda *_: Encoder())
    translator = model(wrong, guard="embedding:words")
    left = wrongly(translator, rows(40))
    found = translator.account()["guard"]
    assert (found["name"], found["packed"], found["rechecked"]) == ("embedding:words", 40, 40)
    assert found["shifts"] >= least and (left == 0 or left <= 4 * (40 - least)) and (least or not found["shifts"])


@pytest.mark.parametrize(("found", "of", "most"), [(0, 4, 0.4035), (0, 50, 0.0513), (2, 200, 0.029), (5, 5, 1.0)])
def test_a_sample_says_how_much_may_be_shifted(found: int, of: int, most: float) -> None:
    assert module.at_most(found, of) == pytest.approx(most, abs=0.001)


@pytest.mark.parametrize("name", ["labse", "embedding:", "comet:x"])
def test_an_unknown_guard_is_refused(name: str, model: Callable[..., Model]) -> None:
    with pytest.raises(ConfigError, match="or embedding:DIR"):
        model(guard=name)


def test_a_look_that_is_given_up_keeps_nobody_waiting() -> None:
    guard = Guard(Replies(":memory:"), 1.0)
    talk = guard.look(
        b"",
        [("The old boat was sold.", "x"), ("A new one was bought.", "y")],
        True,
        Alone(lambda at: Request((), at), str),
        Pair(find("en"), find("ca")),
    )
    next(talk)
    talk.close()
    guard.settle(threading.Event())
