"""Every rung of the ladder, climbed because a translator misbehaves on purpose."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest

from babelset.contracts.translator import Failure, Translation
from babelset.errors import ContractError, Stopped
from babelset.languages import Pair
from babelset.text.segment import PLACEHOLDER, Context, Segment, restore
from babelset.translation.ladder import Ladder
from babelset.work.memory import REVIEWED, Memory, reviewed_key_of
from tests.conftest import Scripted

A, B = chr(PLACEHOLDER), chr(PLACEHOLDER + 1)
TWO = Segment(f"Run {A} and then {B} now.", ("`ls`", "`ps`"), ("inline_code", "inline_code"))


def ladder(translator: Any, fallback: Any = None) -> Ladder:
    second = Ladder(fallback, Memory(":memory:")) if fallback else None
    return Ladder(translator, Memory(":memory:"), second)


def only(ladder: Ladder, segment: Segment, pair: Pair) -> Translation | Failure:
    [answer] = ladder.translate([segment], pair)
    return answer


def upper(text: str) -> str:
    return " ".join(word if "xqzv" in word or "<" in word else word.upper() for word in text.split())


def drops_letters(text: str) -> str:
    return upper(" ".join(word for word in text.split() if "xqzv" not in word))


MISBEHAVIOURS = [
    # what it does, its reply, the flag that tells which rung saved the segment
    ("drops the first scheme", drops_letters, "retried"),
    ("doubles the first scheme", lambda text: upper(text.replace("xqzvq", "xqzvq xqzvq")), "retried"),
    ("translates the first scheme", lambda text: upper(text).replace("xqzvq", "placeholder"), "retried"),
    (
        "drops every placeholder",
        lambda text: "PLACEHOLDERS GONE" if "xqzv" in text or "<" in text else upper(text),
        "pieces",
    ),
    (
        "glues it to a word",
        lambda text: upper(text).replace(" xqzvq", "-Nxqzvq").replace("<1>", "<9>"),
        "pieces",
    ),
    ("empty with placeholders", lambda text: "" if "xqzv" in text else upper(text), "retried"),
]


@pytest.mark.parametrize(("what", "reply", "flag"), MISBEHAVIOURS, ids=[case[0] for case in MISBEHAVIOURS])
def test_kept_spans_survive(what: str, reply: Any, flag: str, scripted: Any, pair: Pair) -> None:
    answer = only(ladder(scripted(reply)), TWO, pair)
    assert isinstance(answer, Translation), what
    assert answer.text.count(A) == answer.text.count(B) == 1
    target = restore(answer.text, TWO.keeps)
    assert "`ls`" in target and "`ps`" in target and "RUN" in target and "NOW." in target
    assert flag in answer.flags


@pytest.mark.parametrize(
    "reply",
    [
        upper,
        lambda text: upper(text).replace("xqzvq", "XQZVQ"),
        lambda text: " ".join(reversed(upper(text).split())),
    ],
    ids=["well-behaved", "changes case", "reorders"],
)
def test_harmless_changes_need_no_second_try(reply: Any, scripted: Any, pair: Pair) -> None:
    engine = scripted(reply)
    answer = only(ladder(engine), TWO, pair)
    assert isinstance(answer, Translation) and answer.flags == ()
    assert len(engine.seen) == 1


def test_truncated_answers_are_halved(scripted: Any, pair: Pair) -> None:
    def cuts_at_six_words(text: str) -> Translation:
        words = text.upper().split()
        return Translation(" ".join(words[:6]), ("truncated",) if len(words) > 6 else ())

    long = Segment("one two three four, five six seven eight, nine ten eleven twelve.")
    answer = only(ladder(scripted(cuts_at_six_words)), long, pair)
    assert isinstance(answer, Translation) and "truncated" not in answer.flags
    assert answer.text == long.text.upper()


def test_too_long_segments_are_halved(scripted: Any, pair: Pair) -> None:
    def refuses(text: str) -> Any:
        return Failure("too many tokens", too_long=True) if len(text) > 30 else text.upper()

    long = Segment("one two three four, five six seven eight, nine ten eleven twelve.")
    assert only(ladder(scripted(refuses)), long, pair) == Translation(long.text.upper(), ("halves",))


def test_a_flagged_answer_is_kept_with_its_flag_when_nothing_helps(scripted: Any, pair: Pair) -> None:
    always = scripted(lambda text: Translation("ha ha ha", ("repetition",)))
    answer = only(ladder(always), Segment("Word."), pair)
    assert answer == Translation("ha ha ha", ("repetition",))


@pytest.mark.parametrize(
    "reply",
    [lambda text: "", lambda text: "  \n", lambda text: Failure("the engine died")],
    ids=["empty", "blank", "dead"],
)
def test_a_failure_is_never_an_empty_target(reply: Any, scripted: Any, pair: Pair) -> None:
    answer = only(ladder(scripted(reply)), Segment("A plain sentence."), pair)
    assert isinstance(answer, Failure) and answer.reason


def test_the_fallback_takes_what_the_first_cannot(scripted: Any, pair: Pair) -> None:
    first = scripted(lambda text: Failure("no such word") if "hard" in text else text.upper())
    second = scripted(lambda text: text.title(), name="second")
    climb = ladder(first, second)
    answers = climb.translate([Segment("an easy one"), Segment("a hard one")], pair)
    assert answers == [Translation("AN EASY ONE"), Translation("A Hard One", ("fallback",))]
    assert second.seen == ["a hard one"]
    assert climb.signature_for(pair) == "scripted>second"


def test_when_both_fail_both_reasons_are_said(scripted: Any, pair: Pair) -> None:
    climb = ladder(scripted(lambda text: Failure("first died")), scripted(lambda text: Failure("second died")))
    assert only(climb, Segment("A sentence."), pair) == Failure("first died; fallback: second died")


def test_each_unique_segment_is_sent_once_and_never_again(scripted: Any, pair: Pair) -> None:
    engine = scripted(str.upper)
    climb = ladder(engine)
    segments = [Segment(text) for text in ("one", "two", "one", "three", "two")]
    first = climb.translate(segments, pair)
    assert [answer.text for answer in first if isinstance(answer, Translation)] == [
        "ONE",
        "TWO",
        "ONE",
        "THREE",
        "TWO",
    ]
    assert sorted(engine.seen) == ["one", "three", "two"]
    assert climb.translate(segments, pair) == first
    assert len(engine.seen) == 3


def test_segments_that_differ_in_kept_texts_only_share_one_translation(scripted: Any, pair: Pair) -> None:
    engine = scripted(upper)
    segments = [Segment(f"Run {A} now.", (keep,), ("inline_code",)) for keep in ("`ls`", "`ps`")]
    answers = ladder(engine).translate(segments, pair)
    targets = [restore(answer.text, segment.keeps) for answer, segment in zip(answers, segments, strict=True)]  # type: ignore[union-attr]
    assert targets == ["RUN `ls` NOW.", "RUN `ps` NOW."]
    assert len(engine.seen) == 1


def test_failures_are_not_remembered(scripted: Any, pair: Pair) -> None:
    engine = scripted(lambda text: Failure("down"))
    climb = ladder(engine)
    only(climb, Segment("A sentence."), pair)
    engine.reply = str.upper
    assert only(climb, Segment("A sentence."), pair) == Translation("A SENTENCE.")


@pytest.mark.parametrize("got", [[], [Translation("x")] * 2, ["a string"], [None]])
def test_a_translator_that_breaks_its_promise_is_stopped(got: list[Any], scripted: Any, pair: Pair) -> None:
    engine = scripted(str.upper)
    engine.translate = lambda segments, pair: got
    with pytest.raises(ContractError):
        only(ladder(engine), Segment("A sentence."), pair)


def test_stop_ends_between_batches_and_keeps_what_is_answered(scripted: Any, pair: Pair) -> None:
    engine = scripted(str.upper)
    climb = ladder(engine)
    climb.watched(lambda answered: climb.stop.set(), lambda rows: None)
    segments = [Segment(f"sentence {number}") for number in range(engine.batch * 3)]
    with pytest.raises(Stopped):
        climb.translate(segments, pair)
    assert len(climb.memory) == engine.batch


class Reader(Scripted):
    """A translator that reads rows: upper case, and how often it was asked."""

    reads_rows: ClassVar[bool] = True
    documents: ClassVar[Any] = False
    schemes: ClassVar[Any] = ("xml",)
    batch: ClassVar[Any] = 2

    def __init__(self, fails: str = "") -> None:
        super().__init__(name="reader", asked=[], fails=fails, halted=False)

    def translate(self, segments: Any, pair: Pair) -> list[Translation | Failure]:
        self.asked.append([segment.text for segment in segments])
        return [
            Failure("no") if segment.text == self.fails else Translation(segment.text.upper()) for segment in segments
        ]

    def halt(self) -> None:
        self.halted = True


def row(*texts: str) -> list[Segment]:
    context = Context.of(("output", text) for text in texts)
    return [Segment(text, role="output", context=context, at=at) for at, text in enumerate(texts)]


def test_rows_are_never_torn_apart(pair: Pair) -> None:
    reader = Reader()
    ladder(reader).translate([*row("a", "bb", "ccc"), *row("d"), *row("e", "f")], pair)
    assert reader.asked == [["a", "bb", "ccc"], ["d", "e", "f"]]


def test_a_segment_has_another_translation_in_another_row(pair: Pair) -> None:
    reader = Reader()
    climbing = ladder(reader)
    climbing.translate([*row("bank", "river"), *row("bank", "money"), *row("bank", "river")], pair)
    assert reader.asked == [["bank", "river"], ["bank", "money"]]
    assert climbing.counts["unique"] == 4


def test_a_row_with_a_failure_is_asked_for_whole_again(pair: Pair) -> None:
    memory = Memory(":memory:")
    Ladder(Reader(fails="b"), memory).translate([*row("a", "b"), *row("c")], pair)
    again = Reader()
    Ladder(again, memory).translate([*row("a", "b"), *row("c")], pair)
    assert again.asked == [["a", "b"]]


def test_a_document_falls_back_sentence_by_sentence(scripted: Any, pair: Pair) -> None:
    reader = Reader(fails="<1/>One line.\n<2/>Another line. And more.")
    reader.documents = True
    fallback = scripted(str.upper)
    document = Segment(f"{A}One line.\n{B}Another line. And more.", ("- ", "- "), ("marker", "marker"), lines=True)
    [answer] = ladder(reader, fallback).translate([document], pair)
    assert isinstance(answer, Translation)
    assert restore(answer.text, document.keeps) == "- ONE LINE.\n- ANOTHER LINE. AND MORE."
    assert fallback.seen == ["One line.", "Another line.", "And more."]
    assert answer.flags == ("fallback",)


def test_candidates_come_back_in_canonical_form(scripted: Any, pair: Pair) -> None:
    def reply(text: str) -> Translation:
        return Translation(text.upper(), candidates=((text.upper(), 0.9), (text.lower(), 0.5), ("lost", 0.1)))

    answer = only(ladder(scripted(reply, ("tags",))), TWO, pair)
    assert isinstance(answer, Translation)
    assert answer.candidates == ((f"RUN {A} AND THEN {B} NOW.", 0.9), (f"run {A} and then {B} now.", 0.5))


def test_halt_reaches_translator_and_fallback(pair: Pair) -> None:
    first, second = Reader(), Reader()
    climbing = ladder(first, second)
    climbing.halt()
    assert first.halted and second.halted
    with pytest.raises(Stopped):
        climbing.translate(row("a"), pair)


def reviewed(pair: Pair, **corrections: str) -> Memory:
    """A memory with what a reviewer wrote for some segments."""
    memory = Memory(":memory:")
    for text, target in corrections.items():
        answer = Translation(target, (REVIEWED,))
        memory.put([(reviewed_key_of(text, pair), Segment(text), answer)], pair, "review:Anna")
    return memory


def test_what_a_reviewer_wrote_is_asked_of_nobody(scripted: Any, pair: Pair) -> None:
    memory = reviewed(pair, b="la lletra be")
    for name in ("one", "another"):
        engine = scripted(str.upper, name=name)
        climb = Ladder(engine, memory)
        got = climb.translate([Segment("a"), Segment("b"), Segment("b", role="input")], pair)
        assert got == [Translation("A"), *[Translation("la lletra be", (REVIEWED,))] * 2]
        assert engine.seen == ["a"]
        assert climb.counts == {"segments": 3, "unique": 2, "from_memory": 0, "from_review": 1, "sent": 1}


def test_a_reviewed_text_takes_the_kept_texts_of_each_segment(scripted: Any, pair: Pair) -> None:
    memory = reviewed(pair, **{f"Run {A} now.": f"Ara, {A}."})
    for kept, kind in (("`ls`", "inline_code"), ("https://a.org", "url")):
        segment = Segment(f"Run {A} now.", (kept,), (kind,))
        answer = only(Ladder(scripted(str.upper), memory), segment, pair)
        assert isinstance(answer, Translation)
        assert restore(answer.text, segment.keeps) == f"Ara, {kept}."


def test_another_pair_has_other_reviewers(scripted: Any, pair: Pair) -> None:
    back = Pair(pair.target, pair.source)
    assert only(Ladder(scripted(str.upper), reviewed(pair, a="x")), Segment("a"), back) == Translation("A")


def test_a_row_with_a_reviewed_segment_is_still_asked_for_whole(pair: Pair) -> None:
    memory = reviewed(pair, b="la lletra be")
    first, again, alone = Reader(), Reader(), Reader()
    expected = [Translation("A"), Translation("la lletra be", (REVIEWED,)), Translation("C")]
    assert Ladder(first, memory).translate(row("a", "b", "c"), pair) == expected
    assert first.asked == [["a", "b", "c"]]
    assert Ladder(again, memory).translate(row("a", "b", "c"), pair) == expected
    assert Ladder(alone, memory).translate(row("b"), pair) == expected[1:2]
    assert again.asked == alone.asked == []


class ReadsASCII(Scripted):
    def unreadable(self, text: str, pair: Pair) -> list[tuple[int, int]]:
        return [found.span() for found in re.finditer(r"[^\x00-\x7f\ue000-\uf8ff]+", text)]


@pytest.mark.parametrize(
    ("source", "reply", "target"),
    [
        ("Say 你好 to all", upper, "SAY 你好 TO ALL"),
        ("Say 你好 to 世界 people", drops_letters, "SAY 你好 TO 世界 PEOPLE"),
        ("Say 你好 to all", lambda text: "GONE" if "xqzv" in text or "<" in text else upper(text), "SAY 你好 TO ALL"),
        (
            "Say 你好 to all, and to them",
            lambda text: Failure("long", too_long=True) if "and" in text and "all" in text else upper(text),
            "SAY 你好 TO ALL, AND TO THEM",
        ),
    ],
    ids=["kept", "another scheme", "in pieces", "halved"],
)
def test_what_the_model_cannot_read_is_kept(source: str, reply: Any, target: str, pair: Pair) -> None:
    translator = ReadsASCII(reply=reply)
    answer = only(ladder(translator), Segment(source), pair)
    assert isinstance(answer, Translation) and answer.text == target
    assert not any("你好" in text for text in translator.seen)


def test_its_own_placeholders_stay_placeholders(pair: Pair) -> None:
    answer = only(
        ladder(ReadsASCII(reply=upper)),
        Segment(f"Run {A} with 你好 now", ("`ls`",), ("inline_code",)),
        pair,
    )
    assert isinstance(answer, Translation) and answer.text == f"RUN {A} WITH 你好 NOW"


def test_a_text_that_can_hardly_be_read_goes_to_the_fallback(scripted: Any, pair: Pair) -> None:
    first, second = ReadsASCII(reply=upper), scripted(str, name="second")
    answer = only(ladder(first), Segment("你好世界 ok"), pair)
    assert answer == Failure("the model's vocabulary lacks 67% of the text") and not first.seen
    assert only(ladder(first, second), Segment("你好世界 ok"), pair) == Translation("你好世界 ok", ("fallback",))
