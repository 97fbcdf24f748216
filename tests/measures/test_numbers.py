"""Numbers that are still the same in another language, and those that are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.languages import Pair, all_languages, find
from babelset.measures.figures import numbers
from babelset.measures.numbers import lost, share


def pair(language: str) -> Pair:
    return Pair(find("en"), find(language))


@pytest.mark.parametrize(
    ("text", "language", "worth"),
    [
        ("1,234.5 and 7", "en", [("12345", -1), ("7", 0)]),
        ("1.234,5", "es", [("12345", -1)]),
        ("1.500", "es", [("15", 2)]),
        ("1.500", "en", [("15", -1)]),
        ("1 234", "pl", [("1234", 0)]),
        ("1\u202f234,5", "fr", [("12345", -1)]),
        ("1’234.5", "de", [("12345", -1)]),
        ("१,००,०००", "hi", [("1", 5)]),
        ("١٬٢٣٤٫٥", "ar", [("12345", -1)]),
        ("۱۲۳", "fa", [("123", 0)]),
        ("12 34", "es", [("12", 0), ("34", 0)]),
        ("in 2018 345 men", "es", [("2018", 0), ("345", 0)]),
        ("0,250", "en", [("25", -2)]),
        ("007", "en", [("7", 0)]),
        ("none", "es", []),
    ],
)
def test_worth(text, language, worth):
    assert [value for number in numbers(text, find(language)) for value in number.values] == worth


def test_without_a_language_a_thousand_may_be_one_and_a_bit():
    assert numbers("1.500")[0].values == (("15", 2), ("15", -1))


CHANGED = [
    ("The top-2 elements.", "Os elementos mais importantes.", "pt-BR"),
    ("A 5-word phrase.", "Una frase para ti.", "es"),
    ("I have 3 cats.", "Ich habe Katzen.", "de"),
    ("She has 2 sons.", "У неё сыновья.", "ru"),
    ("Page 10 of the book.", "Strona książki.", "pl"),
    ("Take 25 mg.", "Toma 250 mg.", "es"),
    ("Take 2.5 mg.", "Toma 25 mg.", "es"),
    ("Take 2.5 mg.", "Toma 2 5 mg.", "es"),
    ("Take 5 mg.", "Toma 50 mg.", "es"),
    ("It is 15 km.", "Son 1500 km.", "es"),
    ("It is 15 km.", "Son unos km.", "es"),
    ("In 1999.", "En 19990.", "es"),
    ("In 1999.", "En 1998.", "es"),
    ("He paid 30 euros.", "Pagó 300 euros.", "es"),
    ("Room 345.", "Habitación 3, piso 45.", "es"),
    ("It costs 1,234.50 euros.", "Cuesta 12.345,0 euros.", "es"),
    ("It has 1,234 rooms.", "यहाँ 1.234 कमरे हैं।", "hi"),
    ("It is 3.5 m.", "Mide 5,3 m.", "ca"),
    ("Between 30 and 300.", "Entre 300 y 300.", "es"),
    ("At 9:15.", "A las 9.45 h.", "es"),
    ("1.5 million people", "15 millones de personas", "es"),
    ("1.5 million people", "1.500 millones de personas", "es"),
    ("50%", "5%", "fr"),
    ("10 miles", "160 km", "fr"),
    ("Version 2.10.3", "Versión 2.1.3", "es"),
    ("In the 1930s.", "En los años .", "es"),
    ("It won 3-1.", "Ganó por 3.", "es"),
    ("300 km (190 miles) north", "al norte", "es"),
    ("14,440 feet (4,401 meters) high", "4.440 metros de altura", "es"),
    ("In 1842 it burnt.", "यह १८२४ में जल गया।", "hi"),
]

SAME = [
    ("I have 2 sisters.", "Eu tenho duas irmãs.", "pt"),
    ("On floor 5 of it.", "En la quinta planta.", "es"),
    ("The 2 of them.", "Ambos son.", "es"),
    ("I have 3 cats.", "Ich habe drei Katzen.", "de"),
    ("She has 2 sons.", "У неё двое сыновей.", "ru"),
    ("He bought 12 eggs.", "Er kaufte ein Dutzend Eier.", "de"),
    ("Take 1 a day.", "Toma al día.", "es"),
    ("I have 2 books.", "لدي كتابان.", "ar"),
    ("I have 3 dogs.", "Tengo tres perros.", "es"),
    ("In the 1930s.", "En los años 30.", "es"),
    ("In the '80s.", "En los años 1980.", "es"),
    ("In the 1930's.", "En los años 1930.", "es"),
    ("In the 19th century.", "Au XIXe siècle.", "fr"),
    ("In the 21st century.", "En el siglo XXI.", "es"),
    ("In the 17th century.", "El segle xvii.", "ca"),
    ("It costs 1,234.50 euros.", "Cuesta 1.234,50 euros.", "es"),
    ("It costs 1,234.50 euros.", "Cuesta 1,234.50 euros.", "es"),
    ("It costs 12,500 euros.", "Kosztuje 12 500 euro.", "pl"),
    ("It costs 12,500 francs.", "Es kostet 12’500 Franken.", "de"),
    ("It costs 100,000 rupees.", "इसकी कीमत 1,00,000 रुपये है।", "hi"),
    ("It costs 1,250 dinars.", "يكلف ١٬٢٥٠ دينارا.", "ar"),
    ("It is 2.5 m.", "طولها ۲٫۵ متر است.", "fa"),
    ("At 9:15.", "À 9h15.", "fr"),
    ("At 9:15.", "A las 9.15 h.", "es"),
    ("At 4:30 pm.", "A las 16:30.", "es"),
    ("At 4 p.m.", "À 16 h.", "fr"),
    ("On 12/05/2020.", "Am 5.12.2020.", "de"),
    ("On May 5, 2020.", "El 5 de mayo de 2020.", "es"),
    ("In 2018-19.", "En 2018-2019.", "es"),
    ("1.5 million people", "1,5 millones de personas", "es"),
    ("1.5 million people", "1.500.000 personas", "es"),
    ("1.5 million people", "15 लाख लोग", "hi"),
    ("1.2 billion euros", "1.200 millones de euros", "es"),
    ("1.5 million people", "150万人", "ja"),
    ("20,000 people", "2万人", "ja"),
    ("10 miles", "16 km", "fr"),
    ("2 to 4 inches", "de 5 a 10 centímetros", "es"),
    ("80 degrees Fahrenheit", "27 grados", "es"),
    ("45 miles (72 kilometers) away", "a 72 kilómetros", "es"),
    ("It won 3-1.", "Ganó por 3 a 1.", "es"),
    ("50%", "50 %", "fr"),
    ("I am 100 percent sure.", "Estoy del todo seguro.", "es"),
    ("More than 1,000 people", "Plus d'un millier de personnes", "fr"),
    ("Version 2.10.3", "Versión 2.10.3", "es"),
    ("The 21st time", "La 21.ª vez", "es"),
    ("It won 3-1.", "Ganó por tres a uno.", "es"),
    ("At 9:00.", "A las 9.", "es"),
    ("300 km (190 miles) north", "300 km al norte", "es"),
    ("1/2 cup", "1/2 taza", "es"),
    ("pages 10–15", "páginas 10-15", "es"),
]


@pytest.mark.parametrize(("source", "target", "language"), CHANGED)
def test_a_changed_number_is_lost(source, target, language):
    assert lost(source, target, pair(language))
    assert share(source, target, pair(language)) < 1


@pytest.mark.parametrize(("source", "target", "language"), SAME)
def test_a_number_in_another_form_is_found(source, target, language):
    assert not lost(source, target, pair(language))


def test_what_is_lost_is_told():
    assert lost("Take 25 mg of 2.5 % at 9:15.", "Toma 250 mg al 2,5 % a las 9.15.", pair("es")) == ["25"]


@pytest.mark.parametrize("language", [language.code for language in all_languages()])
def test_every_language_has_signs(language):
    assert numbers("1,000.5", find(language))[0].values == (("10005", -1),)
    assert len(numbers("1,000", find(language))[0].values) == 1


@given(st.text(alphabet="0123456789.,:/- '\u00a0٣é", max_size=60), st.text(alphabet="0123456789., م", max_size=60))
def test_any_text_is_compared(source, target):
    assert 0 <= share(source, target, pair("es")) <= 1
    assert share(source, source) == 1
