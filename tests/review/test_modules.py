"""The page's modules import each other in one direction, and what its buttons do has a name that is known."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import babelset.review

FOLDER = Path(babelset.review.__file__).parent
IMPORT = re.compile(r'^(?:import|export)\b[^;]*?(?:from )?"\./(\w+\.js)";', re.MULTILINE)


def imports(source: str) -> set[str]:
    return set(IMPORT.findall(source))


def sources() -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.js")}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('import { a } from "./b.js";', {"b.js"}),
        ('import {\n  a,\n  b,\n} from "./b.js";\nimport "./c.js";', {"b.js", "c.js"}),
        ('export { a } from "./b.js";', {"b.js"}),
        ('// import { a } from "./b.js";\nconst a = "./c.js";', set()),
    ],
)
def test_imports_are_found(source: str, found: set[str]) -> None:
    assert imports(source) == found


def test_no_circles() -> None:
    graph = {name: imports(source) for name, source in sources().items()}
    assert graph["page.js"], "imports are found"
    assert set().union(*graph.values()) <= graph.keys()
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")
    assert order[-1] == "page.js"


def test_every_button_does_something_that_the_page_knows() -> None:
    scripts = sources()
    template = (FOLDER / "page.jinja").read_text("utf-8")
    named = set(re.findall(r'data-does"?(?:=|: )"(\w+)"', template + "".join(scripts.values())))
    block = scripts["page.js"].partition("const actions = {")[2].partition("\n};")[0]
    assert {"accept", "correct", "decideAgain"} <= named
    assert named <= set(re.findall(r"^  (\w+)[:,]", block, re.MULTILINE))
