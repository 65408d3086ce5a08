"""What pods of the relay survive, and what a strict cluster says about them."""

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from components.manifests.availability import autoscaler_spec, disruption_budget_spec
from components.manifests.pod import pod_template
from local.cluster.cluster import HOST_NAME, Cluster
from local.tools.failure import Failure

from .kubernetes_cluster import Namespace, namespace
from .kubernetes_relay import GRACE_SECONDS, REVISION, Api, Client, PodRelay, manifest
from .relay_container import IMAGE, relay_image, wait_for
from .upstream import Stage, Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

_MESSAGES = 100
# https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted allows NET_BIND_SERVICE alone.
_BEYOND_RESTRICTED = {"CHOWN", "FOWNER", "SETGID", "SETUID", "SYS_CHROOT"}


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    with Api(cluster) as served:
        yield served


@pytest.fixture(scope="module")
def client(cluster: Cluster, relay_image: str) -> Iterator[Client]:
    cluster.load_image(IMAGE)
    with namespace(cluster) as clients:
        yield Client(clients)


@pytest.fixture(scope="module")
def relays(cluster: Cluster) -> Iterator[Namespace]:
    with namespace(cluster) as created:
        yield created


@pytest.fixture
def upstream(cluster: Cluster) -> Iterator[Upstream]:
    with Upstream(address=cluster.host_address, host=HOST_NAME) as started:
        yield started


def _reaching(upstream: Upstream) -> dict[str, str]:
    return {
        "RELAY_HOST": upstream.host,
        "RELAY_PORT": str(upstream.port),
        "RELAY_PROTO": "smtp+notls",
        "OPENSMTPD_PROBE_INTERVAL": "1s",
    }


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
        upstream.behave()
        arrived = Counter[str]()

        def all_are_there() -> bool:
            arrived.clear()
            arrived.update(to for message in upstream.messages for to in message.recipients)
            return len(arrived) == _MESSAGES

        wait_for(all_are_there, 60, f"{_MESSAGES} messages at the upstream")
        wait_for(lambda: relay.queued() == 0, 30, "empty queue")
        assert set(arrived.values()) == {1}


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
