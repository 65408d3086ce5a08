"""HTTP for Prometheus and Kubernetes, from well-behaved clients and others."""

import http.client
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from components.image.relay import http_server
from components.image.relay.http_server import HttpServer
from components.image.relay.metrics import FAMILIES, Metrics

pytestmark = pytest.mark.unit

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


class Readiness:
    """What a test says it is."""

    reasons: tuple[str, ...] = ()

    def state(self) -> tuple[bool, list[str]]:
        return not self.reasons, list(self.reasons)


@pytest.fixture
def readiness():
    return Readiness()


@pytest.fixture
def server(readiness):
    made = HttpServer(0, Metrics(("primary",)), readiness.state)
    made.start()
    return made


def get(server: HttpServer, path: str, method: str = "GET", address: str = "127.0.0.1", **headers: str):
    """Returns status, content type and body."""
    connection = http.client.HTTPConnection(address, server.port, timeout=20)
    connection.request(method, path, headers=headers)
    reply = connection.getresponse()
    return reply.status, reply.headers["Content-Type"], reply.read().decode()


def raw(server: HttpServer, request: bytes) -> bytes:
    """All that comes back until the connection is closed."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_prometheus_gets_openmetrics(server):
    status, content_type, body = get(server, "/metrics", Accept=PROMETHEUS_3)
    assert (status, content_type) == (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert {family.name for family in parse_openmetrics(body)} == {family.name for family in FAMILIES}


@pytest.mark.parametrize("accept", ["*/*", "text/plain", "application/openmetrics-texts", ""])
def test_others_get_the_older_text_format(server, accept):
    status, content_type, body = get(server, "/metrics", Accept=accept)
    assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert list(parse_text(body))


def test_a_query_does_not_matter(server):
    assert get(server, "/metrics?name[]=x")[0] == 200


def test_it_is_alive_also_when_it_is_not_ready(server, readiness):
    readiness.reasons = ("upstream refused the login",)
    assert get(server, "/livez")[0] == 200


def test_it_is_ready_when_mail_can_leave(server):
    assert get(server, "/readyz") == (200, "text/plain; charset=utf-8", "ready\n")


def test_it_says_why_it_is_not_ready(server, readiness):
    readiness.reasons = ("upstream refused the login: ü", "a message waits for 1 h")
    status, _, body = get(server, "/readyz")
    assert status == 503
    assert body == "upstream refused the login: ü\na message waits for 1 h\n"


def test_a_head_request_gets_the_head_only(server):
    assert raw(server, b"HEAD /livez HTTP/1.1\r\n\r\n").endswith(
        b"Content-Length: 6\r\nConnection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /metricsx HTTP/1.1\r\n\r\n", b"404"),
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /livez HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"405"),
        (b"GET /livez\r\n\r\n", b"400"),
        (b"\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\n\n", b"400"),
        (b"GET /livez HTTP/1.0\n\n", b"200"),
        (b"GET /livez HTTP/1.1\r\nX: " + b"x" * 9000, b"431"),
    ],
)
def test_any_request_gets_a_fitting_status(server, request_, status):
    assert raw(server, request_).split(b" ")[1] == status


@given(st.binary(max_size=200))
def test_no_request_raises(request_):
    reply = HttpServer.reply(_unstarted, request_)
    assert reply.startswith(b"HTTP/1.1 ")


_unstarted = HttpServer(0, Metrics(("primary",)), lambda: (True, []))


def test_it_serves_ipv6_too(server):
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    assert get(server, "/livez", address="::1")[0] == 200


def test_silent_clients_keep_nobody_from_being_served(server, monkeypatch):
    monkeypatch.setattr(http_server, "_SECONDS", 1000)
    silent = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(200)]
    try:
        for connection in silent[:100]:
            connection.sendall(b"GET /livez HTTP/1.1\r\n")
        assert get(server, "/livez")[0] == 200
        assert silent[120].recv(1) == b""  # made room for others
    finally:
        for connection in silent:
            connection.close()


def test_a_client_that_sends_a_letter_now_and_then_is_sent_away(server, monkeypatch):
    monkeypatch.setattr(http_server, "_SECONDS", 0.3)
    end = time.monotonic() + 20
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.05) as connection:
        while time.monotonic() < end:
            try:
                connection.sendall(b"G")
                if connection.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
    pytest.fail("it was still being listened to")


def test_a_client_that_takes_no_reply_is_sent_away_and_others_are_served(server, monkeypatch):
    monkeypatch.setattr(http_server, "_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert get(server, "/metrics")[0] == 200


def test_a_client_that_breaks_off_does_no_harm(server):
    for request in (b"", b"GET", b"GET /metrics HTTP/1.1\r\n\r\n"):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(request)
        connection.close()
    assert get(server, "/livez")[0] == 200


def test_a_port_that_is_taken_is_an_error(server):
    with pytest.raises(OSError, match="in use"):
        HttpServer(server.port, Metrics(()), lambda: (True, []))
