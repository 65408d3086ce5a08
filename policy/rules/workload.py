"""Containers that relay mail: ours, and others that are known by their image or their environment."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .resource import UNKNOWN, Resource

CONTAINER = "docker:index/container:Container"
_TEMPLATE = ("spec", "template")
# Where a resource has the template of its pods.
_POD_TEMPLATES = {
    "kubernetes:core/v1:Pod": (),
    "kubernetes:core/v1:ReplicationController": _TEMPLATE,
    "kubernetes:apps/v1:DaemonSet": _TEMPLATE,
    "kubernetes:apps/v1:Deployment": _TEMPLATE,
    "kubernetes:apps/v1:ReplicaSet": _TEMPLATE,
    "kubernetes:apps/v1:StatefulSet": _TEMPLATE,
    "kubernetes:batch/v1:Job": _TEMPLATE,
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", *_TEMPLATE),
}
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
    # With that policy an init container runs for as long as the pod does.
    sidecars = [
        container
        for container in objects(pod(resource, "spec", "initContainers"))
        if container.get("restartPolicy") == "Always"
    ]
    for container in [*objects(pod(resource, "spec", "containers")), *sidecars]:
        yield _of_pod(resource, container)


def pod(resource: Resource, *path: str) -> Any:
    """The value at a path of keys in the template of a resource's pods; None where there is none, as `Resource.get`."""
    template = _POD_TEMPLATES.get(resource.type)
    return None if template is None else resource.get(*template, *path)


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list, as far as they are known; none when it is no list."""
    return [item for item in _items(value) if isinstance(item, Mapping)]


def literal_variables(container: Mapping[str, Any]) -> dict[str, str]:
    """The environment of a container of a pod, as far as it stands in the pod itself."""
    return {
        str(variable.get("name")): variable["value"]
        for variable in objects(container.get("env"))
        if isinstance(variable.get("value"), str) and variable["value"] != UNKNOWN
    }


def _of_docker(resource: Resource) -> Workload:
    variables = (str(one).partition("=") for one in _items(resource.get("envs")))
    volumes = {
        str(volume.get("containerPath")): str(volume.get("volumeName") or volume.get("hostPath") or "")
        for volume in objects(resource.get("volumes"))
    } | {
        str(mount.get("target")): str(mount.get("source") or "") if mount.get("type") != "tmpfs" else ""
        for mount in objects(resource.get("mounts"))
    }
    return Workload(
        resource,
        image=resource.get("image") or "",
        environment={name: value for name, _, value in variables},
        memory=resource.get("memory"),
        volumes=volumes,
        addresses=tuple(str(port.get("ip") or "0.0.0.0") for port in objects(resource.get("ports"))),  # noqa: S104
    )


def _of_pod(resource: Resource, container: Mapping[str, Any]) -> Workload:
    # Of `ephemeral` and `csi` volumes the pod is the owner: they go with it.
    lasting = {
        str(volume.get("name"))
        for volume in objects(pod(resource, "spec", "volumes"))
        if volume.keys() & {"persistentVolumeClaim", "hostPath", "nfs"}
    } | {
        str((claim.get("metadata") or {}).get("name"))
        for claim in objects(resource.get("spec", "volumeClaimTemplates"))
    }
    image = container.get("image")
    return Workload(
        resource,
        image=image if isinstance(image, str) and image != UNKNOWN else "",
        environment=literal_variables(container),
        memory=((container.get("resources") or {}).get("limits") or {}).get("memory"),
        volumes={
            str(mount.get("mountPath")): str(mount.get("name")) if str(mount.get("name")) in lasting else ""
            for mount in objects(container.get("volumeMounts"))
        },
        addresses=(),
    )


def _items(value: Any) -> list[Any]:
    return [item for item in value if item != UNKNOWN] if isinstance(value, list) else []
