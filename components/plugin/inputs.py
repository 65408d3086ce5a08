"""What a program in another language gives a component, as the component takes it.

Pulumi's own mapping drops keys that it does not know, takes values of any type, and hands on a port as 587.0.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.output import Unknown
from pulumi.provider.experimental.analyzer import (
    ComponentDefinition,
    PropertyDefinition,
    PropertyType,
    TypeDefinition,
)

from ..argument_types import kind_of
from ..arguments import MISSING, InvalidArgument, refuse_unknown_keys, whole_number

# All numbers come as floats.
_SIMPLE = {
    PropertyType.STRING: (str, "a text"),
    PropertyType.BOOLEAN: (bool, "true or false"),
    PropertyType.NUMBER: (float, "a number"),
    PropertyType.INTEGER: (float, "a whole number"),
}


class InputReader:
    """Reads the inputs of one component. Raises InvalidArgument, which names the property as the program does."""

    def __init__(self, component: str, types: Mapping[str, TypeDefinition]):
        self._component = component
        self._types = types

    def read(self, inputs: Mapping[str, Any], component: ComponentDefinition) -> dict[str, Any]:
        """The arguments, named as in Python. An Output is checked as soon as it is known."""
        return self._properties("", inputs, component.inputs, component.inputs_mapping)

    def _properties(
        self,
        path: str,
        values: Mapping[str, Any],
        properties: Mapping[str, PropertyDefinition],
        python_names: Mapping[str, str],
    ) -> dict[str, Any]:
        refuse_unknown_keys(self._component, path, values, properties)
        given = {key: value for key, value in values.items() if value is not None}
        for key, declared in properties.items():
            if key not in given and not declared.optional:
                raise InvalidArgument(self._component, f"{path}{key}", MISSING)
        return {
            python_names[key]: self._value(f"{path}{key}", value, properties[key])
            for key, value in given.items()
        }

    def _value(self, path: str, value: Any, declared: PropertyDefinition) -> Any:
        if isinstance(value, pulumi.Output | Unknown):
            if declared.plain:
                raise InvalidArgument(
                    self._component,
                    path,
                    "decides what is made, so it cannot be an output or a secret: give the value itself",
                )
            return pulumi.Output.from_input(value).apply(lambda known: self._value(path, known, declared))
        if declared.ref:
            return self._referenced(path, value, declared.ref)
        if declared.type == PropertyType.ARRAY:
            self._demand(path, value, list, "a list")
            return [self._value(f"{path}[{index}]", item, declared.items) for index, item in enumerate(value)]
        if declared.type == PropertyType.OBJECT:
            self._demand(path, value, dict, "an object")
            return {
                key: self._value(f"{path}.{key}", item, declared.additional_properties)
                for key, item in value.items()
            }
        self._demand(path, value, *_SIMPLE[declared.type])
        return whole_number(self._component, path, value) if declared.type == PropertyType.INTEGER else value

    def _referenced(self, path: str, value: Any, ref: str) -> Any:
        referenced = self._types.get(ref.rpartition(":")[2])
        if referenced is None:
            return value  # anything
        self._demand(path, value, dict, "an object")
        return self._properties(f"{path}.", value, referenced.properties, referenced.properties_mapping)

    def _demand(self, path: str, value: Any, kind: type, kind_name: str) -> None:
        if not isinstance(value, kind):
            raise InvalidArgument(self._component, path, f"has to be {kind_name}, not {kind_of(value)}")
