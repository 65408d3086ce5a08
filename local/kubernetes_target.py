"""A Kubernetes cluster as what the relay of the stack `local-kubernetes` runs on."""

import os
from email.message import EmailMessage
from typing import Any

from local import pod_client
from local.cluster import choice
from local.run_config import PROJECT, Config, stack_config
from local.toolbox import Toolbox
from local.tools.failure import Failure
from local.tools.progress import Progress
from local.workspace import CHECKOUT, LOCAL_KUBERNETES, Workspace

_IMAGE = "opensmtpd-relay"
_IMAGE_CONTEXT = CHECKOUT / "components" / "image"
_LOG_LINES = 15


class KubernetesTarget:
    """The cluster of the workspace, which is started where it does not run. Raises Failure."""

    def __init__(self, toolbox: Toolbox, workspace: Workspace, progress: Progress):
        self._cluster = choice.cluster(workspace.cluster, os.environ)
        self._is_new = self._cluster.ensure(progress)
        with progress.step("Image of the relay") as step:
            self._image = step.result = self._ensure_image(toolbox)
        self.host = self._cluster.host
        """The name or the address by which pods find this machine."""
        self.address = self._cluster.host_address
        """Where they reach it."""

    def facts(self, _: Config) -> Config:
        """What the stack needs to know: the cluster, and an image that it has."""
        return {
            "kubernetes:kubeconfig": str(self._cluster.kubeconfig),
            f"{PROJECT}:image": self._image,
        }

    def is_whole(self) -> bool:
        """Whether all that the stack has is still there: a cluster mends what it has, until it is lost itself."""
        return not self._is_new

    def complaints(self) -> list[str]:
        """What a relay that does not become ready says."""
        return self._kubectl(
            "get", "events", "--all-namespaces", "--field-selector=type=Warning"
        ).splitlines()

    def submit(self, message: EmailMessage, outputs: dict[str, Any]) -> None:
        """Hand a message to the relay, from a pod in another namespace. Raises Failure."""
        pod_client.submit(self._cluster.kubectl, message, outputs["smtpAddress"])

    def log(self, outputs: dict[str, Any]) -> str:
        """The end of the relay's log."""
        namespace, _, name = outputs["workload"].partition("/")
        return self._kubectl(
            "logs", f"statefulset/{name}", f"--namespace={namespace}", f"--tail={_LOG_LINES}"
        )

    def _ensure_image(self, toolbox: Toolbox) -> str:
        """The image that the stack names, else one that is built and brought into the cluster.

        The name of that one changes with what is in it.
        """
        named = stack_config(LOCAL_KUBERNETES)[f"{PROJECT}:image"]
        if named != _IMAGE:
            return named
        engine = toolbox.docker()
        image, _ = engine.images.build(path=str(_IMAGE_CONTEXT), network_mode="host", rm=True, forcerm=True)
        tag = image.short_id.removeprefix("sha256:")
        image.tag(_IMAGE, tag)
        self._cluster.load_image(f"{_IMAGE}:{tag}")
        if self._is_new:
            self._cluster.load_image(pod_client.IMAGE)
        return f"{_IMAGE}:{tag}"

    def _kubectl(self, *arguments: str) -> str:
        try:
            return self._cluster.kubectl(*arguments)
        except Failure as failure:
            return f"none: {failure}"
