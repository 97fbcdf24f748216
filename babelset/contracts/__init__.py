"""What plug-ins promise, a page each, and what is known of a row."""

from __future__ import annotations

from collections.abc import Sequence

from babelset.errors import ContractError


def expect_one_each(who: str, sent: Sequence[object], got: Sequence[object]) -> None:
    """ContractError where a plug-in did not answer each unit: the one check of "same length, same order"."""
    if len(got) != len(sent):
        raise ContractError(f"{who} got {len(sent)} segments and returned {len(got)}; report it to its author")
