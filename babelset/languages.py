"""
Languages and language pairs, by FLORES-200 code.

languages.csv holds the 202 codes of the NLLB-200 tokenizer. Where its facts come from:
code      FAIRSEQ_LANGUAGE_CODES of transformers' NLLB tokenizer
bcp47     CLDR, through langcodes; name and native too
script    the code's own, but Santali: sat_Beng is written in Ol Chiki (facebookresearch/flores, issue 52)
langid    py3langid 0.4: the labels that it gives to texts in the language, those of variants that it takes for it too
lingua    lingua-language-detector 2.1
glotlid   GlotLID v3, languages-v3.md; labels not named there as merged or split are taken from the code
comet     the 100 languages of XLM-R (arXiv 1911.02116, table 6), on which the COMET models stand
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from babelset.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Language:
    """A language in one script, a row of languages.csv: `find("ca").code` is "cat_Latn"."""

    code: str  # FLORES-200: "cat_Latn"
    bcp47: str  # "ca"; "pt-BR" for a regional variant
    name: str  # "Catalan"
    native: str  # "català", "" where CLDR has none
    script: str  # ISO 15924: "Latn"
    direction: str  # "ltr" or "rtl"
    lingua: str  # lingua's ISO 639-1 label, "" where it does not know the language
    glotlid: str  # GlotLID label, "" where it does not know the language
    comet: bool  # covered by XLM-R, hence by the COMET models
    also: str = ""  # other names and codes: "Farsi;Western Persian"
    langid: tuple[str, ...] = ()  # py3langid's labels of it and of what it cannot tell from it; () for unknown to it


@dataclass(frozen=True, slots=True)
class Pair:
    """A language pair: `str(Pair(english, catalan))` is "eng_Latn-cat_Latn"."""

    source: Language
    target: Language

    def __str__(self) -> str:
        return f"{self.source.code}-{self.target.code}"


# Names that leave open which language or script to write, or promise a script that is not covered.
OPEN = {
    "zh zho cmn chinese mandarin 中文": "Chinese has two scripts: say zho_Hans (simplified) or zho_Hant",
    "sr srp": "Serbian is written in Cyrillic and Latin, and only Cyrillic is covered: say srp_Cyrl",
    "pa pan": "Punjabi is written in Gurmukhi and Shahmukhi, and only Gurmukhi is covered: say pan_Guru",
    "ku kur kurdish": "Kurdish is several languages: say kmr_Latn (Kurmanji) or ckb_Arab (Sorani)",
    "no nor norwegian": "Norwegian has two standards: say nob_Latn (Bokmål) or nno_Latn (Nynorsk)",
    "ks kas kashmiri": "Kashmiri has two scripts: say kas_Arab or kas_Deva",
    "kr kau knc kanuri": "Kanuri has two scripts: say knc_Arab or knc_Latn",
    "ace acehnese": "Acehnese has two scripts: say ace_Arab or ace_Latn",
    "bjn banjar": "Banjar has two scripts: say bjn_Arab or bjn_Latn",
    "taq tamasheq": "Tamasheq has two scripts: say taq_Latn or taq_Tfng",
}
CODE = re.compile(r"\b[a-z]{3}_[A-Z][a-z]{3}\b")
QUESTIONS = {name: question for names, question in OPEN.items() for name in names.split()}


@cache
def all_languages() -> tuple[Language, ...]:
    """Every language of the table, in its order."""
    lines = files("babelset").joinpath("languages.csv").read_text(encoding="utf-8").splitlines()
    rows: Iterable[dict[str, Any]] = csv.DictReader(lines)
    return tuple(
        Language(**row | {"comet": row["comet"] == "yes", "langid": tuple(row["langid"].split())}) for row in rows
    )


@cache
def find(text: str) -> Language:
    """
    The language that `text` names: a FLORES-200 code, a BCP-47 tag, ISO 639-1 or -3, its English or own name.

    >>> find("ca") == find("cat") == find("cat_Latn") == find("Catalan") == find("català")
    True
    >>> find("por-BR").bcp47
    'pt-BR'

    Raises ConfigError: a question where `text` leaves the choice open, the nearest names for an unknown one.
    """
    key = _fold(text)
    if key in QUESTIONS:
        raise _question(text, key)
    found = _index().get(key) or _by_tag(text)
    if found is None:
        raise ConfigError(f"unknown language {text!r}.{_nearest(key)} All of them: babelset languages")
    return found


def meant(text: str) -> list[Language]:
    """
    The languages that `text` may name: several where it leaves the choice open, as "Chinese"; ConfigError for none.

    >>> [language.code for language in meant("zh")]
    ['zho_Hans', 'zho_Hant']
    """
    codes = CODE.findall(QUESTIONS.get(_fold(text), ""))
    return [find(code) for code in codes] or [find(text)]


def search(query: str) -> Iterator[Language]:
    """Languages with a code, tag, name or script in which a word begins with `query`; all of them for ""."""
    wanted = _fold(query)
    for language in all_languages():
        names = f"{language.name} {language.native} {language.also}".replace(";", " ")
        if f" {wanted}" in _fold(f"- {language.code} {language.bcp47} {language.script} {names}"):
            yield language


@cache
def _index() -> dict[str, Language]:
    found: dict[str, Language] = {}
    for language in all_languages():
        names = (language.bcp47, language.name, language.native, language.code[:3], *language.also.split(";"))
        for name in (language.code, *filter(None, names)):
            found.setdefault(_fold(name), language)
    return found


def _fold(text: str) -> str:
    return " ".join(text.replace("_", "-").casefold().split())


def _by_tag(text: str) -> Language | None:
    """Other spellings of a tag: iw, ekk, pt-br, zh-hant-tw, sat-olck."""
    import langcodes

    try:
        tag = langcodes.Language.get(text.strip())
    except ValueError:
        return None
    # langcodes turns an individual language into its macrolanguage only when asked: arb -> ar
    for name in (tag.language or "", langcodes.standardize_tag(tag.language or "und", macro=True)):
        known = [language for language in all_languages() if language.bcp47.partition("-")[0] == name]
        fitting = [language for language in known if tag.script in (None, language.script)]
        if fitting and (tag.script or name not in QUESTIONS):
            return _regional(fitting[0], tag.territory)
        if name in QUESTIONS:
            raise _question(text, name)
        if known:
            covered = " or ".join(language.code for language in known)
            raise ConfigError(f"{text!r}: {known[0].name} is not covered in this script: say {covered}")
    return None


def _regional(language: Language, region: str | None) -> Language:
    if not region:
        return language
    return replace(language, bcp47=f"{language.bcp47}-{region}", name=f"{language.name} ({region})")


def _question(text: str, name: str) -> ConfigError:
    return ConfigError(f"which language is {text!r}? {QUESTIONS[name]}")


def _nearest(key: str) -> str:
    index = _index()
    near = dict.fromkeys(index[name] for name in get_close_matches(key, index, n=3))
    shown = " or ".join(f"{language.name} ({language.code})" for language in near)
    return f" Did you mean {shown}?" if shown else ""
