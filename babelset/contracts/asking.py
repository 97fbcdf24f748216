"""Filters that ask a language model, which may be paid for: what a run does for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from babelset.contracts.filter import Filter


@runtime_checkable
class Deciding(Protocol):
    """`deciding` are a filter's options without those that change no score, as an address is; `auto` spelt out."""

    def deciding(self) -> dict[str, Any]: ...


@runtime_checkable
class Asking(Deciding, Protocol):
    """
    What such a filter adds to the others.

    `account` is what the whole run has cost, killed processes included. `caution` says what to know before it scores
    the work of a translator with this signature, "" for nothing.
    """

    name: str

    def account(self) -> dict[str, Any]: ...

    def caution(self, translator: str) -> str: ...


def deciding(filters: Sequence[Filter]) -> dict[str, dict[str, Any]]:
    """By filter the options that decide its scores and verdicts; what a resumed run must agree on."""
    return {check.name: check.deciding() if isinstance(check, Deciding) else dict(check) for check in filters}  # type: ignore[call-overload]


def accounts(filters: Sequence[Filter]) -> dict[str, dict[str, Any]]:
    """What each has cost; none of those that asked nothing."""
    found = {check.name: check.account() for check in filters if isinstance(check, Asking)}
    return {name: account for name, account in found.items() if account}


def cautioning(filters: Sequence[Filter], tell: Callable[[str], None]) -> Callable[[str], None]:
    """
    What tells each caution once, of the translators that it is given by their signatures.

    >>> cautioning([Judge(model="Qwen/Qwen3-8B")], print)("vllm|model:Qwen/Qwen3-8B|...")
    judge: Qwen/Qwen3-8B judges its own translations, and models favour their own; name another judge
    """
    asking = [check for check in filters if isinstance(check, Asking)]
    told = {""}

    def see(translator: str) -> None:
        for caution in (check.caution(translator) for check in asking):
            if caution not in told:
                told.add(caution)
                tell(caution)

    return see
