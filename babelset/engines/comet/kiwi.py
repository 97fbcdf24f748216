"""CometKiwi at work: each distinct pair once, in batches that waste little, on every device."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock
from typing import NamedTuple

from babelset.engines.comet.checkpoint import Checkpoint
from babelset.engines.comet.linear import Dtype
from babelset.engines.comet.network import Network, devices
from babelset.engines.comet.pairs import Tokens
from babelset.engines.padding import shared
from babelset.errors import ConfigError

BATCH_TOKENS = {"cpu": 512, "cuda": 16384}

Row = list[int]


class Rating(NamedTuple):
    score: float
    parts: int  # 1 but for a pair that was too long for the encoder


@dataclass
class Kiwi:
    """
    A loaded quality estimator: how good a translation is, without a reference; mostly from 0 to 1.

    >>> Kiwi.load("models/wmt22-cometkiwi-da").score([("Hello.", "Hola."), ("Hello.", "Adéu.")])
    [0.85, 0.48]
    """

    tokens: Tokens
    networks: list[Network]
    batch_tokens: int
    threads: int = 0  # that torch may use for all networks together; 0: as it likes
    _lock: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def load(
        cls, model: str, device: str = "auto", dtype: Dtype = "auto", batch_tokens: int = 0, download: bool = False
    ) -> Kiwi:
        """
        Load the checkpoint `model`, a folder or a hub id, on every device that `device` names: "cpu", "cuda:0,1".

        `batch_tokens` counts padding; 0 is a size that suits the device. With fp32 scores are those of comet-score;
        bf16 moves them by some thousandths and int8, on the CPU only, by one or two hundredths. Raises ConfigError.
        """
        checkpoint, wanted = Checkpoint.open(model, download), devices(device)
        networks = [Network.build(checkpoint, one, dtype) for one in wanted]
        budget = batch_tokens or BATCH_TOKENS[wanted[0].partition(":")[0]]
        tokens = Tokens(checkpoint.encoder, networks[0].longest)
        # on a CPU a batch for each core: those that share one wait for each other, long where other work disturbs them
        threads = _cores() if wanted == ["cpu"] else 0
        return cls(tokens, networks * (threads or 1), budget, threads)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """One score for each pair of source and translation, in order."""
        return [rating.score for rating in self.rate(pairs)]

    def rate(self, pairs: Sequence[tuple[str, str]]) -> list[Rating]:
        """
        `score`, and in how many parts each pair was scored.

        A pair of more tokens than the encoder has positions (512, for both texts) is cut into parts, and the mean of
        their scores, weighted by tokens, is its score; unbabel-comet cuts off the end of the source. Raises
        ConfigError where a score is not a number, or the smallest batch does not fit into the device's memory.
        """
        unique = list(dict.fromkeys(pairs))
        sequences = self.tokens.sequences(unique)
        rows = [row for group in sequences for row in group]
        with self._lock:
            scored = iter(zip(rows, self._scores(rows), strict=True))
        ratings = {}
        for pair, group in zip(unique, sequences, strict=True):
            own = list(islice(scored, len(group)))
            total = math.fsum(len(row) * score for row, score in own)
            ratings[pair] = Rating(total / sum(len(row) for row, _ in own), len(group))
        return [ratings[pair] for pair in pairs]

    def _scores(self, rows: list[Row]) -> list[float]:
        groups = shared([len(row) for row in rows], self.batch_tokens, len(self.networks))
        workers, left, found = self.networks[: len(groups)], iter(groups), dict[int, float]()

        def work(network: Network) -> None:
            with _threads(self.threads // len(workers)):
                for group in left:  # one iterator for all: whoever is free takes the next
                    found.update(zip(group, network([rows[place] for place in group]), strict=True))

        with ThreadPoolExecutor(len(self.networks), thread_name_prefix="cometkiwi") as pool:
            try:
                list(pool.map(work, workers))  # list: what a worker raises is raised here
            finally:
                list(left)  # after an exception or Ctrl-C nobody takes another one
        if not all(map(math.isfinite, found.values())):
            raise ConfigError(f"CometKiwi's scores overflow on {self.networks[0].device}: use dtype=bf16 or dtype=fp32")
        return [found[place] for place in range(len(rows))]


def _cores() -> int:
    import torch

    return int(torch.get_num_threads())


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let torch split each operation of this thread among `count` threads; 0 leaves it alone."""
    if not count:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)  # it is what threads to come begin with, too
