import pytest

from babelset.contracts.translator import Translation, Translator
from babelset.languages import Language, Pair
from babelset.text.placeholders import mask
from babelset.text.segment import Segment, restore
from babelset.translators.echo import Echo

ENGLISH = Language("eng_Latn", "en", "English", "English", "Latn", "ltr", "en", "eng_Latn", True)
CATALAN = Language("cat_Latn", "ca", "Catalan", "català", "Latn", "ltr", "ca", "cat_Latn", True)
PAIR = Pair(ENGLISH, CATALAN)


@pytest.mark.parametrize("text", ["Hello.", "¿Qué?", "", "\ud800"])
def test_it_marks(text):
    assert Echo().translate([Segment(text)], PAIR) == [Translation("⟦ca⟧" + text)]


def test_same_number_same_order():
    answers = Echo().translate([Segment(str(number)) for number in range(50)], PAIR)
    assert [answer.text for answer in answers] == [f"⟦ca⟧{number}" for number in range(50)]


def test_kept_texts_come_through():
    segment = Segment("Run \ue000 and \ue001.", keeps=("`a`", "`b`"), kinds=("inline_code",) * 2)
    masked = mask(segment, Echo().schemes[0])
    [answer] = Echo().translate([Segment(masked.text)], PAIR)
    assert restore(masked.unmask(answer.text), segment.keeps) == "⟦ca⟧Run `a` and `b`."


def test_it_is_a_translator_of_everything():
    echo = Echo()
    assert isinstance(echo, Translator)
    assert echo.supports(PAIR)
    assert echo.supports(Pair(CATALAN, ENGLISH))
    assert echo.signature.startswith("echo|v:")
    echo.close()
