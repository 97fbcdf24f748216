"""A review in a real browser, for tests: the server on a thread, tabs that note what they should not do."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from babelset.review import serving
from babelset.review.record import Item
from babelset.review.store import Store
from tests.review.conftest import item_of

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDED = [
    pytest.mark.engine,
    pytest.mark.skipif(find_spec("playwright") is None, reason="playwright is not installed: pip install playwright"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: apt-get install chromium"),
]
URDU = "کمانڈ `git rebase` آخری 3 کمٹس کھولتی ہے۔"
FIVE = [item_of(name, (f"Source {name}.", f"More {name}.")) for name in "abcde"]


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Waits for something that another thread or process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def keeping(id: str, there: str, here: str | None, keeps: Sequence[str] = (), **more: Any) -> Item:
    """An item of one segment with kept texts."""
    part = {"segment": 0, "source": there, "target": here, "keeps": list(keeps), "flags": [], "reason": "", "notes": []}  # fmt: skip
    return item_of(id, fields=[{"name": "output", "role": "output", "parts": [part]}], **more)


def urdu(id: str, target: str = URDU) -> Item:
    language = {"target": "urd_Arab", "target_name": "Urdu", "target_lang": "ur", "target_dir": "rtl"}
    return keeping(id, "The command `git rebase` opens the last 3 commits.", target, ["`git rebase`"], **language)


class Tab:
    """A page on which every request to elsewhere, every dialog and every error is noted."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        self.dialogs: list[str] = []
        page.on("request", lambda request: None if request.url.startswith(url) else self.elsewhere.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._dialog)
        self.open()

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.type)
        dialog.accept()

    def open(self) -> None:
        self.page.goto(self.url)
        self.page.locator(".field").first.wait_for()

    def press(self, *keys: str) -> None:
        """One key after the other; those that decide when the row is there, also after a server that did not answer in time."""
        for key in keys:
            if key in ("a", "r", "c"):
                self.wait("#heading", "Row ")
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def wait(self, selector: str, text: str) -> None:
        self.page.locator(selector).filter(has_text=text).first.wait_for()

    @property
    def row(self) -> str:
        return str(self.page.evaluate("sessionStorage.getItem('babelset:row')"))

    def go(self, row: int) -> None:
        """To the row at that place of the list, from 1."""
        self.wait("#heading", "Row ")
        while not self.text("#heading").startswith(f"Row {row} "):
            self.press("j" if int(self.text("#heading").split()[1]) < row else "k")
            self.page.wait_for_timeout(30)


class Served:
    """A review on a thread of its own, that can go away and come back."""

    def __init__(self, file: Path, items: Sequence[Item], reviewer: str) -> None:
        self.store = Store.open(file)
        self.store.add(items)
        self.reviewer = reviewer
        self.start()

    def start(self) -> None:
        self.listening = serving.listen(self.store)
        port, token = self.listening.getsockname()[1], serving.token_of(self.store)
        setting = serving.Setting(token, port, "es.jsonl", "babelset apply-review es.jsonl -o OUT", self.reviewer)
        self.url = serving.address(setting)
        self.server = serving.server_of(self.store, setting)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listening]})
        self.thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(60)
        self.listening.close()

    def verdicts(self) -> dict[str, str]:
        return dict(self.store.listing())

    def decided(self, **verdicts: str) -> None:
        """Waits until these items have these verdicts."""
        until(lambda: verdicts.items() <= self.verdicts().items())


Serve = Callable[..., Served]
Open = Callable[..., Tab]
