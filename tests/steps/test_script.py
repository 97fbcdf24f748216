from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.step import Failed, Made, Rejected, Stage
from babelset.errors import ConfigError
from babelset.files.row import KEY
from babelset.steps.alignment.passages import kept
from babelset.steps.script import Script, transliterated
from tests.steps.conftest import Work, made

STAGE = Stage((), "", "eng_Latn")


def test_pairs_without_code(work: Work) -> None:
    [outcome] = work(Script(scheme="anyascii"), [{"text": "Привет, `мир`!\n\nМир."}], source="rus_Cyrl")
    row = made(outcome)
    assert row.pop(KEY)["language"] == "rus_Cyrl"
    assert row == {
        "id": "rows.jsonl:0:text",
        "source": "Привет, `мир`!\n\nМир.",
        "target": "Privet, `мир`!\n\nMir.",
        "language": "ru",
    }


def test_rows(work: Work) -> None:
    messages = [{"role": "user", "content": "Мир"}, {"role": "assistant", "content": "ok"}]
    [outcome] = work(Script(scheme="anyascii", shape="row"), [{"id": 3, "messages": messages}])
    row = made(outcome)
    assert [one["content"] for one in row["messages"]] == ["Mir", "ok"] and row["id"] == 3
    assert row[KEY]["scheme"] == "anyascii"


def test_uroman_knows_the_language(work: Work) -> None:
    [outcome] = work(Script(scheme="uroman"), [{"text": "नमस्ते दुनिया"}], source="hin_Deva")
    assert made(outcome)["target"] == "namaste duniyaa"


def test_a_table_of_ones_own_the_longest_first(work: Work, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("щ\tshch\nш\tsh\nшч\tX\nъ\t\n", "utf-8")
    [outcome] = work(Script(scheme=str(tmp_path / "t.tsv")), [{"text": "щ шч ш ъ а"}])
    assert made(outcome)["target"] == "shch X sh  а"


def test_only_some_words(work: Work, tmp_path: Path) -> None:
    (tmp_path / "w.tsv").write_text("мир\tRussian\nДом\n", "utf-8")
    step = Script.model_validate({"scheme": "anyascii", "only": str(tmp_path / "w.tsv")})
    rows = [{"text": "Мир, дом; миру"}, {"text": "миру"}]
    first, second = work(step, rows)
    assert made(first)["target"] == "Mir, dom; миру"
    assert second == Rejected("nothing in it changes in this scheme")


def test_rows_without_the_column(work: Work) -> None:
    [outcome, other] = work(Script(scheme="anyascii", fields=("x",)), [{"x": 3}, {"x": "é"}])
    assert isinstance(outcome, Failed) and outcome.field == "x" and isinstance(other, Made)


@given(st.text(max_size=80))
def test_kept_spans_and_line_breaks_stay(text: str) -> None:
    new = transliterated(text, lambda part: part.upper())
    assert len(new.splitlines()) == len(text.splitlines())
    assert all(text[start:end] in new for start, end in kept(text))


BAD = [
    ("a scheme that there is not", {"scheme": "uromam"}, "unknown scheme 'uromam'"),
    ("a table of three columns", {"scheme": "three.tsv"}, "three.tsv:1: 3 columns"),
    ("an empty table", {"scheme": "empty.tsv"}, "nothing in it"),
    ("a table that is not there", {"scheme": "none.tsv"}, "cannot be read"),
    ("words that are not there", {"scheme": "anyascii", "only": "none.tsv"}, "cannot be read"),
    ("no path", {"scheme": "anyascii", "fields": ["[x"]}, "is not a path"),
]


@pytest.mark.parametrize(("options", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_wrong_options(options: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("three.tsv").write_text("a\tb\tc\n")
    Path("empty.tsv").write_text("")
    with pytest.raises(ConfigError, match=said.replace("[", r"\[")):
        Script.model_validate(options).check(STAGE)


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uroman", None)
    with pytest.raises(ConfigError, match=r"pip install 'babelset\[script\]'"):
        Script(scheme="uroman").check(STAGE)
