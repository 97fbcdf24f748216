from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from babelset import plugins
from babelset.cli import languages as command
from babelset.cli.app import app
from babelset.languages import Pair
from tests.conftest import Scripted


def babelset(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["languages", *arguments])
    return result.exit_code, result.output


class Latin(Scripted):
    """A stranger's engine, for languages in Latin script."""

    def supports(self, pair: Pair) -> bool:
        return pair.target.script == "Latn"


class Closed(Scripted):
    """A stranger's engine that needs a key."""

    key: str


class Point:
    def __init__(self, found: object) -> None:
        self.found, self.value = found, "strangers:Engine"

    def load(self) -> object:
        if self.found is None:
            raise ImportError("no torch")
        return self.found


@pytest.fixture
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Echo and three strangers: one that can be made without options, one that cannot, one that is broken."""
    points = {name: Point(found) for name, found in {"closed": Closed, "latin": Latin, "broken": None}.items()}
    points["echo"] = plugins.available("translators")["echo"]  # type: ignore[assignment]
    monkeypatch.setattr(plugins, "available", lambda group: points)


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("catalan", "cat_Latn\tca\tCatalan\tcatalà\tLatn\tltr\tyes\techo latin\tca\tca\tyes"),
        ("hebr", "heb_Hebr\the\tHebrew\tעברית\tHebr\trtl\tyes\techo\the\the\tyes"),
        ("pt-BR", "por_Latn\tpt-BR\tPortuguese (BR)\tportuguês\tLatn\tltr\tyes\techo latin\tpt\tpt\tyes"),
    ],
)
def test_a_query_in_a_pipe_gives_tab_separated_lines(query: str, line: str, strangers: None) -> None:
    code, output = babelset(query)
    assert code == 0 and line in output.splitlines()


def test_without_a_query_all_languages_are_listed() -> None:
    code, output = babelset()
    assert code == 0 and len(output.splitlines()) == 202


def test_json_holds_the_same_facts() -> None:
    code, output = babelset("urdu", "--json")
    assert code == 0
    [row] = json.loads(output)
    assert (row["code"], row["direction"]) == ("urd_Arab", "rtl") and "echo" in row["engines"].split()


@pytest.mark.parametrize(
    ("query", "message"), [("catlan", "Did you mean Catalan (cat_Latn)"), ("\x1b[31m", "unknown language")]
)
def test_no_match_names_the_nearest(query: str, message: str) -> None:
    code, output = babelset(query)
    assert code == 2 and message in output and "\x1b" not in output


def test_right_to_left_names_are_last_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    from babelset.languages import find

    command._table([command._row(find("ar"), {}), command._row(find("ca"), {})])
    shown = capsys.readouterr().out
    assert all(line.split()[-1] in ("native", "العربية", "català") for line in shown.splitlines())
