"""What a translator is: the interface that engines implement and the two answers they may give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from babelset.languages import Pair
from babelset.text.segment import Segment


@dataclass(frozen=True, slots=True)
class Translation:
    """
    A hypothesis for one segment; `candidates` are all that it was chosen from, with their scores.

    Flags an engine may raise: "truncated" (stopped at its length limit), "repetition" (caught in a loop),
    "too_long" is a Failure instead. The runner adds "retried", "pieces", "fallback".
    """

    text: str
    flags: tuple[str, ...] = ()
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """No hypothesis, and why. `too_long` asks the runner to split the segment and try again."""

    reason: str
    too_long: bool = False


@runtime_checkable
class Translator(Protocol):
    """
    An engine. A class with typed options (usually a pydantic model with extra="forbid"), named by an entry
    point of the group `babelset.translators`.

    `translate` answers each segment, same length, same order; `Segment.text` arrives with its placeholders
    already written in one of the engine's `schemes`. An answer is a function of the segment and the pair alone:
    what else is in the batch must not change it, or a resumed run would differ from an uninterrupted one.

    It may have a `license`, that of its model, which the manifest records; so may filters.
    """

    @property
    def signature(self) -> str:
        """Whatever decides the answers: "nllb|model:nllb-200-distilled-600M|beam:1|v:0.1.0"."""

    @property
    def schemes(self) -> Sequence[str]:
        """Names of placeholder schemes (babelset.text.placeholders), the one that survives best first."""

    @property
    def limit(self) -> int:
        """The longest segment it takes, in characters; longer sentences are split before they are sent."""

    @property
    def batch(self) -> int:
        """Segments per call: enough to keep the engine busy, few enough that a crash repeats little."""

    @property
    def notice(self) -> str:
        """What a user must know about the quality, said once a run and in the manifest; "" for nothing."""

    def supports(self, pair: Pair) -> bool: ...

    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]: ...

    def close(self) -> None: ...


@runtime_checkable
class Contextual(Translator, Protocol):
    """
    A translator that reads the row around a segment, as language models do: `Segment.context`, `role` and `at`.

    It gets all segments of a row at once and in order. What it answers depends on the row, so the translation
    memory knows the row too.
    """

    @property
    def documents(self) -> bool:
        """Whether its segments are whole fields with their line breaks, rather than sentences."""

    @property
    def chunk(self) -> int:
        """Rows that it is best given at a time: enough that waiting for the last of them weighs little."""

    @property
    def parallel(self) -> int:
        """Chunks of rows that it may be given at a time, by as many threads."""

    def keep_replies(self, folder: Path) -> None:
        """Where to keep what has been paid for until the run is complete: a resumed run asks it to again."""

    def halt(self) -> None:
        """Send nothing more: `translate` raises errors.Stopped when what is in flight has come back."""

    def account(self) -> dict[str, Any]:
        """What the whole run has cost so far, killed processes included: requests, tokens, money."""
