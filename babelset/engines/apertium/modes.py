"""
Which Apertium modes lead from one language to another, and how a mode becomes a NUL-flushing pipeline.

>>> route(Pair(english, portuguese))
('en-gl', 'gl-pt')
"""

from __future__ import annotations

import csv
import hashlib
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path

import babelset.engines.apertium.freshtagger
from babelset.errors import ConfigError
from babelset.languages import Language, Pair

# Pivots between English and what it has no mode for: the better one on NTREX-128, BLEU/chrF against the
# next best: pt 14.2/46.6 (via ca 14.0/46.0, es 13.5/45.7), pt-BR 13.9/45.9 (es 13.3/45.5), fr 11.4/43.4
# (es 11.0/42.6). Without a reference, it by its unknown words (709 against 1116), oc by eye: es-oc writes
# "jonhètz" for "una".
PIVOTS = {"pt": "glg", "pt-BR": "cat", "fr": "cat", "it": "cat", "oc": "cat", "sc": "cat", "ast": "spa"}
TWO_LETTERS = {"glg": "gl", "cat": "ca", "spa": "es"}
OTHER_NAMES = {"hrv": ["hbs_HR", "hbs"], "bos": ["hbs_BS", "hbs"], "zsm": ["zlm"]}

MARKS = "$1"  # where a mode file leaves it open whether the generator marks what it does not know
# Edits each unit and hands it on at once; `sed -u` would read byte by byte, and take ten times as long.
SED = ["env", "LC_ALL=C", "stdbuf", "-o0", "sed", "-zE"]
LETTER = r"[A-Za-z\x80-\xbf\xc3-\xe1\xe3-\xf4]"  # bytes: none of C2 and E2, which begin punctuation
# Rules of transfer that forget the blank between two words: "queesbien". One pass sees every second pair of a chain.
APART = rf"s/(\^[*@]?{LETTER}[^$^]*\$)\^([*@]?{LETTER})/\1 ^\2/g"
NUMBER = r"s/(\^[^$^]*<(pr|det|cnj[a-z]*|vb[a-z]*)>[^$^]*\$)\^([0-9])/\1 ^\3/g"  # "de56", not "CO2"
COUNTED = rf"s/(\^[0-9][^$^]*<num>[^$^]*\$)\^({LETTER}{{3,}}<n>)/\1 ^\2/g"  # "56anys", not "5kg"
UNKNOWN = r"s/\^@([0-9][^<$^]*)(<[^$^]*>)?\$/^*\1$/g"  # the generator would take the mark for a letter
BEFORE = shlex.join([*SED, *chain.from_iterable(("-e", rule) for rule in (APART, APART, NUMBER, COUNTED, UNKNOWN))])
# A mark before a word keeps those after it from contracting ("de *AMs" for "d'AMs"): a blank behind it does not.
WORD = rf"({LETTER}|[0-9])({LETTER}|[0-9'-]|\xe2\x80\x99)*"
MARKED = rf"s/(^|[^\\])[*@]({WORD})/\1\2[*]/g"
TWICE = rf":a;s/([*@]{WORD}-)[*@]/\1/;ta"  # "*Jong-*un"
BEHIND = shlex.join([*SED, "-e", TWICE, "-e", MARKED, "-e", r"s/(^|[^\\])#/\1/g"])
FLUSHING = re.compile(r"(?:lt|lrx|lsx|rtx|cg|hfst)-proc|apertium-.*")


@cache
def packages() -> dict[str, str]:
    """The Debian package of every mode worth using: eng-hbs, for one, leaves most of a sentence English."""
    lines = files(__package__).joinpath("modes.csv").read_text(encoding="utf-8").splitlines()
    return {mode: row["package"] for row in csv.DictReader(lines) for mode in row["modes"].split()}


def route(pair: Pair) -> tuple[str, ...]:
    """The modes to send a text through, one after the other; () when Apertium knows no way."""
    sources, targets = _names(pair.source, region=False), _names(pair.target)
    if direct := _mode(sources, targets):
        return (direct,)
    tag = pair.target.bcp47
    pivot = PIVOTS.get(tag) or PIVOTS.get(tag.partition("-")[0], "")
    between = [pivot, TWO_LETTERS.get(pivot, "")]
    first, second = _mode(sources, between), _mode(between, targets)
    return (first, second) if first and second else ()


def _names(language: Language, region: bool = True) -> list[str]:
    """What Apertium may call a language: "por_BR", "pt_BR", "por", "pt" for Brazilian Portuguese."""
    two, _, variant = language.bcp47.partition("-")
    three = language.code[:3]
    names = [*OTHER_NAMES.get(three, []), three, two]
    regional = [f"{name}_{variant}" for name in names] if variant and region else []
    return [*regional, *names]


def _mode(sources: Sequence[str], targets: Sequence[str]) -> str:
    modes = (f"{source}-{target}" for source in sources for target in targets)
    return next((mode for mode in modes if mode in packages()), "")


def pipeline(file: Path) -> str:
    """
    The pipeline of a mode file: [*] behind unknown words, a blank between all words, flushed at NUL, the tagger without
    memory.
    """
    lexer = shlex.shlex(file.read_text(encoding="utf-8"), posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    stages: list[list[str]] = [[]]
    for token in lexer:
        if token == "|":
            stages.append([])
        elif token != "$2":  # the place for tagger options: none
            stages[-1].append(token)
    if not all(stages):
        raise ConfigError(f"{file}: not an Apertium mode file (a stage of its pipeline is empty)")
    return " | ".join(map(_stage, stages))


def _stage(command: list[str]) -> str:
    name, *rest = command
    perceptron = any(re.match(r"-\w*x", option) for option in rest)
    if name == "apertium-tagger" and not perceptron:
        command = [sys.executable, "-I", "-S", babelset.engines.apertium.freshtagger.__file__, *command]
    elif FLUSHING.fullmatch(name):
        command = [name, "-z", *rest]
    stage = shlex.join("-g" if word == MARKS else word for word in command)
    return f"{BEFORE} | {stage} | {BEHIND}" if MARKS in command else stage


def fingerprint(folder: Path) -> str:
    """A hash that changes with the installed modes, their data files or the programs they run."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.mode")):
        if file.stem in packages():
            digest.update(file.read_bytes())
            for used in _used(file):
                digest.update(f"{used.stat().st_size} {int(used.stat().st_mtime)}".encode())
    return digest.hexdigest()[:12]


def _used(file: Path) -> Iterator[Path]:
    for word in shlex.split(file.read_text(encoding="utf-8")):
        path = Path(word if word.startswith("/") else shutil.which(word) or "")
        if path.is_file():
            yield path
