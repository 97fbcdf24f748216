from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from babelset import plugins
from babelset.contracts.filter import Filter
from babelset.contracts.loading import build_translator, diagnoses
from babelset.contracts.translator import Translator
from babelset.errors import ConfigError, ContractError
from babelset.report.collect import quality_scores


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
        ("translators", "bing", {}, r"unknown translator 'bing'\..*Installed: apertium, aws, azure, ct2, deepl, echo"),
        ("filters", "length", {"low": 1, "colour": "red"}, r"colour: unknown option\. Its options: tolerance, slack"),
        (
            "translators",
            "nllb",
            {"model": "x", "baem": 4},
            r"baem: unknown option\. Did you mean 'beam'\? Its options:",
        ),
        ("translators", "nllb", {"model": "x", "beam": 0}, r"beam: input should be greater than"),
    ],
)
def test_a_mistake_is_named(group: str, name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plugins.build(group, name, options)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("class Made: pass", "AttributeError: "),
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("made = 1 / 0", "ZeroDivisionError: division by zero"),
        ("from babelset import Filter\nclass Made(Filter):\n    mark = '!'", "PydanticUserError: "),
    ],
)
def test_a_module_that_cannot_be_imported_breaks_itself_alone(
    source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"broken_{abs(hash(source))}"
    (tmp_path / f"{module}.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    points = {**plugins.available("filters"), "mine": EntryPoint("mine", f"{module}:Missing", "babelset.filters")}
    monkeypatch.setattr(plugins, "available", lambda group: points)
    with pytest.raises(ContractError, match=f"cannot be imported: {message}") as caught:
        plugins.load("filters", "mine")
    assert "\n" not in str(caught.value)
    assert plugins._describe("filters", points["mine"])["promise"].startswith("broken: the plug-in 'mine'")
    assert quality_scores() >= {"cometkiwi"}, "a report needs no broken plug-in"


def test_a_class_that_lacks_what_its_contract_demands_is_named_also_by_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    class Half(Translator):
        def supports(self, pair: object) -> bool:
            return True

    monkeypatch.setattr(plugins, "load", lambda group, name: Half)
    message = "the plug-in 'half' is not complete: its class lacks signature, translate"
    with pytest.raises(ContractError, match=message):
        build_translator("half", {})
    monkeypatch.setattr(plugins, "available", lambda group: {"half": None} if group == "translators" else {})
    assert [(finding.ok, finding.detail) for finding in diagnoses()] == [(False, message)]
