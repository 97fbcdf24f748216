"""The page of a review in a real browser: what one decides with keys alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.review.browsing import FIVE, NEEDED, Open, Serve, keeping, urdu
from tests.review.conftest import item_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser


pytestmark = NEEDED


def test_decide_with_keys_alone(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.press("a")
    here.wait("#heading", "Row 2 of 5")
    here.press("r", "2")
    here.wait("#heading", "Row 3 of 5")
    here.press("c", "Tab", "Control+A")
    here.type("Además.")
    here.press("Control+Enter")
    here.wait("#heading", "Row 4 of 5")
    here.press("r", "8")
    here.type("says 3 where 4 is meant: arn")
    here.press("Enter")
    here.wait("#heading", "Row 5 of 5")
    served.decided(a="accept", b="reject", c="correct", d="reject", e="open")
    assert [(said["item"], said["reason"], said["targets"], said["reviewer"]) for said in served.store.decisions()] == [
        ("a", "", {}, "Anna"),
        ("b", "unnatural", {}, "Anna"),
        ("c", "", {"1": "Además."}, "Anna"),
        ("d", "says 3 where 4 is meant: arn", {}, "Anna"),
    ]
    here.wait("#done", "4 of 5 done")
    here.press("a")
    here.wait("#notices", "Every row is decided")
    here.wait("#saved", "Everything is saved")


def test_keys_do_nothing_while_one_writes(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.press("/")
    here.type("source narc")
    here.press("Escape", "r")
    here.page.get_by_label("In other words").focus()
    here.type("ranc 1")
    here.press("Escape", "c")
    here.type("arncjk?/")
    here.press("Escape", "?", "a", "r", "1", "Escape")
    here.page.wait_for_timeout(200)
    assert set(served.verdicts().values()) == {"open"}
    assert here.row == "a"


def test_keys_of_a_keyboard_that_writes_another_script(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    send = "([key, code]) => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, code, bubbles: true}))"
    for key in [("ش", "KeyA"), ("ق", "KeyR"), ("٢", "Digit2")]:
        here.page.evaluate(send, key)
        here.page.wait_for_timeout(50)
    served.decided(a="accept", b="reject")
    assert served.store.decision("b")["reason"] == "unnatural"  # type: ignore[index]


def test_keys_can_be_turned_off(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.press("?")
    here.page.get_by_label("Use these keys").uncheck()
    here.press("Escape", "a", "a")
    here.page.reload()
    here.wait("#heading", "Row 1 of 5")
    here.press("a")
    here.page.get_by_role("button", name="Reject", exact=False).first.click()
    here.page.get_by_role("button", name="unnatural").click()
    served.decided(a="reject", b="open")


def test_the_name_is_asked_once(serve: Serve, browser: Browser) -> None:
    served = serve(*FIVE, reviewer="")
    page = browser.new_context().new_page()
    page.goto(served.url)
    page.get_by_role("dialog", name="Who reviews?").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.type("Żaneta")
    page.keyboard.press("Enter")
    page.locator(".field").first.wait_for()
    page.keyboard.press("a")
    served.decided(a="accept")
    assert served.store.decision("a")["reviewer"] == "Żaneta"  # type: ignore[index]
    page.reload()
    page.locator(".field").first.wait_for()
    assert not page.get_by_role("dialog").is_visible()
    page.context.close()


def test_a_kept_text_that_is_lost_is_said_and_put_back(serve: Serve, tab: Open) -> None:
    served = serve(urdu("a"), item_of("b"))
    here = tab(served.url)
    here.press("c", "Control+A")
    here.type("آخری کمٹس")
    here.wait(".trouble", "`git rebase` is missing")
    assert here.page.locator("textarea").get_attribute("aria-invalid") == "true"
    here.press("Control+Enter")
    here.wait("#said", "save again to keep it")
    assert served.verdicts()["a"] == "open"
    here.press("Home")
    here.page.get_by_role("button", name="Insert `git rebase`").click()
    assert here.page.locator("textarea").input_value() == "`git rebase`آخری کمٹس"
    assert here.text(".trouble") == ""
    here.press("Control+A")
    here.type("`git rebase` `git rebase`")
    here.wait(".trouble", "appears 2 times, in the source once")
    here.press("Control+Enter", "Control+Enter")
    served.decided(a="correct")
    here.wait("#notices", "lost or doubled")


def test_a_row_without_translation_cannot_be_accepted(serve: Serve, tab: Open) -> None:
    served = serve(keeping("a", "Hello.", None), item_of("b"))
    here = tab(served.url)
    assert here.text(".none") == "no translation"
    here.press("a")
    here.wait("#said", "has no translation")
    here.press("c", "Control+Enter")
    here.wait("#said", "write one")
    here.type("Hola.")
    here.press("Control+Enter")
    served.decided(a="correct")


def test_ten_thousand_rows(serve: Serve, tab: Open) -> None:
    served = serve(*(item_of(f"n{number:05}", (f"Sentence {number}.",)) for number in range(10_000)))
    here = tab(served.url)
    rows = here.page.locator("#rows")
    assert here.text("#count") == "10,000 rows"
    here.wait("[role=option]", "Sentence 0.")
    drawn = here.page.evaluate("""async () => {
        const rows = document.getElementById("rows"); let most = 0;
        for (let step = 1; step <= 60; step++) {
            rows.scrollTop = rows.scrollHeight * step / 60;
            await new Promise(requestAnimationFrame);
            most = Math.max(most, rows.querySelectorAll("[role=option]").length);
        }
        return most;
    }""")
    assert 0 < drawn < 300, "only those that can be seen are drawn"
    here.wait("[role=option]", "Sentence 9999.")
    assert rows.locator("[role=option]").count() < 60
    rows.focus()
    here.press("End")
    here.wait("#heading", "Row 10000 of 10000")
    assert here.page.locator("[aria-selected=true]").get_attribute("aria-posinset") == "10000"
    here.press("a")
    served.decided(n09999="accept")
    here.press("/")
    here.type("n04321")
    here.wait("#count", "1 row")
    here.wait("#heading", "Row 1 of 1")
    here.press("Enter", "r", "1")
    served.decided(n04321="reject")
    here.page.get_by_label("Search").fill("")
    here.page.get_by_label("Show").select_option("reject")
    here.wait("#count", "1 row")
    here.page.get_by_label("Show").select_option("open")
    here.wait("#count", "9,998 rows")


def test_the_list_without_a_mouse(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.page.locator("#rows").focus()
    here.press("ArrowDown", "ArrowDown")
    here.wait("#heading", "Row 3 of 5")
    active = here.page.locator("#rows").get_attribute("aria-activedescendant")
    assert active == "row-c"
    assert here.page.get_by_role("option", name="Source c.").get_attribute("aria-selected") == "true"
    assert here.page.evaluate("document.activeElement.id") == "rows"
    here.press("Enter")
    assert here.page.evaluate("document.activeElement.id") == "heading"
