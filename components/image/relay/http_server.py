"""HTTP for Prometheus and Kubernetes: /metrics, /livez and /readyz.

Python's http.server would cost PID 1 the modules for e-mail and more, for ever. What these clients send needs little of
HTTP: one request without a body, one reply, and the connection is closed.
"""

import selectors
import socket
import threading
import time
from collections.abc import Callable

from .metrics import Metrics

_REQUEST_BYTES = 8192
_SECONDS = 5
"""For a connection, whatever the client does."""
_CONNECTIONS = 32
"""At the same time; the oldest makes room for another. A scrape and two probes are three."""

_TEXT = "text/plain; charset=utf-8"
# https://prometheus.io/docs/specs/om/open_metrics_spec/ and
# https://prometheus.io/docs/instrumenting/exposition_formats/
_OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

_PHRASES = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class HttpServer:
    """Serves `metrics` and the readiness on all addresses of the host; `state` says whether it is ready, else why not.

    One thread serves everybody and waits for nobody: a client that is slow, silent or hostile costs one of 32
    connections for at most 5 s. Raises OSError when `port` cannot be had; port 0 is a free one.
    """

    def __init__(self, port: int, metrics: Metrics, state: Callable[[], tuple[bool, list[str]]]):
        self._metrics = metrics
        self._state = state
        self._listener = (
            socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
            if socket.has_dualstack_ipv6()
            else socket.create_server(("", port))
        )
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._connections: list[_Connection] = []

    def start(self) -> None:
        """Serve from now on, in a thread of its own."""
        threading.Thread(target=self._serve, name="http", daemon=True).start()

    def reply(self, request: bytes) -> bytes:
        """The reply to what a client has sent."""
        lines = request.decode("latin-1").splitlines()
        words = lines[0].split(" ") if lines else []
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return _reply(400, "not a request of HTTP/1\n")
        method, target, _ = words
        if method not in ("GET", "HEAD"):
            return _reply(405, "GET and HEAD only\n", extra="Allow: GET, HEAD\r\n")
        return _reply(*self._content(target.partition("?")[0], lines[1:]), head_only=method == "HEAD")

    def _content(self, path: str, headers: list[str]) -> tuple[int, str, str]:
        match path:
            case "/metrics":
                openmetrics = _accepts_openmetrics(headers)
                content_type = _OPENMETRICS if openmetrics else _PROMETHEUS
                return 200, self._metrics.exposition(openmetrics), content_type
            case "/livez":
                return 200, "alive\n", _TEXT
            case "/readyz":
                ready, reasons = self._state()
                return (200, "ready\n", _TEXT) if ready else (503, "\n".join([*reasons, ""]), _TEXT)
        return 404, "there are /metrics, /livez and /readyz\n", _TEXT

    def _serve(self) -> None:
        while True:
            now = time.monotonic()
            while self._connections and self._connections[0].deadline <= now:
                self._close(self._connections[0])
            timeout = self._connections[0].deadline - now if self._connections else None
            for key, _ in self._selector.select(timeout):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.data in self._connections:  # not closed to make room
                    self._go_on(key.data)

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except OSError:
            time.sleep(0.1)  # out of file descriptors, which may last
            return
        accepted.setblocking(False)
        if len(self._connections) == _CONNECTIONS:
            self._close(self._connections[0])
        connection = _Connection(accepted, time.monotonic() + _SECONDS)
        self._connections.append(connection)
        self._selector.register(accepted, selectors.EVENT_READ, connection)

    def _go_on(self, connection: "_Connection") -> None:
        try:
            if connection.reply is None:
                self._receive(connection)
            elif connection.reply:
                self._send(connection)
            elif not connection.socket.recv(_REQUEST_BYTES):
                self._close(connection)
        except BlockingIOError:
            pass
        except OSError:
            self._close(connection)

    def _receive(self, connection: "_Connection") -> None:
        received = connection.socket.recv(_REQUEST_BYTES)
        connection.request += received
        if b"\r\n\r\n" in connection.request or b"\n\n" in connection.request:
            connection.reply = self.reply(connection.request)
        elif not received:
            self._close(connection)
            return
        elif len(connection.request) >= _REQUEST_BYTES:
            connection.reply = _reply(431, f"a request has at most {_REQUEST_BYTES} bytes\n")
        else:
            return
        self._selector.modify(connection.socket, selectors.EVENT_WRITE, connection)

    def _send(self, connection: "_Connection") -> None:
        unsent = connection.reply or b""
        connection.reply = unsent[connection.socket.send(unsent) :]
        if not connection.reply:
            # To close while something is unread would take the reply back from the client.
            connection.socket.shutdown(socket.SHUT_WR)
            self._selector.modify(connection.socket, selectors.EVENT_READ, connection)

    def _close(self, connection: "_Connection") -> None:
        self._connections.remove(connection)
        self._selector.unregister(connection.socket)
        connection.socket.close()


class _Connection:
    def __init__(self, accepted: socket.socket, deadline: float):
        self.socket = accepted
        self.deadline = deadline
        self.request = b""
        self.reply: bytes | None = None
        """What is left to send."""


def _reply(
    status: int, text: str, content_type: str = _TEXT, *, extra: str = "", head_only: bool = False
) -> bytes:
    body = text.encode("utf-8", "backslashreplace")
    head = (
        f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n{extra}Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + (b"" if head_only else body)


def _accepts_openmetrics(headers: list[str]) -> bool:
    for header in headers:
        name, _, value = header.partition(":")
        if name.strip().lower() == "accept":
            kinds = [kind.partition(";")[0].strip().lower() for kind in value.split(",")]
            if "application/openmetrics-text" in kinds:
                return True
    return False
