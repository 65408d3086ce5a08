"""What pods of the relay survive, and what a strict cluster says about them."""

import json
import re
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator

import pytest

from components.manifests.availability import autoscaler_spec, disruption_budget_spec
from components.manifests.pod import pod_template
from local.cluster.cluster import HOST_NAME, Cluster
from local.tools.failure import Failure

from .kubernetes_cluster import Namespace, namespace
from .kubernetes_relay import GRACE_SECONDS, REVISION, Api, Client, PodRelay, client, manifest
from .relay_container import IMAGE, relay_image, wait_for
from .upstream import Stage, Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["client", "relay_image"]

_MESSAGES = 100
_LOGIN = ("me", "hunter2")
# https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted allows NET_BIND_SERVICE alone.
_BEYOND_RESTRICTED = {"CHOWN", "FOWNER", "SETGID", "SETUID", "SYS_CHROOT"}


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    with Api(cluster) as served:
        yield served


@pytest.fixture(scope="module")
def relays(cluster: Cluster) -> Iterator[Namespace]:
    with namespace(cluster) as created:
        yield created


@pytest.fixture
def upstream(cluster: Cluster) -> Iterator[Upstream]:
    with Upstream(address=cluster.host_address, host=HOST_NAME) as started:
        yield started


def _reaching(upstream: Upstream, proto: str = "smtp+notls") -> dict[str, str]:
    return {
        "RELAY_HOST": upstream.host,
        "RELAY_PORT": str(upstream.port),
        "RELAY_PROTO": proto,
        "OPENSMTPD_PROBE_INTERVAL": "1s",
    }


@pytest.fixture(scope="module")
def served(
    cluster: Cluster, relays: Namespace, client: Client, api: Api
) -> Iterator[tuple[PodRelay, Upstream]]:
    """A replica that is ready, which the kubelet asks every second whether it still is, and its upstream."""
    upstream = Upstream("starttls", _LOGIN, address=cluster.host_address, host=HOST_NAME)
    user, password = _LOGIN
    environment = {
        **_reaching(upstream, "smtp+tls"),
        "RELAY_CA": upstream.authority.pem,
        "RELAY_USER": user,
        "RELAY_PASSWORD": password,
    }
    readiness = {"periodSeconds": 1, "timeoutSeconds": 5}
    with upstream, PodRelay(relays, client, api, environment, readiness=readiness) as relay:
        relay.wait_until_ready()
        yield relay, upstream


def _has_the_queue(relay: PodRelay) -> bool:
    try:
        return "OpenSMTPD" in relay.log()
    except urllib.error.HTTPError:  # its container is not there yet
        return False


def _wait_until_mail_can_leave(relay: PodRelay, can: bool) -> None:
    status = 200 if can else 503
    wait_for(lambda: relay.client.get(relay.address(), "/readyz")[0] == status, 30, f"/readyz with {status}")


def _stays_ready(relay: PodRelay) -> bool:
    """Whether the pod is ready for as long as some probes take."""
    end = time.monotonic() + 4
    while time.monotonic() < end:
        if not relay.status()["ready"]:
            return False
        time.sleep(0.2)
    return True


def test_a_pod_takes_mail_through_the_service_while_its_upstream_is_down(
    served: tuple[PodRelay, Upstream],
) -> None:
    relay, upstream = served
    upstream.__exit__()
    try:
        _wait_until_mail_can_leave(relay, False)
        assert _stays_ready(relay)
        relay.client.submit(relay.service, recipient="waiting@example.org")
        assert relay.queued() == 1
    finally:
        upstream.__enter__()
    _wait_until_mail_can_leave(relay, True)
    wait_for(lambda: upstream.messages, 60, "message after the outage")
    assert [message.recipients for message in upstream.messages] == [["waiting@example.org"]]


def test_a_pod_stays_ready_when_its_login_is_refused_once_it_has_worked(
    served: tuple[PodRelay, Upstream],
) -> None:
    relay, upstream = served
    upstream.login = ("me", "another")
    try:
        _wait_until_mail_can_leave(relay, False)
        assert _stays_ready(relay)
    finally:
        upstream.login = _LOGIN
    _wait_until_mail_can_leave(relay, True)


def test_a_pod_that_does_not_greet_is_not_ready(served: tuple[PodRelay, Upstream]) -> None:
    relay, _ = served
    relay.execute("smtpctl", "pause", "smtp")
    try:
        wait_for(lambda: not relay.status()["ready"], 60, "pod that is not ready")
    finally:
        relay.execute("smtpctl", "resume", "smtp")
    wait_for(lambda: relay.status()["ready"], 60, "pod that is ready again")


def test_only_pods_with_the_labels_that_are_allowed_reach_the_relay_and_none_the_metrics(
    served: tuple[PodRelay, Upstream],
) -> None:
    relay, _ = served
    pod = ("pod", "client")
    relay.let_in({"mail": "yes"}, to_the_metrics=False)
    try:
        wait_for(lambda: not relay.serves(), 60, "refusal of a pod without the label")
        relay.client.namespace.kubectl("label", *pod, "mail=yes")
        wait_for(relay.serves, 60, "greeting of a pod with the label")
        with pytest.raises(ConnectionRefusedError):
            relay.client.get(relay.address(), "/metrics")
    finally:
        relay.client.namespace.kubectl("label", *pod, "mail-")
        relay.let_in({}, to_the_metrics=True)


def test_a_pod_that_is_deleted_by_force_loses_no_message_of_its_queue(
    relays: Namespace, client: Client, api: Api, upstream: Upstream
) -> None:
    with PodRelay(relays, client, api, _reaching(upstream)) as relay:
        relay.wait_until_ready()
        upstream.misbehave(Stage.BANNER, "421 4.3.2 Try again later")
        with client.smtp(relay.service) as session:
            for number in range(_MESSAGES):
                session.sendmail(
                    "app@example.com", f"someone{number}@example.org", f"Subject: {number}\r\n\r\n"
                )
        assert relay.queued() == _MESSAGES
        first = relay.uid()
        relays.kubectl("delete", "pod", relay.pod(), "--force", "--grace-period=0")
        wait_for(lambda: relay.uid() not in ("", first), 60, "another pod")
        # Not before: what the first has just sent when it is killed, the other one sends again.
        wait_for(lambda: _has_the_queue(relay), 60, "another relay with the queue")
        upstream.behave()
        arrived = Counter[str]()

        def all_are_there() -> bool:
            arrived.clear()
            arrived.update(to for message in upstream.messages for to in message.recipients)
            return len(arrived) == _MESSAGES

        wait_for(all_are_there, 60, f"{_MESSAGES} messages at the upstream")
        wait_for(lambda: relay.queued() == 0, 30, "empty queue")
        assert set(arrived.values()) == {1}


def test_a_replica_that_is_removed_sends_its_queue_first(
    relays: Namespace, client: Client, api: Api, upstream: Upstream
) -> None:
    with PodRelay(relays, client, api, _reaching(upstream), replicas=2) as relay:
        relay.wait_until_ready()
        upstream.misbehave(Stage.RCPT, "451 4.3.0 Try again later")
        recipients = [f"someone{number}@example.org" for number in range(20)]
        for number, recipient in enumerate(recipients):
            client.submit(relay.address(1), number, recipient)
        # Each has been tried, and is not tried again for minutes, but for the end of its relay.
        wait_for(lambda: upstream.reached[Stage.RCPT] >= len(recipients), 30, "first try of all")
        upstream.behave()
        assert relay.queued(1) == len(recipients)
        relay.scale(1)
        wait_for(lambda: not relay.exists(1), GRACE_SECONDS + 30, "end of the replica")
        arrived = Counter(to for message in upstream.messages for to in message.recipients)
        assert arrived == dict.fromkeys(recipients, 1)


def test_a_drain_of_the_node_leaves_as_many_replicas_as_the_budget_says(
    relays: Namespace, client: Client, api: Api, upstream: Upstream
) -> None:
    with PodRelay(relays, client, api, _reaching(upstream), replicas=2) as relay:
        relay.wait_until_ready()
        budget = manifest(
            "policy/v1", "PodDisruptionBudget", relay.name, disruption_budget_spec(relay.name, REVISION, 1)
        )
        relays.apply(json.dumps(budget))
        wait_for(
            lambda: (
                relays.kubectl("get", "pdb", relay.name, "--output=jsonpath={.status.disruptionsAllowed}")
                == "1"
            ),
            30,
            "budget",
        )
        node = relays.cluster.kubectl("get", "nodes", "--output=jsonpath={.items[0].metadata.name}")
        selector = f"--pod-selector=app.kubernetes.io/instance={relay.name}"
        try:
            with pytest.raises(Failure, match="violate the pod's disruption budget"):
                relays.cluster.kubectl("drain", node, selector, "--delete-emptydir-data", "--timeout=25s")
            ready = [relay.status(number).get("ready", False) for number in range(2) if relay.exists(number)]
            assert sum(ready) == 1
            client.submit(relay.service)
        finally:
            relays.cluster.kubectl("uncordon", node)


def test_pods_break_the_restricted_level_only_by_root_and_the_capabilities_that_opensmtpd_needs(
    cluster: Cluster,
) -> None:
    with namespace(cluster) as strict:
        label = "pod-security.kubernetes.io/enforce={}"
        strict.kubectl("label", "namespace", strict.name, label.format("restricted"))
        with pytest.raises(Failure, match="violates PodSecurity") as refused:
            strict.apply(json.dumps(_pod()))
        _, _, violations = str(refused.value).partition('violates PodSecurity "restricted:latest": ')
        assert set(re.findall(r'"([A-Z_]+)"', violations)) == _BEYOND_RESTRICTED
        assert re.sub(r" \(.*?\)", "", violations) == "unrestricted capabilities, runAsNonRoot != true"
        strict.kubectl("label", "namespace", strict.name, "--overwrite", label.format("baseline"))
        strict.apply(json.dumps(_pod()))


def test_the_api_server_takes_an_autoscaler_of_each_kind(relays: Namespace) -> None:
    for aim in ({"cpu": 70, "queue_age": None}, {"cpu": None, "queue_age": 60}):
        spec = autoscaler_spec("relay", min_replicas=2, max_replicas=5, **aim)
        relays.kubectl(
            "apply", "--dry-run=server", "--filename=-",
            stdin=json.dumps(manifest("autoscaling/v2", "HorizontalPodAutoscaler", "relay", spec)),
        )  # fmt: skip


def _pod() -> dict[str, object]:
    template = pod_template(
        "relay",
        image=IMAGE,
        environment={},
        credentials=None,
        service_account="default",
        metrics_port=9000,
        with_submission=False,
        memory="64Mi",
        cpu="10m",
        grace_seconds=GRACE_SECONDS,
    )
    spec = template["spec"]
    spec["volumes"] = [*spec["volumes"], {"name": "queue", "emptyDir": {}}]
    return manifest("v1", "Pod", "relay", spec, template["metadata"]["labels"])
