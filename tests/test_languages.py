from __future__ import annotations

import re

import pytest

from babelset.errors import ConfigError
from babelset.languages import AMBIGUOUS, NAMES, SAME, Language, Pair, all_languages, find, search

WAYS = [
    ("ca", "cat_Latn"), ("cat", "cat_Latn"), ("cat_Latn", "cat_Latn"), ("CAT-LATN", "cat_Latn"), ("Catalan", "cat_Latn"),
    ("català", "cat_Latn"), (" catalan ", "cat_Latn"), ("es", "spa_Latn"), ("Español", "spa_Latn"),
    ("zh-TW", "zho_Hant"), ("zh_HK", "zho_Hant"), ("zh-CN", "zho_Hans"), ("zh-Hans", "zho_Hans"), ("zh-Hant", "zho_Hant"),
    ("nb", "nob_Latn"), ("nn", "nno_Latn"), ("iw", "heb_Hebr"), ("he", "heb_Hebr"), ("fa", "pes_Arab"), ("tl", "tgl_Latn"),
    ("fil", "tgl_Latn"), ("ar", "arb_Arab"), ("arb", "arb_Arab"), ("sw", "swh_Latn"), ("ne", "npi_Deva"), ("sq", "als_Latn"),
    ("az", "azj_Latn"), ("lv", "lvs_Latn"), ("mg", "plt_Latn"), ("mn", "khk_Cyrl"), ("ms", "zsm_Latn"), ("om", "gaz_Latn"),
    ("or", "ory_Orya"), ("ps", "pbt_Arab"), ("uz", "uzn_Latn"), ("yi", "ydd_Hebr"), ("sr-Cyrl", "srp_Cyrl"),
    ("Serbian", "srp_Cyrl"), ("ks-Deva", "kas_Deva"), ("mo", "ron_Latn"), ("हिन्दी", "hin_Deva"), ("اردو", "urd_Arab"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), WAYS)
def test_every_way_to_name_a_language(text: str, code: str) -> None:
    assert find(text).code == code


@pytest.mark.parametrize(("text", "tag"), [("por-BR", "pt-BR"), ("pt_BR", "pt-BR"), ("en-gb", "en-GB"), ("es-419", "es-419")])
def test_a_region_is_kept(text: str, tag: str) -> None:
    assert find(text).bcp47 == tag
    assert find(find(text).code).code == find(text).code


@pytest.mark.parametrize("text", [*AMBIGUOUS, *SAME, *NAMES])
def test_an_ambiguous_name_gets_a_question_whose_answers_work(text: str) -> None:
    with pytest.raises(ConfigError, match="ambiguous") as caught:
        find(text)
    answers = re.findall(r"\b[a-z]{3}_[A-Z][a-z]{3}\b", str(caught.value))
    assert answers
    for answer in answers:
        assert find(answer).code == answer


@pytest.mark.parametrize(
    ("text", "hint"), [("catlan", "Catalan (cat_Latn)"), ("spnish", "Spanish (spa_Latn)"), ("hindii", "Hindi (hin_Deva)")]
)
def test_a_typo_gets_the_nearest(text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find(text)
    assert hint in str(caught.value) and "babelset languages" in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_000, "\x1b[31m", "und", "12", "🙂"])
def test_rubbish_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="unknown language"):
        find(text)


@pytest.mark.parametrize("language", all_languages(), ids=lambda language: language.code)
def test_every_row_of_the_table_is_sound(language: Language) -> None:
    assert re.fullmatch(r"[a-z]{3}_[A-Z][a-z]{3}", language.code)
    assert find(language.code) == language
    assert language.name and re.fullmatch(r"[A-Z][a-z]{3}", language.script)
    assert (language.direction == "rtl") == (language.script in ("Arab", "Hebr"))


def test_codes_and_tags_are_unique() -> None:
    languages = all_languages()
    assert len(languages) == 202
    assert len({language.code for language in languages}) == len({language.bcp47 for language in languages}) == 202


def test_every_label_is_known_to_lingua() -> None:
    import lingua

    labels = {language.iso_code_639_1.name.lower() for language in lingua.Language.all()}
    assert {language.lingua for language in all_languages()} - {""} <= labels


def test_search_and_pair() -> None:
    assert [language.code for language in search("catal")] == ["cat_Latn"]
    assert len(list(search(""))) == 202
    assert str(Pair(find("en"), find("ca"))) == "eng_Latn-cat_Latn"
