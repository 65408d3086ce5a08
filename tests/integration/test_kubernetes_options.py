"""What a relay on Kubernetes has only on request, on a real cluster: a load balancer, an autoscaler, monitoring."""

import json
import os
import re
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from components.manifests.monitoring import prometheus_rule_spec, service_monitor_spec
from local.cluster.cluster import HOST_NAME, Cluster
from local.tools import prometheus_operator
from local.tools.progress import Progress

from .engine import Engine, engine
from .kubernetes_cluster import Namespace
from .kubernetes_relay import Client, client
from .kubernetes_stack import refusal, relay_program
from .relay_container import message, relay_image, wait_for
from .upstream import Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["client", "relay_image"]

_KINDS = {"ServiceMonitor": "servicemonitors", "PrometheusRule": "prometheusrules"}
_LABELS = {"release": "prometheus"}
_LOGIN = ("me", "hunter2")
# How long somebody who is kept out knocks.
_SECONDS = 3
_OPENMETRICS = "application/openmetrics-text;version=1.0.0"


@pytest.fixture(scope="module")
def life(
    cluster: Cluster, client: Client, kubernetes_plugin: Path, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """What became of: preview without the kinds for monitoring; up; up again; up with an autoscaler; more replicas by
    another hand, and up with another limit; up without the autoscaler; destroy.
    """
    name = f"relay-{os.urandom(3).hex()}"
    relays = Namespace(cluster, name)
    # In the block that this machine routes to the node, where nothing else has addresses.
    address = str(cluster.network.block[-2])
    seen = SimpleNamespace(name=name, address=address)
    upstream = Upstream("starttls", _LOGIN, address=cluster.host_address, host=HOST_NAME)

    def program(**args: object) -> Callable[[], None]:
        clients = client.namespace.name
        return relay_program(
            *(cluster, name, clients, upstream, _LOGIN),
            allowed_networks=[f"{cluster.host_address}/32"],
            service_type="LoadBalancer",
            service_annotations={"pulumi.com/timeoutSeconds": "120"},
            monitoring={"namespace": clients, "labels": _LABELS},
            **args,
        )

    directory = tmp_path_factory.mktemp("stack")
    with upstream, engine(directory, program(), plugins=kubernetes_plugin) as stack:
        seen.without_kinds = refusal(stack.preview)
        with _kinds(cluster):
            with ThreadPoolExecutor() as cloud:
                allocated = cloud.submit(_allocate, relays, address)
                stack.up()
                ended = time.monotonic()
                seen.waited = allocated.result() < ended
            seen.outputs = stack.outputs
            seen.second_up = stack.up()
            seen.objects = {kind: _objects(relays, plural)[0] for kind, plural in _KINDS.items()}
            seen.pods = _objects(relays, "pods")
            seen.targets = _targets(relays, seen.objects["ServiceMonitor"])
            seen.scraped = [client.get(host, path, port, _OPENMETRICS) for host, port, path in seen.targets]
            seen.knocked = _knocked(seen, cluster, client)
            _submit(address)
            wait_for(lambda: upstream.messages, 30, "message from outside")
            seen.arrived = [recipient for sent in upstream.messages for recipient in sent.recipients]
            _scale(seen, stack, program, relays)
            stack.destroy()
    return seen


@contextmanager
def _kinds(cluster: Cluster) -> Iterator[None]:
    """Have the kinds of the Prometheus operator."""
    files = [prometheus_operator.definition(kind, Progress()) for kind in _KINDS]
    arguments = [f"--filename={file}" for file in files]
    try:
        cluster.kubectl("apply", "--server-side", *arguments)
        cluster.kubectl("wait", "--for=condition=Established", *arguments)
        yield
    finally:
        cluster.kubectl("delete", "--ignore-not-found", *arguments)


def _allocate(relays: Namespace, address: str) -> float:
    """Give the Service an address, as a cloud's controller does it, when all else is ready. Returns when that was."""

    def is_ready() -> bool:
        budgets = _objects(relays, "poddisruptionbudgets")
        return bool(budgets) and budgets[0].get("status", {}).get("disruptionsAllowed") == 1

    wait_for(is_ready, 90, "replicas that can send")
    begin = time.monotonic()
    status = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
    patch = ["--subresource=status", "--type=merge", f"--patch={json.dumps(status)}"]
    relays.kubectl("patch", "service", relays.name, *patch)
    return begin


def _targets(relays: Namespace, monitor: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Address, port and path of what Prometheus reads by a ServiceMonitor, as its operator finds it."""
    (endpoint,) = monitor["spec"]["endpoints"]
    labels = monitor["spec"]["selector"]["matchLabels"]
    services = _objects(relays, "services", ",".join(f"{key}={value}" for key, value in labels.items()))
    names = [service["metadata"]["name"] for service in services]
    return [
        (address, port["port"], endpoint["path"])
        for name in names
        for one in _objects(relays, "endpointslices", f"kubernetes.io/service-name={name}")
        for port in one["ports"]
        if port["name"] == endpoint["port"]
        for found in one["endpoints"]
        for address in found["addresses"]
    ]


def _knocked(seen: SimpleNamespace, cluster: Cluster, client: Client) -> dict[str, bool]:
    """Who is let in where: this machine by two of its addresses, of which one is named, and a pod that is allowed."""
    balancer, replica = (seen.address, 25), (seen.pods[0]["status"]["podIP"], 25)
    name_server = (str(cluster.network.dns), 53)
    named, another = cluster.host_address, str(cluster.network.block[-3])
    address = [f"{another}/32", "dev", cluster.name]
    subprocess.run(["ip", "address", "add", *address], check=True)
    try:
        with ThreadPoolExecutor() as knocking:
            lets_in = {
                "named at the load balancer": knocking.submit(_connect, named, *balancer),
                "another at the load balancer": knocking.submit(_connect, another, *balancer),
                "another at a replica": knocking.submit(_connect, another, *replica),
                "another at the name server": knocking.submit(_connect, another, *name_server),
                "pod at the load balancer": knocking.submit(client.connect, *balancer, _SECONDS),
                "pod at a replica": knocking.submit(client.connect, *replica, _SECONDS),
            }
    finally:
        subprocess.run(["ip", "address", "delete", *address], check=True)
    return {knock: _is_let_in(attempt) for knock, attempt in lets_in.items()}


def _connect(source: str, host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), _SECONDS, (source, 0))


def _is_let_in(attempt: Future[socket.socket]) -> bool:
    if isinstance(attempt.exception(), OSError):
        return False
    attempt.result().close()
    return True


def _submit(address: str) -> None:
    with smtplib.SMTP(address, 25, timeout=20) as session:
        session.sendmail("app@example.com", "outside@example.org", message(0))


def _scale(seen: SimpleNamespace, stack: Engine, program: Callable[..., Any], relays: Namespace) -> None:
    seen.replicas = {}
    seen.uids = [_uids(relays)]
    stack.program = program(autoscaling={"max_replicas": 3})
    stack.up()
    seen.uids.append(_uids(relays))
    # As an autoscaler does it.
    relays.kubectl("scale", f"statefulset/{relays.name}", "--replicas=3")
    # Which changes the StatefulSet too: how long an update may take.
    stack.program = program(autoscaling={"max_replicas": 4})
    stack.up()
    seen.replicas["with another limit"] = _replicas(relays)
    wait_for(lambda: _conditions(relays), 30, "look of the autoscaler at the StatefulSet")
    seen.conditions = _conditions(relays)
    stack.program = program()
    stack.up()
    seen.replicas["without an autoscaler"] = _replicas(relays)


def _uids(relays: Namespace) -> list[str]:
    found = [pod["metadata"] for pod in _objects(relays, "pods")]
    return [pod["uid"] for pod in found if "deletionTimestamp" not in pod]


def _replicas(relays: Namespace) -> int:
    (stateful_set,) = _objects(relays, "statefulsets")
    return stateful_set["spec"]["replicas"]


def _conditions(relays: Namespace) -> dict[str, str]:
    (autoscaler,) = _objects(relays, "horizontalpodautoscalers")
    return {one["type"]: one["status"] for one in autoscaler["status"].get("conditions") or []}


def _objects(relays: Namespace, kind: str, selector: str = "") -> list[dict[str, Any]]:
    return json.loads(relays.kubectl("get", kind, f"--selector={selector}", "--output=json"))["items"]


def test_a_missing_kind_is_an_error_of_the_preview_that_names_it(life: SimpleNamespace) -> None:
    missing = r"resource '(servicemonitors|prometheusrules)\.monitoring\.coreos\.com' does not exist"
    assert re.search(missing, life.without_kinds)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [("ServiceMonitor", service_monitor_spec), ("PrometheusRule", lambda _: prometheus_rule_spec())],
)
def test_the_kinds_of_the_prometheus_operator_take_all_that_they_are_told(
    life: SimpleNamespace, kind: str, spec: Callable[[str], dict[str, Any]]
) -> None:
    assert life.objects[kind]["spec"] == spec(life.name)
    assert life.objects[kind]["metadata"]["labels"].items() >= _LABELS.items()


def test_prometheus_finds_each_replica_once_and_may_read_its_metrics(life: SimpleNamespace) -> None:
    addresses = [pod["status"]["podIP"] for pod in life.pods]
    assert sorted(address for address, _, _ in life.targets) == sorted(addresses)
    for status, text in life.scraped:
        assert status == 200
        assert "opensmtpd_ready" in {family.name for family in text_string_to_metric_families(text)}


def test_up_waits_until_the_load_balancer_has_an_address_and_puts_it_out(life: SimpleNamespace) -> None:
    assert life.waited
    assert life.outputs["smtpAddress"] == f"{life.address}:25"


def test_a_message_from_outside_arrives_by_the_load_balancer(life: SimpleNamespace) -> None:
    assert life.arrived == ["outside@example.org"]


def test_the_load_balancer_and_the_replicas_let_in_only_the_networks_that_are_named(
    life: SimpleNamespace,
) -> None:
    assert life.knocked == {
        "named at the load balancer": True,
        "another at the load balancer": False,
        "another at a replica": False,
        "another at the name server": True,
        "pod at the load balancer": False,
        "pod at a replica": True,
    }


def test_a_second_up_changes_nothing(life: SimpleNamespace) -> None:
    assert life.second_up.changes == {}


def test_the_autoscaler_finds_the_stateful_set(life: SimpleNamespace) -> None:
    assert life.conditions["AbleToScale"] == "True"


def test_an_autoscaler_that_is_added_takes_no_replica_away(life: SimpleNamespace) -> None:
    assert life.uids[1] == life.uids[0]


def test_an_up_leaves_the_replicas_that_the_autoscaler_has_added(life: SimpleNamespace) -> None:
    assert life.replicas["with another limit"] == 3


def test_without_the_autoscaler_there_are_as_many_replicas_as_the_program_says(life: SimpleNamespace) -> None:
    assert life.replicas["without an autoscaler"] == 2
