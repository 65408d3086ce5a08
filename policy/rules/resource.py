"""A resource as a rule sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "(not known yet)"
"""Stands for what only the update will know. No rule takes it for a value."""


@dataclass(frozen=True)
class Resource:
    """One resource of a stack."""

    type: str
    """The type token, such as `docker:index/container:Container`."""
    name: str
    """The logical name."""
    urn: str = "urn:pulumi:dev::project::type::name"
    properties: Mapping[str, Any] = field(default_factory=dict)
    is_protected: bool = False

    @property
    def stack(self) -> str:
        """The name of the stack."""
        return self.urn.split(":")[2]

    def get(self, *path: str) -> Any:
        """The value at a path of keys; None where there is none or it is not known yet."""
        value: Any = self.properties
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return None if value == UNKNOWN else value
