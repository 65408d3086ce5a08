"""The base of every resource type: declared properties, and what follows from them."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from local.plugins.property import (
    DEFAULTS_KEY,
    Change,
    Failure,
    Property,
    check_object,
    is_empty,
    object_changes,
    object_preview,
    without_defaults,
)

__all__ = ["Property", "ResourceType"]


class ResourceType(ABC):
    """One type of resource. An instance serves one request.

    Inputs and outputs are plain dicts with the SDK's camelCase names. `create`, `read`, `update` and `delete`
    never see unknown values, and raise `OperationError` or `PartialCreate`.
    """

    token: ClassVar[str]
    """For example `aws:iam/user:User`."""
    properties: ClassVar[Mapping[str, Property]]
    autoname: ClassVar[str | None] = None
    """The property that gets a generated name when the program gives none."""
    autoname_length: ClassVar[int] = 255
    delete_before_replace: ClassVar[bool] = False

    def __init__(self, client: Any, timeout: float = 0, cancelled: threading.Event | None = None) -> None:
        """`client` is what the provider's `configure` returned.

        `timeout` is in seconds, 0 when the user gave none. `cancelled` is set when the user interrupts:
        whoever waits, waits on it.
        """
        self.client = client
        self.timeout = timeout
        self.cancelled = cancelled or threading.Event()

    @abstractmethod
    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make the resource; returns its id and outputs."""

    @abstractmethod
    def read(
        self, resource_id: str, outputs: dict[str, Any], inputs: dict[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """Look the resource up; returns its id, outputs and inputs, or None when it is gone.

        `outputs` and `inputs` are those of the state, both empty for an import.
        `refreshed_inputs` makes the inputs.
        """

    def update(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        """Change the resource in place; returns its outputs. Not for types that are only replaced."""
        raise NotImplementedError(f"{self.token} has no update in place")

    @abstractmethod
    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Remove the resource. One that is already gone is no error."""

    def validate(self, inputs: dict[str, Any]) -> Iterable[Failure]:
        """Rules over more than one property; inputs may hold unknowns."""
        return ()

    def check(
        self,
        old_inputs: dict[str, Any],
        inputs: dict[str, Any],
        propose_name: Callable[[int], str],
    ) -> tuple[dict[str, Any], list[Failure]]:
        """The inputs with defaults, and what is wrong with them.

        `propose_name` takes the greatest length and returns a generated name; it raises OperationError when
        the user switched automatic naming off.
        """
        failures: list[Failure] = []
        defaults = {}
        if self.autoname and inputs.get(self.autoname) is None:
            generated = self.autoname in old_inputs.get(DEFAULTS_KEY, ())
            kept = old_inputs.get(self.autoname) if generated else None
            defaults[self.autoname] = kept or propose_name(self.autoname_length)
        checked = check_object(self.properties, "", inputs, old_inputs, failures, defaults)
        if not failures:
            failures.extend(self.validate(checked))
        return checked, failures

    def diff(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> list[Change]:
        """The differences between the state and the checked inputs."""
        return list(object_changes(self.properties, "", old_outputs, inputs))

    def deletes_before_replace(self, inputs: dict[str, Any]) -> bool:
        """Whether a replacement deletes first: always, or because the program fixed the name."""
        if self.delete_before_replace or self.autoname is None:
            return self.delete_before_replace
        return inputs.get(self.autoname) is not None and self.autoname not in inputs.get(DEFAULTS_KEY, ())

    def preview(self, old_outputs: dict[str, Any] | None, inputs: dict[str, Any]) -> dict[str, Any]:
        """The outputs as far as they are known before the update; `old_outputs` is None before a create."""
        return object_preview(self.properties, old_outputs, inputs)

    def refreshed_inputs(self, outputs: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        """The inputs after a read: the old ones, with the new outputs where they mean something else.

        For an import (`inputs` is empty) everything that can be an input and has a value. A default that was read
        with another value is none any more: kept, it would be taken for the default of the next update.
        """
        refreshed: dict[str, Any] = {}
        defaults = list(inputs.get(DEFAULTS_KEY, []))
        for name, declared in self.properties.items():
            old, read = inputs.get(name), outputs.get(name)
            if declared.output_only or (inputs and name not in inputs) or (not inputs and is_empty(read)):
                continue
            same = bool(inputs) and not any(declared.changes(name, read, without_defaults(old)))
            refreshed[name] = old if same else read
            if name in defaults and not same:
                defaults.remove(name)
        return refreshed | {DEFAULTS_KEY: defaults}
