from __future__ import annotations

from pathlib import Path

import pytest

from babelset.errors import ConfigError
from babelset.steps.alignment.terms import Terms, folded_term

LABELS = "coral reef\tKorallenriff\tde\ncoral reef\tarrecife de coral\tSpanish\nSt. Louis\tSan Luis\tes\n"


def read(tmp_path: Path, text: str, name: str = "terms.tsv") -> Terms:
    (tmp_path / name).write_text(text, "utf-8")
    return Terms.read(str(tmp_path / name))


def test_terms_by_language(tmp_path: Path) -> None:
    terms = read(tmp_path, LABELS)
    assert terms.of("Coral  Reef", "spa_Latn") == ("arrecife de coral",) and terms.of("coral", "spa_Latn") == ()
    assert terms.languages("coral reef") == {"deu_Latn", "spa_Latn"}
    text = "A coral reef, not St. Louis; coral."
    assert [text[slice(*span)] for span in terms.spans(text)] == ["coral reef", "St. Louis"]


FORMS = [
    ("two columns", "t.tsv", "house\tcasa\n"),
    ("a csv", "t.csv", 'house,casa\n"a, b",c\n'),
    ("a header, in any order and with more", "t.tsv", "count\ttarget\tsource\tshare\n3\tcasa\thouse\t1\n"),
    ("rows", "t.jsonl", '{"source": "house", "target": "casa"}\n'),
    ("a byte order mark", "t.tsv", "\ufeffhouse\tcasa\n"),
]


@pytest.mark.parametrize(("name", "text"), [case[1:] for case in FORMS], ids=[case[0] for case in FORMS])
def test_forms(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path, text, name).of("house", "cat_Latn") == ("casa",)


BAD = [
    ("a third column that is no language", "t.tsv", "house\tcasa\tblue\n", "t.tsv:1: the third column is no language"),
    ("one of counts", "t.tsv", "a\tb\tes\nhouse\tcasa\t12\n", "t.tsv:2: the third column is no language"),
    ("one that is open", "t.tsv", "house\tfangzi\tzh\n", "t.tsv:1: .*Chinese has two scripts"),
    ("four columns", "t.tsv", "a\tb\tes\tx\n", "t.tsv:1: 4 columns"),
    ("one column", "t.tsv", "house\n", "t.tsv:1: 1 columns"),
    ("an empty target", "t.tsv", "house\t\n", "t.tsv:1: an empty term"),
    ("punctuation", "t.tsv", "...\tcasa\n", "t.tsv:1: an empty term"),
    ("nothing", "t.tsv", "", "no terms in it"),
    ("numbers in rows", "t.jsonl", '{"source": "house", "target": 3}\n', "t.jsonl:1: "),
    ("no rows", "t.jsonl", "{\n", "t.jsonl:1: "),
    ("a language in a column by name", "t.tsv", "source\ttarget\tlanguage\na\tb\tblue\n", "t.tsv:2: the third column"),
    ("no ending", "terms", "house\tcasa\n", "tells no format"),
]


@pytest.mark.parametrize(("name", "text", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, text, name)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.tsv: cannot be read"):
        Terms.read("nowhere.tsv")


def test_latin_1_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes("house\tcaf\xe9\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="UTF-8"):
        Terms.read(str(tmp_path / "t.tsv"))


@pytest.mark.parametrize(("term", "key"), [(" St.  Louis.", "st. louis"), ("(x)", "x"), ("…", ""), ("नमस्ते", "नमस्ते")])
def test_folded(term: str, key: str) -> None:
    assert folded_term(term) == key
