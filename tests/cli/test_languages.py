from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from babelset.cli import languages as command
from babelset.cli.app import app


def babelset(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["languages", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("catalan", "cat_Latn\tca\tCatalan\tcatalà\tLatn\tltr\tyes\teng-cat\tca\tyes"),
        ("hebr", "heb_Hebr\the\tHebrew\tעברית\tHebr\trtl\tyes\t\the\tyes"),
        ("pt-BR", "por_Latn\tpt-BR\tPortuguese (BR)\tportuguês\tLatn\tltr\tyes\teng-cat cat-por_BR\tpt\tyes"),
    ],
)
def test_a_query_in_a_pipe_gives_tab_separated_lines(query: str, line: str) -> None:
    code, output = babelset(query)
    assert code == 0 and line in output.splitlines()


def test_without_a_query_all_languages_are_listed() -> None:
    code, output = babelset()
    assert code == 0 and len(output.splitlines()) == 202


def test_json_holds_the_same_facts() -> None:
    code, output = babelset("urdu", "--json")
    assert code == 0
    assert [(row["code"], row["direction"], row["apertium"]) for row in json.loads(output)] == [("urd_Arab", "rtl", "")]


@pytest.mark.parametrize(
    ("query", "message"), [("catlan", "Did you mean Catalan (cat_Latn)"), ("\x1b[31m", "unknown language")]
)
def test_no_match_names_the_nearest(query: str, message: str) -> None:
    code, output = babelset(query)
    assert code == 2 and message in output and "\x1b" not in output


def test_right_to_left_names_are_isolated_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    from babelset.languages import find

    command._table([command._row(find("ar")), command._row(find("ca"))])
    shown = capsys.readouterr().out
    assert "\u2068العربية\u2069" in shown and "\u2068català" not in shown
