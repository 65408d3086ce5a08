"""The conformance suite for the relay in a Docker container."""

import contextlib
import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping

import pytest

from tests.integration.nameserver import port_53_in_a_container
from tests.integration.relay_container import Relay, docker, message, relay_image
from tests.integration.upstream import port_to_keep

from .suite import ConformanceSuite

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]


class _Target:
    def __init__(self, relay: Relay, port: int):
        self._relay = relay
        self._port = port
        self.log = relay.logs
        self.queued = relay.queued
        self.retry = relay.retry

    def submit(self, recipient: str) -> None:
        with smtplib.SMTP(self._relay.address, 25, timeout=20) as client:
            client.sendmail("app@example.com", recipient, message())

    def greeting_seconds(self) -> float:
        start = time.monotonic()
        with smtplib.SMTP(self._relay.address, 25, timeout=60):
            return time.monotonic() - start

    def readiness(self) -> tuple[bool, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=20):
                return True, ""
        except urllib.error.HTTPError as not_ready:
            return False, not_ready.read().decode()

    def restarts(self) -> int:
        return int(docker("inspect", "--format={{.RestartCount}}", self._relay.name).stdout)


class _Docker:
    upstream_address = "127.0.0.1"
    upstream_host = "localhost"
    port_53 = staticmethod(port_53_in_a_container)

    @contextlib.contextmanager
    def relay(self, environment: Mapping[str, str], nameserver: str = "") -> Iterator[_Target]:
        options = [f"--dns={nameserver}"] if nameserver else []
        port = port_to_keep("127.0.0.1")
        with Relay(
            {**environment, "OPENSMTPD_METRICS_PORT": str(port)}, "--restart=always", *options
        ) as relay:
            yield _Target(relay, port)


class TestDocker(ConformanceSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def platform(cls) -> _Docker:
        return _Docker()
