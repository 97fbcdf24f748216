from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from babelset.report import render as module
from babelset.report.collect import collect
from babelset.report.render import LIMIT, render
from babelset.report.text import facts, share

HOSTILE = (
    '</style><script>alert(1)</script><img src=x onerror=alert(1)>"\' onmouseover=alert(1) zzz="{{ 7*7 }}'
    "</script>\x00\x1b[31m\u202egnp.exe\ud800 javascript:alert(1)"
)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and their text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def hostile(row: Callable[..., Any], run: Callable[..., str]) -> Elements:
    """A page in which everything that data can decide is hostile."""
    verdict = {"check": HOSTILE, "ok": False, "score": 0.5, "reason": HOSTILE, "counts": {HOSTILE: 1}}
    data = row(0, HOSTILE, HOSTILE, keeps=["<img src=x onerror=alert(1)>"], lang="urd_Arab", failing=[("x", "y")])
    evidence = data["_babelset"]
    evidence |= {
        "file": HOSTILE, "translator": HOSTILE, "scores": {HOSTILE: [0.5], "cometkiwi": [0.2]},
        "verdicts": [verdict], "notes": {HOSTILE: [HOSTILE]}, "route": {"rule": 0, "tried": [HOSTILE], "kept": HOSTILE},
        "candidates": [{"engine": "b" + HOSTILE, "signature": "", "status": HOSTILE, "targets": [HOSTILE], "scores": {}, "verdicts": []}],
    }  # fmt: skip
    evidence["fields"][0] |= {"role": HOSTILE, "path": [HOSTILE]}
    evidence["segments"][0] |= {"flags": [HOSTILE], "candidates": [[HOSTILE + "x", 0.5]]}
    data[HOSTILE] = HOSTILE
    engine = {
        "rows": 1,
        "tried": 1,
        "segments": 1,
        "after": {HOSTILE: 1},
        "account": {HOSTILE: HOSTILE, "cost": HOSTILE},
    }
    manifest = {
        "notice": HOSTILE, "inputs": [{"file": HOSTILE}], "job": {"translator": {"name": HOSTILE}},
        "engine": {HOSTILE: HOSTILE}, "this_process": {HOSTILE: 1}, "routes": {"engines": {HOSTILE: engine}},
    }  # fmt: skip
    failed = [{"row": 1, "file": HOSTILE, "line": 1, "reason": HOSTILE, "raw": HOSTILE}]
    other = {
        **data,
        "_babelset": {**evidence, "row": 1, "scores": {HOSTILE: [0.1], "cometkiwi": [0.9]}, "verdicts": []},
    }
    return Elements(render(collect([run(data, other, failed=failed, manifest=manifest)])))


def test_data_makes_no_elements_and_no_attributes(hostile: Elements) -> None:
    assert [len(hostile.all(tag)) for tag in ("script", "style", "img", "iframe", "base", "link", "form")] == [
        1,
        1,
        0,
        0,
        0,
        0,
        0,
    ]
    names = {name for _, attributes in hostile.found for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("style", "src", "action", "zzz")]
    assert all((attributes["href"] or "").startswith("#") for attributes in hostile.all("a"))
    assert "{{ 7*7 }}" in hostile.text
    assert "49" not in hostile.text


def test_nothing_invisible_is_in_the_page(hostile: Elements) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", hostile.text)
    assert "[RLO]gnp.exe" in hostile.text
    values = "".join(value or "" for _, attributes in hostile.found for value in attributes.values())
    assert not re.search("[\x00-\x1f\u202a-\u202e]", values.replace("\n", ""))


def test_the_policy_names_the_blocks_and_nothing_else(row: Callable[..., Any], run: Callable[..., str]) -> None:
    page = render(collect([run(row(0))]))
    policy = next(meta["content"] for meta in Elements(page).all("meta") if meta.get("http-equiv"))
    parts = dict(part.split(" ", 1) for part in str(policy).split("; "))
    blocks = {tag: re.search(f"<{tag}>(.*?)</{tag}>", page, re.S) for tag in ("style", "script")}
    hashes = {
        f"{tag}-src": f"'sha256-{base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()}'"
        for tag, found in blocks.items()
        if found
    }
    assert parts == {"default-src": "'none'", **hashes, "base-uri": "'none'", "form-action": "'none'"}


@pytest.mark.parametrize(("lang", "tag", "direction"), [("urd_Arab", "ur", "rtl"), ("spa_Latn", "es", "ltr")])
def test_text_says_its_language_and_direction(
    row: Callable[..., Any], run: Callable[..., str], lang: str, tag: str, direction: str
) -> None:
    texts = [
        element
        for element in Elements(render(collect([run(row(0, lang=lang))]))).all("div")
        if element.get("class") == "text"
    ]
    assert [(text["lang"], text["dir"]) for text in texts] == [("en", "ltr"), (tag, direction)]


def test_kept_text_and_line_ends_stand_as_they_are(row: Callable[..., Any], run: Callable[..., str]) -> None:
    page = render(collect([run(row(0, "Run `ls`\n  now.", "Ejecuta `ls`\n  ya.", keeps=["`ls`"]))]))
    assert '>Ejecuta <mark dir="auto">`ls`</mark>\n  ya.</div>' in page


@pytest.mark.core(2)
@pytest.mark.parametrize("character", ["a\x1b", "&", "\u202e", "中"])
def test_any_run_fits(row: Callable[..., Any], run: Callable[..., str], character: str) -> None:
    """Many languages full of rows whose every character takes the most bytes."""
    data = row(0, character * 5000, character * 5000, failing=[("task", character * 5000)])
    report = collect([run(data)])
    section = report.sections[0]
    many = tuple(replace(section.samples[0], row=number) for number in range(36))
    crowded = replace(report, sections=(replace(section, samples=many),) * 24)
    assert len(render(crowded).encode()) < LIMIT


def test_what_does_not_fit_is_said(
    row: Callable[..., Any], run: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = collect([run(row(0))])
    monkeypatch.setattr(module, "LIMIT", len(render(report).encode()) - 200)
    assert "No samples" in render(report)
    monkeypatch.setattr(module, "LIMIT", 100)
    with pytest.raises(module.ConfigError, match="fewer files"):
        render(report)


def test_an_empty_run(run: Callable[..., str]) -> None:
    assert "There are no rows in these files." in render(collect([run()]))


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "–"),
        (0, 5, "0.0%"),
        (1, 100_000, "<0.1%"),
        (99_999, 100_000, ">99.9%"),
        (948, 999, "94.9%"),
        (5, 5, "100.0%"),
    ],
)
def test_shares(part: int, whole: int, shown: str) -> None:
    assert share(part, whole) == shown


def test_facts() -> None:
    told = {"requests": 1200, "prompt_tokens": 5, "cost": 1.5, "currency": "USD", "seconds": 28.9, "model": "x"}
    assert facts(told) == "1,200 requests, 5 prompt tokens, 28.9 seconds, model x, 1.50 USD"
