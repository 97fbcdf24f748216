from __future__ import annotations

import pytest

from babelset.text.scan.comments import free_words, same_code


@pytest.mark.parametrize(
    "language, code, words",
    [
        ("python", "# Add them\nx = '# no'  # the sum\n", ["Add them", "the sum"]),
        ("python", '"""Of the module."""\n', ["Of the module."]),
        (
            "python",
            'def f():\n    """Add one.\n\n    >>> f()\n    two words\n\n    The end.\n    """\n',
            ["Add one.", "The end."],
        ),
        ("python", 'x = """A string stays."""\n', []),
        ("js", "// Say hello\nlet a = '// no';", ["Say hello"]),
        ("c", "/* Read it.\n * All of it.\n */\n#include <x.h>\nint a; // one", ["Read it.", "All of it.", "one"]),
        ("html", "<!-- say hello -->\n<b>x</b>", ["say hello"]),
        ("sql", "SELECT 1 -- one row", ["one row"]),
        ("sh", "#!/bin/sh\n# Say hello", ["Say hello"]),
        ("python", "# ----- \n", []),
        ("nosuchlanguage", "# a comment", []),
        ("python", "x = 1\r\n# a comment\r\n", ["a comment"]),
    ],
)
def test_the_words_of_comments(language: str, code: str, words: list[str]) -> None:
    assert [code[start:end] for start, end in free_words(code, language)] == words


@pytest.mark.parametrize(
    "language, one, other, same",
    [
        ("python", "x = 1  # one", "x = 1  # u", True),
        ("python", "x = 1  # one", "x = 2  # one", False),
        ("python", "x = 1  # one", "x = 1  # u\ny = 2", False),
        ("python", 'def f():\n    """One."""', 'def f():\n    """Un."""', True),
        ("python", 'def f():\n    """One."""', 'def f():\n    """Un.""" + g()', False),
        ("python", 'x = """One."""', 'x = """Un."""', False),
        ("c", "int a; /* b */", "int a; /* c */", True),
        ("c", "int a; /* b */", "int a; /* c */ */", False),
        ("c", "#include <a.h>\n", "#include <b.h>\n", False),
        ("nosuchlanguage", "# a", "# b", False),
        ("nosuchlanguage", "# a", "# a", True),
    ],
)
def test_same_code(language: str, one: str, other: str, same: bool) -> None:
    assert same_code(one, other, language) is same
