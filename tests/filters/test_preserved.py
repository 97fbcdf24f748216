import pytest

from babelset.filters.preserved import Preserved

KEPT = [
    ("Run `ls -l` now.", "Ejecuta `ls -l` ahora."),
    ("Solve $x^2 = 4$ first.", "Primero resuelve $x^2 = 4$."),
    ("See https://a.example/x?y=1 for more.", "Para más, mira https://a.example/x?y=1."),
    ("Dear {name}, use `a` and `b`.", "Querido {name}, usa `b` y `a`."),  # inline spans may change places
    ("Plain words.", "Palabras sencillas."),
    ("Text\n\n```python\nprint(1)\n```\n", "Texto\n\n```python\nprint(1)\n```\n"),
    ("This is **very** good.", "Esto es **muy** bueno."),
    ("- one\n- two", "- uno\n- dos"),
]
COMMENTS = "Text\n\n```python\nx = 1  # the first number\n```\n"
KEPT += [(COMMENTS, COMMENTS.replace("Text", "Texto").replace("the first number", "el primer número"))]
LOST = [
    (COMMENTS, COMMENTS.replace("x = 1  # the first number", "x = 2  # el primer número"), "1 of 1"),
    (COMMENTS, COMMENTS.replace("x = 1  # the first number", "# x = 1  el primer número"), "1 of 1"),
    ("Run `ls -l` now.", "Ejecuta `ls -L` ahora.", "`ls -l`"),
    ("Run `ls` and `ls` again.", "Ejecuta `ls` otra vez.", "1 of 2"),
    ("Solve $x^2 = 4$ first.", "Primero resuelve x^2 = 4.", "x^2"),
    ("See https://a.example/x for more.", "Para más, mira https://a.example/X.", "a.example"),
    ("Dear {name}, hello.", "Querido {nombre}, hola.", "{name}"),
    ("Text\n\n```python\nprint(1)\n```\n", "Texto\n\n```python\nimprimir(1)\n```\n", "print(1)"),
    ("Write to help@example.org today.", "Escribe hoy a ayuda@example.org.", "help@example.org"),
]


@pytest.mark.parametrize(("source", "target"), KEPT)
def test_keeps(source, target, ask):
    assert ask(Preserved(), source, target).ok


@pytest.mark.parametrize(("source", "target", "evidence"), LOST)
def test_rejects(source, target, evidence, ask):
    verdict = ask(Preserved(), source, target)
    assert not verdict.ok and verdict.score < 1
    assert verdict.reason.startswith("output[0]: ") and evidence in verdict.reason


def test_blocks_must_keep_their_order(ask):
    first, second = "```\na\n```", "```\nb\n```"
    verdict = ask(Preserved(), f"One\n\n{first}\n\nTwo\n\n{second}\n", f"Uno\n\n{second}\n\nDos\n\n{first}\n")
    assert not verdict.ok and "another order" in verdict.reason


def test_a_missing_translation_is_for_another_check(ask):
    assert ask(Preserved(), "Run `ls`.", None).ok
