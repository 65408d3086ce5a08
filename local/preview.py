"""`make preview`: any stack, against an account in a folder."""

import os

from local import policy_pack, run_config
from local.cluster import answer, choice
from local.preparation import prepare
from local.target import target_of
from local.toolbox import Toolbox
from local.tools.progress import Progress
from local.workspace import LOCAL, LOCAL_KUBERNETES, Workspace


def preview(name: str, workspace: Workspace, progress: Progress, *, with_policies: bool = False) -> str:
    """Return what `pulumi preview` says of the stack `name`, and the policies too. Raises Failure.

    The stack's secrets, which another backend has encrypted, are replaced by placeholders.
    """
    config = run_config.stack_config(name)
    providers = run_config.providers(config)
    toolbox = Toolbox.ready(progress, workspace.plugins, providers, to_build=False)
    pack = (
        policy_pack.ensure(progress, workspace.directory / "policy", toolbox.plugins)
        if with_policies
        else None
    )
    # A cluster is not started for a preview, but one that runs has a say.
    cluster = choice.started(workspace.cluster) if name == LOCAL_KUBERNETES else None
    has_target = name == LOCAL or (cluster is not None and cluster.is_running())
    target = target_of(name, toolbox, workspace, progress) if has_target else None
    if target is None and "kubernetes" in providers:
        answer.check(config, os.environ)
    prepared = prepare(name, toolbox, workspace, progress, target)
    try:
        for key in run_config.secrets_of(config):
            progress.note(f"{key} is a secret: previewing with a placeholder")
            prepared.stack.set_secret(key, "placeholder")
        with progress.step("pulumi preview"):
            return prepared.stack.preview(pack)
    finally:
        if prepared.account_is_new:
            prepared.account.stop()
