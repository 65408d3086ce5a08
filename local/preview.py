"""`make preview`: any stack, against an account in a folder."""

from local import policy_pack, run_config
from local.preparation import prepare
from local.toolbox import Toolbox
from local.tools.progress import Progress
from local.workspace import Workspace


def preview(name: str, workspace: Workspace, progress: Progress, *, with_policies: bool = False) -> str:
    """Return what `pulumi preview` says of the stack `name`, and the policies too. Raises Failure.

    The stack's secrets, which another backend has encrypted, are replaced by placeholders.
    """
    toolbox = Toolbox.ready(progress, workspace.plugins, to_build=False)
    pack = (
        policy_pack.ensure(progress, workspace.directory / "policy", toolbox.plugins)
        if with_policies
        else None
    )
    prepared = prepare(name, toolbox, workspace, progress)
    try:
        for key in run_config.secrets_of(run_config.stack_config(name)):
            progress.note(f"{key} is a secret: previewing with a placeholder")
            prepared.stack.set_secret(key, "placeholder")
        with progress.step("pulumi preview"):
            return prepared.stack.preview(pack)
    finally:
        if prepared.account_is_new:
            prepared.account.stop()
