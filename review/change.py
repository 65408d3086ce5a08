"""What a preview says of one resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How a preview writes a string that is known only after the update:
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go"""


@dataclass(frozen=True)
class State:
    """A resource as it is, or as it is to be. Secrets are `[secret]`."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    is_protected: bool = False
    is_retained: bool = False
    """Whether Pulumi forgets it instead of deleting it."""

    def get(self, *path: str) -> Any:
        """The input at a path of keys; None where there is none, or it is not known yet."""
        value: Any = self.inputs
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return None if value == UNKNOWN else value


@dataclass(frozen=True)
class Change:
    """What happens to one resource."""

    operation: str
    """`create`, `update`, `replace`, `delete`, or `same`."""
    urn: str
    old: State = field(default_factory=State)
    """Empty for what is created."""
    new: State = field(default_factory=State)
    """Empty for what is deleted."""
    changed: tuple[str, ...] = ()
    """The paths of the properties that differ, such as `envs[0]` or `spec.template`."""
    reasons: tuple[str, ...] = ()
    """The properties for which it is replaced."""
    is_custom: bool = True
    """Whether it is a thing by itself, and no component or stack, which only holds others."""

    @property
    def type(self) -> str:
        """The type token, such as `docker:index/volume:Volume`."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def parents(self) -> tuple[str, ...]:
        """The type tokens of the components that it is in, the outermost first."""
        return tuple(self.urn.split("::")[2].split("$")[:-1])

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.split("::", 3)[3]

    @property
    def is_lost(self) -> bool:
        """Whether what was there goes: deleted, or replaced by another."""
        return self.operation in ("delete", "replace") and not self.old.is_retained

    @property
    def is_new(self) -> bool:
        """Whether something begins to be there."""
        return self.operation in ("create", "replace")
