"""What a schema says of single fields: which is a text, in which role, and which names the language."""

from __future__ import annotations

from functools import cached_property

from pydantic import BaseModel

from babelset.contracts.evidence import path_name
from babelset.contracts.paths import Place, steps
from babelset.errors import DataError


class FieldRule(BaseModel, extra="forbid", frozen=True):
    """A `[[fields]]` table of a schema: texts of a row, and their role."""

    path: str  # "messages[*].content"; [**] also goes into lists of the same name inside the items
    role: str = "text"  # "instruction", "input", "output", "system", "turn/user", "turn/assistant" ...
    role_from: str | None = None  # the key, here or in the objects around, whose value tells the role
    roles: dict[str, str] = {}  # with role_from: value -> role
    leave: list[str] = []  # with role_from: values whose text is left as it is
    where: dict[str, str] = {}  # only in objects that have these values
    required: bool = False  # a row without this field is a failed row

    @cached_property
    def steps(self) -> tuple[str, ...]:
        return steps(self.path)

    def role_at(self, place: Place) -> str | None:
        """The role of the text there, None when it is to be left alone; DataError for a role nobody named."""
        inner = place.around[-1] if place.around else {}
        if any(inner.get(key) != value for key, value in self.where.items()):
            return None
        if self.role_from is None:
            return self.role
        said = next((obj[self.role_from] for obj in reversed(place.around) if self.role_from in obj), None)
        if said in self.leave:
            return None
        if said not in self.roles:
            known = ", ".join([*self.roles, *self.leave])
            where = path_name(place.path[:-1])
            raise DataError(f"{self.role_from} is {said!r}, which the schema does not know ({known})", field=where)
        return self.roles[said]

    def left_by(self, place: Place) -> str:
        """Why the text there is left alone."""
        said = next((obj[self.role_from] for obj in reversed(place.around) if self.role_from in obj), "")
        return f"{self.role_from} {said}" if said in self.leave else "schema"


class Rewrite(BaseModel, extra="forbid", frozen=True):
    """A field that tells the row's language: it becomes the target's, spelt alike: eng_Latn, eng, en or English."""

    path: str
