from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelset.steps import sorting
from babelset.work.journal import Entry

PLACES = st.lists(st.none() | st.tuples(st.integers(0, 3), st.sampled_from("ab")), max_size=40)


@given(PLACES, st.sampled_from([0, 100, 10**6]), st.sampled_from([2, 3, 100]))
def test_sorted_as_in_memory(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[int, str] | None], size: int, runs: int
) -> None:
    """Whatever the size of the runs, and however many of them are open at once."""
    entries: list[Entry] = [
        {"status": "written", "data": {"n": n}, **({"place": [*place]} if place else {})}  # type: ignore[typeddict-item]
        for n, place in enumerate(places)
    ]
    folder: Path = tmp_path_factory.mktemp("sorting")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "SIZE", size)
        patch.setattr(sorting, "RUNS", runs)
        found = [*sorting.in_order(iter(entries), folder)]
    assert found == sorted(entries, key=lambda entry: entry.get("place", []))
    assert not [*folder.iterdir()]
