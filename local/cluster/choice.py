"""Which cluster the local stacks use: the one place that decides."""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from local.cluster.cluster import Cluster
from local.cluster.container_cluster import K3D, KIND, ContainerCluster
from local.cluster.context_cluster import ContextCluster
from local.cluster.kubectl import Kubectl
from local.tools.failure import Failure
from local.tools.progress import Progress

VARIABLE = "LOCAL_CLUSTER"
"""The environment variable that asks for one: `context` (the kubeconfig's current one), `kind`, `k3d` or `node`."""
_MAKERS = {maker.program: maker for maker in (KIND, K3D)}
_OPTIONS = ["context", *_MAKERS, "node"]


class LocalCluster(Protocol):
    """What the local stacks need of a cluster."""

    kubeconfig: Path
    kubectl: Kubectl
    host: str
    """The name or the address by which pods find this machine."""
    host_address: str
    """The address of this machine that they reach."""

    def is_running(self) -> bool:
        """Whether it runs. Raises Failure."""

    def ensure(self, progress: Progress) -> bool:
        """Have the cluster run; return whether it was made afresh, empty. Raises Failure."""

    def remove(self) -> str | None:
        """Remove what `ensure` made; return what that was. Raises Failure."""

    def load_image(self, tag: str) -> None:
        """Bring an image of the Docker engine into the cluster. Raises Failure."""


def cluster(directory: Path, environment: Mapping[str, str]) -> LocalCluster:
    """The cluster whose files are below `directory`: the one that was started there, else the chosen one.

    Raises Failure.
    """
    name = _started(directory)
    if name is None:
        name = chosen(environment)
    elif environment.get(VARIABLE, name) != name:
        raise Failure(f"{VARIABLE} is {environment[VARIABLE]!r}, but {directory} has {name}: make down first")
    return _made(name, directory)


def started(directory: Path) -> LocalCluster | None:
    """The cluster that was started below a directory, if one was. It may have ended since."""
    name = _started(directory)
    return _made(name, directory) if name else None


def chosen(environment: Mapping[str, str]) -> str:
    """What VARIABLE asks for, else kind or k3d where it is installed, else `node`: one of our own. Raises Failure."""
    if asked := environment.get(VARIABLE):
        if asked not in _OPTIONS:
            raise Failure(f"{VARIABLE} is {asked!r}: set it to one of {', '.join(_OPTIONS)}, or to nothing")
        return asked
    # They leave it to their user to have `kubectl`.
    if not _is_installed("kubectl", environment):
        return "node"
    return next((name for name in _MAKERS if _is_installed(name, environment)), "node")


def _started(directory: Path) -> str | None:
    return next((name for name in _OPTIONS if (directory / name).exists()), None)


def _made(name: str, directory: Path) -> LocalCluster:
    if name == "context":
        return ContextCluster(directory / name)
    if name in _MAKERS:
        # Of the directory, so that each workspace has its own.
        suffix = hashlib.sha256(str(directory).encode()).hexdigest()[:7]
        return ContainerCluster(_MAKERS[name], f"mail-relay-{suffix}", directory / name)
    return Cluster(directory / name)


def _is_installed(program: str, environment: Mapping[str, str]) -> bool:
    return shutil.which(program, path=environment.get("PATH", "")) is not None
