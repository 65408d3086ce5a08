"""The conformance suite for the relay in a Kubernetes cluster, through its Service."""

import contextlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping

import pytest

from local.cluster.cluster import HOST_NAME, Cluster
from tests.integration.kubernetes_cluster import Namespace, namespace
from tests.integration.kubernetes_relay import Api, Client, PodRelay, address_of, python_pod
from tests.integration.nameserver import FRONT
from tests.integration.relay_container import IMAGE, relay_image, wait_for

from .suite import ConformanceSuite

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]


class _Target:
    """One replica. Clients use its Service; before it could send for the first time, the Service has none: they come
    directly.
    """

    def __init__(self, relay: PodRelay):
        self._relay = relay
        self._address = relay.address()
        self._served = False
        self.log = relay.log
        self.queued = relay.queued
        self.retry = relay.retry

    def submit(self, recipient: str) -> None:
        self._relay.client.submit(self._host(), recipient=recipient)

    def greeting_seconds(self) -> float:
        with self._relay.client.connect(self._host(), 25, timeout=60) as connection:
            start = time.monotonic()
            connection.recv(1)
            return time.monotonic() - start

    def readiness(self) -> tuple[bool, str]:
        status, reasons = self._relay.client.get(self._address, "/readyz")
        return status == 200, "" if status == 200 else reasons

    def restarts(self) -> int:
        return self._relay.status()["restartCount"]

    def greets(self) -> bool:
        try:
            with self._relay.client.smtp(self._address, timeout=5):
                return True
        except OSError:
            return False

    def _host(self) -> str:
        if not self._relay.status()["ready"]:
            return self._address
        if not self._served:
            wait_for(self._relay.serves, 60, f"greeting through {self._relay.service}")
            self._served = True
        return self._relay.service


class _Kubernetes:
    upstream_host = HOST_NAME

    def __init__(self, cluster: Cluster, relays: Namespace, client: Client, api: Api):
        self.upstream_address = cluster.host_address
        self._api = api
        self._relays = relays
        self._client = client

    @contextlib.contextmanager
    def port_53(self, server: tuple[str, int]) -> Iterator[str]:
        host, port = server
        name = f"nameserver-{secrets.token_hex(3)}"
        self._client.namespace.apply(json.dumps(python_pod(name, FRONT, "", host, str(port))))
        self._client.namespace.wait_until_ready(name)
        yield address_of(self._client.namespace, name)

    @contextlib.contextmanager
    def relay(self, environment: Mapping[str, str], nameserver: str = "") -> Iterator[_Target]:
        with PodRelay(self._relays, self._client, self._api, environment, nameserver=nameserver) as relay:
            target = _Target(relay)
            wait_for(target.greets, 60, f"greeting from {relay.name}")
            yield target


class TestKubernetes(ConformanceSuite):
    at_once = 5

    @pytest.fixture(scope="class")
    @classmethod
    def platform(cls, cluster: Cluster) -> Iterator[_Kubernetes]:
        cluster.load_image(IMAGE)
        with namespace(cluster) as relays, namespace(cluster) as clients, Api(cluster) as api:
            yield _Kubernetes(cluster, relays, Client(clients), api)
