"""Files of references: what is read, and what is told of those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from babelset.errors import ConfigError, DataError
from babelset.languages import find
from babelset.scoring.references import reference_of, references

READ = [
    # what it shows, file name, its text, source, language, reference
    ("a table", "r.csv", "source,target\nHello.,Hola.\n", "Hello.", "ca", "Hola."),
    ("tabs", "r.tsv", "source\ttarget\nHello.\tHola.\n", "Hello.", "ca", "Hola."),
    ("JSON lines", "r.jsonl", '{"source": "Hello.", "target": "Hola."}\n', "Hello.", "ca", "Hola."),
    ("white space is even", "r.csv", 'source,target\n"Well,\n hello.", Hola. \n', " Well, hello.\n", "ca", " Hola. "),
    ("its own language", "r.csv", "source,target,language\nYes.,Sí.,ca\nYes.,Oui.,fra_Latn\n", "Yes.", "fr", "Oui."),
    ("its own language comes first", "r.csv", "source,target,language\nYes.,?,\nYes.,Oui.,fr\n", "Yes.", "fr", "Oui."),
    ("any language", "r.csv", "source,target,language\nYes.,?,\nYes.,Oui.,fr\n", "Yes.", "ca", "?"),
    ("another language", "r.csv", "source,target,language\nYes.,Oui.,fr\n", "Yes.", "ca", None),
    (
        "the first of several",
        "r.csv",
        "source,target\nYes.,Sí.,\nYes.,Ja.\n".replace("Sí.,", "Sí."),
        "Yes.",
        "ca",
        "Sí.",
    ),
    ("an empty one is none", "r.csv", "source,target\nYes.,\nYes.,Ja.\n", "Yes.", "ca", "Ja."),
    ("more columns", "r.csv", "id,source,target,by\n1,Yes.,Sí.,Anna\n", "Yes.", "ca", "Sí."),
    ("another case", "r.csv", "source,target\nyes.,Sí.\n", "Yes.", "ca", None),
]


@pytest.mark.parametrize(("what", "name", "text", "source", "language", "reference"), READ, ids=[c[0] for c in READ])
def test_what_is_found(
    what: str, name: str, text: str, source: str, language: str, reference: str | None, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert reference_of(source, find(language), references(str(file))) == reference


def test_two_text_files_belong_together_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("Hello.\n\nYes.\n")
    (tmp_path / "ca.txt").write_text("Hola.\nres\nSí.\n")
    known = references(str(tmp_path / "ca.txt"), str(tmp_path / "en.txt"))
    assert known == {("Hello.", ""): "Hola.", ("Yes.", ""): "Sí."}


BROKEN = [
    # what is wrong, file name, its text, what is told
    ("no target", "r.csv", "source,reference\nHello.,Hola.\n", r"r\.csv:2: target: a reference needs this field"),
    ("no source", "r.jsonl", '{"target": "Hola."}\n', r"r\.jsonl:1: source: a reference needs this field"),
    ("a number", "r.jsonl", '{"source": "Hello.", "target": 7}\n', r"r\.jsonl:1: target: .* with a text"),
    ("no JSON", "r.jsonl", '{"source": "a", "target": "b"}\n{"sour\n', r"r\.jsonl:2: not valid JSON"),
    ("a language unknown", "r.csv", "source,target,language\na,b,Klingon\n", r"r\.csv:2: language: unknown language"),
    ("nothing", "r.csv", "source,target\n", r"r\.csv: no references"),
    ("nothing but blanks", "r.csv", "source,target\na,\n ,b\n", r"r\.csv: no references"),
    ("lines without sources", "r.txt", "Hola.\n", r"r\.txt: has no sources; .* sources=FILE"),
    ("an unknown format", "r.docx", "Hola.\n", r"r\.docx: the ending tells no format"),
]


@pytest.mark.parametrize(("what", "name", "text", "told"), BROKEN, ids=[case[0] for case in BROKEN])
def test_what_is_told(what: str, name: str, text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        references(str(file))


@pytest.mark.parametrize(("sources", "targets", "short"), [("a\nb\n", "c\n", "ca"), ("a\n", "c\nd\n", "en")])
def test_a_line_that_is_missing_is_told(sources: str, targets: str, short: str, tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text(sources)
    (tmp_path / "ca.txt").write_text(targets)
    with pytest.raises(ConfigError, match=rf"{short}\.txt has fewer lines than .*txt"):
        references(str(tmp_path / "ca.txt"), str(tmp_path / "en.txt"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        references(str(tmp_path / "none.csv"))
