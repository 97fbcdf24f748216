from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelset.text import document
from babelset.text.document import Keep, Prose, parse
from babelset.text.scan import hints, inline
from tests.budget import examples

SHARED = Path(__file__).resolve().parents[2] / "../shared/data/instruction"


def kept(text: str, **options: bool) -> list[tuple[str, str]]:
    return [(span.kind, span.text) for span in parse(text, **options) if isinstance(span, Keep)]


def prose(text: str, **options: bool) -> list[str]:
    return [span.text for span in parse(text, **options) if isinstance(span, Prose)]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Use `ls -l` now.", [("inline_code", "`ls -l`")]),
        ("Type ``a ` b`` here.", [("inline_code", "``a ` b``")]),
        ("The link_name of os.path.getsize() is read.", [("inline_code", "link_name"), ("inline_code", "os.path.getsize()")]),
        ("It holds that $x^2 + y^2$ grows.", [("latex", "$x^2 + y^2$")]),
        ("Costs $5, and $n$ of them.", [("latex", "$n$")]),
        (r"Let \(a < b\) be so.", [("latex", r"\(a < b\)")]),
        ("Ask ana@example.org or see https://example.org/a_b?c=d.", [("email", "ana@example.org"), ("url", "https://example.org/a_b?c=d")]),
        ("See (https://example.org/wiki/Tea_(drink)) there.", [("url", "https://example.org/wiki/Tea_(drink)")]),
        ("Visit www.example.com, or example.com!", [("url", "www.example.com"), ("url", "example.com")]),
        ("Open /etc/hosts and ~/notes.txt in src/app/main.py.", [("path", "/etc/hosts"), ("path", "~/notes.txt"), ("path", "src/app/main.py")]),
        (r"Look in C:\Users\ana please.", [("path", r"C:\Users\ana")]),
        ("Dear {name}, {{count}} of %s and %(n)d in ${HOME}.", [("placeholder", p) for p in ("{name}", "{{count}}", "%s", "%(n)d", "${HOME}")]),
        ("Put <your name> and <mask> here.", [("placeholder", "<your name>"), ("placeholder", "<mask>")]),
        ("Pandas are ____ animals.", [("placeholder", "____")]),
        ("<|im_start|>user\nHi.", [("placeholder", "<|im_start|>user")]),
        ("<start_of_turn>model\nHi.", [("placeholder", "<start_of_turn>model")]),
        ("<|start_header_id|>user<|end_header_id|>Hi.", [("placeholder", "<|start_header_id|>user"), ("placeholder", "<|end_header_id|>")]),
        ("[|Human|] Hi. [|AI|] Yes.", [("placeholder", "[|Human|]"), ("placeholder", "[|AI|]")]),
        ("My name is [NAME], not [that](a.org). [RESULT] A", [("placeholder", "[NAME]"), ("markup", "["), ("markup", "](a.org)"), ("placeholder", "[RESULT]"), ("label", "A")]),
        ("A chat. USER: Is it ripe? ASSISTANT: It is.", [("speaker", "USER:"), ("speaker", "ASSISTANT:")]),
        ("He sold 48/2 = <<48/2=24>>24 pears in May.", [("formula", "<<48/2=24>>")]),
        ("Response A is better than Response B.", [("label", "A"), ("label", "B")]),
        ("Among A through D, choose one.", [("label", "A"), ("label", "D")]),
        ("Give the group A chance, and a model A-line skirt.", []),
        ("A)21 km", [("marker", "A)")]),
        ("B)the red car", [("marker", "B)")]),
        ("CREATE TABLE head (age INTEGER)", [("code", "CREATE TABLE head (age INTEGER)")]),
        ("Make it so: CREATE TABLE head (age INTEGER)", [("code", "CREATE TABLE head (age INTEGER)")]),
        ("CREATE a table of numbers for me.", []),
        ("It must match ^[a-zA-Z0-9._%+-]+@[a-z]+$ whole.", [("inline_code", "^[a-zA-Z0-9._%+-]+@[a-z]+$")]),
        (r"Find ^\d{3}-\d{4}$ or \w+, please.", [("inline_code", r"^\d{3}-\d{4}$"), ("inline_code", r"\w+")]),
        ("(?i)hello|world", [("inline_code", "(?i)hello|world")]),
        ("It costs 0-9 dollars, as in [10-19], page 3.", []),
        ("Use find with -name and -type f there.", [("inline_code", "-name"), ("inline_code", "-type f")]),
        ("Add the option -verbose to it.", [("inline_code", "-verbose")]),
        ("The suffix -ing, and he -as you know- ran.", []),
        ("See `the guide <https://a.org>`_ now.", [("markup", "`"), ("markup", " <https://a.org>`_")]),
        ("See :doc:`the guide <guide>` now.", [("inline_code", ":doc:"), ("markup", "`"), ("markup", " <guide>`")]),
        ("A `List <int>` is one.", [("inline_code", "`List <int>`")]),
        ("[INST] <<SYS>> Be kind. [/INST]", [("placeholder", "[INST]"), ("placeholder", "<<SYS>>"), ("placeholder", "[/INST]")]),
        ("It takes O(n log n) and O(m(n+1)) time.", [("formula", "O(n log n)"), ("formula", "O(m(n+1))")]),
        ("Ask @ana_b today.", [("handle", "@ana_b")]),
        ("A <b>bold</b> word&nbsp;here.", [("html", "<b>"), ("html", "</b>"), ("html", "&nbsp;")]),
        ("Well done 🎉👩‍🚀 friend.", [("emoji", "🎉👩‍🚀")]),
        ("This is **very** *good*.", [("markup", "**"), ("markup", "**"), ("markup", "*"), ("markup", "*")]),
        ("See [the page](https://example.org 'x') now.", [("markup", "["), ("markup", "](https://example.org 'x')")]),
        ("Ring\x07 and \ue001 pass.", [("symbol", "\x07"), ("symbol", "\ue001")]),
        ("The list [1, 2, 3] is short.", [("json", "[1, 2, 3]")]),
    ],
)  # fmt: skip
def test_kept_inside_a_sentence(text: str, expected: list[tuple[str, str]]) -> None:
    assert kept(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Tea costs $5 and coffee $10, so $15 in all.",
        "They earn $5-$10 an hour, or $20/day.",
        "a `` b ` c",
        "Two * three * four is 2*3*4.",
        "If a < b and c > d, stop.",
        "He is 100% sure, and/or late.",
        "Note: if you want to go, say so; then wait (a little).",
        "Roses are red;\nSkies are blue;\nTea is warm (and sweet);\nLong may it last;",
        "return to sender\nimport taxes are high\npass the bread;\nbreak a leg;",
        "Cost = 5 dollars\nTime = three long days",
        "2 eggs (beaten);\n1 cup milk (cold);\nName(s)\nPlace(s)",
        '"Happy": feeling joy\n"Sad": feeling low',
        "Drifting gently to the ground;\nLeaves are falling all around;",
        "Time: 5 minutes\nServes: 4\nLevel: easy",
        "{blue, green, yellow}",
        "[1] is a citation",
        "Choose the best option:\nthen select it from the list.",
        "We bought apples, pears, and plums.\nWe sold bread, milk, and eggs.\nWe kept tea, salt, and oil.",
        "Who is it for?\nFor my friend, the class teacher.",
    ],
)
def test_left_to_translate(text: str) -> None:
    assert kept(text) == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("See:\n```py\nx = 1\n```\nDone.", [("code", "```py\nx = 1\n```")]),
        ("- step\n   ~~~\n   a ``` b\n   ~~~\n- more", [("marker", "- "), ("code", "~~~\n   a ``` b\n   ~~~"), ("marker", "- ")]),
        ("Open:\n```\nnever closed\n\nprose?", [("code", "```\nnever closed\n\nprose?")]),
        ("Here you go: ```js\nlet a;\n```\nBye.", [("code", "```js\nlet a;\n```")]),
        ("It is:\n\n$$\nx = y\n$$\n\nRight.", [("latex", "$$\nx = y\n$$")]),
        ("So \\begin{align}a &= b\\end{align} holds.", [("latex", "\\begin{align}a &= b\\end{align}")]),
        ("Then:\n2x + 4 = 10\nSolve it.", [("formula", "2x + 4 = 10")]),
        ('Data:\n{"a": ["b", 1]}\nEnd.', [("json", '{"a": ["b", 1]}')]),
        ('{"cut off": ["here", "an', [("json", '{"cut off": ["here", "an')]),
        ("<menuset><item>Tea</item><item>Milk</item></menuset>", [("xml", "<menuset><item>Tea</item><item>Milk</item></menuset>")]),
        ("kind: Pod\nname: web\nlevel: easy\n", []),
        ("api: v1\nkind: Pod\nmetadata:\n  name: web\n", [("yaml", "api: v1\nkind: Pod\nmetadata:\n  name: web\n")]),
        ("Read:\nid,name,age\n1,Ana,30\n2,Pau,41\nDone.", [("csv", "id,name,age\n1,Ana,30\n2,Pau,41")]),
        ("<p>Hi there</p>\n<script>var a = 1;</script>", [("html", "<p>"), ("html", "</p>"), ("html", "<script>var a = 1;</script>")]),
        ("# Title\n> quote\n- [x] task\n1. one", [("marker", m) for m in ("# ", "> ", "- [x] ", "1. ")]),
        ("| a | b |\n|---|---|\n| c | d |", [("table", t) for t in ("| ", " | ", " |", "|---|---|", "| ", " | ", " |")]),
    ],
)  # fmt: skip
def test_kept_as_a_block(text: str, expected: list[tuple[str, str]]) -> None:
    assert kept(text) == expected


@pytest.mark.parametrize(
    "code",
    [
        "def add(a, b):\n    # Sum of both\n    return a + b",
        "import os\nfrom sys import path\n\nfor name in os.listdir():\n    print(name)",
        "SELECT name, age FROM people WHERE age > 30;",
        "SELECT c.name, SUM(o.total)\nFROM customers AS c\nGROUP BY c.id, c.name\nORDER BY spent DESC\nLIMIT 5;",
        "#include <stdio.h>\n\nint main() {\n    return 0;\n}",
        "function add(a, b) {\n  return a + b;\n}\n\nconsole.log(add(1, 2));",
        "items = ['tea', 'milk']\nprint(items[0])",
        "$ pip install requests\n$ python main.py",
        "package main\nimport (\n \"fmt\"\n)\nfunc main() {\n fmt.Println(1)\n}",
        ".box {\n  color: red;\n  width: 50%;\n}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("before, after", [("", ""), ("This is how it goes:\n\n", "\n\nThat is all of it.")])
def test_unfenced_code_is_kept_and_the_prose_around_it_is_not(code: str, before: str, after: str) -> None:
    assert parse(before + code + after) == [
        *([Prose(before)] if before else []), Keep(code, "code"), *([Prose(after)] if after else [])
    ]  # fmt: skip


def test_text_between_tags_is_prose() -> None:
    assert "Hello there" in prose("<ul>\n  <li>Hello there</li>\n</ul>")


def test_reasoning_is_kept_unless_wanted() -> None:
    text = "<think>\nLet me see.\n</think>\nIt is so."
    assert kept(text) == [("reasoning", "<think>\nLet me see.\n</think>")]
    assert kept(text, reasoning=True) == [("reasoning", "<think>"), ("reasoning", "</think>")]
    assert prose(text, reasoning=True) == ["\nLet me see.\n", "\nIt is so."]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("<think>never ends", ["<think>never ends"]),
        ("opened by the prompt</think>So.", ["opened by the prompt</think>"]),
        ("<think>a<think>b</think>c</think>d", ["<think>a<think>b</think>c</think>"]),
    ],
)
def test_broken_reasoning_is_kept(text: str, expected: list[str]) -> None:
    assert [span for _, span in kept(text)] == expected


@pytest.mark.parametrize("number", ["5 km", "3.14", "20%", "v2.0.1", "1,000", "37 °C"])
def test_numbers_are_kept_when_asked(number: str) -> None:
    assert kept(f"It is {number} here.", numbers=True) == [("number", number)]
    assert ("number", number) not in kept(f"It is {number} here.")


@pytest.mark.parametrize("fence", ["```python\n{}\n```", "```\n{}\n```", "{}"])
def test_comments_are_translated_when_asked(fence: str) -> None:
    text = fence.format('def f(x):\n    """Add them up."""\n    return x + 1  # and one more')
    assert prose(text, comments=True) == ["Add them up.", "and one more"]
    assert prose(text) == []


PIECES = st.sampled_from(
    ["`", "```", "~~~\n", "\n", "\r\n", "\r", " ", "    ", "\t", "> ", "- ", "1. ", "# ", "*", "**", "_", "[", "](", ")", "![", "<", ">",
     "<b>", "</think>", "<think>", "<!--", "-->", "{", "}", "{{", "[1,", '"a": ', "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\begin{a}",
     "\\end{a}", "|", "|---|", "a", "ab cd", ". ", "é", "中。", "😀", "\u0301", "\ue000", "\x00", "\x0c", "\x1a", "\u2028", "\ud800", "=",
     ";", "x = 1;\n", "def f():\n", "http://a.b", "a@b.cc", "/a/b", "%s", "5 km", ",", "&amp;", "<script>", "</script>", "\\"]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.text(st.characters()), st.lists(PIECES, max_size=40).map("".join))


@settings(max_examples=examples(300), deadline=None)
@given(TEXTS, st.booleans(), st.booleans(), st.booleans())
def test_spans_are_the_text(text: str, reasoning: bool, comments: bool, numbers: bool) -> None:
    spans = parse(text, reasoning=reasoning, comments=comments, numbers=numbers)
    assert "".join(span.text for span in spans) == text
    assert all(span.text for span in spans)
    assert not any("\ue000" <= char <= "\uf8ff" for span in spans if isinstance(span, Prose) for char in span.text)


@settings(max_examples=examples(200), deadline=None)
@given(st.text(st.sampled_from("ab S.,;:'\"()!?-–\n\t_12"), max_size=60))
def test_the_short_way_for_plain_text_finds_the_same(text: str) -> None:
    short = parse(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "PLAIN", document.re.compile(""))
        assert parse(text) == short


@settings(max_examples=examples(200), deadline=None)
@given(TEXTS)
def test_scanners_that_need_something_find_nothing_without_it(text: str) -> None:
    for needed, scan in document._scanners(False, False, False):
        if needed and not any(each in text for each in needed):
            assert not [mark for mark in scan(text) if mark.start < mark.end]


@settings(max_examples=examples(300), deadline=None)
@given(
    TEXTS
    | st.lists(
        st.sampled_from(["a", "Bc", "é", "_", "1", ".", "/", "@", ":", "-", "+", "(", " ", "com", "O(", "5 pm", "%"])
    ).map("".join)
)
def test_every_token_begins_where_tokens_may_begin(text: str) -> None:
    anywhere = re.compile(inline.TOKENS.pattern.removeprefix(inline.BEGINNING))
    assert [found.span() for found in inline.TOKENS.finditer(text)] == [
        found.span() for found in anywhere.finditer(text)
    ]


def test_looking_for_the_end_of_a_shell_command_is_cheap_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(hints, "_bare", lambda line: calls.append(line) or line)
    assert hints.to_the_line("if (;", ["if (;"] * 200) == 0
    assert not calls
    assert hints.to_the_line("if true", ["  x", "fi"]) == 2


@pytest.mark.core(5)
@pytest.mark.parametrize(
    "piece",
    ["`", "` ", "```\n", "> ", "$", "$a", "[", "![", "[a](", "*", "*a ", "**a", "_a ", "<", "<a ", "<a>\n", "<!--", "</think>", "{", '{"a":',
     "[1,\n", '["a",\n', "|\n", "- ", "- a\n", "\n", "\\(", "\\begin{a}", "a@", "a.", "/a", "a_", "#", "😀", "\u0301", "\ud800", "a,b,c\n",
     "if (;\n", "x = (\n", "f(a;\n", "a = {\n", '"""\n', "['a', ", "{a, plural, one {", "A, B ", ">>> a\n", "$ a\n", "\\a{", "f((", "a/b ", "x = ", "a(", "= 1 ", "_", "1.", "«a. "],
)  # fmt: skip
def test_hostile_text_takes_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        start = time.process_time()
        parse(text)
        return time.process_time() - start

    # half a second at most where it is linear, tens of seconds where it is quadratic
    assert seconds(100_000) < 2


def texts_of(name: str) -> Iterator[str]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not here: real datasets are not part of the repository")
    for row in json.loads(path.read_text(encoding="utf-8")):
        yield from (value for value in row.values() if isinstance(value, str))


@pytest.mark.shared
def test_real_rows_are_mostly_prose() -> None:
    texts = list(texts_of("lf_alpaca_en_demo.json"))
    spans = [span for text in texts for span in parse(text)]
    assert sum(len(span.text) for span in spans) == sum(map(len, texts))
    translated = sum(len(span.text) for span in spans if isinstance(span, Prose))
    assert 0.95 < translated / sum(map(len, texts)) < 0.98


@pytest.mark.parametrize("after", ["", "\n\nRun the script twice and look at the result."])
def test_a_script_is_kept_whole_from_its_first_line(after: str) -> None:
    script = '#!/bin/bash\nset -eu\n\nfor file in *.txt; do\n  echo "Found $file"\ndone'
    assert kept(script + after) == [("code", script)]


@pytest.mark.parametrize("space", ["\u2028", "\u2029", "\x85", "\f", "\v", "\x1c"])
def test_lines_that_no_newline_ends_take_linear_time(space: str) -> None:
    """A tenth of a second for 30,000; compared each with each, they take ten."""
    started = time.process_time()
    assert "".join(span.text for span in parse(f"*a*{space * 30_000}*b*")) == f"*a*{space * 30_000}*b*"
    assert "".join(span.text for span in parse(space * 30_000)) == space * 30_000
    assert time.process_time() - started < 2
