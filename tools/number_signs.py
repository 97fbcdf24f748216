"""
Write babelset/measures/numbers.csv: how each language writes the decimal sign and groups digits, in Western digits.

    python tools/number_signs.py    # needs babel, which carries the data of Unicode CLDR

A language that CLDR does not have writes numbers as the first official language of its likely territory does.
"""

from __future__ import annotations

import csv
from pathlib import Path

from babel import Locale, UnknownLocaleError, __version__
from babel.core import get_global
from babel.languages import get_official_languages

from babelset.languages import Language, all_languages

OUT = Path(__file__).parents[1] / "babelset" / "measures" / "numbers.csv"


def locale(language: Language) -> tuple[Locale, str]:
    """The locale that tells, and how it was found: "own", that of the territory, or "root"."""
    tag = language.bcp47.replace("-", "_")
    names = [(tag, "own"), (tag.split("_")[0], "own")]
    likely = get_global("likely_subtags").get(tag) or get_global("likely_subtags").get(tag.split("_")[0]) or ""
    territory = likely.rpartition("_")[2]
    names += [(f"{name}_{territory}", name) for name in get_official_languages(territory, de_facto=True)]
    for name, how in names:
        try:
            return Locale.parse(name), how
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en"), "root"


def main() -> None:
    with OUT.open("w", encoding="utf-8", newline="") as file:
        file.write(
            f"# Unicode CLDR, through babel {__version__}; Unicode License v3. Written by tools/number_signs.py\n"
        )
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["code", "decimal", "group", "from"])
        for language in all_languages():
            found, how = locale(language)
            signs = found.number_symbols["latn"]
            rows.writerow([language.code, signs.get("decimal") or ".", signs.get("group") or ",", how])


if __name__ == "__main__":
    main()
