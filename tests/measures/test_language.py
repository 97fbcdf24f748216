"""What the identifier makes of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.contracts.filter import Scored
from babelset.filters.language import Language
from babelset.languages import Pair, all_languages, find
from babelset.measures.language import judged, left, margins

EN = "The library is open every day of the week except Sunday, and children may borrow books for free."
ES = "La biblioteca está abierta todos los días de la semana, y los niños pueden tomar libros gratis."


def unit(source: str, target: str, language: str = "es", of: str = "en") -> Scored:
    return Scored(source, target, Pair(find(of), find(language)))


def test_the_scores_are_those_of_the_identifier() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages({label for language in all_languages() for label in language.langid})
    text = ES.replace(",", "").replace(".", "")
    ranked = dict(identifier.rank(text))
    best = max(score for label, score in ranked.items() if label != "es")
    [margin] = margins([unit("", text)])
    assert margin is not None and margin.score == pytest.approx(ranked["es"] - best, abs=0.01)


@pytest.mark.parametrize(
    ("what", "source", "target", "language", "taken"),
    [
        ("the language itself", EN, ES, "es", ""),
        ("a neighbour", EN, ES, "gl", "Spanish"),
        ("a language of several labels", EN, ES, "ary", "Spanish"),
        (
            "Chinese",
            EN,
            "图书馆除星期日外每天开放，儿童可以免费借书，图书馆除星期日外每天开放，儿童可以免费借书。",
            "ja",
            "Chinese",
        ),
        ("the source", EN, EN, "hi", "English"),
    ],
)
def test_what_a_text_is_taken_for(what: str, source: str, target: str, language: str, taken: str) -> None:
    [margin] = margins([unit(source, target, language)])
    assert margin is not None and margin.taken == taken and (margin.score < 0) == bool(taken)


@pytest.mark.parametrize(
    ("what", "item"),
    [
        ("too little", unit(EN, "Sí, claro.")),
        ("nothing", unit(EN, "")),
        ("no letters", unit(EN, "12 + 30 = 42 !!! " * 9)),
        ("unknown to the identifier", unit(EN, ES, "ast")),
        ("unknown, and not from English", unit(ES, EN, "ast", of="es")),
    ],
)
def test_what_is_not_judged(what: str, item: Scored) -> None:
    assert margins([item]) == [None]


def test_short_lines_count_together() -> None:
    words = ES.split()
    found = judged(unit(EN, "\n".join(words)))
    assert found.whole is not None and found.whole.score > 8 and found.lines == ()


SHORT = "Dry the lid.\nTurn it twice.\nIt is a normal animal.\nOpen the window."
SHORT_ES = "Limpia la tapa.\nGíralo dos veces.\nEs un animal normal.\nAbre la ventana."


@pytest.mark.parametrize(
    ("what", "source", "target", "language", "found"),
    [
        ("a word of the source", "Output 1 to", "Output 1 para", "es", True),
        ("two of them", "Write the following word", "Write la following palabra", "es", True),
        ("one of three words", "Summarise the paragraph", "Summarise El párrafo", "es", True),
        ("short words", "The pan dough needs it", "pan dough necesita", "es", True),
        ("all words, each of three letters", "Dry the lid.", "Dry the lid.", "es", True),
        ("the same in Catalan", "Dry the lid.", "Dry the lid.", "ca", True),
        ("a greeting", "Good morning", "Good morning", "ca", True),
        ("one of several lines", SHORT, SHORT_ES.replace("Limpia la tapa.", "Dry the lid."), "es", True),
        ("all lines are translated", SHORT, SHORT_ES, "es", False),
        ("quoted words", "Hello is (shalom) and thanks (toda).", "Hola és (shalom) i gràcies (toda).", "ca", False),
        ("two cognates", "An animal hospital", "Un hospital animal", "es", False),
        ("a name in front", "Krita saves it", "Krita lo guarda", "es", False),
        ("a loanword in front", "Marketing and sales", "Marketing y ventas", "es", False),
        ("a short name in front", "Kant said so", "Kant lo dijo", "es", False),
        ("other words", "I am a programme that answers questions.", "I am a helpful assistant.", "es", True),
        ("three short words", "Say only yes.", "It is hot.", "ca", True),
        ("other words, in two lines", "Dry the lid.\nTurn it.", "Wipe the top.\nTwist it.", "ca", True),
        ("a short translation", "I am a helpful assistant.", "Soc un ajudant útil.", "ca", False),
        ("a title that stays", "He reads The Lord of the Rings", "Lee The Lord of the Rings", "es", False),
        (
            "names, each in its line",
            "Jack Black\nWill Smith\nTom Hanks",
            "Jack Black\nWill Smith\nTom Hanks",
            "es",
            False,
        ),
        ("a cognate", "A normal animal", "Un animal normal", "es", False),
        ("a loanword among others", "This is a marketing plan", "Este es un plan de marketing", "es", False),
        ("a name", "Ask Whitney Houston", "Pregunta a Whitney Houston", "es", False),
        ("another script", "Write the output", "output लिखें", "hi", False),
        ("a language that the identifier lacks", "Output 1 to", "Output 1 pa", "ast", False),
        ("a long line is told as a whole", EN, f"output {ES}", "es", False),
    ],
)
def test_words_that_are_left(what: str, source: str, target: str, language: str, found: bool) -> None:
    score = left(unit(source, target, language))
    assert (score is not None and score < Language().least_left) == found, score


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(["es", "zho_Hans", "ast", "ary"]))
def test_any_text_can_be_judged(source: str, target: str, language: str) -> None:
    item = unit(source, target, language)
    found = judged(item, letters=1)
    assert not found.lines or len(found.lines) == item.prose[1].count("\n") + 1
    left(item)
