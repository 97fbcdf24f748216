"""Pairs are found in texts that nobody has aligned: each text once, never across groups, never a copy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from babelset.cli.app import app
from babelset.steps import mine
from tests.rows import rows_of
from tests.steps.engines import translators

NTREX = Path(__file__).resolve().parents[3] / "shared/data/ntrex128"
EN = [
    "The library is open today",
    "It has rained since yesterday",
    "We sell bread and cheese",
    "The train leaves at noon",
]
CA = ["La biblioteca obre avui", "Plou des d'ahir", "Venem pa i formatge", "El tren surt al migdia"]
TABLE = dict(zip(EN, CA, strict=True))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, rows: Sequence[dict[str, Any]]) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(
    *words: str,
    to: str = "ca",
    with_: str = "translate:one",
    code: int = 0,
    inputs: Sequence[str] = ("en.jsonl", "ca.jsonl"),
) -> str:
    given = ["run", "mine", *inputs, "-o", "out.jsonl", "--to", to, "--set", f"with={with_}", "-q", *words]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == code, done.output
    return done.output


def test_pairs_each_text_once_and_what_is_left() -> None:
    write("en.jsonl", [{"text": text, "n": at} for at, text in enumerate([*EN, "Nobody says this at all"])])
    write("ca.jsonl", [{"text": text, "m": at} for at, text in enumerate(reversed(CA[:3]))])
    with translators(one=TABLE):
        said = run()
    rows = rows_of(Path("out.jsonl"))
    assert {(row["source"], row["target"]) for row in rows} == set(zip(EN[:3], CA[:3], strict=True))
    assert all(row["similarity"] == pytest.approx(1, abs=1e-3) and row["group"] == "" for row in rows)
    assert rows[0]["details"] == {"source": {"n": 0}, "target": {"m": 2}} and "3 pairs" in said
    assert rows[0]["_babelset"]["made"]["parents"] == ["en.jsonl:0", "ca.jsonl:7"]
    manifest = json.loads(Path("out.manifest.json").read_text())
    assert manifest["rows"] == {"read": 8, "used": 6, "rejected": 2, "failed": 0, "written": 3}


def test_groups_are_never_crossed() -> None:
    write("en.jsonl", [{"text": text, "host": host} for text, host in zip(EN, "aabb", strict=True)])
    write("ca.jsonl", [{"text": text, "host": host} for text, host in zip(CA, "abba", strict=True)])
    with translators(one=TABLE):
        run("--set", "group=host")
    pairs = {(row["source"], row["target"], row["group"]) for row in rows_of(Path("out.jsonl"))}
    assert pairs == {(EN[0], CA[0], "a"), (EN[2], CA[2], "b")}


def test_the_same_text_is_dropped_and_counted() -> None:
    write("en.jsonl", [{"text": text} for text in (EN[0], EN[0].upper(), "OK!", EN[1], "...")])
    write("ca.jsonl", [{"text": text} for text in (CA[0], "ok", CA[1], EN[1] + ".", CA[0] + "!")])
    with translators(one={**TABLE, EN[0].upper(): CA[0]}):
        run()
    assert [row["target"] for row in rows_of(Path("out.jsonl"))] == [CA[0]]
    manifest = json.loads(Path("out.manifest.json").read_text())
    assert manifest["rejections"] == {
        "the same in both languages": 4, "the same text again": 2, "no mutual nearest text": 1, "no words": 1,
    }  # fmt: skip


def test_several_columns_and_bad_rows() -> None:
    write(
        "en.jsonl",
        [{"q": EN[0], "a": EN[1], "host": 1, "url": "x"}, {"q": 5, "a": "b", "host": 1}, {"q": "c", "a": "d"}],
    )
    write("ca.jsonl", [{"q": CA[0], "a": CA[1], "host": 1}, {"q": "c", "a": "d", "host": [1]}])
    with translators(one=TABLE):
        run("--set", "fields=q,a", "--set", "group=host", code=1)
    [row] = rows_of(Path("out.jsonl"))
    assert row["source"] == f"{EN[0]}\n{EN[1]}" and row["details"]["source"] == {"q": EN[0], "a": EN[1], "url": "x"}
    reasons = [json.loads(line)["reason"] for line in Path("out.failed.jsonl").read_text().splitlines()]
    assert reasons == ["q: is no text", "host: is missing", "host: is no text and no number"]


def test_what_could_not_be_translated_is_no_pair() -> None:
    write("en.jsonl", [{"text": text} for text in EN])
    write("ca.jsonl", [{"text": text} for text in CA])
    with translators(one={**TABLE, EN[0]: None}):
        run()
    assert len(rows_of(Path("out.jsonl"))) == 3
    assert json.loads(Path("out.manifest.json").read_text())["rejections"]["could not be translated"] == 1


class Circle:
    """Vectors on a circle, by the place of the text in a list."""

    def __init__(self) -> None:
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> Any:
        self.calls += 1
        places = [(EN + CA).index(text) for text in texts]
        angles = [at if at < len(EN) else at - len(EN) + 0.1 * (at - len(EN) + 1) for at in places]
        return np.array([[np.cos(angle), np.sin(angle)] for angle in angles], np.float32)


@pytest.mark.parametrize(("least", "count"), [("0.9", 4), ("0.96", 2), ("0.999", 0)])
def test_an_encoder_and_the_least_similarity(monkeypatch: pytest.MonkeyPatch, least: str, count: int) -> None:
    circle = Circle()
    monkeypatch.setattr(mine, "encoder", lambda name: circle)
    write("en.jsonl", [{"text": text, "g": at % 2} for at, text in enumerate(EN)])
    write("ca.jsonl", [{"text": text, "g": at % 2} for at, text in enumerate(CA)])
    run("--set", f"least={least}", "--set", "group=g", with_="embedding:somewhere")
    rows = rows_of(Path("out.jsonl"))
    assert [row["source"] for row in rows] == EN[:count] and circle.calls == 1, "small groups are encoded together"
    assert [row["similarity"] for row in rows] == [round(float(np.cos(0.1 * (at + 1))), 4) for at in range(count)]


def test_a_margin_takes_what_is_near_to_everything_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first Catalan text is near to all English ones, the second to the first English one alone."""
    hub = [[1, 1, 1, 1], [1, -0.5, -0.5, -0.5]]
    vectors = dict(
        zip(EN + CA[:2], [[1, 0.15, 0.15, 0.15], [0, 1, 0, 1], [0, 0, 1, 1], [0, 1, 1, 0], *hub], strict=True)
    )

    class Vectors:
        def encode(self, texts: Sequence[str]) -> Any:
            found = np.array([vectors[text] for text in texts], np.float32)
            return found / np.linalg.norm(found, axis=1, keepdims=True)

    monkeypatch.setattr(mine, "encoder", lambda name: Vectors())
    write("en.jsonl", [{"text": text} for text in EN])
    write("ca.jsonl", [{"text": text} for text in CA[:2]])
    run("--set", "least=0.5", with_="embedding:somewhere")
    assert [(row["source"], row["target"]) for row in rows_of(Path("out.jsonl"))] == [(EN[1], CA[0])]
    run("--set", "margin=2", "--force", with_="embedding:somewhere")
    [row, other] = rows_of(Path("out.jsonl"))
    cosines = [0.70170418, 0.56702047, 0.70710678]  # of the first texts; of the first and the second; of a hub
    expected = cosines[1] / ((cosines[0] + cosines[1]) / 4 + (cosines[1] - 0.53452248) / 4)
    assert (row["source"], row["target"], other["target"]) == (EN[0], CA[1], CA[0])
    assert (row["margin"], row["similarity"]) == (
        pytest.approx(expected, abs=1e-4),
        pytest.approx(cosines[1], abs=1e-4),
    )
    run("--set", "margin=2", "--set", "least=1.75", "--force", with_="embedding:somewhere")
    assert len(rows_of(Path("out.jsonl"))) == 1
    assert json.loads(Path("out.manifest.json").read_text())["rejections"]["margin below 1.75"] == 2


def test_a_pair_is_scored_filtered_and_exported_as_a_translation_is() -> None:
    write("en.jsonl", [{"text": text} for text in EN])
    write("ca.jsonl", [{"text": text} for text in CA])
    with translators(one=TABLE):
        run()

    def then(line: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, line.split())
        assert done.exit_code == code, f"{done.output}{done.exception!r}"
        return done.output

    then("score out.jsonl -o scored.jsonl --with length --sample 2 -q")
    assert "similarity" in then("calibrate scored.jsonl --gold score:length --good 0.5")
    then("filter out.jsonl -o kept.jsonl --keep 3 --by similarity")
    assert len(rows_of(Path("kept.jsonl"))) == 3
    then("export out.jsonl --as alma -o alma.jsonl")
    pairs = [json.loads(line)["translation"] for line in Path("alma.jsonl").read_text().splitlines()]
    assert [(pair["en"], pair["ca"]) for pair in pairs] == list(zip(EN, CA, strict=True))


@pytest.mark.parametrize(
    ("inputs", "with_", "said"),
    [
        (["en.jsonl"], "translate:one", "two files are read"),
        (["en.jsonl", "en.jsonl"], "translate:one", "two files are read"),
        (["en.jsonl", "ca.jsonl", "en.jsonl"], "translate:one", "two files are read"),
        (["en.jsonl", "ca.jsonl"], "faiss", "write embedding:DIR, use, translate or translate:ENGINE"),
        (["en.jsonl", "ca.jsonl"], "embedding", "write embedding:DIR"),
        (["en.jsonl", "ca.jsonl"], "use:model", "write embedding:DIR"),
        (["en.jsonl", "ca.jsonl"], "translate:two", "unknown translator 'two'"),
        (["en.jsonl", "ca.jsonl"], "embedding:gone", "no such folder"),
        (["en.jsonl", "ca.jsonl"], "use --set least=1.2", "least: no similarity is above 1: 1.2"),
    ],
)
def test_what_cannot_be_is_said_before(inputs: list[str], with_: str, said: str) -> None:
    for name in ("en.jsonl", "ca.jsonl"):
        write(name, [{"text": "a"}])
    with translators(one={}):
        with_, *words = with_.split()
        assert said in run(*words, inputs=inputs, with_=with_, code=2)
    assert not Path("out.jsonl").exists()


def test_the_same_bytes_twice_and_nothing_asked_again() -> None:
    write("en.jsonl", [{"text": f"{text} {at}"} for at in range(99) for text in EN])
    write("ca.jsonl", [{"text": f"{text} {at}"} for at in range(99) for text in CA])
    table = {f"{en} {at}": f"{ca} {at}" for at in range(99) for en, ca in TABLE.items()}
    with translators(one=table) as asked:
        run()
        before, count = Path("out.jsonl").read_bytes(), len(asked["one"])
        run("--force")
        assert Path("out.jsonl").read_bytes() == before and len(asked["one"]) == count == 4 * 99


@pytest.mark.engine
@pytest.mark.shared
@pytest.mark.skipif(not Path("/usr/share/apertium/modes").exists(), reason="Apertium is not installed")
@pytest.mark.skipif(not NTREX.exists(), reason="NTREX is not here")
@pytest.mark.parametrize(("name", "language"), [("cat", "ca"), ("spa", "es"), ("glg", "gl")])
def test_apertium_finds_the_references_of_ntrex(name: str, language: str) -> None:
    """Lines that were not looked at when this was made: 300 English ones, half of them with a partner."""
    english = (NTREX / "newstest2019-src.eng.txt").read_text().splitlines()[1500:1800]
    theirs = (NTREX / f"newstest2019-ref.{name}.txt").read_text().splitlines()[1500:1800]
    places = Random(4).sample(range(300), 150)
    write("en.jsonl", [{"text": text, "at": at} for at, text in enumerate(english)])
    write("ca.jsonl", [{"text": theirs[at], "at": at} for at in places])
    run(to=language, with_="translate:apertium")
    pairs = [row["details"] for row in rows_of(Path("out.jsonl"))]
    right = sum(pair["source"]["at"] == pair["target"]["at"] for pair in pairs)
    assert right / len(pairs) >= 0.97 and right / len(places) >= 0.9, (right, len(pairs))
