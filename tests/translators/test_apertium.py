"""Apertium's pipeline may die, hang, drop or double: no answer is lost, none goes to the wrong segment."""

from __future__ import annotations

import os
import random
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelset.contracts.translator import Failure, Translation
from babelset.engines.apertium.modes import BEFORE, BEHIND, packages, pipeline, route
from babelset.errors import ConfigError
from babelset.languages import Pair, find
from babelset.text.placeholders import scheme
from babelset.text.segment import Segment
from babelset.translators.apertium import Apertium, decode, encode, follow_case
from tests.budget import examples

FAKE = """
import os, sys, time
units, rest = 0, b""
while chunk := os.read(0, 65536):
    *whole, rest = (rest + chunk).split(b"\\0")
    for unit in whole:
        units += 1
        text = unit.decode()
        if "KILL" in text: os._exit(1)
        if "HANG" in text: time.sleep(60)
        if "DROP" in text: text = text.rpartition("[]")[0]
        if "ONCE" in text and not os.path.exists(sys.argv[1]):
            open(sys.argv[1], "w").close()
            os._exit(1)
        body, mark, end = text.rpartition("[]")
        for _ in range(2 if "DOUBLE" in text else 1):
            os.write(1, (body.upper() + mark + end).encode() + b"\\0")
"""
PAIR = Pair(find("en"), find("ca"))


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Apertium]:
    """Apertium whose only mode is a small program that upper-cases, and misbehaves when it is told to."""
    (tmp_path / "fake.py").write_text(FAKE)
    (tmp_path / "eng-cat.mode").write_text(f"'{sys.executable}' '{tmp_path}/fake.py' '{tmp_path}/once'\n")
    translator = Apertium(modes=tmp_path, deadline=1.5)
    yield translator
    translator.close()


def ask(translator: Apertium, *texts: str, pair: Pair = PAIR) -> list[str | None]:
    answers = translator.translate([Segment(text) for text in texts], pair)
    assert len(answers) == len(texts)
    return [answer.text if isinstance(answer, Translation) else None for answer in answers]


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        (["one", "two", "three"], ["ONE", "TWO", "THREE"]),
        (["one", "KILL", "three"], ["ONE", None, "THREE"]),
        (["KILL", "KILL", "three"], [None, None, "THREE"]),
        (["one", "ONCE", "three"], ["ONE", "ONCE", "THREE"]),
        (["one", "DROP", "three"], ["ONE", None, "THREE"]),
        (["one", "HANG", "three"], ["ONE", None, "THREE"]),
        (["one", "DOUBLE", "three", "four"], ["ONE", "DOUBLE", "THREE", "FOUR"]),
        ([], []),
    ],
    ids=["well", "dies over one", "dies over two", "dies once", "loses the mark", "hangs", "answers twice", "nothing"],
)
def test_trouble_costs_at_most_the_segment_that_made_it(
    texts: list[str], answers: list[str | None], fake: Apertium
) -> None:
    assert ask(fake, *texts) == answers


def test_the_reason_of_a_failure_is_said(fake: Apertium) -> None:
    [answer] = fake.translate([Segment("HANG")], PAIR)
    assert isinstance(answer, Failure) and "hung" in answer.reason and "eng-cat" in answer.reason


def test_what_is_too_long_is_for_the_ladder_to_halve(fake: Apertium) -> None:
    [answer] = fake.translate([Segment("a" * (fake.limit + 1))], PAIR)
    assert isinstance(answer, Failure) and answer.too_long


@settings(max_examples=examples(200), deadline=None)
@given(st.text(), st.integers(0, 99999))
def test_any_text_comes_back_from_a_pipeline_that_changes_nothing(text: str, number: int) -> None:
    mark = f"[s{number}]"
    unit = encode(text, mark, "spa-cat")
    assert b"\0" not in unit
    assert decode(unit, text, mark) is not None
    assert decode(unit, text, "[s100000]") is None


@pytest.mark.parametrize(
    ("source", "said", "text", "left"),
    [
        ("a rich batter", "un batter[*] rico", "un batter rico", True),
        ("the batter, then", "el batter[*], entonces", "el batter, entonces", True),
        ("Summarise the text", "Summarise[*] El texto", "Summarise El texto", True),
        ("Dundee and Perth", "Dundee[*] y Perth[*]", "Dundee y Perth", False),  # names
        ("3 mm of x", "3 mm[*] de x[*]", "3 mm de x", False),  # units and symbols
        ("self-driving cars", "coches self-conduciendo[*]", "coches self-conduciendo", False),
        ("see xqzvaq here", "ve xqzvaq[*] aquí", "ve xqzvaq aquí", False),  # a placeholder
        ("2 * 3 *bold*", "2 [x2a] 3 [x2a]negrita[x2a]", "2 * 3 *negrita*", False),
        ("my *batter*", "mi [x2a]batter[*][x2a]", "mi *batter*", True),
        ("fine", "fino[*]", "fino", False),  # of its own making
    ],
)
def test_words_that_apertium_does_not_know_are_told(source: str, said: str, text: str, left: bool) -> None:
    assert decode(f"{said}[][s7]".encode(), source, "[s7]") == Translation(text, ("unknown_words",) if left else ())


@pytest.mark.parametrize(
    ("stage", "unit", "expected"),
    [
        (BEFORE, "^que<rel>$^ser<vbser>$ ^bien<adv>$", "^que<rel>$ ^ser<vbser>$ ^bien<adv>$"),
        (BEFORE, "^a<x>$^b<x>$^c<x>$^d<x>$", "^a<x>$ ^b<x>$ ^c<x>$ ^d<x>$"),
        (BEFORE, "^dar<vblex># cuenta$^de<pr>$^*foo$", "^dar<vblex># cuenta$ ^de<pr>$ ^*foo$"),
        (BEFORE, "^año<n>$^último<adj>$", "^año<n>$ ^último<adj>$"),
        (BEFORE, "^de<pr>$^56<num>$^año<n><m><pl>$", "^de<pr>$ ^56<num>$ ^año<n><m><pl>$"),
        (BEFORE, "^CO<n>$^2<num>$ ^5<num>$^kg<n>$ ^5<num>$^*x4$", None),
        (BEFORE, "^@1990s<num>$ ^@4x4$", "^*1990s$ ^*4x4$"),
        (BEFORE, "^(<lpar>$^2<num>$^km<n>$^,<cm>$^dar<x>+lo<prn>$^)<rpar>$", None),
        (BEFORE, "^«<lquot>$^casa<n>$^»<rquot>$ ^—<guio>$^no<adv>$", None),
        (BEHIND, "un *batter *año’s, #be", "un batter[*] año’s[*], be"),
        (BEHIND, "*anti-*Erdogan, Kim *Jong-*il-*un, pro-*foo", "anti-Erdogan[*], Kim Jong-il-un[*], pro-foo[*]"),
        (BEHIND, "1990*s *4x4 *4x4-*foo", "1990s[*] 4x4[*] 4x4-foo[*]"),
        (BEHIND, "*«x» *— \\*a [x2a]", None),
    ],
)
def test_units_are_edited_as_bytes(stage: str, unit: str, expected: str | None) -> None:
    done = subprocess.run(shlex.split(stage), input=unit.encode() + b"\0", capture_output=True, check=True)
    assert done.stdout.decode() == (unit if expected is None else expected) + "\0"


def test_the_blanks_of_dropped_words_are_gone() -> None:
    said, source = " Lo siento ,  es 1 .5 .[][s7]", "I'm sorry, it is 1 .5."
    assert decode(said.encode(), source, "[s7]") == Translation("Lo siento, es 1 .5.")
    assert decode(b"En (otras palabras ),, no.[][s7]", "In (other words), no.", "[s7]") == Translation(
        "En (otras palabras), no."
    )
    assert decode(b"Siento , no.[][s7]", "Sorry , no.", "[s7]") == Translation("Siento , no.")


def test_a_missing_mode_names_what_to_install(tmp_path: Path) -> None:
    translator = Apertium(modes=tmp_path)
    assert not translator.supports(PAIR)
    with pytest.raises(ConfigError, match="apt-get install apertium-eng-cat"):
        translator.translate([Segment("x")], PAIR)


def test_a_broken_mode_is_no_segments_fault(tmp_path: Path) -> None:
    (tmp_path / "eng-cat.mode").write_text("false\n")
    with pytest.raises(ConfigError, match="the Apertium mode eng-cat does not work"):
        Apertium(modes=tmp_path, deadline=2).translate([Segment("x")], PAIR)


@pytest.mark.parametrize(
    ("source", "target", "modes"),
    [
        ("en", "ca", ("eng-cat",)), ("en", "es", ("eng-spa",)), ("en", "gl", ("en-gl",)), ("en", "eo", ("en-eo",)),
        ("en", "pt", ("en-gl", "gl-pt")), ("en", "pt-PT", ("en-gl", "gl-pt")), ("en", "pt-BR", ("eng-cat", "cat-por_BR")),
        ("en", "fr", ("eng-cat", "cat-fra")), ("en", "it", ("eng-cat", "cat-ita")), ("en", "oc", ("eng-cat", "ca-oc")),
        ("en", "ast", ("eng-spa", "spa-ast")), ("en", "sc", ("eng-cat", "cat-srd")), ("en", "es-MX", ("eng-spa",)),
        ("es", "ca", ("spa-cat",)), ("en", "hi", ()), ("en", "de", ()),
    ],
)  # fmt: skip
def test_the_way_from_one_language_to_another(source: str, target: str, modes: tuple[str, ...]) -> None:
    assert route(Pair(find(source), find(target))) == modes
    assert all(mode in packages() for mode in modes)


def test_a_mode_file_becomes_a_flushing_pipeline(tmp_path: Path) -> None:
    (tmp_path / "x.mode").write_text(
        "lt-proc -w '/a b/x.bin' | apertium-transfer -b t1x | lt-proc $1 g.bin | lt-proc -p p.bin\n"
    )
    stages = pipeline(tmp_path / "x.mode").split(" | ")
    assert stages == [
        "lt-proc -z -w '/a b/x.bin'",
        "apertium-transfer -z -b t1x",
        BEFORE,
        "lt-proc -z -g g.bin",
        BEHIND,
        "lt-proc -z -p p.bin",
    ]


# The real thing, where it is installed.

installed = [target for target in ("ca", "es", "gl", "eo") if Apertium().supports(Pair(find("en"), find(target)))]
real = [pytest.mark.engine, pytest.mark.skipif(not installed, reason="Apertium is not installed")]
WORDS = [
    "house",
    "river",
    "teacher",
    "open",
    "quickly",
    "green",
    "window",
    "never",
    "write",
    "between",
    "summer",
    "children",
    "small",
    "carry",
    "bread",
]


def sentences(count: int) -> list[str]:
    draw = random.Random(5)
    starts = ("The", "A", "Their", "When the", "In the")
    return [f"{draw.choice(starts)} {' '.join(draw.choices(WORDS, k=draw.randint(3, 14)))}." for _ in range(count)]


@pytest.fixture(scope="module")
def apertium() -> Iterator[Apertium]:
    translator = Apertium()
    yield translator
    translator.close()


class TestReal:
    pytestmark = real

    @pytest.mark.parametrize(
        ("target", "text"), [("ca", "La casa és gran."), ("es", "La casa es grande."), ("gl", "A casa é grande.")]
    )
    def test_it_translates(self, target: str, text: str, apertium: Apertium) -> None:
        assert ask(apertium, "The house is big.", pair=Pair(find("en"), find(target))) == [text]

    def test_words_stand_apart(self, apertium: Apertium) -> None:
        pair = Pair(find("en"), find("es"))
        assert ask(apertium, "I'm sorry, I cannot.", "Two-factor authentication.", pair=pair) == [
            "Lo siento, puedo no.", "Autentificación de dos factores.",
        ]  # fmt: skip

    @pytest.mark.parametrize("target", installed)
    def test_an_answer_does_not_depend_on_its_neighbours(self, target: str, apertium: Apertium) -> None:
        texts = sentences(150)
        pair = Pair(find("en"), find(target))
        together = dict(zip(texts, ask(apertium, *texts, pair=pair), strict=True))
        shuffled = random.Random(1).sample(texts, len(texts))
        assert dict(zip(shuffled, ask(apertium, *shuffled, pair=pair), strict=True)) == together
        for text in texts[:5]:
            alone = Apertium()
            assert ask(alone, text, pair=pair) == [together[text]]
            alone.close()

    @pytest.mark.parametrize("target", installed)
    @pytest.mark.parametrize("name", ["letters", "letters2"])
    def test_placeholders_survive(self, name: str, target: str, apertium: Apertium) -> None:
        draw = random.Random(3)
        texts = []
        for text in sentences(150):
            words = text.split()
            for index in range(draw.randint(1, 6)):
                words.insert(draw.randrange(len(words)), scheme(name).token(index))
            texts.append(" ".join(words))
        answers = ask(apertium, *texts, pair=Pair(find("en"), find(target)))
        tokens = [sorted(scheme(name).regex.findall(text)) for text in texts]
        found = [sorted(token.lower() for token in scheme(name).regex.findall(answer or "")) for answer in answers]
        assert found == tokens

    def test_killed_stages_cost_nothing(self) -> None:
        texts = sentences(400)
        calm, harried = Apertium(), Apertium()
        expected = ask(calm, *texts)
        stop = threading.Event()

        def killer() -> None:
            draw = random.Random(2)
            for _ in range(4):
                if stop.wait(0.25):
                    return
                for pipe in list(harried._pipes.values()):
                    if stages := stages_of(pipe.pid):
                        os.kill(draw.choice(stages), signal.SIGKILL)

        thread = threading.Thread(target=killer)
        thread.start()
        answers = [answer for start in range(0, 400, 50) for answer in ask(harried, *texts[start : start + 50])]
        stop.set()
        thread.join()
        assert answers == expected
        calm.close()
        harried.close()

    @settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(texts=st.lists(st.text(max_size=60), min_size=1, max_size=5))
    def test_any_text_gets_an_answer_in_time_and_the_next_one_its_own(
        self, texts: list[str], apertium: Apertium
    ) -> None:
        started = time.monotonic()
        *_, last = ask(apertium, *texts, "The house is big.")
        assert last == "La casa és gran."
        assert time.monotonic() - started < 200

    def test_a_word_in_no_dictionary_is_flagged_through_both_languages(self, apertium: Apertium) -> None:
        for target in ("ca", "pt-BR"):
            pair = Pair(find("en"), find(target))
            if apertium.supports(pair):
                texts = ("The zorbling house is *big*.", "Zorbling is *big*.", "The house is *big*.")
                answers = apertium.translate([Segment(text) for text in texts], pair)
                assert [isinstance(found, Translation) and found.flags for found in answers] == [
                    ("unknown_words",), (), (),
                ]  # fmt: skip
                assert all(isinstance(found, Translation) and found.text.count("*") == 2 for found in answers)

    @pytest.mark.parametrize(
        "text", ["^", "A final ^", "$5 [x] {y} <z> a/b c\\d @e #f *g ~h", "[]", "[s1]", "\x00\x01", "word " * 380]
    )
    def test_what_means_something_to_the_stream_is_only_text(self, text: str, apertium: Apertium) -> None:
        [answer, after] = ask(apertium, text, "The house is big.")
        assert answer is not None and after == "La casa és gran."


def stages_of(group: int) -> list[int]:
    """Processes of a process group."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and int(folder.name) != group:
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("big house", "Casa grande", "casa grande"),
        ("The house", "la casa", "La casa"),
        ("'red'", "'Rojo'", "'rojo'"),
        ("in France", "Francia", "Francia"),  # may be the name that has come to the front
        ("the base", "ADN", "ADN"),
        ("xqzvq works", "Funciona xqzvq", "Funciona xqzvq"),
        ("xqzvq file here", "xqzvq La lima", "xqzvq la lima"),
        ("Is it?", "¿es?", "¿Es?"),
        ("5 cats", "Gatos", "Gatos"),
        ("", "", ""),
    ],
)
def test_the_first_letter_has_the_case_of_the_source(source: str, target: str, expected: str) -> None:
    assert follow_case(source, target) == expected


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("the keys 'size' and 'six'", "the keys ‘size’ and ‘six’"),
        ("it isn't 'so'", "it isn't ‘so’"),
        ("the dogs' tails", "the dogs' tails"),
        ("a ’ and 'so'", "a ’ and 'so'"),  # curly ones could not be told apart on the way back
    ],
)
def test_straight_quotation_marks_are_sent_curly(text: str, sent: str) -> None:
    assert encode(text, "[s0]", "eng-spa").decode() == f"{sent}[][s0]"
    assert decode(f"{sent}[][s0]".encode(), text, "[s0]") == Translation(text)
