from __future__ import annotations

import re

import pytest

from babelset.errors import ConfigError
from babelset.languages import QUESTIONS, Language, Pair, all_languages, find, search

WAYS = """
cat_Latn ca  cat  cat_Latn  CAT-LATN  Catalan  català  Català  Valencian  ca-Latn
spa_Latn es  spa  Español  Castilian  es-419
por_Latn pt  por-BR  pt_BR  pt-PT  Portuguese
zho_Hant zh-TW  zh_HK  zh-Hant  zh-Hant-TW  zho_Hant
zho_Hans zh-CN  zh-Hans  zh-SG
yue_Hant yue  Cantonese  zh-yue
nob_Latn nb  nob  Norwegian Bokmål
nno_Latn nn
heb_Hebr iw  he  עברית
pes_Arab fa  fas  Farsi  Persian  فارسی
prs_Arab prs  Dari  fa-AF
tgl_Latn tl  fil  Tagalog  Filipino
arb_Arab ar  arb  ara  Arabic  Modern Standard Arabic
swh_Latn sw  Swahili
npi_Deva ne  Nepali
als_Latn sq  Albanian
azj_Latn az  Azerbaijani
est_Latn et  ekk
lvs_Latn lv  Latvian
plt_Latn mg  Malagasy
khk_Cyrl mn  Mongolian
zsm_Latn ms  Malay
gaz_Latn om  Oromo
ory_Orya or  Odia  Oriya
pbt_Arab ps  Pashto
uzn_Latn uz  Uzbek
ydd_Hebr yi  ji  Yiddish
quy_Latn qu  Quechua
srp_Cyrl sr-Cyrl  Serbian  српски
pan_Guru pa-Guru  Punjabi  ਪੰਜਾਬੀ
kas_Deva ks-Deva
sat_Beng sat  sat_Olck  Santali
ron_Latn ro  mo
ind_Latn id  in
hin_Deva hi  हिन्दी
urd_Arab ur  اردو
"""
TABLE = [
    (name, code)
    for code, names in (line.split(" ", 1) for line in WAYS.strip().splitlines())
    for name in re.split("  +", names)
]
OUTSIDE_UNICODE = {"Hans", "Hant", "Jpan"}  # ISO 15924 codes for what Unicode spreads over several scripts


@pytest.mark.parametrize(("text", "code"), TABLE)
def test_every_way_to_name_a_language(text: str, code: str) -> None:
    assert find(text).code == code
    assert find(f"  {text.swapcase()} ").code == code


@pytest.mark.parametrize(
    ("text", "tag", "name"),
    [
        ("por-BR", "pt-BR", "Portuguese (BR)"),
        ("pt_BR", "pt-BR", "Portuguese (BR)"),
        ("en-gb", "en-GB", "English (GB)"),
        ("es-419", "es-419", "Spanish (419)"),
    ],
)
def test_a_region_is_kept(text: str, tag: str, name: str) -> None:
    assert (find(text).bcp47, find(text).name) == (tag, name)


@pytest.mark.parametrize("text", [*QUESTIONS, "sr-RS", "sr-Latn", "pa-PK", "ku-Arab", "zh-MY", "ZHO"])
def test_an_open_choice_gets_a_question_whose_answers_work(text: str) -> None:
    with pytest.raises(ConfigError, match="which language is") as caught:
        find(text)
    assert_answers_work(str(caught.value))


@pytest.mark.parametrize("text", ["uz-Cyrl", "kk_Arab", "min_Arab", "mn-Mong", "cat_Cyrl"])
def test_a_script_that_is_not_covered_gets_the_codes_that_are(text: str) -> None:
    with pytest.raises(ConfigError, match="not covered in this script") as caught:
        find(text)
    assert_answers_work(str(caught.value))


def assert_answers_work(message: str) -> None:
    answers = re.findall(r"\b[a-z]{3}_[A-Z][a-z]{3}\b", message.partition("say")[2])
    assert answers
    assert [find(answer).code for answer in answers] == answers


@pytest.mark.parametrize(
    ("text", "hint"),
    [("catlan", "Catalan (cat_Latn)"), ("spnish", "Spanish (spa_Latn)"), ("hindii", "Hindi (hin_Deva)")],
)
def test_a_typo_gets_the_nearest(text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find(text)
    assert hint in str(caught.value) and "babelset languages" in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_000, "\x1b[31m", "\ud800", "und", "mul", "12", "🙂", "-"])
def test_rubbish_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="unknown language"):
        find(text)


@pytest.mark.parametrize("language", all_languages(), ids=lambda language: language.code)
def test_every_row_of_the_table_is_sound(language: Language) -> None:
    import regex

    assert re.fullmatch(r"[a-z]{3}_[A-Z][a-z]{3}", language.code)
    assert find(language.code) == language
    assert language.bcp47 in QUESTIONS or find(language.bcp47) == language
    assert language.script in OUTSIDE_UNICODE or regex.compile(rf"\p{{Script={language.script}}}")
    assert (language.direction == "rtl") == (language.script in ("Arab", "Hebr"))
    assert re.fullmatch(r"([a-z]{3}_[A-Z][a-z]{3})?", language.glotlid)
    assert language.name


def test_codes_tags_and_names_are_unique() -> None:
    languages = all_languages()
    for names in zip(*((each.code, each.bcp47, each.name) for each in languages), strict=True):
        assert len(set(names)) == len(languages) == 202


def test_no_name_stands_for_two_languages_unless_it_is_a_question() -> None:
    owners: dict[str, set[str]] = {}
    for each in all_languages():
        for name in (each.bcp47, each.name, each.native, *each.also.split(";")):
            owners.setdefault(name.casefold().replace("_", "-"), set()).add(each.code)
    assert {name for name, codes in owners.items() if name and len(codes) > 1} <= QUESTIONS.keys()


def test_every_label_is_known_to_py3langid() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    known = set(LanguageIdentifier.from_model_file(MODEL_FILE).labels)
    told = [language.langid for language in all_languages()]
    assert {label for labels in told for label in labels} <= known
    assert sum(map(bool, told)) == 130
    assert all(len(set(labels)) == len(labels) for labels in told)


def test_every_label_is_known_to_lingua() -> None:
    import lingua

    labels = {language.iso_code_639_1.name.lower() for language in lingua.Language.all()}
    assert {language.lingua for language in all_languages()} - {""} <= labels


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("catal", ["cat_Latn"]),
        ("Chinese", ["zho_Hans", "zho_Hant"]),
        ("farsi", ["pes_Arab"]),
        ("Olck", ["sat_Beng"]),
        ("हि", ["hin_Deva"]),
        ("atala", []),
    ],
)
def test_search_finds_the_beginnings_of_words(query: str, codes: list[str]) -> None:
    assert [language.code for language in search(query)] == codes


def test_an_empty_search_finds_all() -> None:
    assert len(list(search(""))) == 202


def test_a_pair_is_written_by_codes() -> None:
    assert str(Pair(find("en"), find("pt-BR"))) == "eng_Latn-por_Latn"
