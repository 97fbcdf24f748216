"""
Languages and language pairs, by FLORES-200 code.

languages.csv holds the 202 codes of the NLLB-200 tokenizer. Sources of its facts: codes, facebook/nllb-200
(transformers' FAIRSEQ_LANGUAGE_CODES); names and tags, CLDR through langcodes; `lingua`, lingua-language-detector
2.1; `comet`, the 100 languages of XLM-R (arXiv 1911.02116, table 6), which the COMET models stand on; `glotlid`, FLORES
codes as GlotLID writes them (macrolanguages by script), not checked against its model. NLLB writes Santali, sat_Beng, in Ol Chiki, so that is its script here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from babelset.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Language:
    """One row of languages.csv."""

    code: str  # FLORES-200: "cat_Latn"
    bcp47: str  # "ca"; "pt-BR" for a regional variant
    name: str  # "Catalan"
    native: str  # "català", "" where CLDR has none
    script: str  # ISO 15924: "Latn"
    direction: str  # "ltr" or "rtl"
    lingua: str  # lingua's ISO 639-1 label, "" where it does not know the language
    glotlid: str  # GlotLID label, "" where it does not know the language
    comet: bool  # covered by XLM-R, hence by the COMET models


@dataclass(frozen=True, slots=True)
class Pair:
    """A language pair: `str(Pair(english, catalan))` is "eng_Latn-cat_Latn"."""

    source: Language
    target: Language

    def __str__(self) -> str:
        return f"{self.source.code}-{self.target.code}"


# Codes that do not say what to write: which language or script is a choice that only the user can make.
AMBIGUOUS = {
    "zh": "Chinese is written in two scripts: say zho_Hans (simplified) or zho_Hant (traditional)",
    "sr": "Serbian is written in Cyrillic and Latin, and only Cyrillic is covered: say srp_Cyrl",
    "pa": "Punjabi is written in Gurmukhi and Shahmukhi, and only Gurmukhi is covered: say pan_Guru",
    "ku": "Kurdish is several languages: say kmr_Latn (Northern, Kurmanji) or ckb_Arab (Central, Sorani)",
    "no": "Norwegian is written in two standards: say nob_Latn (Bokmål) or nno_Latn (Nynorsk)",
    "ks": "Kashmiri is written in two scripts: say kas_Arab or kas_Deva",
    "kr": "Kanuri is written in two scripts: say knc_Arab or knc_Latn",
    "ace": "Acehnese is written in two scripts: say ace_Arab or ace_Latn",
    "bjn": "Banjar is written in two scripts: say bjn_Arab or bjn_Latn",
    "taq": "Tamasheq is written in two scripts: say taq_Latn or taq_Tfng",
}
SAME = {"zho": "zh", "cmn": "zh", "srp": "sr", "pan": "pa", "kur": "ku", "nor": "no", "kas": "ks", "knc": "kr", "kau": "kr"}
NAMES = {"chinese": "zh", "kurdish": "ku", "norwegian": "no", "kashmiri": "ks", "kanuri": "kr", "acehnese": "ace", "banjar": "bjn"}
REGIONS = {"zh-tw": "zho_Hant", "zh-hk": "zho_Hant", "zh-mo": "zho_Hant", "zh-cn": "zho_Hans", "zh-sg": "zho_Hans"}


@cache
def all_languages() -> tuple[Language, ...]:
    """Every language of the table, in its order."""
    lines = files("babelset").joinpath("languages.csv").read_text(encoding="utf-8").splitlines()
    return tuple(Language(**{**row, "comet": row["comet"] == "yes"}) for row in csv.DictReader(lines))


@cache
def _index() -> dict[str, Language]:
    found: dict[str, Language] = {}
    for language in all_languages():
        three = language.code.partition("_")[0]
        for key in (language.code, language.bcp47, language.name, language.native, three):
            found.setdefault(_fold(key), language)
    found.pop("")
    for key in (*AMBIGUOUS, *SAME):
        found.pop(key, None)
    return found


def _fold(text: str) -> str:
    return text.strip().replace("_", "-").casefold()


@cache
def find(text: str) -> Language:
    """
    The language that `text` names: a FLORES-200 code, a BCP-47 tag, ISO 639-1 or -3, its English or own name.

    >>> find("ca") == find("cat") == find("cat_Latn") == find("Catalan") == find("català")
    True
    >>> find("por-BR").bcp47
    'pt-BR'

    Raises ConfigError: a question for an ambiguous code, the nearest names for an unknown one.
    """
    key = _fold(text)
    short = SAME.get(key) or NAMES.get(key) or key
    if short in AMBIGUOUS:
        raise ConfigError(f"{text!r} is ambiguous. {AMBIGUOUS[short]}")
    found = _index().get(key) or _index().get(_fold(REGIONS.get(key, ""))) or _by_tag(key)
    if found is None:
        raise ConfigError(f"unknown language {text!r}.{_nearest(key)} All of them: babelset languages")
    return found


def _by_tag(key: str) -> Language | None:
    """Other spellings of a tag: iw, tl, pt-br, zh-hant-tw, cat-latn."""
    import langcodes

    try:
        tag = langcodes.Language.get(key)
    except ValueError:
        return None
    # langcodes turns individual languages into macrolanguages only when asked: arb -> ar
    for name in (tag.language or "", langcodes.standardize_tag(tag.language or "und", macro=True)):
        if name in AMBIGUOUS and not tag.script:
            raise ConfigError(f"{key!r} is ambiguous. {AMBIGUOUS[name]}")
        candidates = [found for found in _index().values() if found.bcp47.partition("-")[0] == name]
        fitting = [found for found in candidates if not tag.script or found.script == tag.script]
        if fitting and tag.territory:
            return replace(fitting[0], bcp47=f"{fitting[0].bcp47}-{tag.territory}")
        if fitting:
            return fitting[0]
    return None


def _nearest(key: str) -> str:
    index = _index()
    near = dict.fromkeys(index[name] for name in get_close_matches(key, index, n=4))
    shown = " or ".join(f"{language.name} ({language.code})" for language in near)
    return f" Did you mean {shown}?" if shown else ""


def search(query: str) -> Iterator[Language]:
    """Languages whose code, tag, name or script holds `query`; all of them for ""."""
    wanted = _fold(query)
    for language in all_languages():
        texts = (language.code, language.bcp47, language.name, language.native, language.script)
        if any(wanted in _fold(text) for text in texts):
            yield language
