"""What a file proposes to decide: all of it, or nothing where something in it is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from babelset.contracts.filter import shorten
from babelset.errors import DataError
from babelset.review.record import Decision, Said, check
from babelset.review.store import Store

SHOWN = 10  # problems


@dataclass(frozen=True, slots=True)
class Proposal:
    """`version` is the one that the file was made from, 0 for none; None where the file does not tell."""

    line: int
    said: Said
    version: int | None = None


def decide_all(store: Store, file: str, proposals: Iterable[Proposal | DataError | None]) -> dict[str, int]:
    """
    Decide on what is new in the proposals; how many were "decided", "unchanged", or "without verdict" (None).

    What nobody changed since the file was made from it stays as it was decided meanwhile. Raises DataError with every
    problem, its file and line, and then nothing is decided: what was wrong with a line, what the item cannot be said
    of it, and what somebody else decided otherwise meanwhile.
    """
    counts = Counter({"decided": 0, "unchanged": 0, "without verdict": 0})
    new: list[tuple[Said, int]] = []
    problems: list[DataError] = []
    for proposal in proposals:
        try:
            if isinstance(proposal, DataError):
                raise proposal
            if proposal is None:
                counts["without verdict"] += 1
            elif (based_on := _news(store, file, proposal)) is None:
                counts["unchanged"] += 1
            else:
                new.append((proposal.said, based_on))
        except DataError as error:
            problems.append(error)
    if problems:
        raise _together(problems)
    for said, based_on in new:
        store.decide(said, based_on=based_on)
        counts["decided"] += 1
    return dict(counts)


def _news(store: Store, file: str, proposal: Proposal) -> int | None:
    """The version that the proposal goes on from; None where it says nothing new."""
    said, newest = proposal.said, store.decision(proposal.said["item"])
    version = newest["version"] if newest else 0
    if _same(newest, said):
        return None
    if proposal.version is not None and proposal.version != version:
        if _same(store.decision(said["item"], proposal.version), said):
            return None
        who = f"{newest['reviewer']!r} said {newest['verdict']!r}" if newest else "there is no decision on it here"
        reason = f"{who} since this file was written; export again, or take this row out"
        raise DataError(reason, file=file, line=proposal.line)
    if (item := store.get(said["item"])) is None:
        raise DataError(f"unknown id {shorten(said['item'])}", file=file, line=proposal.line)
    try:
        check(said, item)
    except DataError as error:
        raise DataError(error.reason, file=file, line=proposal.line) from None
    return version


def _same(decision: Decision | None, said: Said) -> bool:
    return decision is not None and all(decision[key] == said[key] for key in ("verdict", "reason", "targets"))


def _together(problems: list[DataError]) -> DataError:
    first, *others = problems
    if not others:
        return first
    rest = [f"  {error}" for error in others[: SHOWN - 1]]
    more = [f"  and {len(others) - SHOWN + 1} more"] if len(others) >= SHOWN else []
    return DataError(first.reason, *rest, *more, file=first.file, line=first.line, field=first.field)
