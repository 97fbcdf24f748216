"""Pairs of segments for the training of translators: those that were accepted, each once, and nothing else."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.exports.segments import _instructions
from babelset.files.row import KEY
from babelset.languages import find
from tests.exports.conftest import make

LAKE, EL_LLAC = "The lake is deep.", "El llac és profund."
ODD, EL_RAR = 'A "tab"\there & <there>.', "Un «tab»\taquí & <allà>."
RIVER, EL_RIU = "The river is cold.", "El riu és fred."


def translated(
    *pairs: tuple[str, str | None], source: str = "eng_Latn", lang: str = "cat_Latn", **more: Any
) -> dict[str, Any]:
    """A row of an instruction, the first pair, and an output, all others."""
    texts = [("instruction", pairs[:1]), ("output", pairs[1:])]
    data = {key: " ".join(target or "" for _, target in of) for key, of in texts}
    fields = [{"path": [key], "role": key, "source": " ".join(one for one, _ in of), "keeps": []} for key, of in texts]
    segments = [
        {"field": int(at > 0), "source": one, "target": other, "keeps": [], "flags": [], "reason": ""}
        for at, (one, other) in enumerate(pairs)
    ]
    known = {
        "row": 0, "file": "lakes.jsonl", "line": 1, "status": "accepted", "schema": "alpaca", "source": source,
        "target": lang, "translator": "test|v:1", "fields": fields, "segments": segments, "scores": {}, "verdicts": [],
    }  # fmt: skip
    return {**data, KEY: {**known, **more}}


ROWS = [
    translated((LAKE, EL_LLAC), (ODD, EL_RAR), (RIVER, EL_RIU)),
    translated((RIVER, EL_RIU), (LAKE, EL_LLAC)),
    translated((LAKE, "Rebutjat."), (RIVER, None), status="rejected"),
    translated((LAKE, "El llac és fondo."), (" ", " ")),
]
PAIRS = [(LAKE, EL_LLAC), (ODD, EL_RAR), (RIVER, EL_RIU), (LAKE, "El llac és fondo.")]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(*ROWS)


def write(*rows: dict[str, Any]) -> None:
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def export(shape: str, output: str, *words: str, code: int = 1) -> dict[str, Any]:
    """The account; exit code 1 says that a row failed, here the rejected one."""
    done = CliRunner().invoke(app, ["export", "in.jsonl", "--as", shape, "-o", output, "--json", *words])
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    found: dict[str, Any] = json.loads(done.stdout) if code < 2 else {"said": done.output}
    return found


def lines(path: str) -> list[Any]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def alma() -> list[tuple[str, str]]:
    return [(row["translation"]["en"], row["translation"]["ca"]) for row in lines("out.jsonl")]


def tsv() -> list[tuple[str, str]]:
    with Path("out.tsv").open(newline="") as file:
        header, *rows = csv.reader(file, delimiter="\t")
    assert header == ["en", "ca"]
    return [(one, other) for one, other in rows]


def tmx() -> list[tuple[str, str]]:
    from lxml import etree

    root = etree.parse("out.tmx", etree.XMLParser(load_dtd=False, no_network=True)).getroot()
    assert root.get("version") == "1.4" and root.find("header").get("srclang") == "en"
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    units = [{tuv.get(lang): tuv.findtext("seg") for tuv in unit} for unit in root.iterfind("body/tu")]
    return [(unit["en"], unit["ca"]) for unit in units]


def interlinear() -> list[tuple[str, str]]:
    texts = Path("out.txt").read_text().split("\n")
    assert texts.pop() == "" and not any(texts[2::3])
    return list(zip(texts[::3], texts[1::3], strict=True))


def instructed() -> list[tuple[str, str]]:
    said = [[message["content"] for message in row["messages"]] for row in lines("out.jsonl")]
    return [(asked.split("\n\n", 1)[1], answer) for asked, answer in said]


SHAPES: dict[str, tuple[str, Callable[[], list[tuple[str, str]]], list[str]]] = {
    "alma": ("out.jsonl", alma, []),
    "tsv": ("out.tsv", tsv, []),
    "tmx": ("out.tmx", tmx, []),
    "interlinear": ("out.txt", interlinear, []),
    "mt-instruct": ("out.jsonl", instructed, ["-O", "direction=to"]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_accepted_pair_once_and_as_it_was(shape: str) -> None:
    output, read, words = SHAPES[shape]
    account = export(shape, output, *words)
    assert read() == PAIRS
    assert account["rows"] == {"read": 4, "used": 3, "written": 4, "failed": 1}
    assert "not accepted" in next(iter(account["failures"]))


@pytest.mark.parametrize("shape", SHAPES)
def test_only_texts_of_a_role(shape: str) -> None:
    output, read, words = SHAPES[shape]
    export(shape, output, *words, "-O", "role=instruction")
    assert read() == [(LAKE, EL_LLAC), (RIVER, EL_RIU), (LAKE, "El llac és fondo.")]


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_without_segments_are_listed(shape: str) -> None:
    english = {"instruction": LAKE, "output": RIVER}
    untranslated = make("alpaca", {**english, "input": ""}, {**english, "input": ""})
    write(
        {**untranslated.data, KEY: untranslated.evidence}, translated((LAKE, LAKE), (RIVER, RIVER), source="cat_Latn")
    )
    output, _, words = SHAPES[shape]
    account = export(shape, output, *words)
    assert account["rows"] == {"read": 2, "written": 0, "failed": 2}
    assert account["failures"] == {"it holds no translated segments": 2}


def test_one_file_a_language() -> None:
    write(ROWS[0], translated((LAKE, "El lago es profundo."), (RIVER, "El río está frío."), lang="spa_Latn"))
    export("alma", "out/{lang}.jsonl", code=0)
    assert [len(lines(f"out/{lang}.jsonl")) for lang in ("ca", "es")] == [3, 2]
    assert lines("out/es.jsonl")[0] == {"translation": {"en": LAKE, "es": "El lago es profundo."}}


def test_the_instruction_is_in_the_language_of_the_text() -> None:
    export("mt-instruct", "out.jsonl")
    rows = lines("out.jsonl")
    assert len(rows) == 8 and [message["role"] for message in rows[0]["messages"]] == ["user", "assistant"]
    assert rows[0]["messages"][0]["content"] == f"Translate this text into Catalan.\n\n{LAKE}"
    assert rows[1]["messages"][0]["content"] == f"Tradueix aquest text a aquesta llengua: English.\n\n{EL_LLAC}"
    assert (rows[1]["source_language"], rows[1]["target_language"]) == ("ca", "en")
    assert rows[1]["messages"][1]["content"] == LAKE


def test_a_language_without_an_instruction_is_left_out_on_demand() -> None:
    write(translated((LAKE, "x"), (RIVER, "y"), lang="ace_Latn"))
    account = export("mt-instruct", "out.jsonl")
    assert account["failures"] == {"there is no instruction in Acehnese (Latin): leave this direction out": 1}
    export("mt-instruct", "to.jsonl", "-O", "direction=to", code=0)
    assert lines("to.jsonl")[0]["messages"][0]["content"].startswith("Translate this text into Acehnese (Latin).")


def test_terms_that_a_pair_uses_stand_in_the_instruction() -> None:
    Path("terms.csv").write_text("source,target\nlake,llac\nriver,ribera\n")
    export("mt-instruct", "out.jsonl", "-O", "direction=to", "-O", "terms=terms.csv")
    asked = [row["messages"][0]["content"].split("\n\n")[0].splitlines()[1:] for row in lines("out.jsonl")]
    assert asked == [["lake = llac"], [], [], ["lake = llac"]], "a term that the target lacks would teach nothing"


def test_the_other_direction_first() -> None:
    export("interlinear", "out.txt", "-O", "direction=from")
    assert interlinear() == [(other, one) for one, other in PAIRS]


@pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "a\ufffeb"])
def test_what_xml_cannot_hold_is_listed(text: str) -> None:
    write(translated((LAKE, text), (RIVER, EL_RIU)))
    assert "XML cannot hold the character U+" in next(iter(export("tmx", "out.tmx")["failures"]))


def test_a_line_break_keeps_its_place_but_in_lines() -> None:
    write(translated(("A\nlake.", "Un\r\nllac."), (RIVER, EL_RIU)))
    export("tmx", "out.tmx", code=0)
    assert tmx()[0] == ("A\nlake.", "Un\r\nllac.")
    assert "line break" in next(iter(export("interlinear", "out.txt")["failures"]))


@pytest.mark.parametrize(
    ("shape", "option", "said"),
    [
        ("alma", "direction=to", "export 'alma': direction: unknown option"),
        ("mt-instruct", "direction=up", "direction is one of both, to, from"),
        ("alpaca", "role=output", "export 'alpaca': unknown option 'role'. It has no options"),
    ],
)
def test_a_wrong_option_is_told(shape: str, option: str, said: str) -> None:
    assert said in " ".join(export(shape, "out.jsonl", "-O", option, code=2)["said"].split())


def test_every_instruction_names_the_language_once() -> None:
    for code, words in _instructions().items():
        assert find(code).code == code and words.count("{target}") == 1 and words.format(target="X") != words
