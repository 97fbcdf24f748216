"""What plug-ins promise, a page each, and what is known of a row."""

from __future__ import annotations

from collections.abc import Sequence

from babelset.errors import ContractError


def expect_one_each(who: str, sent: Sequence[object], got: Sequence[object], what: str = "segments") -> None:
    """ContractError where a plug-in did not answer each unit: the one check of "same length, same order"."""
    expect_kind(who, got, Sequence)
    if len(got) != len(sent):
        raise ContractError(f"{who} got {len(sent)} {what} and returned {len(got)}; report it to its author")


def expect_kind(who: str, got: object, kind: type) -> None:
    """ContractError where a plug-in answered with something else than its contract says."""
    if not isinstance(got, kind):
        raise ContractError(f"{who} returned {type(got).__name__} in place of {kind.__name__}; report it to its author")
