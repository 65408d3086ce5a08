"""Images that a container or a RemoteImage refers to."""

from typing import Any

import docker
from docker.errors import NotFound

from local.plugins.docker.daemon import daemon_errors
from local.plugins.errors import OperationError


def find_or_pull(client: docker.APIClient, name: str) -> dict[str, Any]:
    """The inspection of a local image; pulled first when there is none with this name or id.

    Raises OperationError in the words of the real provider when it cannot be pulled.
    """
    with daemon_errors(f"unable to inspect image {name}"):
        try:
            return client.inspect_image(name)
        except NotFound:
            pass
    with daemon_errors(f"unable to pull image {name}: error pulling image {name}"):
        for event in client.pull(name, stream=True, decode=True):
            if "error" in event:
                raise OperationError(
                    f"unable to pull image {name}: error pulling image {name}: {event['error']}"
                )
        return client.inspect_image(name)
