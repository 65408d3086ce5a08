"""One relay in a container, as it is measured."""

import random
import smtplib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import docker

from bench.subjects import CA_FILE, Subject
from local.tools.failure import Failure

SENDER = "app@example.com"

_START_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Usage:
    """What a container has used."""

    cpu_seconds: float
    memory_bytes: int
    """Its processes' own memory, without what the kernel keeps of files."""


class Relay:
    """A relay on the host's network, on an address of 127.0.0.0/8 to itself. `with relay:` it runs, in a new container.

    Its upstream is on `port` of localhost. With the file `ca` it goes there by STARTTLS, verified, and with a login.
    """

    def __init__(self, engine: docker.DockerClient, subject: Subject, port: int, ca: Path | None):
        # No secret, only an address that nobody else is likely to have.
        octets = [random.randint(1, 254) for _ in range(3)]  # noqa: S311
        self.address = ".".join(map(str, (127, *octets)))
        self.seconds_to_first_message = 0.0
        """From its start until it had taken a message."""
        self._subject = subject
        self._container = engine.containers.create(
            subject.image,
            environment=subject.environment(self.address, port, with_tls=ca is not None),
            network_mode="host",
            volumes={str(ca): {"bind": CA_FILE, "mode": "ro"}} if ca else {},
        )

    def __enter__(self) -> Self:
        try:
            start = time.monotonic()
            self._container.start()
            self._submit_first(start + _START_TIMEOUT_SECONDS)
            self.seconds_to_first_message = time.monotonic() - start
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._container.remove(force=True, v=True)

    def usage(self) -> Usage:
        """What it has used up to now."""
        stats = self._container.stats(stream=False, one_shot=True)
        memory = stats["memory_stats"]["stats"]
        return Usage(
            stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9,
            # One name in version 2 of control groups, the other in version 1.
            memory["anon"] if "anon" in memory else memory["rss"],
        )

    def _submit_first(self, end: float) -> None:
        while True:
            try:
                with smtplib.SMTP(self.address, timeout=5) as client:
                    client.sendmail(SENDER, "first@example.org", "Subject: first\r\n\r\n")
                    return
            except OSError as error:
                if time.monotonic() > end:
                    log = self._container.logs(tail=20).decode(errors="replace")
                    raise Failure(f"{self._subject.name} takes no mail: {error}\n{log}") from None
                time.sleep(0.01)
