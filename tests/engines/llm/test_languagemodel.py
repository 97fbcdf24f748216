"""What all translators that ask a language model share: what names them, what they remember, how they ask in step."""

from __future__ import annotations

import json
from codecs import encode
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.engine import Engine
from babelset.contracts.translator import Translation
from babelset.engines.llm import guard
from babelset.engines.llm.dialogue import Answer
from babelset.engines.llm.languagemodel import LLM, in_step
from babelset.engines.llm.request import ChatChoice, Reply, Request, T, Talk
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from babelset.text.segment import Context, Segment
from babelset.translators.openai import OpenAI

PAIR = Pair(find("eng_Latn"), find("ban_Latn"))
GOOD, BAD, ANOTHER = "Name a stone.", "Name a river.", "Name a cloud."


class Scripted(LLM):
    """Enciphers what it is asked; what names a river only while `_rivers` says so."""

    batch: ClassVar[int] = 100
    parallel: ClassVar[int] = 1
    chunk: ClassVar[int] = 256
    _asked: list[str]
    _rivers: bool

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        self._asked, self._rivers = [], True

    def hold(self, talks: Sequence[Talk[T]]) -> list[T]:
        return in_step(talks, self._send)

    def _send(self, requests: list[Request]) -> list[Reply]:
        keys, known = self._remembered(requests)
        new = {key: self._reply(request) for key, request in zip(keys, requests, strict=True) if key not in known}
        self._replies.put(new.items())
        return [{**new, **known}[key] for key in keys]

    def _reply(self, request: Request) -> Reply:
        text = request.messages[-1]["content"].rpartition("Translate:\n")[2]
        self._asked.append(text)
        if "river" in text and not self._rivers:
            return Reply(error="HTTP 500")
        ciphered = {number: encode(value, "rot13") for number, value in json.loads(text).items()}
        return Reply((ChatChoice(json.dumps(ciphered)),) * request.n, 7, 5)


def rows(*texts: str) -> list[Segment]:
    return [Segment(text, role="instruction", context=Context.of([("instruction", text)])) for text in texts]


@pytest.fixture
def llm() -> Iterator[Callable[..., Scripted]]:
    made: list[Scripted] = []

    def make(folder: Path | None = None, **options: Any) -> Scripted:
        made.append(Scripted(**{"model": "m", **options}))
        if folder:
            made[-1].keep_replies(folder)
        return made[-1]

    yield make
    for translator in made:
        translator.close()


def texts(answers: Sequence[Answer]) -> list[str | None]:
    return [answer.text if isinstance(answer, Translation) else None for answer in answers]


def test_it_is_a_translator_that_reads_rows(llm: Callable[..., Scripted]) -> None:
    assert llm().reads_rows
    assert llm().supports(PAIR) and not llm().supports(Pair(PAIR.source, PAIR.source))
    assert (llm().documents, llm(prompt="document").documents) == (False, True)
    assert llm(prompt="document").limit > llm().limit


def test_a_model_must_be_named() -> None:
    with pytest.raises(ConfigError, match="needs a model: --model ID"):
        LLM()


def test_a_row_is_told_by_its_context_not_by_its_neighbour(llm: Callable[..., Scripted]) -> None:
    one, other = llm(), llm()
    both = [("instruction", GOOD), ("output", BAD)]
    context = Context.of(both)
    row = [Segment(text, role=role, context=context, at=at) for at, (role, text) in enumerate(both)]
    assert texts(one.translate([*row, *rows(ANOTHER)], PAIR)) == [
        encode(text, "rot13") for text in (GOOD, BAD, ANOTHER)
    ]
    other.translate([Segment(GOOD), Segment(BAD)], PAIR)
    assert (len(one._asked), len(other._asked)) == (2, 2)


def test_a_resumed_run_asks_only_what_failed(tmp_path: Path, llm: Callable[..., Scripted]) -> None:
    first = llm(tmp_path)
    first._rivers = False
    assert texts(first.translate(rows(GOOD, BAD), PAIR)) == ["Anzr n fgbar.", None]
    first.close()
    second = llm(tmp_path)
    assert texts(second.translate(rows(GOOD, BAD, ANOTHER), PAIR)) == [
        "Anzr n fgbar.",
        "Anzr n evire.",
        "Anzr n pybhq.",
    ]
    assert second._asked == [json.dumps({"1": text}, separators=(",", ":")) for text in (BAD, ANOTHER)]
    account = second.account()
    assert account.pop("guard") == {"name": "sample 2 %", "packed": 0, "rechecked": 0, "shifts": 0}
    assert account == {"requests": 3, "prompt_tokens": 21, "completion_tokens": 15}


@pytest.mark.parametrize("change", [{"seed": 1}, {"model": "n"}, {"formality": "formal"}, {"candidates": 2}], ids=str)
def test_another_way_of_asking_knows_nothing_of_the_old_replies(
    change: dict[str, Any], tmp_path: Path, llm: Callable[..., Scripted]
) -> None:
    llm(tmp_path).translate(rows(GOOD), PAIR)
    other = llm(tmp_path, **change)
    other.translate(rows(GOOD), PAIR)
    assert len(other._asked) == 1 and other.account()["requests"] == 1


def test_candidates_are_kept_with_their_scores_and_the_best_is_first_among_them(llm: Callable[..., Scripted]) -> None:
    [answer] = llm(candidates=3).translate(rows(GOOD), PAIR)
    assert answer == Translation("Anzr n fgbar.", (), (("Anzr n fgbar.", 1.0),))


DECIDING: dict[str, Any] = {
    "model": "n",
    "prompt": "document",
    "glossary": "terms.csv",
    "few_shot": "examples.csv",
    "formality": "informal",
    "numbers": "convert",
    "candidates": 4,
    "pack": 600,
    "retries": 1,
    "recheck": 0.1,
    "guard": "embedding:encoder",
    "temperature": 0.5,
    "seed": 1,
}
TOGETHER: dict[str, dict[str, Any]] = {"shots": {"few_shot": "examples.csv"}, "pick": {"candidates": 4}}
OPERATIONAL: dict[str, Any] = {
    "base_url": "http://127.0.0.1:9/v1",
    "timeout": 3,
    "attempts": 2,
    "wait": 0.1,
    "concurrency": 8,
    "max_requests": 5,
    "max_cost": 0.5,
    "prices": "prices.toml",
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "terms.csv").write_text("source,target\nstone,pedra\n")
    (tmp_path / "examples.csv").write_text("source,target\nA stone.,Una pedra.\n")
    (tmp_path / "prices.toml").write_text('currency = "EUR"\n[models.m]\ninput = 1\noutput = 1\n')
    (tmp_path / "mine.jinja").write_text(PROMPT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


PROMPT = """+++
version = "1"
unit = "row"
description = "mine"
scheme = "xml"
context = false
+++
{% block user %}Translate:\n{{ text }}{% endblock %}
"""


def signature(**options: Any) -> str:
    if "max_cost" in options:
        options["prices"] = "prices.toml"
    with closing(OpenAI(**{"model": "m", **options})) as translator:
        return translator.signature


def test_every_option_either_decides_or_does_not() -> None:
    assert set(OPERATIONAL) == OpenAI.operational
    assert OpenAI.model_fields.keys() == DECIDING.keys() | TOGETHER.keys() | OPERATIONAL.keys()


@pytest.mark.parametrize("name", DECIDING)
def test_what_decides_the_answers_is_in_the_signature(name: str, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "encoder", lambda *_: None)
    assert signature(**{name: DECIDING[name]}) != signature()


@pytest.mark.parametrize(("name", "value"), [("shots", 1), ("pick", "cometkiwi")])
def test_some_options_decide_only_with_another(name: str, value: Any, files: Path) -> None:
    other = TOGETHER[name]
    assert signature(**{name: value}) == signature()
    assert signature(**{name: value}, **other) != signature(**other)


@pytest.mark.parametrize("name", OPERATIONAL)
def test_what_only_says_how_to_ask_may_change_between_two_runs(name: str, files: Path) -> None:
    options = {name: OPERATIONAL[name]}
    assert signature(**options) == signature()
    assert Engine(name="openai", options={"model": "m", **options}).deciding()["options"] == {"model": "m"}


def test_what_cannot_choose_is_refused_before_anything_is_asked() -> None:
    assert signature(pick="agreement") == signature(), "one candidate is not chosen from"
    with pytest.raises(ConfigError, match="'agreement' does not score a hypothesis by itself"):
        signature(pick="agreement", candidates=4)


@pytest.mark.parametrize(
    ("option", "file"), [("glossary", "terms.csv"), ("few_shot", "examples.csv"), ("prompt", "mine.jinja")]
)
def test_files_decide_by_what_is_in_them(option: str, file: str, files: Path) -> None:
    path = files / file
    before = signature(**{option: str(path)})
    (files / "elsewhere").mkdir()
    moved = path.rename(files / "elsewhere" / file)
    assert signature(**{option: str(moved)}) == before
    moved.write_text(moved.read_text().replace("stone", "rock").replace("mine", "yours"))
    assert signature(**{option: str(moved)}) != before


@pytest.mark.parametrize("option", ["glossary", "few_shot", "prompt"])
def test_a_file_that_is_not_there_is_named(option: str, files: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.jinja: cannot be read"):
        signature(**{option: "./gone.jinja"})


REQUEST: dict[str, Any] = {"messages": ({"role": "user", "content": "Hello."},), "max_tokens": 20}
CHANGES: list[dict[str, Any]] = [
    {"messages": ({"role": "user", "content": "Hello!"},)},
    {"messages": ({"role": "system", "content": "Hello."},)},
    {"max_tokens": 21},
    {"schema": {"type": "object"}},
    {"temperature": 0.3},
    {"seed": 1},
    {"n": 2},
    {"extra": {"top_k": 1}},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_request_is_told_from_every_other(change: dict[str, Any]) -> None:
    assert Request(**{**REQUEST, **change}).key("m") != Request(**REQUEST).key("m")


def test_equal_requests_have_equal_keys_and_models_have_their_own() -> None:
    one, other = Request(**REQUEST, extra={"a": 1, "b": 2}), Request(**REQUEST, extra={"b": 2, "a": 1})
    assert one.key("m") == other.key("m") != one.key("n")


def scripted(waves: Sequence[int], name: str) -> Generator[list[Request], list[Reply], list[Answer]]:
    """Asks so many requests at a time; answers with what it was told."""
    told: list[Answer] = []
    for wave, count in enumerate(waves):
        replies = yield [
            Request(({"role": "user", "content": f"{name}.{wave}.{number}"},), max_tokens=1) for number in range(count)
        ]
        told += [Translation(reply.choices[0].text) for reply in replies]
    return told


@given(st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=6))
def test_in_step_each_dialogue_hears_the_replies_to_its_own_requests(plan: list[list[int]]) -> None:
    sent: list[list[str]] = []

    def send(requests: list[Request]) -> list[Reply]:
        sent.append([request.messages[0]["content"] for request in requests])
        return [Reply((ChatChoice(text),)) for text in sent[-1]]

    held = in_step([scripted(waves, str(number)) for number, waves in enumerate(plan)], send)
    assert [texts(answers) for answers in held] == [
        [f"{number}.{wave}.{index}" for wave, count in enumerate(waves) for index in range(count)]
        for number, waves in enumerate(plan)
    ]
    assert len(sent) <= max((len(waves) for waves in plan), default=0)


def test_an_error_in_the_middle_is_the_callers() -> None:
    def send(requests: list[Request]) -> list[Reply]:
        raise ConfigError("no server")

    with pytest.raises(ConfigError, match="no server"):
        in_step([scripted([1], "a"), scripted([1], "b")], send)
