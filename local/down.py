"""`make down` of the local stacks, from whatever state they are in."""

import docker

from local import docker_objects
from local.account import LocalAccount
from local.cluster import choice
from local.docker_objects import DockerObject
from local.stack import LocalStack
from local.state_file import StateFile
from local.toolbox import Toolbox
from local.tools import cache, docker_engine
from local.tools.failure import Failure
from local.tools.progress import Progress
from local.workspace import LOCAL, Workspace


def down(workspace: Workspace, progress: Progress) -> str:
    """Remove all that `make up` made of any local stack, except tools and images; return what that was.

    Raises Failure.
    """
    removed: list[str] = []
    try:
        if objects := StateFile(workspace.backend, LOCAL).docker_objects():
            removed += map(str, _remove(objects, workspace, progress))
    finally:
        # All that a stack has on it ends with it.
        if (cluster := choice.started(workspace.cluster)) and (what := cluster.remove()):
            removed.append(what)
        for directory in workspace.accounts():
            if pid := LocalAccount(directory).stop():
                removed.append(f"the local AWS, process {pid}")
    workspace.remove()
    lines = ["Removed:", *(f"  {one}" for one in [*removed, workspace.directory])]
    return "\n".join([*lines, f"Kept for the next time: Docker images, and the tools in {cache.directory()}"])


def _remove(objects: list[DockerObject], workspace: Workspace, progress: Progress) -> list[DockerObject]:
    # Without its process an account is gone, with all that the stack has there: only the Docker objects are left.
    account_lives = LocalAccount(workspace.account(LOCAL)).pid() is not None
    toolbox = Toolbox.ready(progress, workspace.plugins, to_build=False) if account_lives else None
    client = toolbox.docker() if toolbox else docker.DockerClient(base_url=docker_engine.ensure(progress))
    there = docker_objects.present(client, objects)
    if toolbox:
        _destroy(toolbox, workspace, progress)
    docker_objects.remove(client, objects)
    return there


def _destroy(toolbox: Toolbox, workspace: Workspace, progress: Progress) -> None:
    stack = LocalStack(LOCAL, toolbox.cli, toolbox.environment(), workspace)
    stack.ensure()
    try:
        with progress.step("pulumi destroy"):
            stack.destroy()
    except Failure as failure:
        progress.note(f"{failure}\nRemoving the stack's Docker objects without Pulumi")
