"""What a resource type raises to tell the engine about a failure."""

from collections.abc import Mapping, Sequence
from typing import Any


class OperationError(Exception):
    """An operation failed and left nothing behind. Its text is what the user reads."""


class PartialCreate(Exception):
    """The resource exists, but finishing it failed: the engine keeps it in the state and the update fails.

    Also for an update that changed the resource before it failed.
    """

    def __init__(self, resource_id: str, outputs: Mapping[str, Any], reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.resource_id = resource_id
        self.outputs = outputs
        self.reasons = reasons
