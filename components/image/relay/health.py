"""The container's health check: `python3 -m relay.health` talks to the relay as a client would.

Healthy is ready: the relay takes mail, and its upstream does too. PID 1 leaves its own verdict in a file for that.
`python3 -m relay.health greeting` asks for the first half only: a relay that cannot send now still queues mail.
"""

import io
import os
import signal
import socket
import sys
from collections.abc import Sequence

PORT = 25
RUN_DIRECTORY = "/run/relay"
ADDRESS_FILE = f"{RUN_DIRECTORY}/address"
"""Where the entry point says on which address the relay listens."""

GREETING = "greeting"
"""The argument with which the check does not ask for the upstream."""

_READINESS_FILE = f"{RUN_DIRECTORY}/readiness"
_READY = "ready"

# One less than the 30 s after which Docker ends a health check without giving a reason.
TIMEOUT_SECONDS = 29


class Unhealthy(Exception):
    """The relay would not serve a client now."""


def publish(ready: bool, reasons: Sequence[str]) -> None:
    """Leave PID 1's verdict for the health check: whether the relay is ready, and if not, one line per reason."""
    temporary = f"{_READINESS_FILE}.new"
    with open(temporary, "w", encoding="utf-8", errors="replace") as file:
        file.write(_READY if ready else "\n".join(reasons))
    os.replace(temporary, _READINESS_FILE)


def check(address: str, port: int = PORT) -> None:
    """Greet the relay on `address` and take leave, as an SMTP client. Raises Unhealthy."""
    try:
        with socket.create_connection((address, port)) as connection, connection.makefile("rb") as replies:
            _expect(replies, b"220", "the greeting")
            for command, code in ((b"EHLO localhost", b"250"), (b"QUIT", b"221")):
                connection.sendall(command + b"\r\n")
                _expect(replies, code, command.decode())
    except TimeoutError:
        raise Unhealthy(f"no answer within {TIMEOUT_SECONDS} s") from None
    except OSError as error:
        raise Unhealthy(f"cannot talk to {address} port {port}: {error.strerror}") from None


def _expect(replies: io.BufferedReader, code: bytes, step: str) -> None:
    while True:
        reply = replies.readline()
        if not reply.startswith(code):
            raise Unhealthy(
                f"{step} was answered with {reply.decode(errors='replace').strip() or 'a closed connection'!r}"
            )
        if reply[3:4] != b"-":
            return


def _check_readiness() -> None:
    with open(_READINESS_FILE, encoding="utf-8") as file:
        verdict = file.read()
    if verdict != _READY:
        raise Unhealthy("; ".join(verdict.splitlines()))


def main() -> int:
    """Check the relay in this container; returns 0 when it serves, else 1 with the reason on standard error."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    # A limit on the whole: a relay that answers a letter a second is not well either.
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TIMEOUT_SECONDS)
    try:
        with open(ADDRESS_FILE, encoding="ascii") as file:
            check(file.read())
        if sys.argv[1:] != [GREETING]:
            _check_readiness()
    except FileNotFoundError:
        print("unhealthy: the relay has not started", file=sys.stderr)
        return 1
    except Unhealthy as error:
        print(f"unhealthy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
