"""Lines that programs read by their names: headers, rules of make, flat settings, tunes; letters and lists are prose."""

from __future__ import annotations

import pytest

from babelset.text.document import Keep, Prose, parse


def prose(text: str) -> str:
    return "".join(span.text for span in parse(text) if isinstance(span, Prose)).strip()


MAIL = (
    "Received: from a.example\n by b.example; Mon, 1 Jan 2024 10:00:00 +0000\nFrom: Ann Lee <ann@a.example>\n"
    "To: bob@b.example\nSubject: The pears are ripe\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
    "Dear Bob, come soon."
)
SENT = "From: ann@a.example\nTo: bob@b.example\nDate: Tue, 2 Jan 2024 09:30\nSubject: The pears are ripe"
MAKEFILE = "CC = gcc\n\nall: main\n\nmain: main.o\n\t$(CC) -o $@ $^\n\nclean:\n\trm -f main\n\n.PHONY: clean"
TUNE = "X:1\nT:The Ripe Pear\nM:6/8\nL:1/8\nK:Dmaj\nd2f afd|e2g bge|d2f afd|e3 d3|"
KEPT = [
    "name: web\nimage: nginx\nport: 80\nrestart: always",
    "host: db.example.org\nuser: admin\nretries: 3\nverbose: true",
    "build:\n\tgo build ./...\n\ntest: build\n\tgo test ./...",
    "%.o: %.c\n\t$(CC) -c $<",
    MAKEFILE,
    TUNE,
    "M:3/4\nK:G\nG2 B d|",
    "while counter < 10\n    print counter\n    add 1 to counter\nend while",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_programs_read_is_kept(text: str) -> None:
    assert prose(text) == ""
    around = f"Here it is, as you asked for it:\n\n{text}\n\nTake it home with you."
    assert " ".join(prose(around).split()) == "Here it is, as you asked for it: Take it home with you."


def test_of_headers_the_subject_is_translated() -> None:
    assert prose(MAIL).split("\n")[::4] == ["The pears are ripe", "Dear Bob, come soon."]
    assert prose(SENT) == "The pears are ripe"


def test_of_subtitles_the_words_are_translated() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nHello there.\n\n2\n00:00:03.000 --> 00:00:04.500 line:0\nHow are you?"
    assert prose(text).split("\n") == ["Hello there.", "", "", "How are you?"]
    assert prose("A 1 --> B is an arrow, 00:01 is not.").startswith("A 1 --> B")


@pytest.mark.parametrize(
    "text",
    [
        "From: Ann\nTo: Bob\nSubject: The pears are ripe\n\nDear Bob,",
        "Name: Ann\nTown: Leeds\nAge: 40",
        "alice: hi there\nbob: hello to you\ncarol: good day to all of you",
        "dish: pear pie\nserves: four people\ntime: one hour or so",
        "ingredients:\n\ttwo eggs\n\tone cup of flour",
        "key: the thing that opens a door\nlock: the thing that it opens\ndoor: what is shut",
        "K: Is it ripe?\nL: It is.",
    ],
)
def test_letters_and_lists_are_prose(text: str) -> None:
    assert not [span for span in parse(text) if isinstance(span, Keep) and span.kind in ("code", "yaml", "header")]


@pytest.mark.parametrize("line", ["a: b", "build:\n\tx", "From: x@y.z\nDate: 1:00", "K:C\nM:3/4", "(a[a-z", "`a <b>`"])
def test_many_of_them_take_no_longer_than_their_length(line: str) -> None:
    text = (line + "\n") * 3000
    assert "".join(span.text for span in parse(text)) == text
