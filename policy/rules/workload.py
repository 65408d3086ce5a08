"""Containers that relay mail: ours, and others that are known by their image or their environment."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .resource import UNKNOWN, Resource

CONTAINER = "docker:index/container:Container"
_POD = "kubernetes:core/v1:Pod"
_TEMPLATED = re.compile(r"kubernetes:apps/v1:(?:StatefulSet|Deployment|DaemonSet|ReplicaSet)")
# Of this project and of the images that it is a drop-in for or that people come from.
_VARIABLES = ("RELAY_", "OPENSMTPD_")
_IMAGES = re.compile(r"(?:^|/)(?:opensmtpd|postfix|docker-postfix|exim|smtp-relay|opensmtpd-relay)(?:[:@]|$)")


@dataclass(frozen=True)
class Workload:
    """One container."""

    resource: Resource
    image: str
    """Empty when it is not known yet."""
    environment: Mapping[str, str]
    """Of what is known: also secrets, which are for no message."""
    memory: Any
    """The limit; None without one."""
    volumes: Mapping[str, str]
    """What is mounted, by place: a name that outlives the container, or empty."""
    addresses: tuple[str, ...]
    """The addresses of the host on which its ports are published."""

    @property
    def is_relay(self) -> bool:
        """Whether it relays mail."""
        return bool(_IMAGES.search(self.image)) or any(
            name.startswith(_VARIABLES) for name in self.environment
        )


def relays(resource: Resource) -> Iterator[Workload]:
    """The mail relays that a resource runs."""
    return (workload for workload in workloads(resource) if workload.is_relay)


def workloads(resource: Resource) -> Iterator[Workload]:
    """The containers that a resource runs."""
    if resource.type == CONTAINER:
        yield _of_docker(resource)
    elif (specification := pod_specification(resource)) is not None:
        for container in _objects(specification.get("containers")):
            yield _of_pod(resource, specification, container)


def pod_specification(resource: Resource) -> Mapping[str, Any] | None:
    """The specification of a resource's pods; None when it has none."""
    if resource.type == _POD:
        return resource.get("spec") or {}
    return (resource.get("spec", "template", "spec") or {}) if _TEMPLATED.fullmatch(resource.type) else None


def literal_variables(container: Mapping[str, Any]) -> dict[str, str]:
    """The environment of a container of a pod, as far as it stands in the pod itself."""
    return {
        str(variable.get("name")): variable["value"]
        for variable in _objects(container.get("env"))
        if isinstance(variable.get("value"), str) and variable["value"] != UNKNOWN
    }


def _of_docker(resource: Resource) -> Workload:
    variables = (str(one).partition("=") for one in _items(resource.get("envs")))
    volumes = {
        str(volume.get("containerPath")): str(volume.get("volumeName") or volume.get("hostPath") or "")
        for volume in _objects(resource.get("volumes"))
    } | {
        str(mount.get("target")): str(mount.get("source") or "") if mount.get("type") != "tmpfs" else ""
        for mount in _objects(resource.get("mounts"))
    }
    return Workload(
        resource,
        image=resource.get("image") or "",
        environment={name: value for name, _, value in variables},
        memory=resource.get("memory"),
        volumes=volumes,
        addresses=tuple(str(port.get("ip") or "0.0.0.0") for port in _objects(resource.get("ports"))),  # noqa: S104
    )


def _of_pod(resource: Resource, specification: Mapping[str, Any], container: Mapping[str, Any]) -> Workload:
    lasting = {
        str(volume.get("name"))
        for volume in _objects(specification.get("volumes"))
        if volume.keys() & {"persistentVolumeClaim", "hostPath", "ephemeral", "csi", "nfs"}
    } | {
        str((claim.get("metadata") or {}).get("name"))
        for claim in _objects(resource.get("spec", "volumeClaimTemplates"))
    }
    image = container.get("image")
    return Workload(
        resource,
        image=image if isinstance(image, str) and image != UNKNOWN else "",
        environment=literal_variables(container),
        memory=((container.get("resources") or {}).get("limits") or {}).get("memory"),
        volumes={
            str(mount.get("mountPath")): str(mount.get("name")) if str(mount.get("name")) in lasting else ""
            for mount in _objects(container.get("volumeMounts"))
        },
        addresses=(),
    )


def _items(value: Any) -> list[Any]:
    return [item for item in value if item != UNKNOWN] if isinstance(value, list) else []


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in _items(value) if isinstance(item, Mapping)]
