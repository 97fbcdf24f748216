from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelset.errors import ContractError
from babelset.text import segment as segments
from babelset.text.document import Keep, Prose, Span, parse
from babelset.text.segment import Context, Part, Segment, cut, halve, protect, rebuild, sentences, split, whole
from tests.budget import examples


def source(parts: list[Part]) -> str:
    return "".join(part if isinstance(part, str) else part.source for part in parts)


def sources(text: str, **options: int) -> list[str]:
    parts = split(parse(text), **options)
    assert source(parts) == text
    return [part.source for part in parts if isinstance(part, Segment)]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("One is here. Two is there!  Three?", ["One is here.", "Two is there!", "Three?"]),
        ("Ask Dr. Smith, e.g. today. Then go.", ["Ask Dr. Smith, e.g. today.", "Then go."]),
        ("  padded \n\n text  ", ["padded", "text"]),
        ("Run `ls. It`. Then read.", ["Run `ls. It`.", "Then read."]),
        ("See https://a.org/b. Then go.", ["See https://a.org/b.", "Then go."]),
        ("- one\n- two", ["one", "two"]),
        ("A line\nAnother line", ["A line", "Another line"]),
        ("Before\n```\ncode\n```\nAfter", ["Before", "After"]),
        ("| a b | c |\n|---|---|\n| d | 5 |", ["a b", "c", "d"]),
        ("🎉 Well done! 🎉", ["Well done!"]),
        ("**All of it.** Then more.", ["All of it.", "Then more."]),
        ("**Note:** read on.", ["**Note:** read on."]),
        ("[INST] Be kind. [/INST]", ["Be kind."]),
        ("`ls` lists files", ["`ls` lists files"]),
        ("12 + 5, 7.", []),
        ("`code` $x^2$ 5", []),
        ("你好。再见！", ["你好。", "再见！"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sources(text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "M. Durand est là. Il rit.", ["M. Durand est là.", "Il rit."]),
        ("hi", "श्री. वर्मा आए। वे गए।", ["श्री. वर्मा आए।", "वे गए।"]),
        ("mr", "विभाग ३.२. मध्ये पहा. पुढे जा.", ["विभाग ३.२. मध्ये पहा.", "पुढे जा."]),
        ("km", "ខ្ញុំទៅ។ គាត់នៅ។", ["ខ្ញុំទៅ។", "គាត់នៅ។"]),
        ("bo", "ང་ཡིན། ཁྱེད་ཡིན།", ["ང་ཡིན།", "ཁྱེད་ཡིན།"]),
        ("ja", "彼は「来た。」と言った。私も。", ["彼は「来た。」と言った。", "私も。"]),
        ("en", "Add approx. 3 kg. See vol. 2 too. Go.", ["Add approx. 3 kg.", "See vol. 2 too.", "Go."]),
    ],
)
def test_where_sentences_end(language: str, text: str, expected: list[str]) -> None:
    parts = split(parse(text), language)
    assert [part.source for part in parts if isinstance(part, Segment)] == expected


def test_a_hard_wrapped_sentence_stays_whole() -> None:
    text = "This sentence was broken by an editor after some\nsixty characters, as mail is. And\nthis is a line."
    assert sources(text) == [
        "This sentence was broken by an editor after some\nsixty characters, as mail is.",
        "And",
        "this is a line.",
    ]


def test_a_long_quotation_is_cut_into_its_sentences() -> None:
    text = '"' + "This is one of many quoted sentences. " * 10 + 'It ends."'
    assert len(sources(text)) == 11


def test_placeholders_number_the_keeps_of_their_own_sentence() -> None:
    parts = split(parse("Run `a`. Run `b` and `c`."))
    assert [part for part in parts if isinstance(part, Segment)] == [
        Segment("Run \ue000.", ("`a`",), ("inline_code",)),
        Segment("Run \ue000 and \ue001.", ("`b`", "`c`"), ("inline_code", "inline_code")),
    ]


@pytest.mark.parametrize(
    "text, limit, expected",
    [
        ("It rained all day, so we stayed at home", 30, ["It rained all day,", "so we stayed at home"]),
        ("no clause here but many words", 12, ["no clause", "here but", "many words"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("aaae\u0301b", 4, ["aaa", "e\u0301b"]),
    ],
)
def test_no_segment_is_longer_than_the_limit(text: str, limit: int, expected: list[str]) -> None:
    assert sources(text, limit=limit) == expected


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        split([Prose("a")], limit=0)


@pytest.mark.parametrize("language", ["en", "cat_Latn", "xx", "", "zh-Hant", "no such language"])
def test_any_language_splits(language: str) -> None:
    assert len(split([Prose("One here. Two there.")], language)) == 3


def test_no_segment_has_more_keeps_than_there_are_placeholders() -> None:
    spans: list[Span] = [Keep("`a`", "inline_code", True), Prose("b,")] * 7000
    parts = split(spans, limit=20_000)
    assert source(parts) == "`a`b," * 7000
    assert max(len(part.keeps) for part in parts if isinstance(part, Segment)) <= 6000


def test_halve() -> None:
    assert halve(Segment("It rains, so we \ue000 stay.", ("`a`",), ("inline_code",), "output")) == [
        Segment("It rains,", role="output"),
        " ",
        Segment("so we \ue000 stay.", ("`a`",), ("inline_code",), "output"),
    ]
    assert halve(Segment("a")) == []


def test_cut() -> None:
    segment = Segment("Run \ue000 now, \ue001.", ("`a`", "`b`"), ("inline_code", "inline_code"))
    assert cut(segment) == [Segment("Run"), " `a` ", Segment("now,"), " `b`."]


def test_rebuild_wants_one_target_for_each_segment() -> None:
    parts: list[Part] = ["- ", Segment("a"), "\n"]
    assert rebuild(parts, ["b"]) == "- b\n"
    for targets in ([], ["b", "c"]):
        with pytest.raises(ContractError, match="1 segments and"):
            rebuild(parts, targets)


PIECES = st.sampled_from(
    ["a", "word ", ". ", "! ", "\n", "\r\n", "`x`", "**", "*", "😀", "中。", "\u0301", "\u200d", '"', "(", ")", ", ", "$x$", "\ue000", "\ud800",
     "- ", "https://a.org", "\x00", "\u2028", "Dr. ", "É", "| ", "[INST]", "a" * 50 + "\nb"]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.text(st.characters()), st.lists(PIECES, max_size=40).map("".join))


@settings(max_examples=examples(300), deadline=None)
@given(TEXTS, st.sampled_from(["en", "zh", "hi", "xx"]), st.integers(1, 60))
def test_nothing_is_lost(text: str, language: str, limit: int) -> None:
    parts = split(parse(text), language, limit)
    segments = [part for part in parts if isinstance(part, Segment)]
    assert source(parts) == text == rebuild(parts, [segment.source for segment in segments])
    assert all(parts) and not any(isinstance(a, str) and isinstance(b, str) for a, b in pairwise(parts))
    for segment in segments:
        assert len(segment.text) <= limit
        assert segment.text == segment.text.strip()
        assert [ord(char) - 0xE000 for char in segment.text if "\ue000" <= char <= "\uf8ff"] == list(
            range(len(segment.keeps))
        )
        assert len(segment.kinds) == len(segment.keeps)
        for smaller in (cut(segment), halve(segment)):
            assert not smaller or source(smaller) == segment.source


@pytest.mark.core(5)
@pytest.mark.parametrize(
    "piece", ["a", "a.", "«a. ", '"a. ', "a ", "\u0301", "中", "`a`b", "<a>\n", "a\n", "(", "Dr. "]
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    spans = parse((piece * 100_000)[:100_000])
    start = time.process_time()
    split(spans)
    assert time.process_time() - start < 2


DOCUMENT = "# Lists\nRun `ls`. Then **read** it:\n\n```py\nprint(1)\n```\n- one item\n- another\n"


def test_a_document_is_one_segment_with_its_lines() -> None:
    [heading, segment, end] = whole(parse(DOCUMENT))
    assert isinstance(segment, Segment) and segment.lines
    assert f"{heading}{segment.source}{end}" == DOCUMENT
    assert segment.kinds == ("inline_code", "markup", "markup", "code", "marker", "marker")


def test_a_long_document_is_cut_at_blank_lines() -> None:
    text = "\n\n".join(f"Paragraph {number} says little." for number in range(20))
    parts = whole(parse(text), limit=100)
    segments = [part for part in parts if isinstance(part, Segment)]
    assert all(len(segment.text) <= 100 and segment.text.endswith("little.") for segment in segments)
    assert rebuild(parts, [segment.source for segment in segments]) == text


@given(st.text(max_size=300), st.integers(1, 80))
def test_nothing_of_a_document_is_lost(text: str, limit: int) -> None:
    parts = whole(parse(text), limit)
    segments = [part for part in parts if isinstance(part, Segment)]
    assert rebuild(parts, [segment.source for segment in segments]) == text
    assert all(len(segment.text) <= limit for segment in segments)


def test_sentences_of_a_document_for_a_translator_that_takes_them_one_by_one() -> None:
    [_, segment, _] = whole(parse(DOCUMENT))
    assert isinstance(segment, Segment)
    parts = sentences(segment, "en", 1000)
    found = [part for part in parts if isinstance(part, Segment)]
    assert len(found) == 5
    assert rebuild(parts, [part.source for part in found]) == segment.source
    assert not any(part.lines for part in found)


def test_equal_rows_have_equal_contexts() -> None:
    sources = [("instruction", "Greet."), ("output", "Hello.")]
    assert Context.of(sources).digest == Context.of(list(sources)).digest
    assert Context.of(sources).digest != Context.of(sources[::-1]).digest


SENTENCES = st.lists(
    st.sampled_from(["a", "The", "1)", "(2)", "b)", "3.", "Dr.", "e.g.", ".", "!", "?", ";", ":", ")", '"', "-", "*", "5"]), max_size=12
).map(" ".join)  # fmt: skip


@settings(max_examples=examples(300), deadline=None)
@given(SENTENCES, st.sampled_from(["en", "el", "hy", "hi"]))
def test_the_short_way_for_one_sentence_finds_the_same(text: str, language: str) -> None:
    short = split([Prose(text)] if text else [], language)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "_is_one", lambda line: False)
        assert split([Prose(text)] if text else [], language) == short


@pytest.mark.parametrize(
    ("segment", "spans", "text", "keeps"),
    [
        (Segment("Say 你好 now."), [(4, 6)], "Say \ue000 now.", ("你好",)),
        (Segment("Run \ue000 in C#.", ("`x`",), ("inline_code",)), [(9, 11)], "Run \ue000 in \ue001.", ("`x`", "C#")),
        (Segment("a b"), [(0, 1), (2, 3)], "\ue000 \ue001", ("a", "b")),
        (Segment("a b"), [], "a b", ()),
    ],
)
def test_more_of_a_segment_can_be_kept(
    segment: Segment, spans: list[tuple[int, int]], text: str, keeps: tuple[str, ...]
) -> None:
    found = protect(segment, spans)
    assert (found.text, found.keeps) == (text, keeps) and len(found.kinds) == len(keeps)
    assert found.source == segment.source


@pytest.mark.parametrize("space", "\xa0\u1680\u2000\u2003\u2009\u202f\u205f\u3000\x85\u2028")
@pytest.mark.parametrize("language", ["en", "fr", "de", "ja", "ar"])
def test_a_wide_space_before_a_full_stop_ends_no_run(language: str, space: str) -> None:
    text = f"Plan B{space}. is by J{space}. Smith{space}{space}. So it is."
    assert source(split(parse(text), language)) == text
