"""
What each service calls a language. languages.csv holds its codes by BCP-47 tag, one column a service.

Where they are published. Amazon's were compared with the page and DeepL's with the client 1.32; check the other two
against their pages, and add what is missing.
deepl     developers.deepl.com, "Supported languages": targets; a source has no region. Without those in beta
google    cloud.google.com/translate/docs/languages, the model general/nmt
azure     learn.microsoft.com, "Azure Translator language and locale support", translation
aws       docs.aws.amazon.com/translate, "Supported languages and language codes"

A tag without a region stands for the one that CLDR thinks likeliest: "en" is EN-US, "pt" Brazilian.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from babelset.languages import Language, Pair, find


@cache
def _codes(service: str) -> dict[str, str]:
    lines = files(__package__).joinpath("languages.csv").read_text(encoding="utf-8").splitlines()
    return {row["bcp47"]: row[service] for row in csv.DictReader(lines) if row[service]}


def code_of(language: Language, service: str) -> str:
    """
    The service's code of the language, that without a region where it knows none of this one; "" where it has none.

    >>> code_of(find("zho_Hant"), "google"), code_of(find("pt-PT"), "deepl"), code_of(find("lij"), "aws")
    ('zh-TW', 'PT-PT', '')
    """
    codes = _codes(service)
    return codes.get(language.bcp47) or codes.get(find(language.code).bcp47, "")


def codes_of(pair: Pair, service: str) -> tuple[str, str] | None:
    """Source and target, None where the service lacks one of them or takes them for one and the same."""
    source, target = (code_of(language, service) for language in (pair.source, pair.target))
    return (source, target) if source and target and source != target else None
