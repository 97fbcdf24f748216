"""CTranslate2 at work: devices, the queue of batches, and what happens when one does not fit into memory."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from babelset.contracts.translator import Failure
from babelset.engines.ctranslate2.vocabularymap import loadable
from babelset.engines.padding import shared
from babelset.errors import ConfigError, ContractError

# On a GPU half precision is as fast as int8 and loses less; int8_float16 is there for memory that is short.
PREFERRED = {"cpu": ("int8", "float32"), "cuda": ("float16", "int8_float16", "bfloat16", "float32")}
BATCH_TOKENS = {"cpu": 2048, "cuda": 16384}
NO_MEMORY = re.compile("out of memory|alloc_failed|bad_alloc", re.IGNORECASE)
NO_POSITION = "No position encodings are defined"  # a sequence longer than the model's table of positions

Hypothesis = list[str] | Failure


@dataclass(frozen=True)
class Device:
    """Where the model runs: `Device("cpu")`, `Device("cuda", (0, 1))`."""

    name: str
    indices: tuple[int, ...] = (0,)

    @classmethod
    def find(cls, wanted: str) -> Device:
        """`auto`: every GPU there is, else the CPU. ConfigError where a GPU that was asked for is missing."""
        import ctranslate2

        count = 0 if wanted == "cpu" else ctranslate2.get_cuda_device_count()
        if wanted == "cpu" or (wanted == "auto" and not count):
            return cls("cpu")
        listed = wanted.partition(":")[2]
        indices = tuple(map(int, listed.split(","))) if listed else tuple(range(count))
        if not count or max(indices) >= count:
            seen = f"CTranslate2 sees {count} CUDA devices"
            raise ConfigError(f"device={wanted}: {seen}. Use device=cpu, or look at nvidia-smi")
        return cls("cuda", indices)

    def compute_type(self, wanted: str) -> str:
        """`auto`: the first of the preferred types. ConfigError for one that not every device supports."""
        from ctranslate2 import get_supported_compute_types as supported

        common = set.intersection(*(set(supported(self.name, index)) for index in self.indices))
        if wanted == "auto":
            return next(kind for kind in PREFERRED[self.name] if kind in common)
        if wanted not in common:
            raise ConfigError(f"compute_type={wanted}: this {self.name} supports {', '.join(sorted(common))}")
        return wanted


@dataclass
class Decoder:
    """A loaded model: token sequences in, token sequences out. Loads on the first call."""

    folder: Path
    device: Device
    compute_type: str
    beam: int = 1
    threads: int = 0
    batch_tokens: int = 0
    vmap: Path | None = None

    @property
    def workers(self) -> int:
        """Batches at a time: one on each core beats all cores on one batch (266 to 233 tokens/s on two)."""
        if self.device.name == "cpu":
            return self.threads or len(os.sched_getaffinity(0))
        return len(self.device.indices)

    def decode(self, sources: list[list[str]], prefix: list[str], limits: Sequence[int]) -> list[Hypothesis]:
        """
        One hypothesis each, in order, `prefix` and end token included. It may be longer than its limit,
        up to the longest in its batch.

        Raises ContractError when the engine fails for another reason than memory or length.
        """
        budget = self.batch_tokens or BATCH_TOKENS[self.device.name]
        groups = shared([len(source) for source in sources], budget, self.workers)
        sent = [(group, self._send(group, sources, prefix, limits)) for group in groups]
        found: dict[int, Hypothesis] = {}
        for group, promised in sent:
            found.update(self._receive(group, promised, sources, prefix, limits))
        return [found[index] for index in range(len(sources))]

    def _send(self, group: list[int], sources: list[list[str]], prefix: list[str], limits: Sequence[int]) -> list[Any]:
        promised: list[Any] = self.engine.translate_batch(
            [sources[index] for index in group],
            target_prefix=[prefix] * len(group) if prefix else None,
            asynchronous=True,
            beam_size=self.beam,
            return_end_token=True,
            disable_unk=True,
            use_vmap=self.vmap is not None,
            max_input_length=0,
            max_decoding_length=max(limits[index] for index in group) + len(prefix) + 1,
        )
        return promised

    def _receive(
        self,
        group: list[int],
        promised: list[Any],
        sources: list[list[str]],
        prefix: list[str],
        limits: Sequence[int],
    ) -> dict[int, Hypothesis]:
        """The answers of one batch; one that does not fit is halved until it does, or one segment fails."""
        try:
            return {index: one.result().hypotheses[0] for index, one in zip(group, promised, strict=True)}
        except (RuntimeError, MemoryError) as error:
            reason = str(error) or "out of memory"
            if not (isinstance(error, MemoryError) or NO_MEMORY.search(reason) or NO_POSITION in reason):
                raise ContractError(f"{self.folder}: CTranslate2 failed: {reason}") from error
        if len(group) == 1:
            size = len(sources[group[0]])
            return {group[0]: Failure(f"{size} tokens are too many for the engine: {reason}", too_long=True)}
        found: dict[int, Hypothesis] = {}
        for half in (group[: len(group) // 2], group[len(group) // 2 :]):
            again = self._send(half, sources, prefix, limits)
            found.update(self._receive(half, again, sources, prefix, limits))
        return found

    @cached_property
    def engine(self) -> Any:
        import ctranslate2

        workers = {"inter_threads": self.workers, "intra_threads": 1} if self.device.name == "cpu" else {}
        try:
            with loadable(self.folder, self.vmap) as folder:
                return ctranslate2.Translator(
                    str(folder),
                    device=self.device.name,
                    device_index=list(self.device.indices),
                    compute_type=self.compute_type,
                    **workers,
                )
        except (RuntimeError, ValueError) as error:
            raise ConfigError(
                f"{self.folder} cannot be loaded on {self.device.name}: {error}. "
                f"If a file is damaged, fetch or convert the model again"
            ) from None

    def close(self) -> None:
        """Free the memory; the next call loads the model again."""
        self.__dict__.pop("engine", None)
