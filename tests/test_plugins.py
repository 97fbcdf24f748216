from __future__ import annotations

import pytest

from babelset import plugins
from babelset.contracts.filter import Filter
from babelset.contracts.translator import Translator
from babelset.errors import ConfigError


@pytest.mark.parametrize("group", plugins.GROUPS)
def test_every_built_in_can_be_loaded_and_says_what_it_promises(group: str) -> None:
    entries = plugins.describe()[group]
    assert entries
    for entry in entries:
        assert entry["promise"] and not entry["promise"].startswith("broken"), entry


@pytest.mark.parametrize("name", plugins.available("filters"))
def test_filters_keep_the_contract(name: str) -> None:
    factory = plugins.load("filters", name)
    made = factory.model_construct(glossary=__file__)  # some cannot be made without a file
    assert isinstance(made, Filter) and made.name == name and made.unit in ("segment", "field", "row")


def test_translators_keep_the_contract() -> None:
    assert isinstance(plugins.build("translators", "echo", {}), Translator)


@pytest.mark.parametrize(
    ("group", "name", "options", "message"),
    [
        ("filters", "lenght", {}, r"unknown filter 'lenght'\. Did you mean 'length'"),
        ("translators", "google", {}, r"unknown translator 'google'\..*Installed: apertium, ct2, echo, nllb"),
        ("filters", "length", {"low": 1, "colour": "red"}, r"colour: unknown option"),
        ("translators", "nllb", {"model": "x", "beam": 0}, r"beam: input should be greater than"),
    ],
)
def test_a_mistake_is_named(group: str, name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plugins.build(group, name, options)
