"""What the relay of a local stack runs on."""

from local.docker_target import DockerTarget
from local.kubernetes_target import KubernetesTarget
from local.toolbox import Toolbox
from local.tools.progress import Progress
from local.workspace import LOCAL_KUBERNETES, Workspace

Target = DockerTarget | KubernetesTarget


def target_of(name: str, toolbox: Toolbox, workspace: Workspace, progress: Progress) -> Target:
    """The target of the stack `name`, ready for an update. Raises Failure."""
    if name == LOCAL_KUBERNETES:
        return KubernetesTarget(toolbox, workspace, progress)
    return DockerTarget(toolbox, workspace)
