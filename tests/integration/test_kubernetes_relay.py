"""The component on a real cluster, by the real engine and provider: the life of one relay, under mail all the while."""

import base64
import json
import os
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.doctor import kubernetes_workload
from local.cluster.cluster import HOST_NAME, Cluster

from .engine import engine
from .kubernetes_cluster import Namespace, namespace
from .kubernetes_relay import Client, address_of, client
from .kubernetes_stack import impatience, kubectl_on_path, refusal, relay_program, update_revision
from .prometheus import JOB, check_firing, promtool
from .relay_container import IMAGE, relay_image, wait_for
from .upstream import Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["client", "promtool", "relay_image"]

_FIRST, _WRONG, _SECOND, _THIRD = [
    ("me", f"hunter2-{which}") for which in ("first", "wrong", "second", "third")
]
# All that is asked of a cluster goes by the provider's own kubeconfig.
_NO_CLUSTER = {"KUBECONFIG": "/nonexistent"}
_REFUSED = "refused the login (535): correct RELAY_USER and RELAY_PASSWORD"


class _Mail:
    """Submits a message every 50 ms through a Service, from one thread."""

    def __init__(self, client: Client, host: str):
        self.accepted: list[str] = []
        self.errors: list[str] = []
        self._client, self._host = client, host
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "_Mail":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(0.05):
            number += 1
            recipient = f"continuous{number}@example.org"
            try:
                self._client.submit(self._host, number, recipient)
                self.accepted.append(recipient)
            except Exception as error:  # each is a client's
                self.errors.append(f"{recipient}: {error!r}")


def _arrived(upstream: Upstream) -> Counter[str]:
    return Counter(recipient for sent in upstream.messages for recipient in sent.recipients if sent.sender)


@pytest.fixture(scope="module")
def stranger(cluster: Cluster, relay_image: str) -> Iterator[Client]:
    """A client in a namespace that is not allowed."""
    cluster.load_image(IMAGE)
    with namespace(cluster) as strangers:
        yield Client(strangers)


@pytest.fixture(scope="module")
def life(
    cluster: Cluster,
    client: Client,
    stranger: Client,
    kubernetes_plugin: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SimpleNamespace]:
    """What became of: preview; up; up again; preview of a rename; up with a login that is refused; up with another one;
    fewer replicas while the upstream is down; as many as before; destroy.
    """
    name = f"relay-{os.urandom(3).hex()}"
    relays = Namespace(cluster, name)
    seen = SimpleNamespace(name=name)
    upstream = Upstream("starttls", _FIRST, address=cluster.host_address, host=HOST_NAME)

    def program(login: tuple[str, str], name: str = name, **args: object) -> Callable[[], None]:
        return relay_program(cluster, name, client.namespace.name, upstream, login, **args)

    with upstream:
        directory = tmp_path_factory.mktemp("stack")
        with engine(directory, program(_FIRST), plugins=kubernetes_plugin, environment=_NO_CLUSTER) as stack:
            seen.preview = stack.preview()
            begin = time.monotonic()
            seen.up = stack.up()
            seen.up_seconds = time.monotonic() - begin
            seen.second_up = stack.up()
            stack.program = program(_FIRST, name="outbound", former_name=name)
            seen.rename = stack.preview()
            seen.outputs = stack.outputs
            seen.objects = relays.kubectl("get", _everything(cluster), "--output=json")
            seen.state = stack.state
            host = seen.outputs["smtpAddress"].partition(":")[0]
            seen.is_greeted = [_is_greeted(each, host) for each in (client, stranger)]
            seen.names_greeted = [_is_greeted(client, f"{name}-{n}.{name}-pods.{name}.svc") for n in range(2)]
            pod = f"{name}-0"
            seen.reads_metrics = [
                _reads_metrics(each, address_of(relays, pod)) for each in (client, stranger)
            ]
            seen.has_token = [_has_token(client.namespace, "client"), _has_token(relays, pod)]
            seen.reached = _reached(relays, cluster, upstream)
            with _Mail(client, host) as mail:
                _refused_login(seen, stack, program, relays, client)
                _new_login(seen, stack, program, upstream, relays)
            wait_for(lambda: set(_arrived(upstream)) >= set(mail.accepted), 60, "mail that was accepted")
            seen.mail, seen.arrived = mail, _arrived(upstream)
            _secret_alone(seen, upstream, relays, client)
            seen.logs = "\n".join(relays.kubectl("logs", f"{name}-{number}") for number in range(2))
            _fewer_replicas(seen, stack, program, upstream, relays, client)
            seen.destroy = stack.destroy()
        seen.is_left = name in cluster.kubectl("get", "namespaces", "--output=name")
    return seen


def _everything(cluster: Cluster) -> str:
    """All kinds of objects that a namespace may hold, but Secrets."""
    kinds = cluster.kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name").split()
    return ",".join(kind for kind in kinds if kind != "secrets")


def _is_greeted(client: Client, host: str) -> bool:
    try:
        with client.smtp(host, timeout=10):
            return True
    except OSError:
        return False


def _reads_metrics(client: Client, host: str) -> bool:
    try:
        return client.get(host, "/metrics")[0] == 200
    except OSError:
        return False


def _has_token(namespace: Namespace, pod: str) -> bool:
    script = "test -e /var/run/secrets/kubernetes.io && echo yes || echo no"
    return namespace.kubectl("exec", pod, "--", "sh", "-c", script).strip() == "yes"


def _reached(relays: Namespace, cluster: Cluster, upstream: Upstream) -> dict[str, str]:
    """Whether a relay's pod reaches the upstream, and another port of the same host."""
    script = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5); print('yes')"
    with socket.create_server((cluster.host_address, 0)) as other:
        ports = {"upstream": upstream.port, "other": other.getsockname()[1]}
        return {
            name: relays.kubectl(
                *("exec", f"statefulset/{relays.name}", "--", "sh", "-c"),
                f'python3 -I -c "{script}" {cluster.host_address} {port} 2>/dev/null || echo no',
            ).strip()
            for name, port in ports.items()
        }


def _refused_login(seen, stack, program, relays, client) -> None:
    stack.program = program(_WRONG)
    with impatience(30):
        seen.failed_up = refusal(stack.up)
    last = f"{seen.name}-1"
    seen.ready_meanwhile = relays.kubectl(
        "get",
        "pods",
        "--output=jsonpath={range .items[*]}{.metadata.name}={.status.containerStatuses[0].ready} {end}",
    ).split()
    seen.events = relays.kubectl("describe", "pod", last)
    seen.scrapes = [_scrape(relays, client, last)]
    wait_for(
        lambda: _refusals(_scrape(relays, client, last)) > _refusals(seen.scrapes[0]), 30, "next refusal"
    )
    seen.scrapes.append(_scrape(relays, client, last))
    seen.secrets_meanwhile = relays.kubectl("get", "secrets", "--output=name").split()


def _scrape(relays: Namespace, client: Client, pod: str) -> dict[str, str]:
    """The samples of a replica, as Prometheus would keep them: the value of each series."""
    lines = client.get(address_of(relays, pod), "/metrics")[1].splitlines()
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {_labelled(series): value for series, _, value in samples}


def _labelled(series: str) -> str:
    name, _, labels = series.partition("{")
    return f"{name}{{{JOB}, {labels or '}'}"


def _refusals(scrape: dict[str, str]) -> float:
    return float(scrape[_labelled("opensmtpd_upstream_login_refusals_total")])


def _new_login(seen, stack, program, upstream, relays) -> None:
    upstream.login, upstream.former_login = _SECOND, _FIRST
    stack.program = program(_SECOND)
    with ThreadPoolExecutor() as hand:
        deleted = hand.submit(_delete_when_corrected, relays, seen.name)
        seen.rolled = stack.up()
        deleted.result()
    upstream.former_login = None
    seen.secrets_after = relays.kubectl("get", "secrets", "--output=name").split()


def _delete_when_corrected(relays: Namespace, name: str) -> None:
    """Delete the replica that never started, as docs/kubernetes.md says, once there is another revision for it."""
    refused = update_revision(relays, name)
    wait_for(lambda: update_revision(relays, name) != refused, 60, "corrected revision")
    relays.kubectl("delete", "pod", f"{name}-1", "--wait=false")


def _secret_alone(seen, upstream, relays, client) -> None:
    """Something else than Pulumi writes another password into the Secret, the only one that is taken from then on."""
    upstream.login = _THIRD
    _write_password(relays, seen.secrets_after, _THIRD[1])
    pods = [f"{seen.name}-{number}" for number in range(2)]
    line = "relay: a changed login is in use now"
    wait_for(lambda: all(line in relays.kubectl("logs", pod) for pod in pods), 100, "login from the Secret")
    for pod in pods:
        client.submit(address_of(relays, pod), recipient=f"{pod}@example.org")
    wait_for(lambda: {f"{pod}@example.org" for pod in pods} <= set(_arrived(upstream)), 30, "mail by it")
    seen.restarts = relays.kubectl(
        "get", "pods", "--output=jsonpath={.items[*].status.containerStatuses[0].restartCount}"
    ).split()
    # Until the kubelet has looked.
    upstream.login, upstream.former_login = _SECOND, _THIRD
    _write_password(relays, seen.secrets_after, _SECOND[1])


def _write_password(relays: Namespace, secrets: list[str], password: str) -> None:
    (secret,) = secrets
    data = {"RELAY_PASSWORD": base64.b64encode(password.encode()).decode()}
    relays.kubectl("patch", secret, f"--patch={json.dumps({'data': data})}")
    # Have the kubelet look at the pods now, not within its minute.
    relays.kubectl("annotate", "pods", "--all", f"look={time.monotonic()}", "--overwrite")


def _fewer_replicas(seen, stack, program, upstream, relays, client) -> None:
    upstream.__exit__()
    for number in range(3):
        client.submit(address_of(relays, f"{seen.name}-1"), number, f"stranded{number}@example.org")
    stack.program = program(_SECOND, replicas=1)
    stack.up()
    seen.claims = relays.kubectl("get", "pvc", "--output=name").split()
    with kubectl_on_path(relays.cluster):
        seen.findings, _ = kubernetes_workload.look(seen.outputs["workload"], "local")
    with upstream:
        stack.program = program(_SECOND)
        stack.up()
        wait_for(lambda: len(_stranded(upstream)) == 3, 60, "mail of the replica that came back")
    seen.stranded = _stranded(upstream)
    upstream.__enter__()


def _stranded(upstream: Upstream) -> Counter[str]:
    return Counter({to: times for to, times in _arrived(upstream).items() if to.startswith("stranded")})


def test_a_preview_shows_every_object(life: SimpleNamespace) -> None:
    kinds = Counter(step.type.rpartition(":")[2] for step in life.preview.steps)
    assert kinds == {
        "KubernetesRelay": 1,
        "Namespace": 1,
        "StatefulSet": 1,
        "Service": 2,
        "Secret": 1,
        "ServiceAccount": 1,
        "NetworkPolicy": 1,
        "PodDisruptionBudget": 1,
    }


def test_the_outputs_name_the_service_and_the_stateful_set(life: SimpleNamespace) -> None:
    assert life.outputs == {
        "smtpAddress": f"{life.name}.{life.name}.svc:25",
        "workload": f"{life.name}/{life.name}",
    }


def test_a_second_up_changes_nothing(life: SimpleNamespace) -> None:
    assert life.second_up.changes == {}


def test_the_preview_of_a_rename_shows_that_an_alias_does_not_keep_the_queues(life: SimpleNamespace) -> None:
    operations = {(step.type.rpartition(":")[2], step.operation) for step in life.rename.steps}
    assert {("Namespace", "replace"), ("StatefulSet", "replace")} <= operations


def test_only_the_namespaces_that_are_allowed_reach_the_relay(life: SimpleNamespace) -> None:
    assert life.is_greeted == [True, False]


def test_each_replica_has_a_name_of_its_own(life: SimpleNamespace) -> None:
    assert life.names_greeted == [True, True]


def test_only_the_namespace_of_the_monitoring_reads_the_metrics(life: SimpleNamespace) -> None:
    assert life.reads_metrics == [True, False]


def test_the_pod_of_a_relay_has_no_token_for_the_cluster_as_other_pods_have(life: SimpleNamespace) -> None:
    assert life.has_token == [True, False]


def test_the_relay_reaches_the_port_of_its_upstream_and_no_other(life: SimpleNamespace) -> None:
    assert life.reached == {"upstream": "yes", "other": "no"}


@pytest.mark.parametrize(
    "shown", ["objects", "state", "preview", "up", "failed_up", "events", "rolled", "logs"]
)
def test_the_passwords_are_in_the_secret_and_nowhere_else(life: SimpleNamespace, shown: str) -> None:
    found = getattr(life, shown)
    text = found if isinstance(found, str) else found.log
    assert text
    for _, password in (_FIRST, _WRONG, _SECOND, _THIRD):
        assert password not in text
        assert base64.b64encode(password.encode()).decode() not in text


def test_a_refused_login_stops_the_rollout_at_the_first_replica(life: SimpleNamespace) -> None:
    assert f"{life.name}" in life.failed_up
    assert life.ready_meanwhile == [f"{life.name}-0=true", f"{life.name}-1=false"]


def test_a_pod_whose_login_is_refused_says_so_in_its_events(life: SimpleNamespace) -> None:
    assert "Startup probe failed: unhealthy: upstream" in life.events
    assert _REFUSED in life.events


def test_the_alert_on_a_refused_login_fires_by_what_the_relay_shows(
    life: SimpleNamespace, promtool: str, tmp_path: Path
) -> None:
    first, second = life.scrapes
    # One after the other, and then the same ever again.
    series = {name: f"{value} {second[name]}x5" for name, value in first.items()}
    assert float(second[_labelled("opensmtpd_ready")]) == 0
    check_firing(promtool, tmp_path, series, 3, {"RelayLoginRefused"})


def test_the_old_secret_stays_until_the_new_one_is_proven(life: SimpleNamespace) -> None:
    assert len(life.secrets_meanwhile) == 2
    assert len(life.secrets_after) == 1
    assert not set(life.secrets_after) & set(life.secrets_meanwhile)


def test_a_corrected_login_gets_past_the_replica_that_was_stuck(life: SimpleNamespace) -> None:
    (operation,) = [step.operation for step in life.rolled.steps if step.type.endswith(":StatefulSet")]
    assert operation == "update"


def test_no_client_notices_a_rollout_and_no_message_is_lost(life: SimpleNamespace) -> None:
    assert life.mail.errors == []
    assert len(life.mail.accepted) > 100
    assert {life.arrived[recipient] for recipient in life.mail.accepted} == {1}


def test_a_changed_secret_is_taken_over_without_a_restart_and_mail_leaves_by_it(
    life: SimpleNamespace,
) -> None:
    assert life.restarts == ["0", "0"]


def test_the_queue_of_a_removed_replica_is_kept_and_the_doctor_names_it(life: SimpleNamespace) -> None:
    assert f"persistentvolumeclaim/queue-{life.name}-1" in life.claims
    (left,) = [finding for finding in life.findings if finding.check == f"queue, {life.name}-1"]
    assert "set replicas to 2" in left.advice


def test_the_mail_of_a_removed_replica_leaves_when_it_comes_back(life: SimpleNamespace) -> None:
    assert life.stranded == {f"stranded{number}@example.org": 1 for number in range(3)}


def test_a_destroy_leaves_nothing(life: SimpleNamespace) -> None:
    assert not life.is_left


def _absent(kind: str, name: str) -> str:
    """What is said of a resource that a program looks for in vain."""
    return rf"{kind} \(?{name}\)?[^\n]*\s+error: Preview failed: resource 'not-there' does not exist"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"namespace": "not-there"}, _absent("Namespace", "relay-namespace")),
        ({"storage_class": "not-there"}, _absent("StorageClass", "relay-storage")),
        ({"service_annotations": {"not a key": "x"}}, 'metadata.annotations: Invalid value: "not a key"'),
    ],
)
def test_what_the_cluster_refuses_is_an_error_of_the_preview(
    cluster, client, kubernetes_plugin, tmp_path, args, message
) -> None:
    upstream = SimpleNamespace(port=587, authority=SimpleNamespace(pem=Upstream().authority.pem))
    # In a namespace that exists: what is not there yet is not asked about the rest.
    clients = client.namespace.name
    program = relay_program(cluster, "relay", clients, upstream, _FIRST, **{"namespace": clients, **args})
    with engine(tmp_path, program, plugins=kubernetes_plugin, environment=_NO_CLUSTER) as stack:
        assert re.search(message, refusal(stack.preview))
