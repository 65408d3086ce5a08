"""How the relay's container ends: nothing that was accepted is lost, and the end is never silent."""

import re
import smtplib

import pytest

from tests.integration.relay_container import IMAGE, Relay, docker, relay_image, wait_for
from tests.integration.upstream import Fault, Stage, Upstream, port_to_keep

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]


def plain(upstream: Upstream) -> dict[str, str]:
    return {"RELAY_PROTO": "smtp+notls", "RELAY_PORT": str(upstream.port)}


def defer(upstream: Upstream, relay: Relay, count: int) -> None:
    """Have the relay queue messages whose next try would be in minutes."""
    upstream.misbehave(Stage.RCPT, "451 Later")
    relay.submit(count)
    wait_for(lambda: relay.logs().count('result="TempFail"') >= count, 20, "failed tries")


def test_stopping_sends_what_waits_for_a_later_try():
    with Upstream() as upstream, Relay(plain(upstream)) as relay:
        defer(upstream, relay, 20)
        upstream.behave()
        assert relay.stop(30) == 0
        assert len(upstream.messages) == 20
        assert "20 left, 0 stay" in relay.logs()


def test_stopping_ends_early_when_nothing_can_leave_and_the_rest_leaves_after_the_next_start():
    with Upstream() as upstream, Relay(plain(upstream) | {"OPENSMTPD_DRAIN_TIMEOUT": "5m"}) as relay:
        defer(upstream, relay, 5)
        assert relay.stop(60) == 0
        assert "0 left, 5 stay" in relay.logs()
        upstream.behave()
        relay.start()

        def have_left() -> bool:
            relay.retry()  # more than once: at first the queue may not be read yet
            return len(upstream.messages) == 5

        wait_for(have_left, 60, "5 messages at the upstream")


def test_while_stopping_no_client_is_greeted_and_a_second_sigterm_ends_it_at_once():
    with Upstream() as upstream, Relay(plain(upstream) | {"OPENSMTPD_DRAIN_TIMEOUT": "5m"}) as relay:
        upstream.misbehave(Stage.END_OF_DATA, Fault.HANG)
        relay.submit()
        wait_for(lambda: upstream.reached[Stage.END_OF_DATA], 15, "message under way")
        docker("kill", "--signal=TERM", relay.name)
        wait_for(lambda: "stopping: trying" in relay.logs(), 10, "begin of the end")
        with (
            pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"),
            smtplib.SMTP(relay.address, 25, timeout=2),
        ):
            pass
        docker("kill", "--signal=TERM", relay.name)
        assert relay.wait() == 0


@pytest.mark.parametrize("signal", ["KILL", "TERM"])
def test_an_end_of_opensmtpd_that_nobody_asked_for_is_a_failure_of_the_container(signal: str):
    with Relay({}) as relay:
        relay.signal("/usr/sbin/smtpd", signal)
        assert relay.wait() != 0
        assert "relay: error: OpenSMTPD ended by itself" in relay.logs()


@pytest.mark.parametrize(("child", "user"), [("dispatcher", "opensmtpd"), ("queue", "opensmtpq")])
def test_the_end_of_a_part_of_opensmtpd_ends_the_container_so_that_it_is_started_again(child: str, user: str):
    with Relay({}) as relay:
        relay.signal(f"smtpd: {child}", "KILL", user)
        assert relay.wait() != 0


def test_a_volume_of_another_image_is_taken_over_with_the_mail_in_it():
    with Upstream() as upstream, Relay(plain(upstream)) as relay:
        defer(upstream, relay, 3)
        relay.kill()
        # As the users of an image based on Alpine have them.
        program = (
            "import os\n"
            "for parent, directories, files in os.walk('/spool', topdown=False):\n"
            "    for name in directories + files: os.chown(f'{parent}/{name}', 100, 101)"
        )
        docker("run", "--rm", f"--volume={relay.volume}:/spool", "--entrypoint=python3", IMAGE, "-c", program)
        upstream.behave()
        relay.start()
        relay.retry()
        wait_for(lambda: len(upstream.messages) == 3, 20, "3 messages at the upstream")
        wait_for(lambda: not relay.queued(), 10, "empty queue")


def test_an_idle_relay_takes_less_than_28_mib():
    metrics = {"OPENSMTPD_METRICS_PORT": str(port_to_keep("127.0.0.1"))}
    with Upstream() as upstream, Relay(plain(upstream) | metrics) as relay:
        wait_for(lambda: "relay: ready" in relay.logs(), 15, "readiness in the log")
        usage = docker("stats", "--no-stream", "--format={{.MemUsage}}", relay.name).stdout
        number, unit = re.match(r"([\d.]+)(\w+) /", usage).groups()
        assert unit == "MiB", usage
        assert float(number) < 28, usage


def test_a_second_relay_on_the_same_queue_waits_for_the_end_of_the_first():
    with Upstream() as upstream, Relay(plain(upstream)) as first:
        defer(upstream, first, 3)
        second = Relay(plain(upstream))
        second.volume = first.volume
        try:
            second.create()
            docker("start", second.name)
            wait_for(lambda: "another relay still uses this queue" in second.logs(), 10, "line that it waits")
            first.kill()
            second.wait_until_up()
            upstream.behave()
            second.retry()
            wait_for(lambda: len(upstream.messages) == 3, 15, "3 messages at the upstream")
        finally:
            docker("rm", "--force", second.name, check=False)


def test_a_relay_that_waits_for_a_queue_can_be_stopped():
    with Relay({}) as first:
        second = Relay({})
        second.volume = first.volume
        try:
            second.create()
            docker("start", second.name)
            wait_for(lambda: "another relay still uses this queue" in second.logs(), 10, "line that it waits")
            assert second.stop() == 0
        finally:
            docker("rm", "--force", second.name, check=False)
