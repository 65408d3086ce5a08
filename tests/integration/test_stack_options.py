"""The stack's keys for staging, logs and metrics, brought up by the real engine on real Docker."""

import json
import smtplib
import urllib.request

import pytest

from .mail_stack import DOMAIN
from .relay_container import wait_for
from .upstream import port_to_keep

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def stack(make_mail_stack):
    stack = make_mail_stack(
        domain=f"staging.{DOMAIN}",
        dns="manual",
        verification="skip",
        redirectRecipients="qa@example.net",
        logFormat="json",
        maxRate=14,
        metricsPort=port_to_keep("127.0.0.1"),
    )
    stack.up()
    return stack


def test_metrics_are_served_on_the_published_port(stack):
    port = max(int(key.partition("/")[0]) for key in stack.container.ports)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        assert b"opensmtpd_" in answer.read()


def test_the_log_tells_in_json_that_mail_was_redirected(stack):
    host, port = stack.outputs["smtpAddress"].split(":")
    with smtplib.SMTP(host, int(port), timeout=20) as client:
        client.sendmail(f"app@staging.{DOMAIN}", "someone@example.net", b"Subject: x\r\n\r\nBody\r\n")

    def redirected():
        events = map(json.loads, stack.container.logs().decode().splitlines())
        return any("qa@example.net" in map(str, event.values()) for event in events)

    wait_for(redirected, 20, "delivery to the staging mailbox in the log")


def test_a_second_up_and_a_refresh_change_nothing(stack):
    assert stack.up().changes == {}
    stack.refresh()
    assert stack.preview().changes == {}
