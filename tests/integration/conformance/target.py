"""What the suite needs of a relay, wherever it runs."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol


class Target(Protocol):
    """A relay under test, which takes mail."""

    def submit(self, recipient: str) -> None:
        """Submit a message from app@example.com. Raises what smtplib raises."""

    def greeting_seconds(self) -> float:
        """How long a new client waits for the greeting."""

    def readiness(self) -> tuple[bool, str]:
        """Whether it calls itself ready, and if not, why."""

    def log(self) -> str:
        """All that it has written since its first start."""

    def queued(self) -> int:
        """How many envelopes wait in its queue."""

    def retry(self) -> None:
        """Have it try everything at once, as it would by itself after some minutes."""

    def restarts(self) -> int:
        """How often it was started again."""


class Platform(Protocol):
    """Where relays run."""

    upstream_address: str
    """Where an upstream has to listen for the relays to reach it."""
    upstream_host: str
    """The name by which the relays find that address."""

    def port_53(self, server: tuple[str, int]) -> AbstractContextManager[str]:
        """An address that relays reach, whose port 53 passes questions of DNS on to `server`."""

    def relay(self, environment: Mapping[str, str], nameserver: str = "") -> AbstractContextManager[Target]:
        """A relay with these variables and, when given, the name server at that address. It greets."""
