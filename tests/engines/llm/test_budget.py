"""What may be spent is never exceeded, whatever the requests in flight turn out to cost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelset.engines.llm.budget import Budget, Prices, Spent, Usage
from babelset.errors import ConfigError
from tests.budget import examples

PRICES = Prices(input=1.0, output=2.0)  # per million
WORST = Usage(100, 100)
FILE = """\
currency = "EUR"
[models."gpt-x"]
input = 0.15
output = 0.60
cached_input = 0.075
[models.plain]
input = 1
output = 2
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text(FILE)
    return path


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("gpt-x", Usage(2000, 1000), 0.0009),
        ("gpt-x", Usage(2000, 1000, cached=1000), 0.000825),
        ("gpt-x", Usage(1000, 0, cached=5000), 0.000075),
        ("plain", Usage(2000, 1000, cached=2000), 0.004),
        ("plain", Usage(), 0.0),
    ],
)
def test_prices_are_per_million_tokens(model: str, usage: Usage, cost: float, file: Path) -> None:
    prices = Prices.read(file, model)
    assert prices.cost(usage) == pytest.approx(cost)
    assert prices.currency == "EUR"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FILE, "no price of 'gpt-y', only of 'gpt-x', 'plain'. Did you mean 'gpt-x'?"),
        ("currency = ", "prices.toml: not valid TOML"),
        ("models = {}", "currency: field required"),
        ('currency = "USD"\n[models.a]\ninput = 1', "models.a.output: field required"),
        ('currency = "USD"\n[models.a]\ninput = -1\noutput = 1', "models.a.input"),
        ('currency = "USD"\n[models.a]\ninput = nan\noutput = 1', "models.a.input"),
        ('currency = "USD"\n[models.a]\ninput = 1\noutput = 1\noutptu = 1', "models.a.outptu: unknown option"),
        ('currency = "USD"\nmodels = {}', "no price of 'gpt-y', only of none"),
    ],
)
def test_a_file_of_prices_that_is_wrong_says_where(text: str, said: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        Prices.read(file, "gpt-y")
    assert said in str(error.value) and str(file) in str(error.value)


def test_a_missing_file_of_prices(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        Prices.read(tmp_path / "none.toml", "gpt-x")


def test_a_limit_of_cost_needs_prices() -> None:
    with pytest.raises(ConfigError, match="price file"):
        Budget(max_cost=1.0)


async def spend(budget: Budget, usage: Usage | None, worst: Usage = WORST, retry: bool = False) -> None:
    async with budget.claim(worst, retry=retry) as claim:
        await asyncio.sleep(0)
        claim.usage = usage


def test_counters() -> None:
    async def run() -> Budget:
        budget = Budget(prices=PRICES)
        await spend(budget, Usage(10, 20))
        await spend(budget, Usage(1, 2), retry=True)
        await spend(budget, Usage())
        return budget

    budget = asyncio.run(run())
    assert (budget.requests, budget.retries) == (3, 1)
    assert (budget.prompt_tokens, budget.completion_tokens) == (11, 22)
    assert budget.cost == pytest.approx(55e-6)


def test_an_answer_that_nobody_counted_costs_its_worst() -> None:
    budget = Budget(prices=PRICES)
    asyncio.run(spend(budget, None))
    assert budget.cost == pytest.approx(300e-6)
    assert budget.prompt_tokens == budget.completion_tokens == 0


def test_a_claim_ends_with_its_request_however_that_ends() -> None:
    async def run() -> None:
        budget = Budget(max_cost=0.0005, prices=PRICES)
        with pytest.raises(ValueError, match="cut"):
            async with budget.claim(Usage(100, 100)) as claim:
                claim.free()
                raise ValueError("cut")
        await spend(budget, Usage(1, 1))  # would wait for ever, were the first still open
        assert budget.cost == pytest.approx(3e-6)

    asyncio.run(asyncio.wait_for(run(), 5))


def test_requests_are_counted_when_they_are_sent() -> None:
    async def run() -> tuple[Budget, list[BaseException | None]]:
        budget = Budget(max_requests=5)
        return budget, await asyncio.gather(*(spend(budget, Usage()) for _ in range(9)), return_exceptions=True)

    budget, ends = asyncio.run(run())
    assert budget.requests == 5
    assert [type(end) for end in ends] == [type(None)] * 5 + [Spent] * 4
    assert "max_requests 5 is reached (requests sent: 5). The same command with a larger max_requests" in str(ends[-1])


def test_the_message_says_what_was_spent() -> None:
    budget = Budget(max_cost=0.0003, prices=PRICES)
    asyncio.run(spend(budget, Usage(100, 50)))
    with pytest.raises(Spent, match=r"max_cost 0\.0003 is reached \(requests sent: 1, 0\.0002 USD spent, and the next"):
        asyncio.run(spend(budget, None))


def test_near_the_limit_a_request_waits_for_those_before_it() -> None:
    """Ten requests whose worst is a third of the limit each, and whose price is a thirtieth: all can be paid."""

    async def run() -> Budget:
        budget = Budget(max_cost=0.0009, prices=PRICES)
        await asyncio.gather(*(spend(budget, Usage(10, 10)) for _ in range(10)))
        return budget

    assert asyncio.run(asyncio.wait_for(run(), 5)).requests == 10


sizes = st.integers(0, 1000)


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.tuples(sizes, sizes, st.booleans()), max_size=40), st.floats(0, 0.02))
def test_cost_never_exceeds_its_limit(requests: list[tuple[int, int, bool]], limit: float) -> None:
    async def run() -> Budget:
        budget = Budget(max_cost=limit, prices=PRICES)
        waiting = (
            spend(budget, None if unknown else Usage(prompt // 2, completion // 3), Usage(prompt, completion))
            for prompt, completion, unknown in requests
        )
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(end is None or isinstance(end, Spent) for end in ends)
        assert len([end for end in ends if end is None]) == budget.requests
        return budget

    assert asyncio.run(asyncio.wait_for(run(), 5)).cost <= limit * (1 + 1e-9)
