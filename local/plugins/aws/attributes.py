"""Properties that a service keeps as a map of names to texts, as SNS and SQS do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.plugins.property import Property
from local.plugins.resource_type import ResourceType


@dataclass(frozen=True)
class Attributes:
    """The names of the attributes by property."""

    names: Mapping[str, str]

    def to_api(self, inputs: Mapping[str, Any], leave_out: tuple[str, ...] = ()) -> dict[str, str]:
        """The attributes that the program gives a value, without those that mean nothing: `""` and false."""
        return {
            attribute: _text(inputs[name])
            for name, attribute in self.names.items()
            if name not in leave_out and inputs.get(name) not in (None, "", False)
        }

    def from_api(self, attributes: Mapping[str, str], properties: Mapping[str, Property]) -> dict[str, Any]:
        """The properties in the service's answer, with their kinds; what it does not return is the default."""
        return {
            name: _value(attributes.get(attribute), properties[name])
            for name, attribute in self.names.items()
        }

    def changed(
        self, of: ResourceType, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, str]:
        """The attributes that differ from the state; one that the program dropped is empty."""
        changed = {change.property_name for change in of.diff(resource_id, old_outputs, inputs)}
        return {
            attribute: _text(inputs.get(name)) for name, attribute in self.names.items() if name in changed
        }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _value(text: str | None, declared: Property) -> Any:
    if text in (None, ""):
        return declared.default
    if declared.kind is bool:
        return text.lower() == "true"
    return declared.kind(text)
