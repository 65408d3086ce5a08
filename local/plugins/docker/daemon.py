"""The connection to the Docker daemon, and its errors in the words of the real provider."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import docker
from docker.errors import APIError, DockerException
from docker.utils import kwargs_from_env
from requests.exceptions import RequestException

from local.plugins.errors import OperationError


def connect(host: str | None) -> docker.APIClient:
    """A client of the daemon at `host`, else at DOCKER_HOST, else at the default socket.

    Raises OperationError when no daemon answers there.
    """
    context = os.environ.get("DOCKER_CONTEXT", "default")
    if not (host or os.environ.get("DOCKER_HOST")) and context != "default":
        raise OperationError(
            f"the stand-in does not implement Docker contexts, and DOCKER_CONTEXT is '{context}': "
            "set docker:host or DOCKER_HOST to the daemon's address"
        )
    settings = kwargs_from_env()
    if host:
        settings["base_url"] = host
    try:
        return docker.APIClient(version="auto", **settings)
    except DockerException as error:
        raise OperationError(
            "docker native provider returned an unexpected error from Configure: "
            f"failed to connect to any docker daemon ({settings.get('base_url', 'default socket')}: {error})"
        ) from error


@contextmanager
def daemon_errors(failure: str) -> Iterator[None]:
    """Turn what the daemon refuses, or its loss, into an OperationError that begins with `failure`."""
    try:
        yield
    except APIError as error:
        raise OperationError(f"{failure}: Error response from daemon: {error.explanation}") from error
    except (DockerException, RequestException) as error:
        raise OperationError(f"{failure}: {error}") from error
