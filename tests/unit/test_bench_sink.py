"""What the upstream of the benchmarks counts."""

import smtplib

import pytest

from bench.sink import Sink

pytestmark = pytest.mark.unit


def test_a_message_that_comes_twice_is_one_arrival_and_two_deliveries():
    with Sink() as sink:
        for recipient in ("m1@example.org", "m2@example.org", "m2@example.org", "other@example.org"):
            with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
                client.sendmail("app@example.com", recipient, "Subject: one\r\n\r\n")
        assert sink.deliveries("m") == {"m1@example.org": 1, "m2@example.org": 2}
        assert len(sink.arrivals("m")) == 2
