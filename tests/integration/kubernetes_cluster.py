"""A Kubernetes cluster for tests, and namespaces in it."""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from local.cluster.cluster import Cluster
from local.tools.progress import Progress

BASE_IMAGE = "debian:trixie-slim"
"""An image that the node has: with `bash`, whose /dev/tcp connects, and `perl`, which can listen."""


class Namespace:
    """A namespace of a cluster."""

    def __init__(self, cluster: Cluster, name: str):
        self.cluster = cluster
        self.name = name

    def kubectl(self, *arguments: str | Path, stdin: str = "") -> str:
        """What `kubectl` prints in this namespace. Raises Failure."""
        return self.cluster.kubectl("--namespace", self.name, *arguments, stdin=stdin)

    def apply(self, manifests: str) -> None:
        """Have the objects of a YAML text."""
        self.kubectl("apply", "--filename", "-", stdin=manifests)

    def shell(self, pod: str, script: str) -> str:
        """What a script of bash prints in a pod. Raises Failure."""
        return self.kubectl("exec", pod, "--", "bash", "-c", script)

    def wait_until_ready(self, *pods: str) -> None:
        """Wait for pods."""
        names = [f"pod/{pod}" for pod in pods]
        self.kubectl("wait", *names, "--for=condition=Ready", "--timeout=60s")


@contextlib.contextmanager
def started_cluster(directory: Path) -> Iterator[Cluster]:
    """A cluster of its own."""
    cluster = Cluster(directory)
    try:
        cluster.ensure(Progress())
        yield cluster
    finally:
        cluster.stop()


@contextlib.contextmanager
def namespace(cluster: Cluster) -> Iterator[Namespace]:
    """A new namespace, whose objects are gone at the end."""
    name = f"test-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", name)
    try:
        yield Namespace(cluster, name)
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")
