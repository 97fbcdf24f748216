"""Items, stores and runs, made small and by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest

from babelset.contracts.checks import build_filters
from babelset.contracts.schema import load_schema
from babelset.files.lossless import dumps
from babelset.files.row import KEY, Row
from babelset.languages import Pair, find
from babelset.review.record import Item
from babelset.review.store import Store
from babelset.translation.ladder import Ladder
from babelset.translation.parsing import ParseOptions
from babelset.translation.worker import ONLY, Worker
from babelset.work.memory import Memory
from tests.conftest import Scripted

PAIR = Pair(find("eng_Latn"), find("spa_Latn"))
PLAIN = ParseOptions()


class Documents(Scripted):
    """A translator of whole fields."""

    reads_rows: ClassVar[bool] = True
    documents: ClassVar[bool] = True
    chunk: ClassVar[int] = 8
    limit: ClassVar[Any] = 3600


def item_of(id: str = "a", sources: tuple[str, ...] = ("Hello.",), **changes: object) -> Item:
    """An item with one field, its segments one after the other, translated by shouting."""
    parts = [
        {
            "segment": index,
            "source": source,
            "target": source.upper(),
            "keeps": [],
            "flags": [],
            "reason": "",
            "notes": [],
        }
        for index, source in enumerate(sources)
    ]
    item = {
        "id": id, "number": 0, "row": 0, "place": f"{id}.json:1", "run": "es.jsonl", "status": "accepted",
        "source": "eng_Latn", "target": "spa_Latn", "source_name": "English", "target_name": "Spanish",
        "source_lang": "en", "target_lang": "es", "source_dir": "ltr", "target_dir": "ltr", "kinds": ["worst"],
        "scores": {}, "quality": None, "reasons": [], "engine": "",
        "fields": [{"name": "output", "role": "output", "parts": parts}], "alternatives": [],
    }  # fmt: skip
    return {**item, **changes}  # type: ignore[typeddict-item, return-value]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / "es.review.sqlite")
    yield store
    store.close()


def translated(
    *rows: dict[str, Any],
    reply: Callable[[str], Any] = str.upper,
    engine: Any = None,
    schema: str = "alpaca",
    options: ParseOptions = PLAIN,
    checks: Sequence[str] = (),
    memory: str = ":memory:",
) -> list[dict[str, Any]]:
    """The rows as a run writes them, translated by a function."""
    chosen = [check for check in build_filters({}) if check.name in checks]
    with closing(Memory(memory)) as known:
        ladder = Ladder(engine or Scripted(reply, ["raw"]), known)
        worker = Worker(PAIR, load_schema(schema), {ONLY: ladder}, chosen, options)
        parsed = worker.parse([Row(number, "data/a.json", number + 1, data) for number, data in enumerate(rows)])
        return [entry["data"] for entry in worker.translate(parsed)]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Writes the files of a run and returns its output."""

    def write(rows: Sequence[dict[str, Any]], name: str = "es", failed: Sequence[dict[str, Any]] = ()) -> str:
        files: dict[str, list[dict[str, Any]]] = {"accepted": [], "rejected": []}
        for row in rows:
            files[row[KEY]["status"]].append(row)
        lines = {"": files["accepted"], ".rejected": files["rejected"], ".failed": failed}
        for ending, some in lines.items():
            path = tmp_path / f"{name}{ending}.jsonl"
            path.write_text("".join(dumps(row) + "\n" for row in some), "utf-8")
        return str(tmp_path / f"{name}.jsonl")

    return write


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for tests that are marked with what they need of it: tests/review/browsing.py."""
    from playwright.sync_api import sync_playwright

    from tests.review.browsing import CHROMIUM

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    from tests.review.browsing import Served

    found: list[Served] = []

    def start(*items: Item, reviewer: str = "Anna") -> Any:
        found.append(Served(tmp_path / "es.review.sqlite", items, reviewer))
        return found[-1]

    yield start
    for served in found:
        served.stop()
        served.store.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens tabs; `beside` another one they share its storage."""
    from tests.review.browsing import Tab

    tabs: list[Tab] = []

    def open_(url: str, beside: Tab | None = None, **options: Any) -> Tab:
        context = beside.page.context if beside else browser.new_context(**options)
        context.set_default_timeout(60_000)
        tabs.append(Tab(context.new_page(), url))
        return tabs[-1]

    yield open_
    for each in tabs:
        each.page.context.close()
        assert each.errors == []
