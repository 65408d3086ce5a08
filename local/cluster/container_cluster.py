"""A cluster that kind or k3d makes of containers."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import docker

from local.cluster.kubectl import Kubectl
from local.tools import docker_engine
from local.tools.failure import Failure
from local.tools.progress import Progress


@dataclass(frozen=True)
class Maker:
    """A program that makes clusters, with its arguments for each purpose."""

    program: str
    names: str
    """Lists the clusters, one a line, the name first."""
    create: str
    kubeconfig: str
    """Prints one."""
    load: str
    delete: str
    network: str
    """The Docker network of a cluster."""


# https://kind.sigs.k8s.io/docs/user/quick-start/
KIND = Maker(
    program="kind",
    names="get clusters",
    create="create cluster --name {cluster} --kubeconfig {file} --wait 120s",
    kubeconfig="get kubeconfig --name {cluster}",
    load="load docker-image {image} --name {cluster}",
    delete="delete cluster --name {cluster} --kubeconfig {file}",
    network="kind",
)
# https://k3d.io/stable/usage/commands/
K3D = Maker(
    program="k3d",
    names="cluster list --no-headers",
    create="cluster create {cluster} --wait --kubeconfig-update-default=false",
    kubeconfig="kubeconfig get {cluster}",
    load="image import {image} --cluster {cluster}",
    delete="cluster delete {cluster}",
    network="k3d-{cluster}",
)


class ContainerCluster:
    """The cluster `name` of `maker`, which runs or not. Its kubeconfig lies in `directory`."""

    def __init__(self, maker: Maker, name: str, directory: Path):
        self._maker = maker
        self._name = name
        self._directory = directory
        self.kubeconfig = directory / "admin.kubeconfig"
        """For users of the cluster: an administrator."""
        self.kubectl = Kubectl("kubectl", self.kubeconfig)

    def is_running(self) -> bool:
        """Whether there is such a cluster. Raises Failure."""
        return self._name in (line.split()[0] for line in self._make(self._maker.names).splitlines() if line)

    def ensure(self, progress: Progress) -> bool:
        """Have the cluster run; return whether it was made afresh, empty. Raises Failure."""
        with progress.step("Kubernetes cluster") as step:
            self._directory.mkdir(parents=True, exist_ok=True)
            self.kubeconfig.touch(0o600)
            is_new = not self.is_running()
            if is_new:
                self._make(self._maker.create)
            self.kubeconfig.write_text(self._make(self._maker.kubeconfig))
            step.result = str(self)
        return is_new

    def remove(self) -> str | None:
        """Delete the cluster, if there is one; return what that was. Raises Failure."""
        there = self.is_running()
        if there:
            self._make(self._maker.delete)
        shutil.rmtree(self._directory, ignore_errors=True)
        return str(self) if there else None

    @property
    def host_address(self) -> str:
        """Where pods reach this machine. Raises Failure where the engine is in a virtual machine."""
        client = docker.DockerClient(base_url=docker_engine.running())
        return docker_engine.gateway(client, self._maker.network.format(cluster=self._name))

    @property
    def host(self) -> str:
        """By what pods find this machine."""
        return self.host_address

    def load_image(self, tag: str) -> None:
        """Bring an image of the Docker engine into the cluster. Raises Failure."""
        self._make(self._maker.load, image=tag)

    def __str__(self) -> str:
        return f"the {self._maker.program} cluster {self._name}"

    def _make(self, arguments: str, **values: str) -> str:
        words = [
            word.format(cluster=self._name, file=self.kubeconfig, **values) for word in arguments.split()
        ]
        done = subprocess.run([self._maker.program, *words], capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"{self._maker.program} {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout
