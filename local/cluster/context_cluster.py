"""A cluster that the user has."""

import os
import shutil
import subprocess
from pathlib import Path

from local.cluster.kubectl import Kubectl
from local.run_config import PROJECT
from local.tools.failure import Failure
from local.tools.progress import Progress

HOST_VARIABLE = "LOCAL_CLUSTER_HOST"

# Somebody who waits longer thinks that all is well.
_SECONDS = 5


class ContextCluster:
    """The cluster of the kubeconfig's current context, which others make and end.

    `directory` keeps a copy of the context, so that it stays this one when the user goes on to another.
    """

    def __init__(self, directory: Path):
        self._directory = directory
        self.kubeconfig = directory / "admin.kubeconfig"
        """For users of the cluster: the user's own login."""
        self.kubectl = Kubectl("kubectl", self.kubeconfig)

    def is_running(self) -> bool:
        """Whether the context was taken."""
        return self.kubeconfig.exists()

    def ensure(self, progress: Progress) -> bool:
        """See that the cluster answers; return that it was not made for this. Raises Failure."""
        with progress.step("Kubernetes cluster") as step:
            if not self.is_running():
                self._directory.mkdir(parents=True, exist_ok=True)
                self.kubeconfig.touch(0o600)
                self.kubeconfig.write_text(_current_context())
            self.kubectl("get", "--raw", "/readyz", f"--request-timeout={_SECONDS}s")
            step.result = f"the context {self.kubectl('config', 'current-context').strip()}"
        return False

    def remove(self) -> None:
        """Forget the context. The cluster stays."""
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def host_address(self) -> str:
        """Where pods reach this machine: nobody but the user can know. Raises Failure."""
        if address := os.environ.get(HOST_VARIABLE):
            return address
        raise Failure(
            f"{HOST_VARIABLE} is not set: set it to the address of this machine that the cluster's pods reach"
        )

    @property
    def host(self) -> str:
        """By what pods find this machine."""
        return self.host_address

    def load_image(self, tag: str) -> None:
        """Raise Failure: clusters take images from registries, each in its own way."""
        raise Failure(
            f"{tag} cannot be brought into a cluster of yours from here: push the image to a registry "
            f"that it pulls from, and name it in the stack's configuration as {PROJECT}:image"
        )


def _current_context() -> str:
    arguments = ["config", "view", "--minify", "--flatten", "--raw"]
    done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
