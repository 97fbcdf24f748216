"""What a translator is: the interface that engines implement and the two answers they may give."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from babelset.doctor import Finding
from babelset.languages import Pair
from babelset.text.segment import Segment


@dataclass(frozen=True, slots=True)
class Translation:
    """
    A hypothesis for one segment; `candidates` are all that it was chosen from, with their scores.

    Flags an engine may raise: "truncated" (stopped at its length limit), "repetition" (caught in a loop),
    "unknown_words" (words that it does not know were left as they were). "too_long" is a Failure instead. The runner
    adds "retried", "pieces", "fallback".
    """

    text: str
    flags: tuple[str, ...] = ()
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """No hypothesis, and why. `too_long` asks the runner to split the segment and try again."""

    reason: str
    too_long: bool = False


class Translator(BaseModel):
    """
    An engine, named by an entry point of the group `babelset.translators`.

    What its author sets are class variables (`ClassVar`), in place of the properties here; properties where they depend
    on options. What its user sets are fields: an unknown one is refused.
    """

    model_config = ConfigDict(extra="forbid")

    operational: ClassVar[frozenset[str]] = frozenset()
    """Names of options that change no answer, as a time limit: a resumed run may change them."""

    reads_rows: ClassVar[bool] = False
    """
    Whether it reads the row around a segment, as language models do: `Segment.context`, `role` and `at`.

    Such a translator gets all segments of a row at once and in order, from several threads at a time. What it answers
    depends on the row, so the translation memory knows the row too. All others get one call at a time.
    """

    @property
    def schemes(self) -> Sequence[str]:
        """Names of placeholder schemes (babelset.text.placeholders), the one that survives best first."""
        return ("letters", "tags", "brackets")

    @property
    def limit(self) -> int:
        """The longest segment it takes, in characters; longer sentences are split before they are sent."""
        return 1000

    @property
    def batch(self) -> int:
        """Segments per call: enough to keep the engine busy, few enough that a crash repeats little."""
        return 64

    @property
    def notice(self) -> str:
        """What a user must know about the quality, said once a run and in the manifest; "" for nothing."""
        return ""

    @property
    def license(self) -> str | None:
        """That of its model, for the manifest; "" where nobody wrote it down, None where it has no model."""
        return None

    @property
    def documents(self) -> bool:
        """Where it reads rows: whether its segments are whole fields with their line breaks, rather than sentences."""
        return False

    @property
    def chunk(self) -> int:
        """Rows that it is best given at a time: enough that waiting for the last of them weighs little."""
        return 256

    @property
    def parallel(self) -> int:
        """Where it reads rows: chunks of rows that it may be given at a time, by as many threads."""
        return 1

    @classmethod
    def diagnose(cls) -> Iterator[Finding]:
        """What `babelset doctor` says: whether it can run here, and if not, the command that helps."""
        yield from ()

    @property
    @abstractmethod
    def signature(self) -> str:
        """Whatever decides the answers: "nllb|model:nllb-200-distilled-600M|beam:1|v:0.1.0"."""

    def signature_for(self, pair: Pair) -> str:
        """The same for one pair, where each has its own models: rows and the translation memory carry it."""
        return self.signature

    @abstractmethod
    def supports(self, pair: Pair) -> bool:
        """Whether it translates this pair of languages, here and now."""

    @abstractmethod
    def translate(self, segments: Sequence[Segment], pair: Pair) -> list[Translation | Failure]:
        """
        An answer for each segment, same length, same order.

        `Segment.text` arrives with its placeholders already written in one of the engine's `schemes`. An answer is a
        function of the segment and the pair alone (and of the row, where it reads rows): what else is in the batch must
        not change it, or a resumed run would differ from an uninterrupted one.
        """

    def unreadable(self, text: str, pair: Pair) -> Sequence[tuple[int, int]]:
        """
        Where words begin and end in a segment that its model would not read but invent over: they are kept as they are.

        `text` is `Segment.text`, with private-use characters for what is kept already.
        """
        return ()

    def keep_replies(self, folder: Path, name: str = "replies") -> None:
        """
        Where to keep what has been paid for until the run is complete: a resumed run asks it to again.

        In files whose names begin with `name`: the same engine may serve a run in two ways.
        """

    def watched(self, heard: Callable[[int], None]) -> None:
        """
        Whom to tell how many segments were answered, as answers come, from any thread.

        For engines that take long over what they are given at a time; the others need not.
        """

    def halt(self) -> None:
        """Send nothing more: `translate` raises errors.Stopped when what is in flight has come back."""

    def account(self) -> dict[str, Any]:
        """What the whole run has cost so far, killed processes included: requests, tokens, money. {} for nothing."""
        return {}

    def close(self) -> None:
        """End what was started: processes, threads, connections. What is in flight comes back first, and is kept."""
