"""Nothing that was written on the page is lost: with servers that die, tabs that close, two who decide at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from babelset.errors import OutputError
from babelset.review.store import Store
from tests.review.browsing import FIVE, NEEDED, Open, Serve, until
from tests.review.conftest import item_of

pytestmark = NEEDED
SERVER = """
import sys
from pathlib import Path
from babelset.review import serving
from babelset.review.store import Store
store = Store.open(Path(sys.argv[1]))
listening = serving.listen(store)
setting = serving.Setting(serving.token_of(store), listening.getsockname()[1], "es.jsonl", "apply", "Anna")
print(serving.address(setting), flush=True)
serving.serve(store, setting, listening)
"""


def test_undo_takes_back_and_keeps_what_was_written(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.press("c", "Control+A")
    here.type("¡Hola!")
    here.press("Control+Enter")
    here.wait("#heading", "Row 2 of 5")
    here.press("u")
    here.wait("#heading", "Row 1 of 5")
    until(lambda: (served.store.decision("a") or {}).get("version") == 2)
    served.decided(a="open")
    assert here.text(".side >> nth=1").endswith("SOURCE A.")
    here.press("c")
    assert here.page.locator("textarea").first.input_value() == "¡Hola!"
    here.press("Control+Enter")
    served.decided(a="correct")
    assert served.store.decision("a")["version"] == 3  # type: ignore[index]


def test_escape_keeps_the_draft_and_reload_brings_it_back(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.go(2)
    here.press("c", "Control+A")
    here.type("A medias")
    here.press("Escape")
    here.wait(".warning", "You began to correct this row")
    here.press("j", "k", "c", "End")
    here.type(", pero")
    here.page.reload()
    box = here.page.locator("textarea").first
    box.wait_for()
    assert (here.row, box.input_value()) == ("b", "A medias, pero")
    assert here.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    until(lambda: (served.store.draft("b", "Anna") or {}).get("targets") == {"0": "A medias, pero"})
    assert served.verdicts()["b"] == "open"
    here.press("Escape")
    here.page.get_by_role("button", name="Throw it away").click()
    until(lambda: served.store.draft("b", "Anna") is None)
    here.page.reload()
    here.wait("#heading", "Row 2 of 5")
    assert here.page.locator("textarea, .warning").count() == 0


def test_a_draft_follows_the_reviewer_to_another_browser(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.press("c", "Control+A")
    here.type("A medias")
    until(lambda: served.store.draft("a", "Anna"))
    there = tab(served.url)
    there.wait(".warning", "You began to correct this row")
    there.press("c")
    assert there.page.locator("textarea").first.input_value() == "A medias"


def test_what_one_tab_decides_the_other_shows(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    one = tab(served.url)
    two = tab(served.url, beside=one)
    three = tab(served.url)  # another browser
    one.press("a", "r", "1")
    for other in (two, three):
        other.wait("[aria-posinset='2'] .sign", "rejected")
        other.wait(".standing", "accepted by Anna")
        other.wait("#done", "2 of 5 done")
        other.press("n")
        other.wait("#heading", "Row 3 of 5")


@pytest.mark.parametrize("choice", ["Take mine", "Take the other", "Keep writing mine"])
def test_two_corrections_of_one_row(serve: Serve, tab: Open, choice: str) -> None:
    served = serve(*FIVE)
    one, two = tab(served.url), tab(served.url)
    for each, text in ((one, "Una."), (two, "Otra.")):
        each.press("c", "Control+A")
        each.type(text)
    one.press("Control+Enter")
    served.decided(a="correct")
    two.wait(".warning", "decided while you wrote")
    assert two.page.locator("textarea").first.input_value() == "Otra."
    two.press("Control+Enter")
    two.wait("#conflict-h", "This row was decided twice")
    assert "Otra." in two.text(".version >> nth=0")
    assert "Una." in two.text(".version >> nth=1")
    assert served.store.decision("a")["targets"] == {"0": "Una."}  # type: ignore[index]
    two.page.get_by_role("button", name=choice).click()
    if choice == "Keep writing mine":
        assert two.page.locator("textarea").first.input_value() == "Otra."
        two.press("Control+Enter")
    kept = {"0": "Una." if choice == "Take the other" else "Otra."}
    until(lambda: served.store.decision("a")["targets"] == kept)  # type: ignore[index]
    until(lambda: two.page.locator("#conflict-h").count() == 0)
    assert served.store.decision("a")["version"] == (1 if choice == "Take the other" else 2)  # type: ignore[index]
    two.page.reload()
    two.wait("#saved", "Everything is saved")


def test_a_conflict_does_not_take_the_page_away_from_who_writes(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    served.stop()
    here.press("a")
    here.wait("#heading", "Row 2")
    here.press("c")
    here.type(" Y más")
    said: Any = {"item": "a", "verdict": "reject", "reason": "unnatural", "targets": {}, "reviewer": "Ben"}
    served.store.decide(said, based_on=0)
    served.start()
    here.wait("#notices", "A row was decided twice")
    assert (here.row, here.page.locator("textarea").count()) == ("b", 2)
    here.page.get_by_role("button", name="Show it").click()
    here.wait(".version", "rejected by Ben")
    here.press("k", "j", "c")
    assert here.page.locator("textarea").first.input_value().endswith(" Y más")


def test_the_server_killed_in_mid_review(tab: Open, tmp_path: Path) -> None:
    file = tmp_path / "es.review.sqlite"
    store = Store.open(file)
    store.add([item_of(name, (f"Source {name}.",)) for name in "abcdefgh"])
    command = [sys.executable, "-c", SERVER, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        here = tab(url)
        here.press("a")
        here.page.wait_for_timeout(500)  # the next rows are loaded ahead
        here.press("c", "Control+A")
        here.type("Estoy escri")
        server.send_signal(signal.SIGKILL)
    here.type("biendo")
    here.press("Control+Enter")
    here.wait("#heading", "Row 3 of 8")
    here.press("r", "2")
    here.wait("#heading", "Row 4 of 8")
    here.press("a", "u", "r", "1")
    here.wait("#heading", "Row 5 of 8")
    here.press("c", "Control+A")
    here.type("A medias")
    here.wait("#notices", "Not saved yet: 3 decisions wait")
    here.wait("#saved", "Not saved yet")
    here.wait("#done", "4 of 8 done")
    assert store.progress()["open"] == 7
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().strip() == url
        here.wait("#saved", "Everything is saved")
        assert here.text("#notices") == ""
        found = [(said["item"], said["verdict"], said["reason"], said["targets"]) for said in store.decisions()]
        assert found == [
            ("a", "accept", "", {}),
            ("b", "correct", "", {"0": "Estoy escribiendo"}),
            ("c", "reject", "unnatural", {}),
            ("d", "reject", "wrong meaning", {}),
        ]
        assert here.page.locator("textarea").input_value() == "A medias"
        until(lambda: (store.draft("e", "Anna") or {}).get("targets") == {"0": "A medias"})
        here.page.reload()
        here.page.locator("textarea").wait_for()
        assert here.page.locator("textarea").input_value() == "A medias"
        server.kill()
    store.close()


def test_an_answer_that_was_lost_is_no_conflict(serve: Serve, tab: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server took the decision and did not come to say so; meanwhile the reviewer changed their mind."""
    served, decide = serve(*FIVE), Store.decide
    here = tab(served.url)

    def lost(*given: Any, **more: Any) -> None:
        decide(*given, **more)
        raise OutputError("the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "decide", lost)
        here.press("a")
        here.wait("#saved", "Not saved yet")
        assert served.verdicts()["a"] == "accept"
        here.press("k", "r", "1")
    served.decided(a="reject")
    here.wait("#saved", "Everything is saved")
    assert here.page.locator("#conflict-h").count() == 0


def test_decisions_survive_a_page_that_is_closed(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.page.wait_for_timeout(300)
    served.stop()
    here.press("a", "r", "2")
    here.wait("#notices", "2 decisions wait")
    next_ = here.page.context.new_page()
    here.page.close()
    served.start()
    next_.goto(served.url)
    served.decided(a="accept", b="reject")
    next_.close()


def test_a_full_disk_is_said_and_waited_for(serve: Serve, tab: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve(*FIVE)
    here = tab(served.url)

    def full(*_: object, **__: object) -> None:
        raise OutputError("es.review.sqlite: cannot be written (disk full); make room and go on")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "decide", full)
        here.press("a")
        here.wait("#notices", "Not saved yet: 1 decision waits. Es.review.sqlite: cannot be written (disk full)")
        here.press("a")
        here.wait("#notices", "2 decisions wait")
    served.decided(a="accept", b="accept")
    here.wait("#saved", "Everything is saved")


def test_what_the_server_refuses_is_shown(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    here = tab(served.url)
    here.page.route("**/items/a/decision", lambda route: route.fulfill(status=400, json={"error": "no such segment"}))
    here.press("c", "Control+A")
    here.type("Mi texto")
    here.press("Control+Enter")
    here.wait("#notices", "A decision could not be saved")
    here.press("a")
    served.decided(b="accept")  # it does not stand in the way of others
    here.page.unroute("**/items/a/decision")
    here.page.get_by_role("button", name="Show it").click()
    here.wait(".warning", "no such segment")
    here.page.get_by_role("button", name="Back to the correction").click()
    assert here.page.locator("textarea").first.input_value() == "Mi texto"
    here.press("Control+Enter")
    served.decided(a="correct")


def test_closing_with_unsaved_work_warns(serve: Serve, tab: Open) -> None:
    served = serve(*FIVE)
    saved, here = tab(served.url), tab(served.url)
    for each in (saved, here):
        each.press("a")
        each.wait("#saved", "Everything is saved")
    here.page.wait_for_timeout(300)
    served.stop()
    here.press("a")
    here.wait("#saved", "Not saved yet")
    here.page.close(run_before_unload=True)
    until(lambda: here.page.is_closed() or saved.page.wait_for_timeout(20))
    third = saved.page.context.new_page()
    saved.page.close(run_before_unload=True)
    until(lambda: saved.page.is_closed() or third.wait_for_timeout(20))
    assert (here.dialogs, saved.dialogs) == (["beforeunload"], [])
    served.start()
