"""
Apertium, the rule-based translator that needs no weights: a real translation on any Debian machine.

    apt-get install apertium-eng-cat        ->  "The house is red." -> "La casa és vermella."

English goes to Spanish, Catalan, Galician and Esperanto directly, to Portuguese, French, Italian, Occitan,
Asturian and Sardinian by a pivot; other sources wherever Apertium has a mode. The quality is for gisting.

Each mode is one pipeline of processes, which any text may kill, hang or confuse. So every segment ends with a
numbered mark that must come back at its end; what comes back without it is asked again, alone, from a fresh
pipeline, and becomes a Failure when that does not help.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from pydantic import Field, PrivateAttr

from babelset.contracts.translator import Failure, Translation, Translator
from babelset.doctor import Finding
from babelset.engines.apertium.modes import fingerprint, packages, pipeline, route
from babelset.engines.apertium.nulpipe import NulPipe, PipeLost
from babelset.errors import ConfigError
from babelset.languages import Pair
from babelset.text.segment import Segment

ENCODING = 5  # counts the changes to what this file sends and reads: part of the signature
FROM_ENGLISH = ("eng-cat", "eng-spa", "en-gl", "en-eo")
ATTEMPTS = 3  # a pipeline that was killed from outside twice in a row has had bad luck enough

SPACES = re.compile(r"[\t-\r\x1c-\x1f \x85\u2028\u2029]+")  # a newline ends no sentence here
SPACED = re.compile(r"(?<=\w) (?=\)|[.,](?:\s|$))|(?<=,),(?=\s)")
ESCAPED = re.compile(r"[$\[\]{}/\\@<>]")  # means something in Apertium's stream; safe behind a backslash
# Lost, or the end of the pipeline, even when escaped, or a mark of its own: sent as [x5e], a blank for every stage.
OPAQUE = re.compile("[\0^~*#\ud800-\udfff\ufffe\uffff]")
UNKNOWN = re.compile(r"(?<![\w'’-])([^\W\d_]{3,})\[\*\]")  # in no dictionary; what is shorter is a unit or a symbol
# English data knows the genitive of names, not of unknown words, and glues them: "Sainsburyha", "lalibro".
GENITIVE = re.compile(
    r"\b(?!(?:it|he|she|that|what|there|here|who|let|where|how|this)['’])(\w+)(['’]s)\b", re.IGNORECASE
)
# A straight quotation mark before a word is read as the clitic of another ('size' comes back as " ize'"): sent curly.
QUOTATION = re.compile(r"(?<!\w)'(?=\w)([^'\n]{0,200}?[^\s'])'(?!\w)")
TOKEN = r"(?:xqzv|qxjk)[a-z]*q\b"
# Where a segment begins in letters: after quotation marks, brackets and placeholders.
FIRST = re.compile(rf"(?P<kept>(?:\W|{TOKEN})*+)(?P<letter>[^\W\d_])(?P<rest>\w*)", re.IGNORECASE)
CURLY = re.compile("[‘’]")
CAPITAL = re.compile(r"[^\W\d_a-zß-öø-ÿ]\w")  # a word that may be a name, and have come to the front
MARK = re.compile(r"(?<!\\)\[s\d+\]")
READ = re.compile(r"\\(.)|\[x([0-9a-f]{1,4})\]|\[([^\]]*)\]", re.DOTALL)
# A verb at the front, "Summarise the text": a name stands before no such word.
COMMAND = re.compile(r"\W*(\w+) (?:the|an?|this|these|all|your|my|its|their|how|what|why|which|whether|each|every)\b")


class Apertium(Translator):
    """Translate with the Apertium modes installed in `modes`."""

    schemes: ClassVar[Sequence[str]] = ("letters", "letters2")
    limit: ClassVar[int] = 2000
    batch: ClassVar[int] = 1024  # some seconds of work: between two calls the pipeline has nothing to do
    license: ClassVar[str] = "GPL (language data)"
    notice: ClassVar[str] = (
        "Apertium is rule-based machine translation of gisting quality (English to Spanish on NTREX-128: "
        "BLEU 16, chrF 48). Good for trying things out, not for data that a model will be trained on: "
        "for that use --translator nllb or an LLM."
    )

    modes: Path = Path("/usr/share/apertium/modes")
    deadline: float = Field(30, gt=0)  # seconds without an answer after which a pipeline is given up

    _pipes: dict[str, NulPipe] = PrivateAttr(default_factory=dict)
    _proven: set[str] = PrivateAttr(default_factory=set)
    _sent: int = PrivateAttr(0)

    @cached_property
    def signature(self) -> str:
        return f"apertium|data:{fingerprint(self.modes)}|encoding:{ENCODING}"

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """Which modes from English are here, and the packages of the others."""
        folder = Path(str(cls.model_fields["modes"].default))
        missing = [mode for mode in FROM_ENGLISH if not (folder / f"{mode}.mode").exists()]
        there = [mode for mode in FROM_ENGLISH if mode not in missing]
        cure = f"apt-get install {' '.join(packages()[mode] for mode in missing)}" if missing else ""
        yield Finding("apertium", bool(there), f"from English: {' '.join(there) or 'nothing installed'}", cure)

    def supports(self, pair: Pair) -> bool:
        chain = route(pair)
        return bool(chain) and not self._missing(chain)

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        """Raises ConfigError, with what to install, where a mode is missing or its programs cannot run."""
        answers = [self._checked(segment.text) for segment in segments]
        for mode in self._chain(pair):
            todo = {at: answer for at, answer in enumerate(answers) if isinstance(answer, Translation) and answer.text}
            found = self._hop(mode, [before.text for before in todo.values()])
            for (at, before), answer in zip(todo.items(), found, strict=True):
                if before.flags and isinstance(answer, Translation):
                    answer = replace(answer, flags=before.flags)
                answers[at] = answer
        return [
            replace(answer, text=follow_case(segment.text, answer.text)) if isinstance(answer, Translation) else answer
            for segment, answer in zip(segments, answers, strict=True)
        ]

    def close(self) -> None:
        for mode in list(self._pipes):
            self._drop(mode)

    def _checked(self, text: str) -> Translation | Failure:
        if len(text) > self.limit:
            return Failure(f"{len(text)} characters; Apertium is given {self.limit} at most", too_long=True)
        return Translation(SPACES.sub(" ", text).strip(" "))

    def _missing(self, chain: Sequence[str]) -> list[str]:
        return [mode for mode in chain if not (self.modes / f"{mode}.mode").is_file()]

    def _chain(self, pair: Pair) -> tuple[str, ...]:
        chain = route(pair)
        if not chain:
            raise ConfigError(
                f"Apertium has no way from {pair.source.name} to {pair.target.name}. Use --translator nllb or an LLM"
            )
        if missing := self._missing(chain):
            wanted = " ".join(dict.fromkeys(packages()[mode] for mode in missing))
            raise ConfigError(f"{self.modes}: no Apertium mode {' and '.join(missing)}. Run: apt-get install {wanted}")
        return chain

    def _hop(self, mode: str, texts: Sequence[str]) -> list[Translation | Failure]:
        """Every text through one mode. Where the pipeline fails, the first text unanswered is the suspect."""
        answers: list[Translation | Failure] = []
        while len(answers) < len(texts):
            good, trouble = self._attempt(mode, texts[len(answers) :])
            answers += good
            if trouble and len(answers) < len(texts):
                answers.append(self._alone(mode, texts[len(answers)]))
        return answers

    def _alone(self, mode: str, text: str) -> Translation | Failure:
        for _ in range(ATTEMPTS):
            good, trouble = self._attempt(mode, [text])
            if good:
                return good[0]
            if trouble.startswith("hung"):
                break
        return Failure(f"Apertium {mode}: the pipeline {trouble}")

    def _attempt(self, mode: str, texts: Sequence[str]) -> tuple[list[Translation], str]:
        """The answers up to the first that is missing or not whole, and what was wrong with that one."""
        pipe = self._pipe(mode)
        marks = [f"[s{self._sent + index}]" for index in range(len(texts))]
        self._sent += len(texts)
        replies = pipe.ask([encode(text, mark, mode) for text, mark in zip(texts, marks, strict=True)], self.deadline)
        good: list[Translation] = []
        try:
            for raw, text, mark in zip(replies, texts, marks, strict=True):
                if (answer := decode(raw, text, mark)) is None:
                    self._drop(mode)
                    return good, "answered without the mark at the end of the segment"
                good.append(answer)
        except PipeLost as lost:
            trouble = f"{lost} {pipe.complaint()}".strip()
            self._drop(mode)
            return good, trouble
        return good, ""

    def _pipe(self, mode: str) -> NulPipe:
        if mode not in self._pipes:
            if mode not in self._proven:
                self._prove(mode)
            self._pipes[mode] = NulPipe(pipeline(self.modes / f"{mode}.mode"))
        return self._pipes[mode]

    def _prove(self, mode: str) -> None:
        """A mode that cannot answer even this is broken, and no text is to blame."""
        script, sent = pipeline(self.modes / f"{mode}.mode"), encode("a", "[s0]", mode)
        for _ in range(ATTEMPTS):
            with NulPipe(script) as pipe:
                try:
                    why = "it answers nonsense"
                    if all(decode(raw, "a", "[s0]") is not None for raw in pipe.ask([sent], self.deadline)):
                        self._proven.add(mode)
                        return
                except PipeLost as lost:
                    why = f"{lost} {pipe.complaint()}".strip()
        package = packages().get(mode, "its data")
        missing = "" if shutil.which("lt-proc") else " (lt-proc is not installed)"
        raise ConfigError(
            f"the Apertium mode {mode} does not work{missing}: {why}. Try: apt-get install --reinstall {package}"
        )

    def _drop(self, mode: str) -> None:
        if pipe := self._pipes.pop(mode, None):
            pipe.close()


def encode(text: str, mark: str, mode: str) -> bytes:
    """
    One unit of Apertium's stream, without its NUL.

    >>> encode("Is a^b [1]?", "[s7]", "eng-cat")
    b'Is a[x5e]b \\\\[1\\\\]?[][s7]'
    """
    if not CURLY.search(text):
        text = QUOTATION.sub(r"‘\1’", text)
    if mode.startswith("en"):
        text = GENITIVE.sub(r"\1 \2", text)
    text = ESCAPED.sub(r"\\\g<0>", text)
    text = OPAQUE.sub(lambda match: f"[x{ord(match[0]):x}]", text)
    return f"{text}[]{mark}".encode()


def follow_case(source: str, target: str) -> str:
    """
    The target with its first letter in the case of the source's, unless it begins with a name or an abbreviation.

    >>> follow_case("red", "Rojo"), follow_case("The UN met", "la ONU se reunió"), follow_case("in Spain", "España")
    ('rojo', 'La ONU se reunió', 'España')
    """
    first, answer = FIRST.match(source), FIRST.match(target)
    if not first or not answer or first["letter"].isupper() == answer["letter"].isupper():
        return target
    if re.findall(TOKEN, first["kept"].lower()) != re.findall(TOKEN, answer["kept"].lower()):
        return target
    before, after = target[: answer.start("letter")], target[answer.end("letter") :]
    if first["letter"].isupper():
        return before + answer["letter"].upper() + after
    is_name = answer["rest"] != answer["rest"].lower() or bool(CAPITAL.search(source))
    return target if is_name else before + answer["letter"].lower() + after


def decode(raw: bytes, source: str, mark: str) -> Translation | None:
    """
    An answer, or None when it does not end with the mark sent, or holds another.

    Flagged "unknown_words" where a word of the source that is no name, in lower case or a command's, was left.
    """
    body, found, end = raw.decode("utf-8", "replace").rpartition(mark)
    if not found or end.strip() or MARK.search(body):
        return None
    command = COMMAND.match(source)
    verb = command[1] if command else ""
    left = {word for word in UNKNOWN.findall(body) if (word.islower() or word == verb) and not re.match(TOKEN, word)}
    body = body.replace("[*]", "")
    text = READ.sub(lambda match: match[1] or (chr(int(match[2], 16)) if match[2] else match[3] or ""), body)
    flags = ("unknown_words",) if left and left.intersection(re.findall(r"\w+", source)) else ()
    return Translation(_tidy(text, source), flags)


def _tidy(text: str, source: str) -> str:
    """Without what Apertium shows of its insides: tags, second choices, marks, the blanks of dropped words."""
    if "<" not in source:
        text = re.sub(r"<\w+>", "", text)
    if "/" not in source:
        text = re.sub(r"(?<=\w)/[\w/]+", "", text)
    if "@" not in source:
        text = text.replace("@", "")
    text = SPACES.sub(" ", text).strip(" ")
    if not SPACED.search(source):
        text = SPACED.sub("", text)
    if "'" in source and not CURLY.search(source):
        text = CURLY.sub("'", text)
    quote = re.match(r'(["“(\[]) ', text)
    return quote[1] + text[2:] if quote and source[:2] != quote[0] else text
