"""Checks of the prose itself: what each keeps, what each rejects."""

import pytest

from babelset.contracts.filter import Outcome, Rating, Scored, with_units
from babelset.filters.copied import Copied
from babelset.filters.language import Language
from babelset.filters.length import Length
from babelset.filters.numbers import Numbers
from babelset.filters.repetition import Repetition
from babelset.filters.script import Script
from babelset.filters.truncated import Truncated
from babelset.languages import Pair, find
from babelset.translation.deciding import judge, score

EN = "The library is open every day of the week except Sunday, and children may borrow books for free."
ES = (
    "La biblioteca está abierta todos los días de la semana excepto el domingo, y los niños pueden tomar libros gratis."
)
CA = "La biblioteca és oberta cada dia de la setmana excepte el diumenge, i els infants poden agafar llibres de franc."
HI = "पुस्तकालय रविवार को छोड़कर सप्ताह के हर दिन खुला रहता है, और बच्चे मुफ़्त में किताबें ले सकते हैं।"
AR = "المكتبة مفتوحة كل أيام الأسبوع ما عدا يوم الأحد، ويمكن للأطفال استعارة الكتب مجانا."
ZH = "图书馆除星期日外每天开放，儿童可以免费借书。"
JA = "図書館は日曜日を除いて毎日開いており、子どもは無料で本を借りることができます。"
TH = "ห้องสมุดเปิดทุกวันยกเว้นวันอาทิตย์ และเด็ก ๆ สามารถยืมหนังสือได้ฟรี"
GOOD = [(ES, "es"), (CA, "ca"), (HI, "hi"), (AR, "ar"), (ZH, "zho_Hans"), (JA, "ja"), (TH, "th")]


@pytest.mark.parametrize(
    "check",
    [Copied(), Language(), Length(), Numbers(), Repetition(), Script(), Truncated()],
    ids=lambda c: c.name,
)
@pytest.mark.parametrize(("target", "language"), GOOD)
def test_a_good_translation_passes_every_check(check, target, language, ask):
    assert ask(check, EN, target, language).ok, ask(check, EN, target, language)


WRONG = [
    # what is wrong, check, source, target, language, what the reason says
    ("left in English", Copied(), EN, EN, "es", "left untranslated"),
    (
        "half in English",
        Copied(),
        EN,
        "La biblioteca is open every day of the week except Sunday, y los niños",
        "es",
        "left untranslated",
    ),
    ("a short answer in English", Copied(), "It is over now.", "It is over now.", "es", "left untranslated"),
    ("shouted English", Copied(), "DO NOT ENTER", "DO NOT ENTER", "es", "left untranslated"),
    (
        "names around English",
        Copied(),
        "Anna Soler met John in May.",
        "Anna Soler met John in May.",
        "es",
        "untranslated",
    ),
    ("left in English", Language(), EN, EN, "es", "Spanish"),
    (
        "English with names",
        Language(),
        "Anna Roig and Paul Smith went to see the river in May.",
        "Anna Roig and Paul Smith went to see the river in May.",
        "ca",
        "Catalan",
    ),
    (
        "an English headline",
        Language(),
        "Storm Warning For Northern California Tonight, Officials Say",
        "Storm Warning For Northern California Tonight, Officials Say",
        "es",
        "Spanish",
    ),
    ("in Spanish", Language(), EN, ES, "ca", "Spanish, not Catalan"),
    ("in Spanish, its neighbour", Language(), EN, ES, "gl", "Spanish, not Galician"),
    ("in Catalan", Language(), EN, CA, "pt", "Catalan, not Portuguese"),
    ("English for a language that the identifier lacks", Language(), EN, EN, "ast", "English, not Asturian"),
    ("half in English", Language(), "Output 1 to", "Output 1 para", "es", "words are left: English, not Spanish"),
    ("half in English, among others", Language(), f"Output 1 to\n{EN}", f"Output 1 para\n{ES}", "es", "words are left"),
    ("in Hindi", Language(), EN, HI, "ca", "Catalan"),
    ("in Latin script", Script(), EN, ES, "hi", "Deva"),
    ("in Chinese", Script(), EN, ZH, "ar", "Arab"),
    ("three times as long", Length(), EN, f"{ES} {ES} {ES}", "es", "times as long"),
    ("one word", Length(), EN, "Sí.", "es", "times as long"),
    ("English length in Chinese", Length(), EN, ZH * 4, "zho_Hans", "times as long"),
    ("names, and far too much", Length(), "iPhone 12 Pro Max", f"iPhone 12 Pro Max {ZH}", "zho_Hans", "times as long"),
    ("names, and nothing else", Length(), f"{EN} iPhone 12 Pro", "iPhone 12 Pro", "zho_Hans", "times as long"),
    ("words in a loop", Repetition(), EN, "los niños pueden " * 12, "es", "repeats itself"),
    ("a character in a loop", Repetition(), EN, "La biblioteca " + "a" * 60, "es", "repeats itself"),
    ("a loop without spaces", Repetition(), EN, "图书馆每天开放图书馆" * 8, "zho_Hans", "repeats itself"),
    ("another year", Numbers(), "It was built in 1842.", "Fue construido en 1824.", "es", "1842"),
    ("another decade", Numbers(), "Built in the 1930s.", "Fue construido en los años 50.", "es", "1930"),
    ("no price", Numbers(), "It costs 1,250 euros.", "Cuesta mucho.", "es", "1,250"),
    ("stops in the middle", Truncated(), EN, "La biblioteca está abierta todos", "es", "breaks off"),
    ("stops after two thirds", Truncated(), EN, ES[:70], "es", "breaks off"),
    ("nothing but the kept text", Truncated(), f"`ls -la`: {EN}", "`ls -la`", "es", "breaks off"),
]


@pytest.mark.parametrize(
    ("what", "check", "source", "target", "language", "reason"),
    WRONG,
    ids=[f"{c[1].name}: {c[0]}" for c in WRONG],
)
def test_a_bad_translation_is_rejected(what, check, source, target, language, reason, ask):
    verdict = ask(check, source, target, language)
    assert not verdict.ok, verdict
    assert reason in verdict.reason


TOLERATED = [
    ("a name", Copied(), "Microsoft", "Microsoft", "es"),
    (
        "names among words",
        Copied(),
        "Maria Soler met John Smith in New York.",
        "Maria Soler conoció a John Smith en New York.",
        "es",
    ),
    ("names alone", Copied(), "Maria Soler, John Smith, Ada Lovelace", "Maria Soler, John Smith, Ada Lovelace", "es"),
    (
        "Bokmål into Nynorsk is much the same",
        Copied(),
        "Maria Soler is in Oslo now and then.",
        "Maria Soler is in Oslo now and then.",
        "en",
    ),
    (
        "technical words in Hindi",
        Script(),
        "Install Python and pip.",
        "Python और pip को अपने कंप्यूटर पर स्थापित करें।",
        "hi",
    ),
    (
        "Catalan around English names",
        Language(),
        "She wrote The Whistling Shepherd, Wuthering Nights and Throughout Southern Highways while living with an aunt.",
        "Va escriure The Whistling Shepherd, Wuthering Nights i Throughout Southern Highways quan encara vivia amb la seva vella tia.",
        "ca",
    ),
    ("a short row", Language(), "Yes.", "Sí.", "es"),
    ("figures among words", Language(), "It leaves at 9:15.", "El tren sale a las 9:15 y llega a las 11:40.", "es"),
    ("a language that the identifier lacks", Language(), EN, CA, "ast"),
    ("a variant that it takes for another", Language(), EN, "المكتبة مفتوحة كل يوم من الأسبوع ما عدا يوم الأحد", "ary"),
    ("Bosnian, which is Croatian to it", Language(), EN, "Biblioteka je otvorena svaki dan osim nedjelje.", "bs"),
    (
        "a quotation in a third script",
        Language(),
        "The usual answer to this greeting is «وعليكم السلام ورحمة الله وبركاته», as everybody knows.",
        "La resposta habitual a aquesta salutació és «وعليكم السلام ورحمة الله وبركاته», com tothom sap.",
        "ca",
    ),
    ("a cognate left", Language(), "A normal animal", "Un animal normal", "es"),
    ("a name left", Language(), "Visit Whistling Rock", "Visita Whistling Rock", "es"),
    ("a short answer", Length(), "No", "Negativo", "es"),
    ("a name that Chinese leaves as it is", Length(), "iPhone 12 Pro Max", "iPhone 12 Pro Max", "zho_Hans"),
    (
        "names in a short Chinese text",
        Length(),
        "Samsung Galaxy S21 Ultra and Google Pixel 6 Pro",
        "Samsung Galaxy S21 Ultra 和 Google Pixel 6 Pro",
        "zho_Hant",
    ),
    ("a name in Japanese", Length(), "Microsoft Visual Studio Code", "Microsoft Visual Studio Code", "ja"),
    ("a formula in Korean", Length(), "a^2 + b^2 = c^2 + 2ab cos(C)", "a^2 + b^2 = c^2 + 2ab cos(C)", "ko"),
    ("a name in Thai", Length(), "Facebook, WhatsApp, Instagram", "Facebook, WhatsApp, Instagram", "th"),
    ("a chorus that the source repeats too", Repetition(), "row your boat " * 9, "rema tu barca " * 9, "es"),
    ("a small number in words", Numbers(), "I have 3 dogs.", "Tengo tres perros.", "es"),
    ("a decade", Numbers(), "In the 1930s.", "En los años 30.", "es"),
    ("a decade in full", Numbers(), "In the 1930's.", "En los años 1930.", "es"),
    ("a century", Numbers(), "In the 19th century.", "En el siglo XIX.", "es"),
    ("grouping", Numbers(), "It costs 1,234.50 euros.", "Cuesta 1.234,50 euros.", "es"),
    ("native digits", Numbers(), "In 1842 it burnt.", "यह १८४२ में जल गया।", "hi"),
    ("Arabic digits", Numbers(), "It costs 1,250 dinars.", "يكلف ١٬٢٥٠ دينارا.", "ar"),
    ("no full stop in the source", Truncated(), "Chapter One: The River", "Capítulo", "es"),
    ("no full stop, but nothing missing", Truncated(), EN, ES.rstrip("."), "es"),
    ("a Greek question", Truncated(), "What is it called, please?", "Πώς λέγεται;", "el"),
    ("code alone", Truncated(), "`ls`.", "`ls`", "es"),
    ("Thai has no full stop", Truncated(), EN, TH, "th"),
]


@pytest.mark.parametrize(
    ("what", "check", "source", "target", "language"),
    TOLERATED,
    ids=[f"{c[1].name}: {c[0]}" for c in TOLERATED],
)
def test_what_is_tolerated(what, check, source, target, language, ask):
    assert ask(check, source, target, language).ok, ask(check, source, target, language)


@pytest.mark.parametrize(("check", "language"), [(Language(), "ban"), (Language(), "ast"), (Script(), "es")])
def test_what_is_not_covered_is_said(check, language, ask):
    short = "No." if check.name == "script" else CA
    assert ask(check, "No.", short, language).score is None


def test_one_line_in_another_language_is_found_among_good_ones(ask_row):
    row = [(EN, CA)] * 20 + [(EN, EN)]
    verdict = ask_row(Language(), row, "ca")
    assert not verdict.ok and verdict.score > 100, "the row as a whole is Catalan"
    assert verdict.reason.startswith("line 21: English, not Catalan (by ")
    assert verdict.counts == {"taken for English": 1}
    assert ask_row(Language(), row[:20], "ca").ok
    assert ask_row(Language(letters=200, least_left=-1000), row, "ca").ok, "too short to be judged by itself"


def test_what_another_language_is_taken_for_is_stored_told_and_counted():
    check = Language()
    french = "La bibliothèque est ouverte tous les jours de la semaine, sauf le dimanche."
    for target, name in ((french, "French"), (EN, "English"), (CA, "")):
        unit = Scored(EN, target, Pair(find("en"), find("ca")))
        row = Outcome([unit], [unit], unit)
        [row.marks] = score([check], [row])
        [verdict] = judge([check], row)
        assert row.marks.notes == ({check.name: [f"taken for {name}"]} if name else {})
        assert verdict.counts == ({f"taken for {name}": 1} if name else {})
        assert verdict.reason.startswith(f"{name}, not Catalan (by ") or not name


@pytest.mark.parametrize(
    ("what", "score", "second", "ok"),
    [
        ("both against it", -20.0, 0.1, False),
        ("the second for it", -20.0, 0.6, True),
        ("the second does not know the language", -20.0, None, False),
        ("the first for it", 20.0, 0.0, True),
        ("the first does not know the language", None, 0.1, False),
        ("the first does not know the language, the second is for it", None, 0.6, True),
        ("neither knows it", None, None, True),
    ],
)
def test_a_second_vote(what, score, second, ok):
    unit = Scored(EN, CA, Pair(find("en"), find("ca")))
    check = Language(second="lingua")
    assert check.parts == ("lines", "left", "second") and Language().parts == ("lines", "left")
    rating = Rating(score, {"second": second}, "taken for French" if (score or 0) < 0 else "")
    assert check.judge(with_units([rating], [unit])).ok == ok


@pytest.mark.engine  # lingua takes twelve seconds to load
def test_a_second_vote_is_asked_of_long_texts_alone():
    pair = Pair(find("en"), find("es"))
    with Language(second="lingua").open() as check:
        [long, short] = check.score([Scored(EN, ES, pair), Scored("Yes.", "Sí.", pair)])
    assert (long.parts["second"] or 0) > 0.8 and short.parts["second"] is None


def test_the_engines_flag_is_believed(ask):
    assert not ask(Truncated(), EN, ES, flags=("truncated",)).ok


def test_words_that_the_engine_does_not_know_are_named(ask):
    source, target, flags = "Whisk a rich batter in Dundee.", "Bate un rico batter en Dundee.", ("unknown_words",)
    assert ask(Copied(), source, target, flags=flags).reason.endswith("the engine does not know 'batter'")
    first = ask(Copied(), "Summarize the book.", "Summarize el libro.", flags=flags)
    assert first.reason.endswith("the engine does not know 'Summarize'")
    assert ask(Copied(unknown_words=True), source, target, flags=flags).ok
    assert ask(Copied(), source, target).ok


TALL = "The tree is tall. The word “tall” is an adjective."


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        ([(TALL, "El árbol es alto. La palabra “tall” es un adjetivo.")], "tall"),
        ([('Do not use "like":', 'No uses "like":'), ("I am like you.", "Soy como tú.")], "like"),
        ([(TALL, "El árbol es alto. La palabra “alto” es un adjetivo.")], ""),
        ([("Tap 'save' to go on.", "Pulsa 'save' para seguir.")], ""),  # a name of something
        ([("The word 'menu' is on the menu.", "La palabra 'menu' está en el menu.")], ""),  # the same in both
        ([('It prints `"and"` and ends.', 'Imprime `"and"` y acaba.')], ""),  # code
    ],
)
def test_a_word_left_in_quotation_marks_is_translated_elsewhere(pairs, word, ask_row):
    verdict = ask_row(Copied(), pairs)
    assert verdict.ok == (not word) and verdict.reason.startswith(repr(word) if word else "")


def test_thresholds_can_be_changed(ask):
    assert ask(Length(tolerance=9), EN, f"{ES} {ES} {ES}").ok
    assert ask(Copied(most=1), EN, EN).ok
