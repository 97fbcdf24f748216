from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.errors import ConfigError
from babelset.text.placeholders import SCHEMES, Lost, mask, scheme
from babelset.text.segment import PLACEHOLDER, Segment

A, B, C = (chr(PLACEHOLDER + index) for index in range(3))


def segment(text: str, kinds: tuple[str, ...] = ()) -> Segment:
    keeps = tuple(f"`{index}`" for index, char in enumerate((A, B, C)) if char in text)
    return Segment(text, keeps, kinds or ("inline_code",) * len(keeps))


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize(
    "text",
    [
        f"Run {A} now.",
        f"{A}",
        f"({A}), then {B}!",
        f"This is {A}very{B} important.",  # markup sticks to the word
        f"{A}{B}{C}",
        f"a{A}b{B}c",
        f"{A} at the start and at the end {B}",
    ],
)
def test_an_honest_engine_brings_every_placeholder_back(name: str, text: str) -> None:
    masked = mask(segment(text), name)
    assert masked is not None
    assert masked.unmask(masked.text) == text


@pytest.mark.parametrize("name", ["letters", "letters2", "tags", "brackets"])
@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("nothing left", "0 of 2 placeholders came back"),
        ("{0} only", "1 of 2 placeholders came back"),
        ("{0} {1} {1}", "more than once"),
        ("{0} {1} {5}", "invented"),
    ],
)
def test_lost_placeholders_are_noticed(name: str, answer: str, complaint: str) -> None:
    masked = mask(segment(f"Run {A} and {B}."), name)
    assert masked is not None
    tokens = [scheme(name).token(index) for index in range(6)]
    with pytest.raises(Lost, match=complaint):
        masked.unmask(answer.format(*tokens))


@pytest.mark.parametrize("kind", ["markup", "html"])
def test_markup_must_keep_its_order_code_need_not(kind: str) -> None:
    text = f"This is {A} very {B} important."
    swapped = "xqzvbq molt xqzvq"
    with pytest.raises(Lost, match="order"):
        mask(segment(text, (kind, kind)), "letters").unmask(swapped)  # type: ignore[union-attr]
    assert mask(segment(text), "letters").unmask(swapped) == f"{B} molt {A}"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("XQZVQ ara", f"{A} ara"),  # an engine that capitalises
        ("Xqzvq, ara", f"{A}, ara"),
        ("ara\nxqzvq", f"ara {A}"),  # one line in, one line out
        ("ara \x1b[31m xqzvq\x00", f"ara [31m {A}"),
        (f"ara {B} xqzvq", f"ara  {A}"),  # a private-use character that the engine made up
    ],
)
def test_what_an_engine_may_do_to_a_token(answer: str, text: str) -> None:
    masked = mask(segment(f"{A} now"), "letters")
    assert masked is not None
    assert masked.unmask(answer) == text


def test_prose_that_holds_a_token_already_needs_another_scheme() -> None:
    assert mask(segment(f"xqzvq is not {A}"), "letters") is None
    assert mask(segment(f"xqzvq is not {A}"), "letters2") is not None
    assert mask(segment(f"press <1> then {A}"), "tags") is None


def test_unknown_scheme_is_named() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'letters'"):
        scheme("leters")


@given(st.integers(0, 6000), st.sampled_from(sorted(SCHEMES)))
def test_every_token_is_found_by_its_own_pattern(index: int, name: str) -> None:
    if name == "raw" and index >= 6400:
        return
    chosen = scheme(name)
    found = chosen.regex.fullmatch(chosen.token(index))
    assert found is not None


def test_tokens_are_distinct() -> None:
    for name in ("letters", "letters2", "tags", "brackets", "raw"):
        assert len({scheme(name).token(index) for index in range(6000)}) == 6000


def test_a_document_keeps_its_lines_and_the_order_of_its_blocks() -> None:
    kept = ("- ", "- ", "`ls`")
    text = f"Run {chr(PLACEHOLDER + 2)}:\n{chr(PLACEHOLDER)}one\n{chr(PLACEHOLDER + 1)}two"
    masked = mask(Segment(text, kept, ("marker", "marker", "inline_code"), lines=True), "xml")
    assert masked is not None and masked.text == "Run <3/>:\n<1/>one\n<2/>two"
    assert masked.unmask("<3/> ausführen:\n<1/>eins\n<2/>zwei").count("\n") == 2
    with pytest.raises(Lost, match="order"):
        masked.unmask("<3/>:\n<2/>zwei\n<1/>eins")


@pytest.mark.parametrize("kind", ["markup", "html", "inline_code"])
@pytest.mark.parametrize(
    ("text", "answer", "left"),
    [
        (f"Read {A}the guide{B} first.", "Leia o guia xqzvq xqzvbq primeiro.", True),
        (f"Read {A}the guide{B} first.", "Leia xqzvq o guia xqzvbq primeiro.", False),
        (f"Read {A}, {B} first.", "Leia xqzvq xqzvbq primeiro.", False),
        (f"Read {A}the guide{B} {C}now", "Leia xqzvq o guia xqzvbq xqzvcq", False),
    ],
)
def test_words_must_stay_in_the_markup_around_them(kind: str, text: str, answer: str, left: bool) -> None:
    masked = mask(segment(text, (kind,) * len(segment(text).keeps)), "letters")
    assert masked is not None
    if left and kind != "inline_code":
        with pytest.raises(Lost, match="left the markup"):
            masked.unmask(answer)
    else:
        assert A in masked.unmask(answer)
