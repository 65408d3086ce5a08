"""When the relay calls itself ready, and what it says when that changes."""

import pytest

from components.image.relay.backlog import Backlog
from components.image.relay.events import Delivery, RouteDisabled, UpstreamError
from components.image.relay.failover import FALLBACK, PRIMARY
from components.image.relay.failure import Failure
from components.image.relay.readiness import Readiness
from components.image.relay.settings import Upstream

pytestmark = pytest.mark.unit

REFUSED = Failure("connect", "refused")
REFUSED_LOGIN = Failure("auth", "reply", "535 Authentication failed")
NOT_VERIFIED = "554 Message rejected: Email address is not verified."
MAX_QUEUE_AGE = 900


class Watched:
    """A Readiness, what it published and said, and a clock to set."""

    def __init__(self, *names: str):
        self.published: list[bool] = []
        self.said: list[str] = []
        self.now = 1000.0
        self.readiness = Readiness(
            {name: Upstream(f"{name.replace(' ', '-')}.example.com") for name in names or (PRIMARY,)},
            MAX_QUEUE_AGE,
            lambda ready, _reasons: self.published.append(ready),
            lambda level, text: self.said.append(f"{level}: {text}"),
            lambda: self.now,
        )

    @property
    def ready(self) -> bool:
        return self.readiness.state()[0]

    @property
    def reasons(self) -> str:
        return "; ".join(self.readiness.state()[1])

    def delivered(self, result: str, reply: str = "", message: str = "1") -> None:
        self.readiness.observe(
            Delivery(
                session="0" * 16,
                queue_id=message,
                envelope_id=f"{message}1",
                sender="app@example.com",
                recipient="someone@example.org",
                original_recipient="",
                relay="primary.example.com",
                delay_seconds=1,
                result=result,
                upstream_reply=reply,
                upstream_message_id="",
            )
        )


def test_it_is_not_ready_before_the_first_probe_and_publishes_that_at_once():
    watched = Watched()
    assert (watched.ready, watched.reasons) == (False, "the upstream has not been tried yet")
    assert (watched.published, watched.said) == ([False], [])


def test_a_passed_probe_makes_it_ready():
    watched = Watched()
    watched.readiness.probed(PRIMARY, None)
    assert watched.ready
    assert (watched.published, watched.said) == ([False, True], ["info: ready: the upstream takes mail"])


def test_a_failed_probe_makes_it_unready_with_the_diagnosis_and_the_next_passed_one_ready():
    watched = Watched()
    watched.readiness.probed(PRIMARY, REFUSED_LOGIN)
    assert "upstream primary.example.com:587 refused the login (535)" in watched.reasons
    watched.readiness.probed(PRIMARY, None)
    assert watched.ready


def test_only_changes_are_published_and_said():
    watched = Watched()
    for _ in range(3):
        watched.readiness.probed(PRIMARY, REFUSED)
    watched.readiness.probed(PRIMARY, REFUSED_LOGIN)
    for _ in range(3):
        watched.readiness.probed(PRIMARY, None)
    assert watched.published == [False, False, False, True]
    assert [line.split(":")[0] for line in watched.said] == ["warning", "warning", "info"]


def test_a_delivery_after_a_failed_probe_makes_it_ready():
    watched = Watched()
    watched.readiness.probed(PRIMARY, REFUSED)
    watched.delivered("Ok", "250 Ok")
    assert watched.ready


def test_a_login_refused_after_the_last_success_makes_it_unready_at_once():
    watched = Watched()
    watched.readiness.probed(PRIMARY, None)
    assert watched.readiness.observe(UpstreamError("0" * 16, "AUTH rejected: 535 Authentication failed"))
    assert "refused the login (535)" in watched.reasons
    watched.readiness.probed(PRIMARY, None)
    assert watched.ready


def test_another_failed_session_asks_for_a_probe_and_leaves_the_verdict_to_it():
    watched = Watched()
    watched.readiness.probed(PRIMARY, None)
    assert watched.readiness.observe(UpstreamError("0" * 16, "IO Error: Connection refused"))
    assert watched.ready


def test_other_events_ask_for_no_probe():
    assert not Watched().readiness.observe(RouteDisabled("[] <-> primary.example.com", 15))


def test_an_old_message_makes_it_unready_until_it_is_gone():
    watched = Watched()
    watched.readiness.probed(PRIMARY, None)
    watched.readiness.queue(Backlog(3, MAX_QUEUE_AGE + 1))
    assert watched.reasons == (
        "a message has waited for more than 900 s: `smtpctl show queue` has its last error"
    )
    watched.readiness.queue(Backlog(2, MAX_QUEUE_AGE - 1))
    assert watched.ready


def test_refused_recipients_leave_it_ready():
    watched = Watched()
    watched.readiness.probed(PRIMARY, None)
    for number in range(10):
        watched.delivered("PermFail", "550 5.1.1 No such user", str(number))
    assert watched.ready
    assert len(watched.said) == 1


def test_the_first_refused_sender_is_said_and_the_third_in_a_row_makes_it_unready():
    watched = Watched()
    watched.readiness.probed(PRIMARY, None)
    for number in range(2):
        watched.delivered("PermFail", NOT_VERIFIED, str(number))
    assert watched.ready
    assert watched.said[1:] == [
        "warning: upstream primary.example.com:587 refuses the sender (554): verify its domain there; in the SES "
        "sandbox the recipient must be verified as well"
    ]
    watched.delivered("PermFail", NOT_VERIFIED, "3")
    assert "refuses the sender (554)" in watched.reasons
    watched.readiness.probed(PRIMARY, None)  # a login says nothing about senders
    assert not watched.ready


def test_one_message_with_many_refused_recipients_counts_once():
    watched = Watched()
    watched.readiness.probed(PRIMARY, None)
    for _ in range(10):
        watched.delivered("PermFail", NOT_VERIFIED)
    assert watched.ready


def test_a_delivery_between_refused_senders_starts_the_count_anew():
    watched = Watched()
    watched.readiness.probed(PRIMARY, None)
    for number in range(10):
        watched.delivered("PermFail" if number % 3 else "Ok", NOT_VERIFIED, str(number))
    assert watched.ready


def test_refused_senders_are_forgotten_after_a_time_so_that_mail_may_come_again():
    watched = Watched()
    watched.readiness.probed(PRIMARY, None)
    for number in range(3):
        watched.delivered("PermFail", NOT_VERIFIED, str(number))
    watched.now += MAX_QUEUE_AGE + 1
    watched.readiness.probed(PRIMARY, None)
    assert watched.ready


def test_a_failed_fallback_that_is_not_in_use_is_said_once_and_changes_nothing():
    watched = Watched(PRIMARY, FALLBACK)
    watched.readiness.probed(PRIMARY, None)
    for _ in range(2):
        watched.readiness.probed(FALLBACK, REFUSED)
    assert watched.ready
    assert [line for line in watched.said if "fallback.example.com" in line] == [
        "warning: not in use, but out of order: upstream fallback.example.com:587 refused the connection: nothing "
        "listens there; correct RELAY_FALLBACK_HOST and RELAY_FALLBACK_PORT"
    ]


def test_it_is_ready_on_the_fallback_while_the_primary_fails():
    watched = Watched(PRIMARY, FALLBACK)
    watched.readiness.probed(PRIMARY, REFUSED)
    watched.readiness.probed(FALLBACK, None)
    assert not watched.ready
    watched.readiness.use(FALLBACK)
    assert watched.ready


@pytest.mark.parametrize("active", [PRIMARY, FALLBACK])
def test_when_both_fail_both_are_named(active):
    watched = Watched(PRIMARY, FALLBACK)
    watched.readiness.use(active)
    watched.readiness.probed(PRIMARY, REFUSED)
    watched.readiness.probed(FALLBACK, REFUSED_LOGIN)
    assert "primary.example.com:587 refused the connection" in watched.reasons
    assert "fallback.example.com:587 refused the login" in watched.reasons


def test_each_routes_upstream_must_pass():
    watched = Watched(PRIMARY, "route 1")
    watched.readiness.probed(PRIMARY, None)
    watched.readiness.probed("route 1", REFUSED)
    assert "route-1.example.com" in watched.reasons
    assert "RELAY_1_HOST" in watched.reasons
    watched.readiness.probed("route 1", None)
    assert watched.ready


def test_with_routes_a_delivery_or_a_refused_login_is_left_to_the_probe():
    watched = Watched(PRIMARY, "route 1")
    watched.readiness.probed(PRIMARY, None)
    watched.readiness.probed("route 1", REFUSED)
    watched.delivered("Ok", "250 Ok")
    assert not watched.ready
    watched.readiness.probed("route 1", None)
    watched.readiness.observe(UpstreamError("0" * 16, "AUTH rejected: 535 Authentication failed"))
    assert watched.ready
