"""smtpd.conf and the credentials table, as text."""

import re
from typing import Any

import pytest

from components.image.relay.settings import Settings, Upstream
from components.image.relay.smtpd_conf import credentials, smtpd_conf
from tests.unit.certificates import CERTIFICATE

pytestmark = pytest.mark.unit

DIRECTORY = "/run/relay"


def conf(upstream: Upstream | None = None, *, ipv4_only: bool = False, **settings: Any) -> str:
    given = {
        "allowed_sender_domains": "example.com",
        "allowed_networks": "10.0.0.0/8",
        "hostname": "relay.example.com",
    }
    return smtpd_conf(
        Settings(upstream or Upstream("smtp.example.net"), **(given | settings)),
        DIRECTORY,
        ipv4_only=ipv4_only,
    )


def line(text: str, start: str) -> str:
    (found,) = (one for one in text.splitlines() if one.startswith(start))
    return found


def patterns(text: str) -> list[re.Pattern[str]]:
    return [
        re.compile(item.removeprefix("(?i)"), re.IGNORECASE)
        for item in re.findall('"([^"]*)"', line(text, "table t_senders"))
    ]


def test_the_whole_file_for_a_login_with_a_ca_of_its_own():
    upstream = Upstream("smtp.example.net", user="name", password="word", ca=CERTIFICATE)
    assert conf(upstream) == (
        'queue ttl "4d"\n'
        'bounce warn-interval "1h", "6h", "2d"\n'
        'smtp max-message-size "35M"\n'
        "smtp limit max-mails 100000\n"
        'table t_networks { "10.0.0.0/8" }\n'
        'table t_senders { "(?i)@example\\.com$" }\n'
        'table t_null_sender { "^@$" }\n'
        'table t_credentials "file:/run/relay/credentials"\n'
        'ca "c_upstream" cert "/run/relay/ca.pem"\n'
        'listen on "0.0.0.0" port 25 hostname "relay.example.com"\n'
        'listen on "::" port 25 hostname "relay.example.com"\n'
        'action "a_relay" relay host "smtp+tls://relay@smtp.example.net:587" auth <t_credentials> ca "c_upstream" '
        'helo "relay.example.com"\n'
        'match from src <t_networks> mail-from regex <t_senders> for any action "a_relay"\n'
        'match from socket mail-from regex <t_senders> for any action "a_relay"\n'
        'match from socket mail-from regex <t_null_sender> for any action "a_relay"\n'
    )


def test_the_password_is_in_the_credentials_and_not_in_the_configuration():
    upstream = Upstream("smtp.example.net", user="name", password="wo:rd # x")
    assert "wo:rd" not in conf(upstream)
    assert credentials(upstream) == "relay name:wo:rd # x\n"


def test_a_user_without_a_password_is_both_in_the_credentials():
    assert credentials(Upstream("smtp.example.net", user="token")) == "relay token:token\n"


@pytest.mark.parametrize(
    ("upstream", "url"),
    [
        (Upstream("h.example"), "smtp+tls://h.example:587"),
        (Upstream("h.example", user="name"), "smtp+tls://relay@h.example:587"),
        (Upstream("h.example", proto="smtps", user="name"), "smtps://relay@h.example:465"),
        (Upstream("h.example", 25, "smtp"), "smtp://h.example:25"),
        (Upstream("h.example", 1025, "smtp+notls"), "smtp+notls://h.example:1025"),
        (Upstream("192.0.2.1"), "smtp+tls://192.0.2.1:587"),
        (Upstream("2001:db8::1"), "smtp+tls://[2001:db8::1]:587"),
    ],
)
def test_the_upstream_is_one_url_that_always_names_the_port(upstream: Upstream, url: str):
    assert f'relay host "{url}" ' in line(conf(upstream), "action")


def test_without_a_login_nothing_of_one_is_there():
    assert not re.search("auth|credentials|relay@", conf())


def test_without_a_ca_the_systems_own_are_used():
    assert not re.search(r"\bca\b", conf())


def test_every_rule_is_about_senders_and_there_are_no_others():
    rules = [one for one in conf().splitlines() if one.startswith("match")]
    assert len(rules) == 3
    assert all(" mail-from regex <t_" in rule for rule in rules)


def test_only_the_local_socket_may_send_without_a_sender():
    (rule,) = (one for one in conf().splitlines() if "<t_null_sender>" in one and one.startswith("match"))
    assert rule.startswith("match from socket ")


@pytest.mark.parametrize(
    ("domains", "sender", "allowed"),
    [
        ("example.com", "a@example.com", True),
        ("example.com", "a@EXAMPLE.com", True),
        ("example.com", "a@sub.example.com", False),
        ("example.com", "a@badexample.com", False),
        ("example.com", "a@examplexcom", False),
        ("example.com", "a@example.com.evil.org", False),
        ("example.com", "a@example.com@evil.org", False),
        ("example.com", "@", False),
        ("*.example.com", "a@example.com", False),
        ("*.example.com", "a@sub.example.com", True),
        ("*.example.com", "a@x.sub.example.com", True),
        ("*.example.com", "a@.example.com", False),
        ("*.example.com", "a@b@evil.org", False),
        ("example.org, example.com", "a@example.com", True),
        ("*", "a@anything.example", True),
        ("*", "@", True),
    ],
)
def test_senders_match_by_their_whole_domain(domains: str, sender: str, allowed: bool):
    found = patterns(conf(allowed_sender_domains=domains))
    assert any(pattern.search(sender) for pattern in found) == allowed


@pytest.mark.parametrize(
    ("addresses", "listening"),
    [
        ({}, ["0.0.0.0", "::"]),
        ({"bind_addr6": "none"}, ["0.0.0.0"]),
        ({"bind_addr4": "none", "bind_addr6": "::1"}, ["::1"]),
    ],
)
def test_it_listens_where_it_is_told(addresses: dict[str, str], listening: list[str]):
    assert re.findall('listen on "([^"]*)" port 25 ', conf(**addresses)) == listening


def test_no_ipv6_is_tried_where_none_is_reached():
    assert "mta limit inet4\n" in conf(ipv4_only=True)
    assert "inet4" not in conf()


def test_an_upstream_with_an_ipv6_address_is_tried_all_the_same():
    assert "inet4" not in conf(Upstream("::1"), ipv4_only=True)


def test_limits_are_as_set():
    text = conf(expire="1h", bounce_warn="10m", max_message_size="10m")
    assert line(text, "queue ttl") == 'queue ttl "1h"'
    assert line(text, "bounce") == 'bounce warn-interval "10m"'
    assert line(text, "smtp max") == 'smtp max-message-size "10M"'
