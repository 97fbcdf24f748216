"""Whatever a server does: every row is accounted for, nothing wrong is accepted, and a user reads one line of why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines.llm.fault_kinds import KINDS, Kind
from tests.engines.llm.faulty_run import LONGEST, ROWS, How, meet

ALL = [
    pytest.param(kind, how, id=f"{kind.group}: {kind.name}, {how}") for kind in KINDS for how in ("once", "always")
]  # each takes a run or two


@pytest.mark.core(10)
@pytest.mark.parametrize(("kind", "how"), ALL)
def test_whatever_a_server_does_no_row_is_lost_and_none_is_wrong(kind: Kind, how: How, tmp_path: Path) -> None:
    met = meet(kind, how, tmp_path)
    assert kind.holds(how, met.end), met
    assert not met.traceback
    if met.end == "ends":
        assert met.said.startswith("babelset: ") and met.said.count("\n") == 0, "one line"
        assert met.resumed, "the same command goes on"
    else:
        assert sum(met.rows.values()) == len(ROWS), "every row is accounted for"
    told = met.said if met.end == "ends" else " ".join(met.reasons)
    if met.end in ("ends", "rejected"):
        assert kind.told in told
    assert all(len(line) <= LONGEST and line.isprintable() for line in [met.said, *met.reasons])


def test_no_kind_is_there_twice() -> None:
    names = [(kind.group, kind.name) for kind in KINDS]
    assert len(set(names)) == len(names) >= 76
