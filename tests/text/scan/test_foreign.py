"""Code in languages that no grammar here reads, configuration and output are kept; prose beside them is not."""

from __future__ import annotations

import pytest

from babelset.text.document import Prose, parse

CODE = {
    "Dockerfile": "FROM node:20 AS build\nWORKDIR /shop\nCOPY package.json .\nEXPOSE 3000\nUSER node\n\nCMD [\"node\", \"shop.js\"]",
    "Makefile": "pie: crust.o filling.o\n\tgcc -o pie crust.o filling.o\n\nclean:\n\trm -f pie *.o\n\n.PHONY: clean",
    "ini": "[kitchen]\noven = hot\ntimer = 40\n; the door\n\n[garden]\ngate = closed\nhose = long and green",
    "systemd": "[Unit]\nDescription=Water the garden\n\n[Service]\nExecStart=/usr/bin/water\nRestart=always",
    "haskell": "module Tree where\n\nimport Data.List (nub)\n\nwalk :: Tree a -> [a]\nwalk Leaf = []\nwalk (Node left value right) = walk left ++ [value] ++ walk right",
    "elixir": "defmodule Oven do\n  def heat(degrees) do\n    IO.puts(\"It is #{degrees}\")\n  end\n\n  defp cool(oven), do: oven |> open() |> wait()\nend",
    "basic": "Sub Bake()\n    Dim minutes As Integer\n    minutes = 40\n    If minutes > 30 Then\n        MsgBox \"It is done\"\n    End If\nEnd Sub",
    "assembler": "section .text\n    global _start\n\n_start:\n    mov ebx, 7\n    xor eax, eax\n    int 0x80",
    "powershell": "Get-Service -Name garden\nStop-Process -Name oven\nGet-Content list.txt | Measure-Object -Line",
    "batch": "@echo off\nset fruit=pear\nif exist basket.txt (\n    echo The basket is here\n    del basket.txt\n)\npause",
    "lisp": "(defun bake (pie minutes)\n  (* minutes (heat pie)))\n\n(let ((fruit \"pear\"))\n  (format t \"A ~a\" fruit))",
    "prolog": "likes(ann, pears).\nlikes(bob, X) :- likes(ann, X).\n?- likes(bob, What).",
    "ocaml": "let rec count list =\n  match list with\n  | [] -> 0\n  | first :: rest -> 1 + count rest",
    "cobol": "IDENTIFICATION DIVISION.\nPROGRAM-ID. OVEN.\nPROCEDURE DIVISION.\n    DISPLAY \"DONE\".\n    STOP RUN.",
    "pseudo code": "BEGIN\n  SET eggs TO 3\n  WHILE eggs > 0 DO\n    PRINT eggs\n  ENDWHILE\nEND",
    "redis": "SET oven hot\nLPUSH basket pear plum\nEXPIRE oven 30",
    "cypher": "MATCH (c:Cook)-[:BAKES]->(p:Pie)\nWHERE p.fruit = \"pear\"\nRETURN c.name, p.size",
    "mermaid": "graph LR\n    A[Oven] --> B{Hot enough?}\n    B -->|Yes| C[Bake]",
    "diff": "--- a/pie.py\n+++ b/pie.py\n@@ -1,2 +1,2 @@\n-    return oven\n+    return basket",
    "cron": "15 6 * * * /usr/bin/water garden\n0 22 * * 5 tar -czf /var/basket.tgz /home",
    "log": "2023-05-06 07:08:09 INFO the oven is hot\n2023-05-06 07:09:10 ERROR the door is open",
    "traceback": "Traceback (most recent call last):\n  File \"pie.py\", line 4, in <module>\n    bake(pear)\nValueError: the oven is cold",
    "java trace": "Exception in thread \"main\" java.lang.IllegalStateException: the oven is cold\n\tat org.pie.Oven.bake(Oven.java:9)",
    "folders": "kitchen/\n├── oven.py\n├── drawer/\n│   └── spoon.py\n└── list.txt",
    "request": "GET /pies?fruit=pear HTTP/1.1\nHost: pies.example\nAccept: text/plain\nConnection: close",
    "spreadsheet": "=IF(B2>40, \"done\", \"wait\")\n=SUM(C1:C9)",
}  # fmt: skip
BEFORE, AFTER = "Here is what you asked me for:", "Take it out of the oven when you smell it."
PROSE = (
    "Ann: Where is the basket?\nBob: It is under the table; I saw it.\nAnn: Thank you!",
    "apple -> manzana\nhouse -> casa\nriver -> río",
    "3 eggs\n200 g flour\nadd salt, pepper\nmix well",
    "Roses are red,\nviolets are blue;\nsugar is sweet\nand so are you.",
    "Profit = price - cost = 20 - 5 dollars\nShare = profit / 3 men",
    "STEP ONE\nWash the pears.\n\nSTEP TWO\nCut them.",
    "Name: Ann Smith\nTown: Leeds\nAge: 40",
    "1) the red one;\n2) the green one; and\n3) the rest.",
    "[Verse]\nI walked along the river\n[Chorus]\nAnd the river walked with me",
    "Un-named Cook: \"It is done.\"\nHead-Cook Two: \"It is not.\"",
)  # fmt: skip


def prose(text: str) -> str:
    return "".join(span.text for span in parse(text) if isinstance(span, Prose)).strip()


@pytest.mark.parametrize("name", CODE)
def test_code_is_kept_alone(name: str) -> None:
    assert prose(CODE[name]) == ""


@pytest.mark.parametrize("name", CODE)
def test_code_is_kept_between_sentences(name: str) -> None:
    assert prose(f"{BEFORE}\n\n{CODE[name]}\n\n{AFTER}").split("\n\n\n\n") == [BEFORE, AFTER]


@pytest.mark.parametrize("name", CODE)
def test_code_is_kept_right_below_a_sentence(name: str) -> None:
    assert prose(f"{BEFORE}\n{CODE[name]}") == BEFORE


@pytest.mark.parametrize("text", PROSE)
def test_prose_stays_free(text: str) -> None:
    words = [word for word in text.split() if len(word) > 3 and word.isalpha()]
    free = prose(text)
    assert [word for word in words if word not in free] == []


def test_the_work_grows_with_the_text_alone() -> None:
    short, long = "mov eax, 4\nthe red pear\n" * 50, "mov eax, 4\nthe red pear\n" * 5000
    assert len(parse(long)) <= 110 * len(parse(short))
