"""`make up` of a local stack: everything, up to the message that arrived."""

from pathlib import Path

from local import delivery, run_config
from local.preparation import prepare
from local.target import target_of
from local.toolbox import Toolbox
from local.tools import command
from local.tools.failure import Failure
from local.tools.progress import Progress
from local.workspace import LOCAL, Workspace


def up(name: str, workspace: Workspace, progress: Progress, delivery_seconds: float) -> str:
    """Bring the stack up, send a message through it, and return the report. Raises Failure."""
    toolbox = Toolbox.ready(progress, workspace.plugins, run_config.providers(run_config.stack_config(name)))
    target = target_of(name, toolbox, workspace, progress)
    prepared = prepare(name, toolbox, workspace, progress, target)
    stack = prepared.stack

    with progress.step("pulumi up") as step:
        is_whole = not prepared.account_is_new and target.is_whole()
        try:
            step.result = stack.up(refresh=not is_whole and not stack.state.is_empty())
        except Failure as failed:
            said = target.complaints()
            raise Failure("\n".join([str(failed), *(f"The relay says: {one}" for one in said)])) from failed

    outputs = stack.outputs()
    message = delivery.test_message(prepared.domain)
    with progress.step("Test message") as step:
        try:
            target.submit(message, outputs)
            delivered = delivery.await_in(Path(outputs["mailbox"]), message["Message-ID"], delivery_seconds)
        except delivery.DeliveryFailed as failed:
            log = target.log(outputs)
            raise delivery.DeliveryFailed(
                f"{failed}\nHint: {delivery.hint(log)}.\nThe end of the relay's log:\n{command.tail(log)}"
            ) from failed
        step.result = "arrived"
    return _report(name, outputs["smtpAddress"], message["Message-ID"], delivered, progress)


def _report(
    name: str, smtp_address: str, message_id: str, delivered: delivery.Delivered, progress: Progress
) -> str:
    chain = "\n".join(f"  Received: {line}" for line in delivered.received)
    stack = "" if name == LOCAL else f" STACK={name}"
    return (
        f"\nThe message {message_id} arrived:\n  {delivered.path}\n{chain}\n\n{progress.table()}\n\n"
        f"The relay takes mail at {smtp_address}. `make outputs{stack}` shows the rest, `make down{stack}` removes it."
    )
