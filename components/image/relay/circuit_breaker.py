"""Ends OpenSMTPD's attempts at an upstream that has gone out of order under its hands.

OpenSMTPD closes a route whose first session fails. Once a session was good it does not (mta_route_error and
mta_route_down in its mta.c are empty): what waits is tried at that address again at once, for ever. A refused login
would be repeated hundreds of times a second, and no message would take the fallback.
"""

import re
import time
from collections.abc import Callable
from typing import Any

from .events import Delivery, UpstreamConnecting, UpstreamDisconnected, UpstreamError

# Where no route is closed, the next session begins within milliseconds. With the delays that direct delivery keeps it
# is 3 s (discdelay_route in OpenSMTPD's limit.c), which harms nobody. A closed route is left alone for 15 s at least.
_AT_ONCE_SECONDS = 2

# Of each kind; more than there are connections at a time. A relay with direct delivery meets addresses without end.
_REMEMBERED = 4096

_URL = re.compile(r".*://\[?([^\]]+?)\]?:([0-9]+)")


class CircuitBreaker:
    """Follows the sessions with upstreams, and calls `open_circuit` with an address (`192.0.2.1 587`).

    That is when a session failed that was begun at once after another had failed there, and no message was taken
    between. Of many sessions that fail together, as when a server is started again, only the first counts.
    """

    def __init__(self, open_circuit: Callable[[str], None], clock: Callable[[], float] = time.monotonic):
        self._open_circuit = open_circuit
        self._clock = clock
        self._sessions: dict[str, tuple[str, float]] = {}
        self._failed: dict[str, float] = {}

    def observe(self, event: object) -> None:
        """Something was logged."""
        match event:
            case UpstreamConnecting(session, url):
                if address := _URL.fullmatch(url):
                    _remember(self._sessions, session, (" ".join(address.groups()), self._clock()))
            case UpstreamDisconnected(session):
                self._sessions.pop(session, None)
            case Delivery(session, result="Ok") if session in self._sessions:
                self._failed.pop(self._sessions[session][0], None)
            case UpstreamError(session) if session in self._sessions:
                self._session_failed(*self._sessions.pop(session))

    def _session_failed(self, address: str, begin: float) -> None:
        before = self._failed.get(address)
        if before is not None and begin < before:
            return
        _remember(self._failed, address, self._clock())
        if before is not None and begin - before <= _AT_ONCE_SECONDS:
            self._open_circuit(address)


def _remember(values: dict[str, Any], key: str, value: Any) -> None:
    values.pop(key, None)
    values[key] = value
    if len(values) > _REMEMBERED:
        del values[next(iter(values))]
