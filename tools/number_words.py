"""
Write babelset/measures/number_words.csv: how the words begin by which a language says 2 to 12.

    pip install num2words && python tools/number_words.py

Cardinal and ordinal numbers of num2words, and by hand what else a small number is written as: both, a pair, a dozen.
Of a language that inflects its numbers less is given; one with a dual, or without a word's beginning, is left out.
"""

from __future__ import annotations

import csv
from importlib.metadata import version
from pathlib import Path

from num2words import num2words

from babelset.languages import find

OUT = Path(__file__).parents[1] / "babelset" / "measures" / "number_words.csv"
NUMBERS = range(2, 13)
LANGUAGES = ["ca", "da", "de", "eo", "es", "fr", "id", "it", "nb", "nl", "pt", "ro", "sv", "tr", "vi"]
INFLECTING = ["be", "cs", "fi", "hu", "is", "lt", "lv", "pl", "ru", "sk", "uk"]
NAMES = {"nb": "no"}  # what num2words calls it
MORE = {  # a word with $ as it is
    "be": {2: "дв абод пара$", 3: "тр", 12: "тузін"},
    "ca": {2: "dues ambd parell dobl", 3: "tripl", 12: "dotzen"},
    "cs": {2: "dv oba obě pár$ druh", 3: "tř", 12: "tucet"},
    "da": {2: "begge par$ dobbel", 12: "dusin"},
    "de": {2: "beid paar doppel", 3: "dritt", 7: "sieb", 12: "dutzend"},
    "es": {2: "ambos$ ambas$ par$ dobl dúo", 3: "tripl", 12: "docena"},
    "fi": {2: "molem pari$ kahd toinen", 12: "tusin"},
    "fr": {2: "double paire second duo$", 3: "tierc tripl", 5: "cinqu", 9: "neuv"},
    "hu": {2: "két mindk pár$", 3: "hár", 12: "tucat"},
    "is": {2: "tv báð", 3: "þr", 4: "fjó"},
    "it": {2: "entramb coppi dopp second", 3: "terz tripl", 12: "dozzin"},
    "lt": {2: "dv abu$ abi$ antr", 3: "tr", 12: "tuzin"},
    "lv": {2: "div abi abā otr", 3: "tr", 12: "duc"},
    "nb": {2: "begge par$ dobbel andre", 12: "dusin"},
    "nl": {2: "beide paar dubbel", 3: "derde", 12: "dozijn"},
    "pl": {2: "dw oba obie oboj par[aęy]$ podw drug", 3: "trz", 12: "tuzin"},
    "pt": {2: "duas ambos$ ambas$ par$ dobr dupl", 3: "tripl", 12: "dúzia"},
    "ro": {2: "două doi dubl amb perech", 12: "duzin"},
    "ru": {2: "дв оба обе обо пар[аыу]$ втор", 3: "тр", 12: "дюжин"},
    "sk": {2: "dv oba obe pár$ druh", 3: "tr", 12: "tucet"},
    "sv": {2: "båda par$ dubbel andra", 12: "dussin"},
    "uk": {2: "дв оби пар[аиу]$ друг", 3: "тр", 12: "дюжин"},
    "gl": {
        2: "dous dúas ambos$ ambas$ par$ dobr segund",
        3: "tres terceir",
        4: "catro cuart",
        5: "cinco quint",
        6: "seis sext",
        7: "sete séptim sétim",
        8: "oito oitav",
        9: "nove noven",
        10: "dez décim",
        11: "once",
        12: "doce ducia",
    },
}


def beginnings(number: int, name: str) -> list[str]:
    """How the words begin by which the language says the number, with no two of which one says the other."""
    found = MORE.get(name, {}).get(number, "").split()
    for to in ("cardinal", "ordinal") if name in LANGUAGES + INFLECTING else ():
        try:
            word = num2words(number, lang=NAMES.get(name, name), to=to).lower().split()[-1]
        except NotImplementedError:
            continue
        least, most = (3, 3) if name in INFLECTING else (4, 5)
        found += [word[: max(least, min(most, len(word) - 1))]] if word.isalpha() else []
    return sorted(word for word in set(found) if not any(word.startswith(one) for one in found if one != word))


def main() -> None:
    with OUT.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# num2words {version('num2words')}, and by hand. Written by tools/number_words.py\n")
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["code", *NUMBERS])
        for name in sorted({*LANGUAGES, *INFLECTING, *MORE}):
            rows.writerow([find(name).code, *(" ".join(beginnings(number, name)) for number in NUMBERS)])


if __name__ == "__main__":
    main()
