"""Kills at random moments: what the relay has accepted arrives, whatever ends it."""

import random
import re
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from tests.integration.relay_container import Relay, docker, message, relay_image, wait_for
from tests.integration.upstream import Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

CLIENTS = 4
PARTS = {
    "dispatcher": "opensmtpd",
    "lookup": "opensmtpd",
    "scheduler": "opensmtpd",
    "control": "opensmtpd",
    "crypto": "opensmtpd",
    "queue": "opensmtpq",
}


class Submission:
    """Clients that submit numbered messages and try each again until it is accepted, as an ordinary client does."""

    def __init__(self, address: str, count: int):
        self._address = address
        self._numbers = iter(range(count))
        self._lock = threading.Lock()
        self.accepted = 0
        self._threads = [threading.Thread(target=self._submit, daemon=True) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def join(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0, end - time.monotonic()))
            assert not thread.is_alive(), f"only {self.accepted} were accepted in time"

    def _submit(self) -> None:
        client = None
        while True:
            with self._lock:
                number = next(self._numbers, None)
            if number is None:
                return
            accepted = False
            while not accepted:
                try:
                    client = client or smtplib.SMTP(self._address, 25, timeout=5)
                    client.sendmail("app@example.com", "someone@example.org", message(number))
                    accepted = True
                except (OSError, smtplib.SMTPException):
                    if client:
                        client.close()
                    client = None
                    time.sleep(0.05)
            with self._lock:
                self.accepted += 1


def run(count: int, kills: Sequence[Callable[[Relay], None]], report: Callable[[str, object], None]) -> None:
    """Submit `count` messages while each of `kills` strikes at a moment of its own; all must arrive."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(count), len(kills)))
    with Upstream() as upstream:
        values = {"RELAY_PROTO": "smtp+notls", "RELAY_HOST": "127.0.0.1", "RELAY_PORT": str(upstream.port)}
        with Relay(values) as relay:
            submission = Submission(relay.address, count)
            for moment, kill in zip(moments, kills, strict=True):
                wait_for(lambda at=moment: submission.accepted >= at, 60, f"acceptance of {moment} messages")
                time.sleep(chance.uniform(0, 0.05))
                kill(relay)
                relay.wait()
                docker("start", relay.name)
            submission.join(60)
            relay.wait_until_up()
            relay.retry()
            wait_for(lambda: len(arrived(upstream)) == count, 120, "arrival of all that were accepted")
            wait_for(lambda: not relay.queued(), 20, "empty queue")
        duplicates = sum(arrived(upstream).values()) - count
        report("seed", seed)
        report("duplicates", duplicates)
        print(f"{count} messages, {len(kills)} kills, 0 lost, {duplicates} arrived twice")


def arrived(upstream: Upstream) -> Counter[int]:
    """How often each number has arrived."""
    return Counter(int(re.search(rb"\r\nBody (\d+)\r\n", got.content)[1]) for got in list(upstream.messages))


def test_of_1000_messages_none_is_lost_by_20_kills_of_the_container(record_property):
    run(1000, [Relay.kill] * 20, record_property)


def test_no_message_is_lost_by_the_kill_of_any_part_of_opensmtpd(record_property):
    def kill(part: str, user: str) -> Callable[[Relay], None]:
        def strike(relay: Relay) -> None:
            relay.wait_until_up()  # before, there may be no such part
            relay.signal(f"smtpd: {part}", "KILL", user)

        return strike

    run(300, [kill(part, user) for part, user in PARTS.items()], record_property)
