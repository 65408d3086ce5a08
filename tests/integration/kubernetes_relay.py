"""Relays in a cluster, made of the component's own manifests, and clients of them."""

import contextlib
import http.client
import json
import secrets
import smtplib
import socket
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from components.manifests.credentials import credential_files
from components.manifests.labels import revision_labels
from components.manifests.network_policy import network_policy_spec
from components.manifests.pod import pod_template
from components.manifests.services import pods_service_spec, service_spec
from components.manifests.stateful_set import stateful_set_spec
from local.cluster.cluster import Cluster

from .kubernetes_cluster import Namespace, namespace
from .relay_container import IMAGE, message, wait_for

METRICS_PORT = 9000
REVISION = "test"
GRACE_SECONDS = 35
"""What the component gives a pod whose queue has the default time to go."""

_FORWARDER_PORT = 7000
_FORWARDER = f"""\
import socket, threading, time

def pipe(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def address_of(host):
    # A busy machine has a busy DNS.
    for _ in range(4):
        try:
            return socket.gethostbyname(host)
        except socket.gaierror as error:
            failure = error
            time.sleep(1)
    raise failure

def serve(client):
    with client, client.makefile("rb", 0) as lines:
        host, port = lines.readline().decode().split()
        try:
            target = socket.create_connection((address_of(host), int(port)), 10)
        except OSError as error:
            client.sendall(f"{{error}}\\n".encode())
            return
        client.sendall(b"\\n")
        target.settimeout(None)
        with target:
            back = threading.Thread(target=pipe, args=(target, client))
            back.start()
            pipe(client, target)
            back.join()

listener = socket.create_server(("", {_FORWARDER_PORT}), backlog=128)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


class Client:
    """A pod that connects for this machine: policies let pods in, and not machines."""

    def __init__(self, namespace: Namespace):
        self.namespace = namespace
        pod = python_pod("client", _FORWARDER, readiness={"tcpSocket": {"port": _FORWARDER_PORT}})
        namespace.apply(json.dumps(pod))
        namespace.wait_until_ready("client")
        self._address = address_of(namespace, "client")

    def connect(self, host: str, port: int, timeout: float = 20) -> socket.socket:
        """A connection from the pod to `host`. Raises ConnectionRefusedError, for whatever reason there was."""
        connection = socket.create_connection((self._address, _FORWARDER_PORT), timeout)
        connection.sendall(f"{host} {port}\n".encode())
        failure = b""
        while not failure.endswith(b"\n"):
            received = connection.recv(1)
            if not received:
                raise ConnectionRefusedError("the client's pod has gone")
            failure += received
        if failure.strip():
            connection.close()
            raise ConnectionRefusedError(failure.decode().strip())
        return connection

    def smtp(self, host: str, port: int = 25, timeout: float = 20) -> smtplib.SMTP:
        """An SMTP session from the pod with `host`, which has greeted."""
        return _SmtpThrough(self, host, port, timeout)

    def submit(self, host: str, number: int = 0, recipient: str = "someone@example.org") -> None:
        """Submit one message through `host`. Raises what smtplib raises."""
        with self.smtp(host) as session:
            session.sendmail("app@example.com", recipient, message(number))

    def get(self, host: str, path: str, port: int = METRICS_PORT, accept: str = "*/*") -> tuple[int, str]:
        """The status and the content of `path` at `host`."""
        connection = http.client.HTTPConnection(host, port)
        connection.sock = self.connect(host, port)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Accept": accept})
            response = connection.getresponse()
            return response.status, response.read().decode()


@pytest.fixture(scope="module")
def client(cluster: Cluster, relay_image: str) -> Iterator[Client]:
    """A client in a namespace of its own."""
    cluster.load_image(relay_image)
    with namespace(cluster) as clients:
        yield Client(clients)


class _SmtpThrough(smtplib.SMTP):
    def __init__(self, client: Client, host: str, port: int, timeout: float):
        self._client = client
        super().__init__(host, port, timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._client.connect(host, port, timeout)


class Api:
    """The API server by HTTP: a start of kubectl for every look would be most of the work. `with api:` it answers."""

    def __init__(self, cluster: Cluster):
        command = [cluster.programs / "kubectl", f"--kubeconfig={cluster.kubeconfig}", "proxy", "--port=0"]
        self._command = command

    def __enter__(self) -> "Api":
        self._proxy = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        # Starting to serve on 127.0.0.1:40001
        self._address = self._proxy.stdout.readline().split()[-1]
        return self

    def __exit__(self, *_: object) -> None:
        self._proxy.terminate()
        self._proxy.communicate()

    def get(self, path: str) -> str:
        """What is at a path, such as `/api/v1/namespaces/default/pods/name/log`."""
        with urllib.request.urlopen(f"http://{self._address}{path}", timeout=60) as answer:
            return answer.read().decode()


class PodRelay:
    """Replicas of the relay with these variables, behind a Service, which `client` may use and ask for the metrics.

    What can be a file is one of a Secret, as the component has it. `nameserver` is asked instead of the cluster's;
    `readiness` changes fields of that probe.
    """

    def __init__(
        self,
        namespace: Namespace,
        client: Client,
        api: Api,
        environment: Mapping[str, str],
        *,
        replicas: int = 1,
        nameserver: str = "",
        readiness: Mapping[str, int] = {},
    ):
        self.name = f"relay-{secrets.token_hex(3)}"
        self.namespace = namespace
        self.client = client
        self._api = api
        self.service = f"{self.name}.{namespace.name}.svc"
        self._environment = {
            "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com",
            "OPENSMTPD_ALLOWED_NETWORKS": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
            "OPENSMTPD_METRICS_PORT": str(METRICS_PORT),
            **environment,
        }
        self._replicas = replicas
        self._nameserver = nameserver
        self._readiness = readiness

    def __enter__(self) -> "PodRelay":
        self.namespace.apply("\n---\n".join(map(json.dumps, self._manifests())))
        return self

    def __exit__(self, *_: object) -> None:
        kinds = "statefulset,service,networkpolicy,secret"
        self.namespace.kubectl("delete", kinds, "--selector", f"test={self.name}", "--wait=false")

    def pod(self, number: int = 0) -> str:
        """The name of a replica."""
        return f"{self.name}-{number}"

    def log(self, number: int = 0) -> str:
        """What a replica has written since its pod was made."""
        return self._api.get(f"{self._path(number)}/log")

    def execute(self, *command: str, number: int = 0) -> str:
        """What a command prints in a replica."""
        return self.namespace.kubectl("exec", self.pod(number), "--", *command)

    def queued(self, number: int = 0) -> int:
        """How many envelopes wait in the queue of a replica."""
        return len(self.execute("smtpctl", "show", "queue", number=number).splitlines())

    def retry(self, number: int = 0) -> None:
        """Have a replica try everything at once, rather than after its growing delays."""
        for route in self.execute("smtpctl", "show", "routes", number=number).splitlines():
            self.execute("smtpctl", "resume", "route", route.split(".")[0], number=number)
        self.execute("smtpctl", "schedule", "all", number=number)

    def exists(self, number: int = 0) -> bool:
        """Whether a replica has a pod."""
        return bool(self.uid(number))

    def uid(self, number: int = 0) -> str:
        """What tells a replica's pod from the one before; empty while there is none."""
        found = self.namespace.kubectl(
            "get", "pod", self.pod(number), "--ignore-not-found", "--output=jsonpath={.metadata.uid}"
        )
        return found.strip()

    def status(self, number: int = 0) -> dict[str, Any]:
        """The status of a replica's container, as Kubernetes has it; empty before there is one."""
        pod = json.loads(self._api.get(self._path(number)))
        return (pod["status"].get("containerStatuses") or [{}])[0]

    def address(self, number: int = 0) -> str:
        """The address of a replica."""
        return address_of(self.namespace, self.pod(number))

    def scale(self, replicas: int) -> None:
        """Have so many replicas."""
        self.namespace.kubectl("scale", f"statefulset/{self.name}", f"--replicas={replicas}")

    def wait_until_ready(self, seconds: int = 90) -> None:
        """Wait for all replicas, after a change for the new ones."""
        self.namespace.kubectl("rollout", "status", f"statefulset/{self.name}", f"--timeout={seconds}s")
        wait_for(self.serves, seconds, f"greeting through {self.service}")

    def serves(self) -> bool:
        """Whether clients are greeted through the Service, which learns of a ready pod a moment later."""
        try:
            with self.client.smtp(self.service, timeout=5):
                return True
        except OSError:
            return False

    def let_in(self, allowed_labels: Mapping[str, str], *, to_the_metrics: bool) -> None:
        """Let in pods of the client's namespace that have these labels."""
        self.namespace.apply(json.dumps(self._policy(allowed_labels, to_the_metrics)))

    def _path(self, number: int) -> str:
        return f"/api/v1/namespaces/{self.namespace.name}/pods/{self.pod(number)}"

    def _manifests(self) -> list[dict[str, Any]]:
        files = credential_files(self._environment)
        credentials = f"{self.name}-credentials"
        template = pod_template(
            self.name,
            image=IMAGE,
            environment=self._environment,
            credentials=credentials if files else None,
            service_account="default",
            metrics_port=METRICS_PORT,
            with_submission=False,
            memory="64Mi",
            cpu="10m",
            grace_seconds=GRACE_SECONDS,
        )
        template["metadata"]["labels"] |= revision_labels(self.name, REVISION)
        template["spec"]["containers"][0]["readinessProbe"] |= self._readiness
        if self._nameserver:
            template["spec"] |= {"dnsPolicy": "None", "dnsConfig": {"nameservers": [self._nameserver]}}
        service = service_spec(self.name, service_type="ClusterIP", client_networks=[], with_submission=False)
        replicas = stateful_set_spec(
            self.name,
            service=f"{self.name}-pods",
            replicas=self._replicas,
            template=template,
            storage_size="64Mi",
            storage_class=None,
        )
        return [
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": credentials, "labels": {"test": self.name}},
                "stringData": files,
            },
            self._policy({}, to_the_metrics=True),
            self._object("v1", "Service", self.name, service),
            self._object(
                "v1", "Service", f"{self.name}-pods", pods_service_spec(self.name, metrics_port=METRICS_PORT)
            ),
            self._object("apps/v1", "StatefulSet", self.name, replicas),
        ]

    def _policy(self, allowed_labels: Mapping[str, str], to_the_metrics: bool) -> dict[str, Any]:
        allowed = self.client.namespace.name
        policy = network_policy_spec(
            self.name,
            namespace=self.namespace.name,
            allowed_namespaces=[allowed],
            allowed_labels=allowed_labels,
            client_networks=[],
            metrics_port=METRICS_PORT,
            monitoring_namespace=allowed if to_the_metrics else "",
            upstream_ports=[int(self._environment["RELAY_PORT"])],
            with_submission=False,
        )
        return self._object("networking.k8s.io/v1", "NetworkPolicy", self.name, policy)

    def _object(self, api_version: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
        return manifest(api_version, kind, name, spec, {"test": self.name})


def manifest(
    api_version: str, kind: str, name: str, spec: Mapping[str, Any], labels: Mapping[str, str] = {}
) -> dict[str, Any]:
    """An object as the API server takes it."""
    metadata = {"name": name, "labels": dict(labels)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": dict(spec)}


def python_pod(
    name: str, program: str, *arguments: str, readiness: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A pod that runs a program in the relay's image, which has Python."""
    container = {"name": name, "image": IMAGE, "command": ["python3", "-I", "-c", program, *arguments]}
    if readiness:
        container["readinessProbe"] = {**readiness, "periodSeconds": 1}
    return manifest("v1", "Pod", name, {"terminationGracePeriodSeconds": 0, "containers": [container]})


def address_of(namespace: Namespace, pod: str) -> str:
    """The address of a pod, which may still be on its way to it."""
    found: list[str] = []

    def has_one() -> bool:
        found[:] = namespace.kubectl(
            "get", "pod", pod, "--ignore-not-found", "--output=jsonpath={.status.podIP}"
        ).split()
        return bool(found)

    wait_for(has_one, 60, f"address of the pod {pod}")
    return found[0]
