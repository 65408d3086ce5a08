"""What can be had from the internet."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.tools import download

pytestmark = pytest.mark.unit


@pytest.fixture
def server() -> Iterator[str]:
    """A web server that knows no page."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_that_answers_with_an_error_is_reachable(server: str) -> None:
    assert download.reachable(server)


def test_a_closed_port_is_not_reachable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert not download.reachable(f"http://127.0.0.1:{closed.getsockname()[1]}")


def test_a_server_that_never_answers_costs_little_time_and_only_once() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        site = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        assert not download.reachable(site)
        first = time.monotonic() - started
        assert not download.reachable(site)
        assert first < 2.5
        assert time.monotonic() - started - first < 0.1


def test_what_a_function_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        download.within(1, lambda: 1 / 0)


def test_what_a_function_returns_is_returned() -> None:
    assert download.within(1, lambda: None) is None
