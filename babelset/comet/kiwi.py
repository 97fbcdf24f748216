"""CometKiwi at work: each distinct pair once, in batches that waste little, on every device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock
from typing import NamedTuple

from babelset.batching import shared
from babelset.comet.checkpoint import Checkpoint
from babelset.comet.network import Dtype, Network, devices
from babelset.comet.pairs import Tokens
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
    _lock: Lock = field(default_factory=Lock, repr=False)  # threads may share a Kiwi, networks may not be shared

    @classmethod
    def load(
        cls, model: str, device: str = "auto", dtype: Dtype = "auto", batch_tokens: int = 0, download: bool = False
    ) -> Kiwi:
        """
        Load the checkpoint `model`, a folder or a hub id, on every device that `device` names: "cpu", "cuda:0,1".

        `batch_tokens` counts padding; 0 is a size that suits the device. With float32 scores are those of
        comet-score; bf16 moves them by some thousandths, int8, on the CPU only, by some hundredths. Raises ConfigError.
        """
        checkpoint, wanted = Checkpoint.open(model, download), devices(device)
        networks = [Network.build(checkpoint, one, dtype) for one in wanted]
        longest = networks[0].encoder.config.max_position_embeddings - 2  # positions start behind the padding's
        budget = batch_tokens or BATCH_TOKENS[wanted[0].partition(":")[0]]
        return cls(Tokens(checkpoint.encoder, longest), networks, budget)

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
        groups = iter(shared([len(row) for row in rows], self.batch_tokens, len(self.networks)))
        found: dict[int, float] = {}

        def work(network: Network) -> None:
            for group in groups:  # one iterator for all: whoever is free takes the next
                found.update(zip(group, network([rows[place] for place in group]), strict=True))

        with ThreadPoolExecutor(len(self.networks), thread_name_prefix="cometkiwi") as pool:
            try:
                list(pool.map(work, self.networks))  # list: what a worker raises is raised here
            finally:
                list(groups)  # after an exception or Ctrl-C nobody takes another one
        if not all(map(math.isfinite, found.values())):
            raise ConfigError(f"CometKiwi's scores overflow on {self.networks[0].device}: use dtype=bf16 or dtype=fp32")
        return [found[place] for place in range(len(rows))]
