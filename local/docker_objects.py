"""The Docker objects of a stack, by the names that its state gives them."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.models.networks import Network
from docker.models.volumes import Volume

from local.tools.failure import Failure

# In the order in which Docker lets them go.
_KINDS = {
    "docker:index/container:Container": "container",
    "docker:index/network:Network": "network",
    "docker:index/volume:Volume": "volume",
}


@dataclass(frozen=True)
class DockerObject:
    """A container, a network or a volume."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def named_in(resources: Iterable[Mapping[str, Any]]) -> list[DockerObject]:
    """The Docker objects among resources of a state, in the order in which they can be removed."""
    order = list(_KINDS.values())
    found = {
        DockerObject(_KINDS[resource["type"]], resource["inputs"]["name"])
        for resource in resources
        if resource["type"] in _KINDS
    }
    return sorted(found, key=lambda one: (order.index(one.kind), one.name))


def present(client: docker.DockerClient, objects: Iterable[DockerObject]) -> list[DockerObject]:
    """Those of the objects that are there."""
    return [one for one in objects if _find(client, one)]


def are_up(client: docker.DockerClient, objects: Iterable[DockerObject]) -> bool:
    """Whether all of the objects are there, and the containers run."""
    found = [_find(client, one) for one in objects]
    return all(one and getattr(one, "status", "running") == "running" for one in found)


def remove(client: docker.DockerClient, objects: Iterable[DockerObject]) -> None:
    """Remove those of the objects that are there. Raises Failure for one that something else uses."""
    for one in objects:
        if found := _find(client, one):
            try:
                found.remove(**({"force": True} if one.kind == "container" else {}))
            except APIError as error:
                raise Failure(
                    f"The {one} cannot be removed ({error.explanation}): remove what uses it, then do this again"
                ) from error


def complaints(client: docker.DockerClient, objects: Iterable[DockerObject]) -> list[str]:
    """What the last health check of each container that is not healthy has said."""
    containers = [_find(client, one) for one in objects if one.kind == "container"]
    checks = [one.attrs["State"].get("Health", {"Status": "none", "Log": []}) for one in containers if one]
    return [
        check["Log"][-1]["Output"].strip()
        for check in checks
        if check["Status"] != "healthy" and check["Log"]
    ]


def _find(client: docker.DockerClient, one: DockerObject) -> Container | Network | Volume | None:
    collections = {"container": client.containers, "network": client.networks, "volume": client.volumes}
    with contextlib.suppress(NotFound):
        return collections[one.kind].get(one.name)
    return None
