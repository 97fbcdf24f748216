"""What is kept inside a sentence beside markup: literals, calls, commands, names, fields, labels, ICU messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from babelset.text.document import Keep, parse

CASES = Path(__file__).resolve().parents[3] / "../shared/cases"


def kept(text: str) -> list[str]:
    return [span.text for span in parse(text) if isinstance(span, Keep)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The ages are {'Ana': 9, 'Pau': None} here.", ["{'Ana': 9, 'Pau': None}"]),
        ("Choose among ['tea', \"it's\"] now.", ["['tea', \"it's\"]"]),
        ("It gives ('tea', 3) back.", ["('tea', 3)"]),
        ("{'name': 'x', 'call': 'f('a', 'b')'}", ["{'name': 'x', 'call': 'f('a', 'b')'}"]),
        ("Call np.random.seed(0) and df.head().sum() first.", ["np.random.seed(0)", "df.head().sum()"]),
        ("Write print('good day') or len(my_list) there.", ["print('good day')", "len(my_list)"]),
        ("Run npm install express, then git commit -m 'a first one' at last.", ["npm install express", "git commit -m 'a first one'"]),
        ("Load the model acme/tiny-bert from the hub.", ["acme/tiny-bert"]),
        ("It is mistral-labs/Mini-7B-v0.1 that answers.", ["mistral-labs/Mini-7B-v0.1"]),
        ("Set HOME=%TEMP% or colour=red now.", ["HOME=%TEMP%", "colour=red"]),
        ("Use __init__ and __dirname__ there.", ["__init__", "__dirname__"]),
        ("Put {price!r:>8} and {day:%d.%m.%Y} in.", ["{price!r:>8}", "{day:%d.%m.%Y}"]),
        (r"So \boxed{\text{odd}} and \sqrt[3]{x_1} hold.", [r"\boxed{\text{odd}}", r"\sqrt[3]{x_1}"]),
        ("Use --dry-run, or --size=large now.", ["--dry-run", "--size=large"]),
        ("Copy it with -r (or -R).", ["-r", "-R"]),
        ("The clock --an old one-- stood. -I see.", []),
        ("bake [-oven name] [-hot] shows it", ["[-oven name]", "[-hot]"]),
        ("See :func:`bake` for |pie-badge| more.", [":func:", "`bake`", "|pie-badge|"]),
        ('Then "git ls-remote -h" and npm rebuild.', ["git ls-remote -h", "npm rebuild"]),
        ('Put =IF(B2>40, "hot", "cold") in the cell.', ['=IF(B2>40, "hot", "cold")']),
        ("It is CC(=O)OC1=CC=CC=C1 by formula.", ["CC(=O)OC1=CC=CC=C1"]),
        (r"The sign \n ends \alpha lines.", [r"\n", r"\alpha"]),
        ("We love it #sea #summer2024 so.", ["#sea", "#summer2024"]),
        ("It shuts at 9:15 PM or 10am today.", ["9:15 PM", "10am"]),
        ("Options: (A) tea (B) milk", ["(A)", "(B)"]),
        ("Answer with A, B or C.", ["A", "B", "C"]),
        ("The answer is D.", ["D"]),
        ("C", ["C"]),
        ("(B).", ["B"]),
        ("II and IV only", ["II", "IV"]),
        ("I only", ["I"]),
        ("A: Milk.", ["A: "]),
        ("{n, plural, one {# cat} other {# cats}} of {owner}", ["{n, plural, one {", "#", "} other {", "#", "}}", "{owner}"]),
        ("{g, select, she {Her {n, plural, one {hat} other {hats}}} other {Theirs}}", ["{g, select, she {", "{n, plural, one {", "} other {", "}}", "} other {", "}}"]),
    ],
)  # fmt: skip
def test_kept(text: str, expected: list[str]) -> None:
    assert kept(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Say yes/no, and he/she may go to the input/output desk.",
        "Bring the item(s) you need (or not).",
        "You ('the buyer', 'the user') agree.",
        "Why am I only told now?",
        "A bridge is here, and I am glad.",
        "Plan B works, and vitamin C helps.",
        "Give 'size' and 'shape' back.",
        "It is 5 am not 6 a.m. there.".replace("5 am ", ""),
        "We git along, and apt words help.",
    ],
)
def test_left_to_translate(text: str) -> None:
    assert kept(text) == []


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("08-roman-numerals", ["I", "II", "III"]),
        ("10-latex-command-without-dollar", ["\\boxed{42}", "\\boxed{\\text{even}}", "\\frac{3}{4}"]),
        ("11-dunder-names", ["__name__", "__main__", "__count__", "__user__"]),
        ("12-python-literals", ["{'math': 90, 'science': 75, 'music': 88}", "['red', 'green', 'blue']"]),
        ("14-calls-commands-names", ["pip install torch", "acme/vision", "PATH=%PATH%", "model.eval()"]),
        ("15-format-specs", ["{name!r:>10}", "{date:%Y-%m-%d}"]),
        ("16-hashtags-and-am", ["#sunset", "#family", "#weekend", "10:30 AM"]),
        ("33-icu-whole-kept", ["{count, plural, one {", "#", "} other {", "}}", "{user}"]),
    ],
)
@pytest.mark.shared
def test_shared_cases(case: str, expected: list[str]) -> None:
    path = CASES / f"{case}.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not here: it is not part of the repository")
    found = [
        text
        for line in path.read_text("utf-8").splitlines()
        for value in _strings(json.loads(line))
        for text in kept(value)
    ]
    assert set(expected) <= set(found)


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _strings(item)]
