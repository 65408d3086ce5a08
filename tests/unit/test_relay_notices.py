"""What the relay says at its start: where mail goes, and what is less safe than it could be."""

from typing import Any

import pytest

from components.image.relay.notices import summary, warnings
from components.image.relay.settings import Route, Settings, Upstream

pytestmark = pytest.mark.unit

HOST = "smtp.example.com"


def settings(upstream: Upstream | None = None, **given: Any) -> Settings:
    least = {"allowed_sender_domains": "example.com", "allowed_networks": "10.0.0.0/8"}
    return Settings(upstream or Upstream(HOST), **(least | given))


def test_the_summary_says_who_may_send_and_where_it_goes():
    assert summary(settings(Upstream(HOST, user="name", password="word"))) == (
        "relays mail of example.com from 10.0.0.0/8 to smtp+tls://smtp.example.com:587 with a login"
    )


def test_the_summary_names_every_way_out():
    text = summary(
        settings(
            fallback=Upstream("two.example.com", proto="smtps"),
            routes=(Route(3, ("example.org",), Upstream(proto="direct")),),
        )
    )
    assert text.endswith(
        " to smtp+tls://smtp.example.com:587 without a login, or while that fails to "
        "smtps://two.example.com:465 without a login; example.org to the recipients' servers"
    )


@pytest.mark.parametrize(
    ("given", "part"),
    [
        (settings(Upstream(HOST, insecure_skip_verify=True)), "as RELAY_INSECURE_SKIP_VERIFY is yes"),
        (settings(Upstream(HOST, proto="smtp")), "as RELAY_PROTO is smtp:"),
        (settings(Upstream(HOST, proto="smtp+notls")), "as RELAY_PROTO is smtp+notls:"),
        (settings(Upstream(proto="direct")), "as RELAY_PROTO is direct:"),
        (
            settings(routes=(Route(3, ("example.org",), Upstream("two", proto="smtp")),)),
            "on its way to two:587, as RELAY_3_PROTO is smtp:",
        ),
        (settings(allowed_sender_domains="*"), "OPENSMTPD_ALLOWED_SENDER_DOMAINS is *"),
        (settings(redirect_recipients="a@example.com"), "all mail goes to a@example.com"),
        (settings(allowed_recipient_domains="example.net"), "to other domains than example.net is refused"),
    ],
)
def test_what_makes_the_relay_less_safe_is_one_warning(given: Settings, part: str):
    (warning,) = warnings(given)
    assert part in warning


def test_each_unprotected_way_has_its_own_warning():
    plain = Upstream(HOST, proto="smtp+notls")
    assert len(warnings(settings(plain, fallback=Upstream("two", proto="smtp")))) == 2


def test_a_relay_with_nothing_but_defaults_has_no_warning():
    assert warnings(settings()) == []
