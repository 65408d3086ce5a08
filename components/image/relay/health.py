"""The container's health check: `python3 -m relay.health` talks to the relay as a client would."""

import signal
import socket
import sys

PORT = 25
RUN_DIRECTORY = "/run/relay"
ADDRESS_FILE = f"{RUN_DIRECTORY}/address"
"""Where the entry point says on which address the relay listens."""

# One less than the 30 s after which Docker ends a health check without giving a reason.
TIMEOUT_SECONDS = 29


class Unhealthy(Exception):
    """The relay would not serve a client now."""


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


def _expect(replies: socket.SocketIO, code: bytes, step: str) -> None:
    while True:
        reply = replies.readline()
        if not reply.startswith(code):
            raise Unhealthy(
                f"{step} was answered with {reply.decode(errors='replace').strip() or 'a closed connection'!r}"
            )
        if reply[3:4] != b"-":
            return


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
    except FileNotFoundError:
        print("unhealthy: the relay has not started", file=sys.stderr)
        return 1
    except Unhealthy as error:
        print(f"unhealthy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
