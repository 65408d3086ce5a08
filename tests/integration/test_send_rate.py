"""The relay keeps to its upstream's rate: real relays, and a server that remembers when each message came."""

import contextlib
import re
import smtplib
import time

import pytest

from bench.sink import Sink
from tests.integration.relay_container import Relay, relay_image, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

RATES = (1, 14, 50)

# Long enough for the rate of 14 to be reached, as a connection is opened each second.
_SECONDS = 15


@pytest.fixture(scope="module")
def arrivals(relay_image: str) -> dict[int, list[float]]:
    """When messages arrived, by rate; more were in the queue at every moment."""
    with contextlib.ExitStack() as running:
        sinks = {rate: running.enter_context(Sink()) for rate in RATES}
        for rate, sink in sinks.items():
            variables = {
                "RELAY_PORT": str(sink.port),
                "RELAY_PROTO": "smtp+notls",
                "OPENSMTPD_MAX_RATE": str(rate),
            }
            relay = running.enter_context(Relay(variables))
            with smtplib.SMTP(relay.address, timeout=20) as client:
                for number in range(rate * _SECONDS):
                    client.sendmail("app@example.com", f"rate{number}@example.org", "Subject: rate\r\n\r\n")
        time.sleep(_SECONDS)
        return {rate: sink.arrivals("rate") for rate, sink in sinks.items()}


@pytest.mark.parametrize("rate", RATES)
def test_no_second_has_more_messages_than_the_rate(arrivals: dict[int, list[float]], rate: int):
    moments = arrivals[rate]
    most = max(sum(begin <= moment < begin + 1 for moment in moments) for begin in moments)
    assert most <= rate


def test_the_rate_is_used_once_the_connections_are_open(arrivals: dict[int, list[float]]):
    last_seconds = [moment for moment in arrivals[14] if moment > arrivals[14][-1] - 4]
    assert len(last_seconds) >= 4 * 5


def test_while_mail_waits_new_connections_are_thought_of_each_second():
    with Sink() as sink:
        variables = {
            "RELAY_PORT": str(sink.port),
            "RELAY_PROTO": "smtp+notls",
            "OPENSMTPD_MAX_RATE": "14",
        }
        with Relay(variables) as relay:
            relay.execute("smtpctl", "log", "verbose")
            relay.submit(count=20)
            wait_for(lambda: relay.queued() == 0, 20, "empty queue")
            pauses = re.findall(r"debug: mta: scheduling relay .* in (\d+)s", relay.logs())
    # OpenSMTPD as Debian has it: 10.
    assert max(map(int, pauses)) == 1
