"""
Letters and Roman numerals that name an option or a statement: "(A)", "A, B or C", "the answer is D.", "I and II only".

"A bridge", "Plan B works", "I agree" and "Vitamin C" hold none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from babelset.text.scan.marks import Mark

END = r"(?![\w'’-]|\.\w)"
LETTER = rf"[A-Z]{END}"
ROMAN = rf"[IVX]{{1,5}}{END}"
JOINED = r"(?:, ?(?:and |or )?| (?:and|or|nor|vs\.?) |/)"
# What has a letter for a name: "Response A is better", not "Give a person A chance".
NAMED = (
    r"(?:[Rr]esponse|[Aa]ssistant|[Mm]odel|[Cc]andidate|[Oo]utput|[Pp]oint|[Ss]et|[Ee]vent|[Mm]atrix|[Gg]roup|[Cc]ase)"
)
CUE = r"(?i:answers?|options?|choices?|letters?|alternatives?|statements?|correct|choose|select|pick)"
# Behind a capital letter: cheap, and true wherever there is one.
HINT = (
    r"(?<=[A-Z])(?<!\w.)(?:(?<=[B-HJ-Z])|(?<=A)(?:(?= (?:and|has|is|or|than|through|to|was)\b)|(?! [a-z]))"
    r"|(?<=I)(?= only|,| and | or )|(?<=[IVX])[IVX]{1,4})\b"
    r"(?![.'’-]\w)"
)
SOME = re.compile("[A-Z]" + HINT)
ALONE = re.compile(r"\A[^\w\n]*([A-Z]|[IVX]{2,5})[^\w\n]*\Z")
# What holds the letters; each letter in it is a label.
PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\w)\([A-Z]\)",
        rf"(?<![\w.'’])[A-Z]{END}(?:{JOINED}{LETTER})+(?! [a-z]+ing\b)",
        rf"(?<![\w.'’]){LETTER} (?:through|to) {LETTER}",
        rf"(?<!\w){NAMED} {LETTER}(?=[.,;:)!?]| (?:is|was|has|and|or|to|than|through)\b|\s*$)",
        r"(?<=\x1a) [A-H](?=\s*$)",  # "[RESULT] A"
        rf"(?<![\w.'’]){ROMAN}(?:{JOINED}{ROMAN})+",
        rf"(?<![\w.'’])(?:\A\W*I(?= only\W*\Z)|(?!I\b){ROMAN}(?= only\b))",
        rf"(?<!\w){CUE}(?: is| was| would be| being|:)?:? ['\"“*]{{0,3}}{LETTER}(?=['\"”*]{{0,3}}(?:[.,;:)!?]|\s*$))",
    )
)
ITEM = re.compile(rf"\([A-Z]\)|(?<![\w.'’])(?:[IVX]{{1,5}}|[A-Z]){END}")


def labels(text: str) -> Iterator[Mark]:
    if alone := ALONE.match(text):
        yield Mark(alone.start(1), alone.end(1), "label", True)
        return
    if not SOME.search(text):
        return
    found: set[tuple[int, int]] = set()
    for pattern in PATTERNS:
        for run in pattern.finditer(text):
            found.update((item.start(), item.end()) for item in ITEM.finditer(text, run.start(), run.end()))
    yield from (Mark(start, end, "label", True) for start, end in sorted(found))
