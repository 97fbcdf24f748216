"""
Shell commands: whether a line is one, and where one stands in a sentence.

"Run pip install torch, then commit with git commit -m 'first'."
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from babelset.text.scan.marks import Mark
from babelset.text.scan.vocabulary import WORDS

PLAIN = frozenset(WORDS["commands"]["plain"].split())
ENGLISH = frozenset(WORDS["commands"]["english"].split())
SUBCOMMANDS: dict[str, list[str]] = {name: words.split() for name, words in WORDS["subcommands"].items()}
KNOWN = PLAIN | ENGLISH | SUBCOMMANDS.keys() | {"sudo"}
NAMED = "|".join(sorted(re.escape(name) for name in KNOWN if name[0].isalpha()))
FIRST = re.compile(
    rf"[ \t]*(?:\$ )?(?:[A-Z_]+=\S* )?(?:(?:{NAMED})(?![^\s])|\.{{1,2}}/\w|\[\[?[ ](?=.*[ ]\])|\.[ ][~/$])"
)
ARGUMENT = re.compile(r"[-/.~$\"':@=*<>|&\d_]|^\+[a-z]+$")
ASSIGNED = re.compile(r"[A-Z_]\w*=")
PROGRAM = re.compile(r"\.{0,2}/|~/|\$|\"\"")
QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|#.*|`[^`]*`")
NAMING, NAME = ("export", "unset", "readonly", "local"), re.compile(r"[A-Z_][A-Z0-9_]+")
STOP = re.compile(
    r"(?:the|an?|to|of|and|or|is|are|was|it|you|your|my|our|their|his|her|we|they|i|that|this|these|those|sure|with|for"
    r"|by|from|into|then|will|can|be|as|at|but|if|not|so|up|some|any|all)"
)
# Commands that stand in sentences and are no English words, as "go" is.
INLINE = ("pip", "pip3", "npm", "git", "docker", "conda", "apt", "apt-get", "brew", "kubectl", "yarn", "cargo")
HINTS = ("pip", "npm", "git ", "docker", "conda", "apt", "brew ", "kubectl", "yarn ", "cargo ")
# Words that a command does not go on with.
AFTER = (
    "a|an|the|to|of|and|or|is|are|was|it|you|your|my|our|their|this|that|these|those|in|on|at|by|for|from|with|as|if|so|but|not"
    "|then|first|now|again|before|after|when|while|which|using|inside|there|here|commands?|once|instead|only|also|will|should"
    "|can|may|must|lets?|does|do|has|have|because|where|into|via|per|every|each|any|all|some|i|we|they|he|she|without"
)
INLINE_ARGUMENT = rf"(?:\"[^\"\n]*\"|'[^'\n]*'|(?!(?:{AFTER})\b)[-\w./~:@=<>\[\]+$%^*]+(?<![.:,]))"
NAMES = "|".join(rf"{name} (?:-\S+ )?(?:{'|'.join(SUBCOMMANDS[name])}|[a-z]+-[a-z-]+)" for name in INLINE)
COMMAND = re.compile(rf"(?<![\w-])(?:sudo )?(?:{NAMES})(?![\w-])(?: {INLINE_ARGUMENT}){{0,12}}+")


def may_hold(text: str) -> bool:
    return any(hint in text for hint in HINTS)


def commands(text: str) -> Iterator[Mark]:
    if may_hold(text):
        yield from (Mark(found.start(), found.end(), "inline_code", True) for found in COMMAND.finditer(text))


def is_command(line: str) -> bool:
    """
    Whether a line is a shell command whose arguments do not read as English.

    >>> is_command("git push origin main"), is_command("find the file"), is_command("git is a tool")
    (True, False, False)
    """
    words = QUOTED.sub('""', line).split()
    while words and (words[0] in ("sudo", "time", "nohup", "$") or ASSIGNED.match(words[0])):
        words = words[1:]
    if not words:
        return True
    name, arguments = words[0], words[1:]
    if any(map(STOP.fullmatch, arguments)):
        return False
    if name in SUBCOMMANDS:
        return any(argument in SUBCOMMANDS[name] or argument.startswith("--") for argument in arguments[:3])
    if name in NAMING and arguments and all(map(NAME.fullmatch, arguments)):
        return True
    technical = any(map(ARGUMENT.search, arguments))
    if name in PLAIN or PROGRAM.match(name):
        return technical or len(arguments) == (0 if PROGRAM.match(name) else 1)
    return technical and name in ENGLISH


def may_be_command(line: str) -> bool:
    """Whether a line is a command that may stand between others: "sort", "echo done"."""
    name, *arguments = QUOTED.sub('""', line).split() or [""]
    return bool(name in KNOWN or PROGRAM.match(name)) and not any(map(STOP.fullmatch, arguments))
