"""The plugin: hosts the components for programs in other languages."""

import json
import sys
from typing import Any

import pulumi
from pulumi.provider import ConstructResult, Provider, main

from . import schema
from .inputs import InputReader


class ComponentProvider(Provider):
    """Makes a component from what the engine hands on."""

    def __init__(self) -> None:
        analyzed = schema.analyze()
        self._classes = schema.component_classes()
        self._definitions = analyzed["component_definitions"]
        self._types = analyzed["type_definitions"]
        super().__init__(schema.VERSION, json.dumps(schema.package_schema(analyzed)))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Make one component. An argument that cannot work is refused with a status that the engine prints."""
        kind = resource_type.removeprefix(f"{schema.NAME}:index:")
        try:
            args = InputReader(kind, self._types).read(inputs, self._definitions[kind])
            component = self._classes[kind](name, args, options)
        except pulumi.RunError as error:
            raise pulumi.InputPropertiesError(str(error), []) from error
        return ConstructResult(component.urn, self._outputs(component))

    def _outputs(self, component: pulumi.ComponentResource) -> dict[str, Any]:
        names = self._definitions[type(component).__name__].outputs_mapping
        return {key: getattr(component, python_name) for key, python_name in names.items()}


def serve() -> None:
    """Serve until the engine ends this program."""
    main(ComponentProvider(), sys.argv[1:])
