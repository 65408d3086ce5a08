"""The local Kubernetes cluster: what workloads and their tests rely on."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.resolver
import pytest
from dnslib.server import DNSServer
from dnslib.zoneresolver import ZoneResolver

from local.cluster.cluster import HOST_NAME, Cluster
from local.tools.failure import Failure
from local.tools.progress import Progress

from .kubernetes_cluster import BASE_IMAGE, Namespace, namespace
from .relay_container import wait_for

pytestmark = pytest.mark.integration

_GREETING = "hello from the pod"
_SERVER = f"""
apiVersion: v1
kind: Pod
metadata: {{name: server, labels: {{app: server}}}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: server
      image: {BASE_IMAGE}
      command:
        - perl
        - -MIO::Socket::INET
        - -e
        - |
          $| = 1;
          my $listener = IO::Socket::INET->new(Listen => 5, LocalPort => 8080, ReuseAddr => 1) or die;
          print "listening\\n";
          while (my $client = $listener->accept) {{ print $client "{_GREETING}\\n"; close $client }}
      readinessProbe: {{tcpSocket: {{port: 8080}}, periodSeconds: 1}}
      volumeMounts: [{{name: data, mountPath: /data}}]
  volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: server}}
spec: {{selector: {{app: server}}, ports: [{{port: 80, targetPort: 8080}}]}}
"""
_CLIENT = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{{name: client, image: {image}, command: [sleep, infinity]}}]
"""
_ONLY_FRIENDS = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-friends}
spec:
  podSelector: {matchLabels: {app: server}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: friend}}}]}]
"""
_ASK = "exec 3<>/dev/tcp/server/80 && timeout 5 cat <&3"


@pytest.fixture(scope="module")
def pods(cluster):
    """A namespace with a server behind a Service, on a volume, and two pods that can ask it."""
    with namespace(cluster) as created:
        clients = [_CLIENT.format(name=name, image=BASE_IMAGE) for name in ("friend", "stranger")]
        created.apply("---".join([_SERVER, *clients]))
        created.wait_until_ready("server", "friend", "stranger")
        yield created


def test_a_pod_finds_a_service_by_its_name(pods: Namespace) -> None:
    assert pods.shell("friend", _ASK).strip() == _GREETING


def test_this_machine_reaches_a_service_at_its_cluster_address(pods: Namespace) -> None:
    address = pods.kubectl("get", "service", "server", "--output=jsonpath={.spec.clusterIP}")
    with socket.create_connection((address, 80), timeout=5) as connection:
        assert connection.recv(99).decode().strip() == _GREETING


def test_a_pod_reaches_this_machine_by_its_name(pods: Namespace, cluster: Cluster) -> None:
    with socket.create_server((cluster.host_address, 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].sendall(b"hello from outside\n")).start()
        port = server.getsockname()[1]
        assert "hello from outside" in pods.shell("friend", f"timeout 5 head -1 </dev/tcp/{HOST_NAME}/{port}")


def test_a_name_that_does_not_exist_is_answered_at_once(pods: Namespace) -> None:
    # OpenSMTPD greets a client late whose name nobody answers for.
    assert pods.shell("friend", "timeout 2 getent hosts nobody.example.com; echo $?").strip() == "2"


def test_logs_of_a_pod_can_be_read(pods: Namespace) -> None:
    assert pods.kubectl("logs", "server").strip() == "listening"


def test_a_claim_gets_a_volume_that_belongs_to_root_as_a_new_disk_does(pods: Namespace) -> None:
    assert pods.kubectl("get", "pvc", "data", "--output=jsonpath={.status.phase}") == "Bound"
    assert pods.shell("server", "stat --format '%U %a' /data && touch /data/file").strip() == "root 755"


def test_a_network_policy_keeps_strangers_out(pods: Namespace) -> None:
    assert _GREETING in pods.shell("stranger", _ASK)
    pods.apply(_ONLY_FRIENDS)
    try:
        with pytest.raises(Failure, match="command terminated"):
            pods.shell("stranger", f"timeout 5 bash -c '{_ASK}'")
        assert _GREETING in pods.shell("friend", _ASK)
    finally:
        pods.kubectl("delete", "networkpolicy", "only-friends")


def test_pod_security_levels_are_enforced(cluster: Cluster) -> None:
    with namespace(cluster) as strict:
        strict.kubectl("label", "namespace", strict.name, "pod-security.kubernetes.io/enforce=restricted")
        with pytest.raises(Failure, match='violates PodSecurity "restricted'):
            strict.apply(_CLIENT.format(name="client", image=BASE_IMAGE))


@pytest.fixture(scope="module")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that tests may spoil: each has it run first."""
    created = Cluster(tmp_path_factory.mktemp("spare") / "cluster")
    yield created
    created.stop()


def test_names_outside_the_cluster_are_asked_of_the_name_server_that_was_named(spare: Cluster) -> None:
    spare.ensure(Progress())
    outside = DNSServer(ZoneResolver("mail.example. 60 A 192.0.2.25"), address=spare.host_address, port=0)
    outside.start_thread()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [str(spare.network.dns)]
    try:
        with pytest.raises(dns.resolver.NXDOMAIN):
            resolver.resolve("mail.example")
        spare.forward_names(*outside.server.server_address)
        # For a moment the Service may still lead to the one that ends.
        wait_for(lambda: _addresses(resolver, "mail.example") == ["192.0.2.25"], 10, "answer of that server")
        assert str(resolver.resolve(HOST_NAME)[0]) == spare.host_address
    finally:
        outside.stop()


def _addresses(resolver: dns.resolver.Resolver, name: str) -> list[str]:
    try:
        return [str(record) for record in resolver.resolve(name)]
    except dns.resolver.NXDOMAIN:
        return []


def test_stopping_leaves_nothing_behind(spare: Cluster) -> None:
    spare.ensure(Progress())
    pid, block = spare.pid(), str(spare.network.block)
    namespaces = _namespaces(pid)
    assert all(_traces(spare, namespaces, block).values())
    assert spare.stop() == pid
    # The kernel may still be ending what was killed.
    wait_for(lambda: not any(_traces(spare, namespaces, block).values()), 10, "end of all that it left")
    assert not spare.kubeconfig.parent.exists()


def test_a_node_that_was_killed_leaves_nothing_that_the_next_start_meets(spare: Cluster) -> None:
    spare.ensure(Progress())
    pid, block = spare.pid(), str(spare.network.block)
    namespaces = _namespaces(pid)
    os.kill(pid, signal.SIGKILL)
    spare.stop()
    # The kernel ends what was in the namespaces when it comes to it.
    wait_for(lambda: not any(_traces(spare, namespaces, block).values()), 10, "end of all of the node")


def _namespaces(pid: int) -> set[str]:
    return {_namespace(pid, kind) for kind in ("mnt", "net", "pid_for_children")}


def _namespace(pid: int | str, kind: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def _traces(cluster: Cluster, namespaces: set[str], block: str) -> dict[str, list[str]]:
    """What this machine has of a cluster: processes in its namespaces, control groups, interface and routes."""
    processes = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        # A process can end while it is looked at.
        with contextlib.suppress(OSError):
            if namespaces & {_namespace(pid, kind) for kind in ("mnt", "net", "pid")}:
                processes.append(pid)
    routes = subprocess.run(["ip", "route", "show", "to", "match", block], capture_output=True, text=True)
    return {
        "processes": processes,
        "control groups": [str(path) for path in Path("/sys/fs/cgroup").rglob(cluster.name)],
        "interfaces": [name for _, name in socket.if_nameindex() if name == cluster.name],
        "routes": [line for line in routes.stdout.splitlines() if not line.startswith("default")],
    }
