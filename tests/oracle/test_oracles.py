"""The oracles themselves: what they call code, and what they see when it is damaged."""

import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import written
from tests.oracle.damage import damaged
from tests.oracle.measure import paragraph
from tests.oracle.run import Made
from tests.oracle.tokens import tokens

PROSE = ["The door is open.", "return home", "global warming", "not true", "yes", "key in door"]


@pytest.mark.parametrize(
    "language, code, expected",
    [
        ("python", "return key in keys  # one", ["return", "key", "in", "keys", "# one"]),
        ("python", '"""Say it."""\nx = 1', ['"""Say it."""', "x", "=", "1"]),
        ("repl", ">>> 1 in [1]\nTrue", [">", ">", ">", "1", "in", "[", "1", "]", "True"]),
        ("json", '{"a b": [1.5]}', ["{", '"a b"', ":", "[", "1.5", "]", "}"]),
        ("javascript", "let a = 'b'; // c", ["let", "a", "=", "'b'", ";", " c"]),
        ("java", "int a = 1;", ["int", "a", "=", "1", ";"]),
        ("c", "int a; /* b */", ["int", "a", ";", "/* b */"]),
        ("css", "a { color: red }", ["a", "color", ":", "red"]),
        ("html", "<p>Some <b class='c'>words</b></p>", ["<p>", "<b class='c'>", "</b>", "</p>"]),
    ],
)
def test_tokens(language, code, expected):
    assert tokens(language, code) == expected


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_python(text):
    assert tokens("python", text) is None


@pytest.mark.parametrize("language", ["json", *written.TEMPLATES])
def test_each_template_parses(language):
    """With one of twenty choices of words: `order` is no name of a column in SQL."""
    number = len(written.TEMPLATES.get(language, "1"))
    code = list(islice(written.snippets(language, random.Random(1)), 20 * number))
    assert [code[at] for at in range(number) if not any(tokens(language, text) for text in code[at::number])] == []


@pytest.mark.parametrize(
    "source, target, lost",
    [
        (["return", "x", "in", "y"], "Before it. return x in y", []),
        (["return", "x", "in", "y"], "Regreso x in y", ["return"]),
        (["return", "x", "in", "y"], "return x inside y", ["in"]),
        (["a", "=", "'two words'"], "a = 'dos words'", ["'two words'"]),
        (["f", "(", "a", ")"], "f(a", [")"]),
        (["a", "<", "b"], "b < a", ["a", "b"]),
    ],
)
def test_damaged(source, target, lost):
    found = damaged(source, target)
    assert found == lost or (len(lost) == len(found) > 1)


@given(st.lists(st.from_regex(r"\A(?:\w{1,5}|[-+*/(){}=;])\Z"), min_size=1, max_size=30), st.data())
def test_a_token_that_is_gone_is_seen(source, data):
    assert damaged(source, "\n".join(source)) == []
    at = data.draw(st.integers(0, len(source) - 1))
    assert damaged(source, "\n".join(source[:at] + source[at + 1 :])) != []


@pytest.mark.parametrize(
    "text, target, kept",
    [
        ("The door is open.", "Gur qbbe vf bcra.", ()),
        ("The door is open.", "Gur door vf bcra.", ("door",)),
        (
            "See https://example.org/door or /usr/door for f(door).",
            "Frr https://example.org/door be /usr/door sbe f(door).",
            (),
        ),
    ],
)
def test_kept_words(text, target, kept):
    assert paragraph(text, Made({"text": target}, True, ())).kept == kept
