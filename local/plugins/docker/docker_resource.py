"""What the Docker types have in common."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import docker
from docker.errors import APIError, NotFound

from local.plugins.docker.daemon import daemon_errors
from local.plugins.errors import OperationError
from local.plugins.property import Property
from local.plugins.resource_type import ResourceType

_REMOVAL_SECONDS = 30
_RETRY_SECONDS = 1


class DockerResource(ResourceType):
    """A resource type whose client is Docker's API client, and whose states hold every property."""

    client: docker.APIClient

    def state(self, known: Mapping[str, Any], read: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs: what was read, else what is known (the inputs, or the state), else None."""
        complete = dict.fromkeys(self.properties) | {
            name: value for name, value in known.items() if name in self.properties
        }
        return {name: _sorted(self.properties[name], value) for name, value in (complete | read).items()}

    def remove(self, remove: Callable[[], None], in_use: str, last_state: str) -> None:
        """Call `remove` until it succeeds, as long as the daemon refuses with `in_use` in its text.

        Raises OperationError after 30 seconds, or at once for another refusal.
        """
        deadline = time.monotonic() + _REMOVAL_SECONDS
        while True:
            try:
                with daemon_errors(f"Unable to remove {self.token.rpartition(':')[2].lower()}"):
                    return remove()
            except OperationError as error:
                cause = error.__cause__
                if isinstance(cause, NotFound):
                    return None
                if not (isinstance(cause, APIError) and in_use in cause.explanation):
                    raise
            if time.monotonic() >= deadline or self.cancelled.wait(_RETRY_SECONDS):
                raise OperationError(
                    "timeout while waiting for state to become 'removed' "
                    f"(last state: '{last_state}', timeout: {_REMOVAL_SECONDS}s)"
                )


def _sorted(declared: Property, value: Any) -> Any:
    """The value with every set in it sorted, as the real provider returns sets."""
    if isinstance(value, list):
        items = [_sorted(declared.element, item) for item in value] if declared.element else value
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if declared.as_set else items
    if isinstance(value, dict):
        return {
            key: _sorted(declared.properties[key], item) if key in declared.properties else item
            for key, item in value.items()
        }
    return value
