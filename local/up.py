"""`make up` of the stack `local`: everything, up to the message that arrived."""

from pathlib import Path

from docker.errors import DockerException

from local import delivery, docker_objects
from local.preparation import prepare
from local.toolbox import Toolbox
from local.tools import command
from local.tools.failure import Failure
from local.tools.progress import Progress
from local.workspace import LOCAL, Workspace

_LOG_LINES = 15


def up(workspace: Workspace, progress: Progress, delivery_seconds: float) -> str:
    """Bring the stack up, send a message through it, and return the report. Raises Failure."""
    toolbox = Toolbox.ready(progress, workspace.plugins)
    prepared = prepare(LOCAL, toolbox, workspace, progress)
    stack, engine = prepared.stack, toolbox.docker()

    # An update that was killed may have left a container that holds the port.
    docker_objects.remove(engine, stack.state.unfinished_docker_objects())
    with progress.step("pulumi up") as step:
        is_whole = not prepared.account_is_new and docker_objects.are_up(engine, stack.state.docker_objects())
        try:
            step.result = stack.up(refresh=not is_whole and not stack.state.is_empty())
        except Failure as failed:
            said = docker_objects.complaints(engine, stack.state.docker_objects())
            raise Failure("\n".join([str(failed), *(f"The relay says: {one}" for one in said)])) from failed

    outputs = stack.outputs()
    message = delivery.test_message(prepared.domain)
    with progress.step("Test message") as step:
        try:
            delivery.submit(message, outputs["smtpAddress"])
            delivered = delivery.await_in(Path(outputs["mailbox"]), message["Message-ID"], delivery_seconds)
        except delivery.DeliveryFailed as failed:
            log = _relay_log(toolbox, outputs["workload"])
            raise delivery.DeliveryFailed(
                f"{failed}\nHint: {delivery.hint(log)}.\nThe end of the relay's log:\n{command.tail(log)}"
            ) from failed
        step.result = "arrived"
    return _report(outputs["smtpAddress"], message["Message-ID"], delivered, progress)


def _relay_log(toolbox: Toolbox, container: str) -> str:
    try:
        return toolbox.docker().containers.get(container).logs(tail=_LOG_LINES).decode(errors="replace")
    except DockerException as error:
        return f"none: {error}"


def _report(smtp_address: str, message_id: str, delivered: delivery.Delivered, progress: Progress) -> str:
    chain = "\n".join(f"  Received: {line}" for line in delivered.received)
    return (
        f"\nThe message {message_id} arrived:\n  {delivered.path}\n{chain}\n\n{progress.table()}\n\n"
        f"The relay takes mail at {smtp_address}. `make outputs` shows the rest, `make down` removes it."
    )
