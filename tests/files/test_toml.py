"""Whatever is wrong with a TOML file of the user's, the error names the file, and the field where it has one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, field_validator

from babelset.errors import ConfigError
from babelset.files.toml import read_model
from babelset.languages import find


class Prices(BaseModel, extra="forbid"):
    currency: str
    language: str = "ca"

    @field_validator("language")
    @classmethod
    def _known(cls, name: str) -> str:
        return find(name).code


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r": cannot be read \(No such file or directory\)$"),
        (b"currency = ", r": not valid TOML: Invalid value"),
        (b'currency = "\xff"', r": not UTF-8: "),
        (b"", r": currency: field required$"),
        (b'currency = "EUR"\nprice = 3', r": price: unknown option$"),
        (b'currency = "EUR"\nlanguage = "catalonian"', r": unknown language 'catalonian'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"^\S+prices\.toml{said}"):
        read_model(Prices, file)


def test_a_sound_file(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text('currency = "EUR"\nlanguage = "Spanish"')
    assert read_model(Prices, tmp_path / "prices.toml") == Prices(currency="EUR", language="spa_Latn")
