"""What the running relay tells about whether mail can leave, and what it does about that."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.contract.pages import BLOCKS
from tests.integration.relay_container import Relay, docker, relay_image, wait_for
from tests.integration.upstream import Authority, Fault, Stage, Upstream

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("relay_image")]
__all__ = ["relay_image"]

LOGIN = ("apikey", "hunter2")
PERIOD = 2
"""Seconds between probes here. A relay knows of a change after that, and a failed upstream is tried within 5 s."""
SECONDS = 20


def reaching(upstream: Upstream, prefix: str = "RELAY_") -> dict[str, str]:
    """The variables for an upstream."""
    variables = {
        "HOST": upstream.host,
        "PORT": str(upstream.port),
        "PROTO": {"plain": "smtp+notls", "starttls": "smtp+tls", "tls": "smtps"}[upstream.tls],
    }
    if upstream.tls != "plain":
        variables["CA"] = upstream.authority.pem
    if upstream.login:
        variables["USER"], variables["PASSWORD"] = LOGIN
    return {prefix + name: value for name, value in variables.items()}


@contextmanager
def relay_to(upstream: Upstream, *options: str, **variables: str) -> Iterator[Relay]:
    watched = {"OPENSMTPD_PROBE_INTERVAL": f"{PERIOD}s", **reaching(upstream), **variables}
    with Relay(
        watched, "--health-interval=1s", "--health-retries=1", "--health-start-period=1ms", *options
    ) as relay:
        yield relay


def state(relay: Relay) -> dict[str, object]:
    return json.loads(docker("inspect", "--format={{json .State}}", relay.name).stdout)


def await_health(relay: Relay, status: str) -> None:
    wait_for(lambda: state(relay)["Health"]["Status"] == status, SECONDS, f"{status} container")


def check(relay: Relay, *arguments: str) -> str:
    """What the health check says now; empty when all is well."""
    return relay.execute("python3", "-I", "-S", "-m", "relay.health", *arguments).stdout


def await_check(relay: Relay, text: str) -> None:
    wait_for(lambda: text in check(relay), SECONDS, f"{text!r} from the health check")


def await_ready(relay: Relay) -> None:
    wait_for(lambda: check(relay) == "", SECONDS, "readiness")


def test_a_refused_login_makes_it_unhealthy_with_the_diagnosis_and_an_accepted_one_healthy_again():
    with Upstream("starttls", LOGIN) as upstream:
        upstream.login = ("apikey", "another")
        with relay_to(upstream) as relay:
            await_health(relay, "unhealthy")
            sentence = "refused the login (535): correct RELAY_USER and RELAY_PASSWORD"
            assert sentence in state(relay)["Health"]["Log"][-1]["Output"]
            assert f"not ready: upstream localhost:{upstream.port} {sentence}" in relay.logs()
            upstream.login = LOGIN
            await_health(relay, "healthy")
            assert "relay: ready: the upstream takes mail" in relay.logs()
            assert LOGIN[1] not in relay.logs()
        assert upstream.reached[Stage.MAIL] == 0


def test_an_upstream_that_is_down_makes_it_unready_and_leaves_the_container_alone():
    upstream = Upstream()
    with upstream, relay_to(upstream) as relay:
        await_ready(relay)
        before = state(relay)["StartedAt"]
        upstream.__exit__()
        await_check(relay, "refused the connection: nothing listens there")
        assert check(relay, "greeting") == ""
        relay.submit(3)  # it takes mail all the same
        with upstream:
            await_ready(relay)
            wait_for(lambda: len(upstream.messages) == 3, SECONDS, "queued mail after the recovery")
        assert (state(relay)["StartedAt"], state(relay)["Running"]) == (before, True)


def test_each_change_is_one_line_in_the_log():
    with Upstream() as upstream, relay_to(upstream) as relay:
        await_ready(relay)
        upstream.misbehave(Stage.BANNER, "421 too busy")
        await_check(relay, "421 too busy")
        time.sleep(2 * PERIOD)
        upstream.behave()
        await_ready(relay)
        changes = [line for line in relay.logs().splitlines() if "ready: " in line]
        assert [line.split("ready: ")[0] for line in changes] == [
            "relay: ",
            "relay: warning: not ",
            "relay: ",
        ]


def test_an_upstream_that_hangs_after_its_greeting_makes_it_unready_in_time():
    with Upstream() as upstream:
        upstream.misbehave(Stage.EHLO, Fault.HANG)
        with relay_to(upstream) as relay:
            assert "has not been tried yet" in check(relay)
            await_check(relay, "answers too slowly after EHLO")
            upstream.behave()
            await_ready(relay)


def test_a_message_that_waits_too_long_makes_it_unready_until_it_has_left():
    with Upstream() as upstream, relay_to(upstream, OPENSMTPD_MAX_QUEUE_AGE="3s") as relay:
        await_ready(relay)
        upstream.misbehave(Stage.RCPT, "451 later", times=1)
        relay.submit()
        await_check(relay, "a message has waited for more than 3 s")
        relay.retry()
        await_ready(relay)


def retry_by_hand(relay: Relay) -> None:
    """What docs/operations.md says, for this relay."""
    (block,) = [block for block in BLOCKS if "schedule all" in block.code]
    by_hand = block.code.replace("docker exec relay", f"docker exec {relay.name}")
    done = subprocess.run(["bash", "-c", by_hand], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_retrying_by_hand_sends_what_a_failed_login_holds_up_and_scheduling_alone_does_not():
    closed = 'stat="Network error on destination MXs"'
    with Upstream("starttls", LOGIN) as upstream, relay_to(upstream, OPENSMTPD_PROBE_INTERVAL="1h") as relay:
        await_ready(relay)
        upstream.misbehave(Stage.AUTH, "454 Temporary authentication failure")
        logins = upstream.reached[Stage.AUTH]
        relay.submit()
        # OpenSMTPD's, and two of the relay's own, whose third comes in 10 s: what happens until then is done by hand.
        wait_for(lambda: upstream.reached[Stage.AUTH] == logins + 3, SECONDS, "third refused login")
        upstream.behave()
        assert relay.logs().count(closed) == 1
        relay.execute("smtpctl", "schedule", "all")
        wait_for(lambda: relay.logs().count(closed) == 2, 5, "failure without a connection")
        retry_by_hand(relay)
        wait_for(lambda: upstream.messages, 5, "message at the upstream")
        before, _, _ = relay.logs().partition('result="Ok"')
        assert before.count("relay: ready") == 1  # else the relay itself has seen that all is well again


def test_retrying_by_hand_sends_what_the_upstream_has_put_off():
    with Upstream() as upstream, relay_to(upstream) as relay:
        await_ready(relay)
        upstream.misbehave(
            Stage.END_OF_DATA, "454 Throttling failure: Maximum sending rate exceeded.", times=1
        )
        relay.submit()
        wait_for(lambda: "454 Throttling failure" in relay.logs(), SECONDS, "reply in the log")
        retry_by_hand(relay)
        wait_for(lambda: upstream.messages, 5, "message at the upstream")


def test_senders_that_are_refused_one_after_the_other_make_it_unready():
    with Upstream() as upstream, relay_to(upstream) as relay:
        await_ready(relay)
        upstream.misbehave(Stage.MAIL, "554 Message rejected: Email address is not verified.")
        relay.submit()
        wait_for(
            lambda: relay.logs().count('result="PermFail"') == 2, SECONDS, "refusals of it and of its bounce"
        )
        assert check(relay) == ""
        relay.submit()
        await_check(relay, "refuses the sender (554)")
        upstream.behave()
        relay.submit()
        await_ready(relay)


def test_another_address_of_the_host_is_tried_when_one_is_dead():
    with (
        Upstream(address="127.0.0.1", host="two.example.com") as upstream,
        relay_to(upstream, "--add-host=two.example.com:::1", "--add-host=two.example.com:127.0.0.1") as relay,
    ):
        await_ready(relay)
        assert upstream.reached[Stage.EHLO] > 0


@contextmanager
def relay_with_fallback() -> Iterator[tuple[Relay, Upstream, Upstream]]:
    """A relay, its primary and its fallback upstream, which have addresses of their own: OpenSMTPD closes those."""
    authority = Authority()
    primary = Upstream("starttls", LOGIN, address="127.0.0.1")
    fallback = Upstream("tls", LOGIN, address="127.0.0.2", host="fallback.example.com")
    for upstream in (primary, fallback):
        upstream.authority = authority
        upstream.tls_context = authority.server_context(upstream.host)
    variables = reaching(fallback, "RELAY_FALLBACK_")
    with (
        fallback,
        primary,
        relay_to(primary, "--add-host=fallback.example.com:127.0.0.2", **variables) as relay,
    ):
        await_ready(relay)
        yield relay, primary, fallback


def test_the_fallback_takes_the_mail_while_the_primary_fails_and_none_is_lost_or_doubled():
    with relay_with_fallback() as (relay, primary, fallback):
        relay.submit(5)
        wait_for(lambda: len(primary.messages) == 5, SECONDS, "mail at the primary")
        primary.__exit__()
        relay.submit(5)
        wait_for(lambda: len(fallback.messages) == 5, SECONDS, "mail at the fallback")
        await_ready(relay)
        assert "mail goes to the fallback upstream now" in relay.logs()
        primary.__enter__()
        wait_for(lambda: "mail goes to the primary upstream now" in relay.logs(), SECONDS, "way back")
        relay.submit(5)
        wait_for(lambda: len(primary.messages) == 10, 40, "mail at the primary again")
        assert len(fallback.messages) == 5
        assert relay.queued() == 0


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        (None, ""),
        (Stage.BANNER, Fault.DROP),
        (Stage.BANNER, "421 too busy"),
        (Stage.EHLO, "421 too busy"),
        (Stage.AUTH, "454 Temporary authentication failure"),
    ],
)
def test_mail_that_was_under_way_to_an_upstream_that_fails_takes_the_fallback(stage, answer):
    with relay_with_fallback() as (relay, primary, fallback):
        primary.misbehave(Stage.DATA, Fault.HANG)
        relay.submit(30)
        wait_for(lambda: primary.reached[Stage.DATA] > 1, SECONDS, "mail under way")
        if stage:
            primary.misbehave(stage, answer)
        primary.__exit__()
        if stage:
            primary.__enter__()
        sessions = relay.logs().count(" mta connecting ")
        # OpenSMTPD may tell the sender of a message whose session broke off that it is delayed.
        wait_for(lambda: sum(bool(m.sender) for m in fallback.messages) == 30, 40, "mail at the fallback")
        # Left to itself, OpenSMTPD would begin another session at once, hundreds in a second and without end. How many
        # there are until the relay has ended that depends on what else the processors do.
        assert relay.logs().count(" mta connecting ") < sessions + 1000


def test_mail_that_was_under_way_to_an_upstream_that_goes_away_leaves_when_it_is_back():
    with Upstream("starttls", LOGIN) as upstream, relay_to(upstream) as relay:
        await_ready(relay)
        upstream.misbehave(Stage.DATA, Fault.HANG)
        relay.submit(30)
        wait_for(lambda: upstream.reached[Stage.DATA] > 1, SECONDS, "mail under way")
        upstream.__exit__()
        await_check(relay, "refused the connection")
        upstream.behave()
        upstream.__enter__()
        wait_for(lambda: sum(bool(m.sender) for m in upstream.messages) == 30, 40, "mail after the restart")


def test_when_the_fallback_fails_too_both_are_named_and_the_mail_stays():
    primary, fallback = Upstream(), Upstream()
    with relay_to(primary, **reaching(fallback, "RELAY_FALLBACK_")) as relay:
        relay.submit(2)
        await_check(relay, f"localhost:{primary.port} refused the connection")
        assert f"localhost:{fallback.port} refused the connection" in check(relay)
        assert relay.queued() == 2
        with fallback:
            wait_for(lambda: len(fallback.messages) == 2, 30, "mail at the fallback")
