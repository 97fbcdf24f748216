"""What the user says of columns, on the command line or in a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from babelset.contracts.paths import steps
from babelset.contracts.rules import FieldRule
from babelset.contracts.schema import Schema, role_of
from babelset.contracts.shape import column_name
from babelset.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says of columns: `Asked(fields=("hint",), leave=("topic",), roles={"chatgpt": "assistant"})`."""

    fields: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    leave_unknown: bool = False
    roles: Mapping[str, str] = field(default_factory=dict)
    reasoning: bool = False

    def added_to(self, schema: Schema) -> Schema:
        """The schema with these rules in front of its own; ConfigError for a path or a role that is none."""
        own = [FieldRule(path=path, role=role_of(path)) for path in self.fields]
        left = [column_name(steps(path)).replace(".*", "[*]") for path in self.leave]
        speakers = {name.strip().lower(): _role(role) for name, role in self.roles.items()}
        return schema.model_copy(
            update={
                "fields_": [*own, *schema.fields_],
                "leave": [*schema.leave, *left],
                "leave_unknown": schema.leave_unknown or self.leave_unknown,
                "speakers": {**schema.speakers, **speakers},
                "reasoning": self.reasoning,
            }
        )


ROLES = {"user": "turn/user", "assistant": "turn/assistant", "system": "system", "tool": "left"}


def _role(name: str) -> str:
    if name not in ROLES:
        raise ConfigError(f"--role: {name!r} is no role; say one of {', '.join(ROLES)}, as --role chatgpt=assistant")
    return ROLES[name]
