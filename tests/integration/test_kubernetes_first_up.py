"""A first update that fails, in a namespace that was there before: corrected, destroyed with mail in the queues, and
made again."""

import os
import shlex
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.doctor import kubernetes_workload
from local.cluster.cluster import HOST_NAME, Cluster

from .engine import engine
from .kubernetes_cluster import Namespace, namespace
from .kubernetes_relay import Client, client
from .kubernetes_stack import impatience, kubectl_on_path, refusal, relay_program, update_revision
from .relay_container import relay_image, wait_for
from .upstream import Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["client", "relay_image"]

_WRONG, _RIGHT = ("me", "hunter2-wrong"), ("me", "hunter2-right")


@pytest.fixture(scope="module")
def life(
    cluster: Cluster, client: Client, kubernetes_plugin: Path, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """What became of: a first up with a login that is refused; up with the right one, and what the doctor advises
    meanwhile; mail while the upstream is down; destroy; up again, and the upstream.
    """
    name = f"relay-{os.urandom(3).hex()}"
    seen = SimpleNamespace(name=name)
    upstream = Upstream("starttls", _RIGHT, address=cluster.host_address, host=HOST_NAME)
    with namespace(cluster) as relays, upstream:
        seen.namespace = relays.name

        def program(login: tuple[str, str]) -> Callable[[], None]:
            return relay_program(cluster, name, client.namespace.name, upstream, login, namespace=relays.name)

        directory = tmp_path_factory.mktemp("stack")
        with engine(directory, program(_WRONG), plugins=kubernetes_plugin) as stack:
            with impatience(15):
                seen.failed_up = refusal(stack.up)
            stack.program = program(_RIGHT)
            with ThreadPoolExecutor() as hand:
                advice = hand.submit(_follow_the_doctor, relays, name)
                seen.corrected = stack.up()
                seen.advice = advice.result()
            upstream.__exit__()
            client.submit(stack.outputs["smtpAddress"].partition(":")[0], recipient="kept@example.org")
            stack.destroy()
            seen.left = relays.kubectl("get", "statefulset,pvc", "--output=name").split()
            upstream.__enter__()
            stack.up()
            wait_for(lambda: upstream.messages, 60, "message that was kept")
            seen.arrived = [recipient for sent in upstream.messages for recipient in sent.recipients]
    return seen


def _follow_the_doctor(relays: Namespace, name: str) -> list[str]:
    """Do what the doctor advises about the pods, once there is another revision for them."""
    refused = update_revision(relays, name)
    wait_for(lambda: update_revision(relays, name) != refused, 60, "corrected revision")
    with kubectl_on_path(relays.cluster):
        findings, _ = kubernetes_workload.look(f"{relays.name}/{name}", "local")
        advice = [finding.advice for finding in findings if " delete pod " in finding.advice]
        for command in advice:
            subprocess.run(shlex.split(command), check=True, timeout=60)
    return [command.rpartition(" ")[2] for command in advice]


@pytest.mark.parametrize("number", [0, 1])
def test_a_first_update_with_a_refused_login_fails_and_names_the_pods(
    life: SimpleNamespace, number: int
) -> None:
    pod = f"{life.namespace}/{life.name}-{number}"
    assert f"[Pod {pod}]: containers with unready status: [relay]" in life.failed_up


def test_a_first_update_that_failed_is_repeated_by_what_the_doctor_advises(life: SimpleNamespace) -> None:
    assert life.advice == [f"{life.name}-0", f"{life.name}-1"]
    (operation,) = [step.operation for step in life.corrected.steps if step.type.endswith(":StatefulSet")]
    assert operation == "update"


def test_a_destroy_leaves_the_namespace_that_was_there_and_the_queues(life: SimpleNamespace) -> None:
    assert life.left == [f"persistentvolumeclaim/queue-{life.name}-{number}" for number in range(2)]


def test_the_mail_of_a_destroyed_relay_leaves_when_it_is_made_again(life: SimpleNamespace) -> None:
    assert life.arrived == ["kept@example.org"]
