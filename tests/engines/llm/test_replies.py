"""What has been paid for is never asked again, and what it cost is never forgotten."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.engines.llm.budget import Prices, Spent, Usage
from babelset.engines.llm.replies import KeptBudget, Replies
from babelset.engines.llm.request import ChatChoice, Reply
from babelset.errors import OutputError
from babelset.work.damage import telling
from tests.work.damaging import DAMAGE, damage

PRICES = Prices(input=1.0, output=2.0)  # per million

texts = st.text(st.characters(), max_size=50) | st.sampled_from(["\ud800", "\x00", "<think>", "\u2028"])
replies = st.builds(
    Reply,
    st.lists(st.builds(ChatChoice, texts, st.sampled_from(["stop", "length", ""])), min_size=1, max_size=4).map(tuple),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)


@given(st.dictionaries(st.binary(min_size=16, max_size=16), replies, max_size=5))
def test_replies_come_back_as_they_were(kept: dict[bytes, Reply]) -> None:
    with closing(Replies(":memory:")) as store:
        store.put(kept.items())
        assert store.get([*kept, b"never asked"]) == kept
        assert store.totals() == {
            "requests": len(kept),
            "prompt_tokens": sum(reply.prompt_tokens for reply in kept.values()),
            "completion_tokens": sum(reply.completion_tokens for reply in kept.values()),
        }


def test_a_reply_without_choices_is_asked_for_again() -> None:
    with closing(Replies(":memory:")) as store:
        store.put([(b"a", Reply(error="HTTP 500")), (b"b", Reply((ChatChoice("Hola."),)))])
        assert list(store.get([b"a", b"b"])) == [b"b"]


def test_more_keys_than_sqlite_takes_variables() -> None:
    keys = [number.to_bytes(16) for number in range(70_000)]
    with closing(Replies(":memory:")) as store:
        store.put([(keys[-1], Reply((ChatChoice("last"),)))])
        assert list(store.get(keys)) == keys[-1:]


def test_threads_may_share_it(tmp_path: Path) -> None:
    def work(number: int) -> int:
        key = number.to_bytes(16)
        store.put([(key, Reply((ChatChoice(str(number)),), 1, 1))])
        store.note(requests=number)
        return int(store.get([key])[key].choices[0].text)

    with closing(Replies(tmp_path / "replies.sqlite")) as store, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(200))) == list(range(200))
        assert store.totals()["requests"] == 200


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from babelset.engines.llm.budget import Prices, Usage
from babelset.engines.llm.replies import KeptBudget, Replies
from babelset.engines.llm.request import ChatChoice, Reply

async def work():
    store = Replies(Path(sys.argv[1]))
    store.put([(b"answered", Reply((ChatChoice("Hola."),), 3, 2))])
    budget = KeptBudget(prices=Prices(input=1.0, output=2.0))
    budget.keep_in(store)
    async with budget.claim(Usage(900, 50)) as claim:
        claim.usage = Usage(3, 2)
    async with budget.claim(Usage(1_000_000, 0)):
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(work())
"""


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    assert subprocess.run([sys.executable, "-c", KILLED, path], env=os.environ).returncode == -signal.SIGKILL
    with closing(Replies(path)) as store:
        assert store.get([b"answered"])[b"answered"].choices == (ChatChoice("Hola."),)
        budget = KeptBudget(prices=PRICES)
        budget.keep_in(store)
    assert (budget.requests, budget.prompt_tokens, budget.completion_tokens) == (2, 3, 2)
    assert budget.cost == pytest.approx(1.000007)  # what was in flight at its worst: nobody knows what it cost


def spend(budget: KeptBudget, *usages: Usage | None) -> int:
    """How many of the requests were allowed."""

    async def work() -> int:
        for number, usage in enumerate(usages):
            try:
                async with budget.claim(Usage(1000, 0)) as claim:
                    claim.usage = usage
            except Spent:
                return number
        return len(usages)

    return asyncio.run(work())


@pytest.mark.parametrize("each", [1, 2, 3, 5])
def test_many_processes_send_no_more_than_one_may(each: int, tmp_path: Path) -> None:
    sent = 0
    for _ in range(8):
        with closing(Replies(tmp_path / "replies.sqlite")) as store:
            budget = KeptBudget(max_requests=7)
            budget.keep_in(store)
            sent += spend(budget, *[Usage(5, 5)] * each)
    assert sent == 7


def test_many_processes_spend_no_more_than_one_may(tmp_path: Path) -> None:
    spent = 0.0
    for usage in (Usage(400, 0), None, Usage(300, 0), Usage(1000, 0), Usage(10, 0), None):
        with closing(Replies(tmp_path / "replies.sqlite")) as store:
            budget = KeptBudget(max_cost=0.0025, prices=PRICES)
            budget.keep_in(store)
            if spend(budget, usage):
                spent += PRICES.cost(usage or Usage(1000, 0))
    assert spent == pytest.approx(0.0017)  # the fourth might have cost 0.001


def test_tokens_from_before_prices_were_known_are_counted(tmp_path: Path) -> None:
    with closing(Replies(tmp_path / "replies.sqlite")) as store:
        first = KeptBudget()
        first.keep_in(store)
        spend(first, Usage(1000, 500))
        second = KeptBudget(prices=PRICES)
        second.keep_in(store)
        assert second.cost == pytest.approx(0.002)


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    path.mkdir()
    with pytest.raises(OutputError, match=r"replies\.sqlite: cannot keep replies"):
        Replies(path)


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    with closing(Replies(path)) as store, closing(sqlite3.connect(path)):
        store._database._db.execute("PRAGMA max_page_count=1")
        with pytest.raises(OutputError, match="make room, then run the same command again"):
            store.put([(bytes([number]) * 16, Reply((ChatChoice("a" * 5000),))) for number in range(50)])
        store._database._db.execute("PRAGMA max_page_count=1000000")
        store.put([(b"a", Reply((ChatChoice("Hola."),)))])
        assert store.totals()["requests"] == 1


@pytest.mark.parametrize("how", [how for how in DAMAGE if how != "twice"])
def test_a_damaged_file_costs_no_more_than_what_was_hit(how: str, tmp_path: Path) -> None:
    path, told = tmp_path / "replies.sqlite", list[str]()
    known = {number.to_bytes(16): Reply((ChatChoice(f"{number} " * 40),), 3, 2) for number in range(400)}
    with closing(Replies(path)) as store:
        store.put(known.items())
        store.note(requests=400, cost=1.5)
    damage(path, how)
    with telling(told.append), closing(Replies(path)) as store:
        found = store.get(list(known))
        assert found.items() <= known.items()
        store.put((key, known[key]) for key in known.keys() - found.keys())
        assert store.get(list(known)) == known
        if how in ("a bit flipped", "a block of zeros", "the last byte missing"):
            assert len(found) > 300 and store.noted() == {"requests": 400, "cost": 1.5}
    assert (all(str(path) in line for line in told) and told) or len(found) == len(known)


def test_what_is_kept_at_the_same_time_waits_for_the_disk_once(tmp_path: Path) -> None:
    async def work(store: Replies) -> None:
        await asyncio.gather(*(store.keep((bytes([n]) * 16, Reply((ChatChoice("x"),)))) for n in range(100)))

    with closing(Replies(tmp_path / "replies.sqlite")) as store:
        asyncio.run(work(store))
        assert store.totals()["requests"] == 100 and store._rounds <= 2


def test_who_waits_with_others_is_told_of_a_full_disk(tmp_path: Path) -> None:
    async def work(store: Replies) -> list[object]:
        big = Reply((ChatChoice("x" * 9000),))
        return await asyncio.gather(*(store.keep((bytes([n]) * 16, big)) for n in range(9)), return_exceptions=True)

    with closing(Replies(tmp_path / "replies.sqlite")) as store:
        store._database._db.execute("PRAGMA max_page_count=1")
        assert {type(found) for found in asyncio.run(work(store))} == {OutputError}
