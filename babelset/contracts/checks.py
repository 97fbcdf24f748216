"""Which checks a run has, and what it does with all of them: open them, count their costs, tell their cautions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from babelset.contracts.filter import Filter
from babelset.contracts.loading import build_filter, filter_class
from babelset.languages import Pair

# The checks of every run. Any other filter, a stranger's too, runs when it is named: installing or removing a package
# must not change what the same command writes. The one exception is said in every manifest: see `blind`.
DEFAULT = (
    *("choices", "complete", "copied", "intact", "language", "length", "numbers"),
    *("preserved", "repetition", "script", "task", "truncated"),
)
MEANING = "use"  # a check of every run where what it needs is installed
FORMER = frozenset({"language_segments", "reference_fields"})  # options of others now; a file may still leave them out


def build_filters(config: Mapping[str, bool | dict[str, Any]]) -> list[Filter]:
    """
    The default checks and those that `config` names, with their options; `False` leaves one out.

    >>> build_filters({"length": {"tolerance": 3.0}, "task": False, "cometkiwi": {"least": 0.6}})

    In the order of their names. ConfigError names what is wrong.
    """
    config = {name: options for name, options in config.items() if name not in FORMER or options is not False}
    for name in config:
        filter_class(name)  # unknown ones are told, left out or not
    usual = {*DEFAULT, MEANING} if all(found.ok for found in filter_class(MEANING).diagnose()) else DEFAULT
    wanted = {name: config.get(name, True) for name in sorted({*usual, *config})}
    return [
        build_filter(name, options if isinstance(options, dict) else {})
        for name, options in wanted.items()
        if options is not False
    ]


@contextmanager
def opened(filters: Sequence[Filter], folder: Path | None = None, *, eager: bool = True) -> Iterator[None]:
    """All of them open; what is dear is kept in `folder`."""
    with ExitStack() as stack:
        for check in filters:
            stack.enter_context(check.open(folder, eager=eager))
        yield


def check_models(filters: Sequence[Filter]) -> None:
    """Raise ConfigError, before anything is scored, for a filter whose model is not there."""
    for check in filters:
        check.check_model()


def blind(filters: Sequence[Filter], pair: Pair) -> str:
    """What to say where no filter looks at the meaning of translations into this language; "" where one does."""
    looking = (check for check in filters if (check.quality or check.compares) and not check.needs_candidates)
    if any(check.covers(pair) for check in looking):
        return ""
    cure = "score a sample with cometkiwi, embedding or judge"
    if not any(check.name == MEANING for check in filters):
        cure = f"pip install 'babelset[meaning]' adds a check of it for 17 languages; or {cure}"
    return (
        f"nothing looked at the meaning of the translations, so a fluent text that says something else passes; {cure}"
    )


def deciding(filters: Sequence[Filter]) -> dict[str, dict[str, Any]]:
    """By filter the options that decide its scores and verdicts; what a resumed run must agree on."""
    return {check.name: check.deciding() for check in filters}


def accounts(filters: Sequence[Filter]) -> dict[str, dict[str, Any]]:
    """What each has cost; none of those that cost nothing."""
    return {check.name: account for check in filters if (account := check.account())}


def cautioning(filters: Sequence[Filter], tell: Callable[[str], None]) -> Callable[[str], None]:
    """
    What tells each caution once, of the translators that it is given by their signatures.

    >>> cautioning([Judge(model="Qwen/Qwen3-8B")], print)("vllm|model:Qwen/Qwen3-8B|...")
    judge: Qwen/Qwen3-8B judges its own translations, and models favour their own; name another judge
    """
    told = {""}

    def see(translator: str) -> None:
        for caution in (check.caution(translator) for check in filters):
            if caution not in told:
                told.add(caution)
                tell(caution)

    return see
