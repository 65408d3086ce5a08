"""OpenSMTPD's log without the sessions of the container's own health check."""

import re
from collections.abc import Container, Iterable, Iterator

_SESSION = re.compile(rb"([0-9a-f]{16}) smtp (.+)")
_CONNECTED = re.compile(rb"connected address=\[?([^]\s]+)")
_QUIT = b"disconnected reason=quit"


def without_health_checks(lines: Iterable[bytes], own_addresses: Container[str]) -> Iterator[bytes]:
    """`lines` unchanged, save for sessions from `own_addresses` that connect, quit and do nothing else.

    The first line of such a session is held back until its next one tells what it is.
    """
    held: dict[bytes, bytes] = {}
    for line in lines:
        session, event = match.groups() if (match := _SESSION.match(line)) else (b"", b"")
        first = held.pop(session, b"")
        connected = _CONNECTED.match(event)
        if connected and connected[1].decode() in own_addresses:
            held[session] = line
        elif not (first and event == _QUIT):
            yield first + line
    yield from held.values()
