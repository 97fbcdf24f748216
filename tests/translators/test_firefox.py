"""Firefox Translations: what is sent, what is believed of the answer, and the real engine with Mozilla's own model."""

from __future__ import annotations

import json
import os
import re
import signal
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from babelset import Job, translate
from babelset.contracts.translator import Failure, Translation
from babelset.engines.channel import WorkerLost
from babelset.engines.firefox.models import packaged
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from babelset.text.document import parse
from babelset.text.segment import Segment, split
from babelset.translation.ladder import Ladder
from babelset.translators.firefox import Firefox
from babelset.work.memory import Memory
from tests.engines.firefox.vocabulary import train
from tests.rows import told

KNOWN = (
    string.ascii_letters
    + string.digits
    + "áéíóúñ"
    + string.punctuation.translate({ord(char): None for char in "#<>@\\^`{}~"})
)
BRAZIL, SPAIN, REVERSE = (
    Pair(find(one), find(other)) for one, other in (("en", "pt-BR"), ("es", "pt-BR"), ("pt", "en"))
)


class Scripted:
    """In place of the pool: what a function says of (model, text)."""

    size = 1

    def __init__(self, reply: Callable[[str, str], Any]) -> None:
        self.reply, self.seen = reply, []

    def map(self, jobs: Sequence[list[str]], sizes: Sequence[int]) -> list[Any]:
        assert len(jobs) == len(sizes)
        self.seen += jobs
        return [self.reply(name, text) for name, text in jobs]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for pair, known in (("en-pt", KNOWN), ("es-en", KNOWN + "¿¡"), ("en-es", KNOWN)):
        (tmp_path / pair).mkdir()
        (tmp_path / pair / f"model.{pair}.bin").write_bytes(pair.encode())
        train(tmp_path / pair / f"vocab.{pair}.spm", known)
    return tmp_path


def scripted(folder: Path, reply: Callable[[str, str], Any], **options: Any) -> tuple[Firefox, Scripted]:
    translator, pool = Firefox(model=str(folder), **options), Scripted(reply)
    translator.__dict__["_pool"] = pool
    return translator, pool


def upper(name: str, text: str) -> str:
    return text.upper()


@pytest.mark.parametrize(
    ("text", "reason", "too_long"),
    [
        ("  ", "no text", False),
        ("a\ud800b", "lone surrogate", False),
        ("word " * 30, "tokens, the limit is 40", True),
        ("Here is 世界 again", "vocabulary lacks '世界'", False),
    ],
)
def test_what_is_not_sent(text: str, reason: str, too_long: bool, folder: Path) -> None:
    translator, pool = scripted(folder, upper, max_tokens=40)
    [answer, good] = translator.translate([Segment(text), Segment("good")], BRAZIL)
    assert isinstance(answer, Failure) and reason in answer.reason and answer.too_long is too_long
    assert good == Translation("GOOD") and [text for _, text in pool.seen] == ["good"]


@pytest.mark.parametrize(
    ("reply", "flags"),
    [
        ("One answer.", ()),
        ("so long an answer that the engine stopped in the midst of it and said no word of it at all", ("truncated",)),
        ("na na na na na na na na na", ("repetition",)),
    ],
)
def test_what_is_not_believed_of_an_answer(reply: str, flags: tuple[str, ...], folder: Path) -> None:
    translator, _ = scripted(folder, lambda *_: reply)
    [answer] = translator.translate([Segment("What the source says of it all.")], BRAZIL)
    assert isinstance(answer, Translation) and answer.flags == flags


@pytest.mark.parametrize(
    ("source", "replies", "answer"),
    [
        ("Oakland, CA", {"Oakland, CA": "Hotéis em Oakland", "- Oakland, CA": "- Oakland, CA"}, "Oakland, CA"),
        ("John Smith", {"John Smith": "John Smith (em ingles)"}, "John Smith"),
        ("Apple", {"Apple": "maca"}, "Maca"),
        ("Oakland, CA", {"Oakland, CA": "Hotel", "- Oakland, CA": "- Hotel em Oakland"}, None),
    ],
)
def test_fragments_over_which_the_model_invents(
    source: str, replies: dict[str, str], answer: str | None, folder: Path
) -> None:
    translator, pool = scripted(folder, lambda _, text: replies[text])
    [got] = translator.translate([Segment(source)], BRAZIL)
    assert (got.text if isinstance(got, Translation) else None) == answer
    assert [text for _, text in pool.seen] == list(replies)


def test_a_lost_worker_is_a_reason(folder: Path) -> None:
    translator, _ = scripted(folder, lambda _, text: WorkerLost("was killed") if text == "bad" else text.upper())
    answers = translator.translate([Segment("bad"), Segment("good")], BRAZIL)
    assert answers == [Failure("the model en-pt was killed"), Translation("GOOD")]


def test_other_pairs_go_by_way_of_english_with_both_signatures(folder: Path) -> None:
    translator, pool = scripted(folder, lambda name, text: f"{text} {name}")
    answers = translator.translate([Segment("uno dos tres cuatro cinco"), Segment("  ")], SPAIN)
    assert answers[0] == Translation("uno dos tres cuatro cinco es-en en-pt") and isinstance(answers[1], Failure)
    assert [name for name, _ in pool.seen] == ["es-en", "en-pt"]
    assert re.fullmatch(r"firefox\|es-en:\w{16}\|en-pt:\w{16}\|max:100\|.*", translator.signature_for(SPAIN))
    assert re.fullmatch(r"firefox\|en-pt:\w{16}\|max:100\|.*", translator.signature_for(BRAZIL))


def test_a_pair_without_a_model_names_the_command(folder: Path) -> None:
    translator, _ = scripted(folder, upper)
    assert translator.supports(BRAZIL) and translator.supports(SPAIN) and not translator.supports(REVERSE)
    with pytest.raises(ConfigError, match="babelset models get firefox pt-en"):
        translator.translate([Segment("x")], REVERSE)


real = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not (find_spec("fxtranslate") and packaged()), reason="make firefox installs the engine and a model"
    ),
]


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    translator = Firefox(workers=2)
    yield translator
    translator.close()


def answers(firefox: Firefox, *texts: str, pair: Pair = BRAZIL) -> list[str]:
    """Each text through the ladder, put together again; a Failure as its reason."""
    ladder = Ladder(firefox, Memory(":memory:"))
    found = []
    for text in texts:
        [segment] = [part for part in split(parse(text)) if isinstance(part, Segment)]
        [answer] = ladder.translate([segment], pair)
        restored = (
            segment.keeps[ord(char) - 0xE000] if "\ue000" <= char <= "\uf8ff" else char
            for char in getattr(answer, "text", "")
        )
        found.append("".join(restored) if isinstance(answer, Translation) else answer.reason)
    return found


@pytest.mark.parametrize("_", [pytest.param(None, marks=real)])
def test_the_real_engine_translates_and_keeps(_: None, firefox: Firefox) -> None:
    cases = {
        "Good morning.": "Bom dia.",
        "The house is red.": "A casa é vermelha.",
        "Hello 世界 friend, how are you?": "世界",
        "Run `make test` before you commit.": "`make test`",
        "It costs €5.50 in C# and x².": "€5.50",
        "Read [the guide](http://a.example/b) first.": "(http://a.example/b)",
        "John Smith": "John Smith",
        "“Yes” — she said so.": "“Sim” —",
        "日本語 の テスト": "the model's vocabulary lacks 100% of the text",
    }
    got = dict(zip(cases, answers(firefox, *cases), strict=True))
    assert {text: answer for text, answer in got.items() if cases[text] not in answer} == {}


@pytest.mark.parametrize("_", [pytest.param(None, marks=real)])
def test_nothing_is_cut(_: None, firefox: Firefox) -> None:
    """The engine alone answers 220 words with 75."""
    text = (
        ", ".join(f"the {word} of the old house near the river" for word in ["door", "roof", "wall", "garden"] * 6)
        + "."
    )
    [found] = Ladder(firefox, Memory(":memory:")).translate([Segment(text)], BRAZIL)
    assert isinstance(found, Translation)
    answer = found.text
    assert 0.8 < len(answer.split()) / len(text.split()) < 1.3 and answer.count("casa") == 24


@pytest.mark.parametrize("_", [pytest.param(None, marks=real)])
def test_an_answer_depends_on_its_segment_alone(_: None, firefox: Firefox) -> None:
    texts = [f"There are {number} books on the table, and {number + 1} of them are old." for number in range(40)]
    together = firefox.translate([Segment(text) for text in texts], BRAZIL)
    apart = [firefox.translate([Segment(text)], BRAZIL)[0] for text in texts[::13]]
    assert together[::13] == apart and all(isinstance(answer, Translation) for answer in together)


@pytest.mark.parametrize("_", [pytest.param(None, marks=real)])
def test_a_round_trip_uses_both_models(_: None, firefox: Firefox) -> None:
    [there] = answers(firefox, "The children play in the garden.")
    assert "hildren play in the garden." in answers(firefox, there, pair=REVERSE)[0]


def write_rows(path: Path, count: int) -> Path:
    rows = (
        {"text": f"Row {number}. The {number % 7} cats sleep near the door of house {number}."}
        for number in range(count)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("_", [pytest.param(None, marks=real)])
def test_a_run_needs_no_name_of_it(_: None, tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", 3)
    manifest = translate(
        Job(inputs=(str(source),), output=str(tmp_path / "out.jsonl"), target="pt-BR", fields=("text",))
    )
    assert manifest["job"]["translator"] == {"name": "firefox", "options": {}}
    assert manifest["licenses"]["models"]["firefox"].startswith("MPL-2.0") and "NTREX" in manifest["notice"]
    rows = [told(json.loads(line)) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert (
        len(rows) == 3
        and "gatos" in rows[2]["text"]
        and rows[0]["_babelset"]["translator"].startswith("firefox|en-pt:")
    )


@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=real) for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)]
)
def test_however_a_run_ends_no_process_stays_and_it_resumes(how: signal.Signals, tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", 400)
    command = [
        sys.executable,
        "-m",
        "babelset",
        "translate",
        str(source),
        "--field",
        "text",
        "--to",
        "pt-BR",
        "--chunk",
        "20",
    ]
    command += ["-o", str(tmp_path / "out.jsonl"), "-O", "workers=2"]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "out.work").rglob("*.jsonl*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    children = [int(pid) for pid in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()]
    children += [
        int(pid) for task in Path(f"/proc/{run.pid}/task").iterdir() for pid in (task / "children").read_text().split()
    ]
    os.kill(run.pid, how)
    run.communicate(timeout=60)
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < deadline + 20:
        time.sleep(0.05)
    assert children and not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    subprocess.run([*command, "-q"], check=True, stdout=subprocess.DEVNULL)
    written = [(tmp_path / name).read_text().splitlines() for name in ("out.jsonl", "out.rejected.jsonl")]
    assert sum(map(len, written)) == 400
