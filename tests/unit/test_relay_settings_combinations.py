"""Settings that are right each for itself, and wrong together."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from components.image.relay.invalid_setting import InvalidSetting
from components.image.relay.settings import Dkim, Route, Settings, Submission, Upstream
from tests.unit.certificates import CERTIFICATE, ED25519_KEY, RSA_KEY

pytestmark = pytest.mark.unit

HOST = "smtp.example.com"
HASH = "$6$salt$" + "x" * 86
DKIM = Dkim("example.com", "mail", RSA_KEY)
DIRECT = Upstream(proto="direct")


def settings(upstream: Upstream | None = None, **given: Any) -> Settings:
    return Settings(upstream or Upstream(HOST), "example.com", **given)


def route(number: int, domains: str, upstream: Upstream | None = None) -> Route:
    return Route(number, domains, upstream or Upstream(HOST))


def refusal(call: Callable[..., Any], **given: Any) -> InvalidSetting:
    with pytest.raises(InvalidSetting) as raised:
        call(**given)
    assert "\n" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"host": HOST}, "host"),
        ({"port": 25}, "port"),
        ({"user": "name"}, "user"),
        ({"ca": CERTIFICATE}, "ca"),
        ({"insecure_skip_verify": True}, "insecure_skip_verify"),
    ],
)
def test_direct_delivery_with_what_belongs_to_a_server_is_refused(given: dict[str, Any], field: str):
    error = refusal(Upstream, proto="direct", **given)
    assert error.field == field
    assert "does not go with proto direct" in error.problem


def test_direct_delivery_is_never_the_default():
    error = refusal(Upstream)
    assert (error.field, error.problem) == ("host", "is empty")


def test_any_certificate_and_a_ca_together_are_refused():
    error = refusal(Upstream, host=HOST, ca=CERTIFICATE, insecure_skip_verify=True)
    assert error.field == "insecure_skip_verify"
    assert "ca" in error.problem


@pytest.mark.parametrize("proto", ["smtp", "smtp+notls"])
def test_any_certificate_where_none_is_looked_at_is_refused(proto: str):
    error = refusal(Upstream, host=HOST, proto=proto, insecure_skip_verify="yes")
    assert error.field == "insecure_skip_verify"


@pytest.mark.parametrize(
    ("upstream", "verified"),
    [
        (Upstream(HOST), True),
        (Upstream(HOST, proto="smtps"), True),
        (Upstream(HOST, insecure_skip_verify=True), False),
        (Upstream(HOST, proto="smtp"), False),
        (DIRECT, False),
    ],
)
def test_an_upstream_tells_whether_its_certificate_is_verified(upstream: Upstream, verified: bool):
    assert upstream.verify == verified


@pytest.mark.parametrize(("first", "second"), [(DIRECT, Upstream(HOST)), (Upstream(HOST), DIRECT)])
def test_a_fallback_from_or_to_direct_delivery_is_refused(first: Upstream, second: Upstream):
    assert refusal(settings, upstream=first, fallback=second).field == "fallback_proto"


@pytest.mark.parametrize(
    ("first", "second"), [("smtp+tls", "smtp"), ("smtps", "smtp+notls"), ("smtp", "smtps")]
)
def test_a_fallback_of_another_protection_is_refused(first: str, second: str):
    error = refusal(settings, upstream=Upstream("one", proto=first), fallback=Upstream("two", proto=second))
    assert (error.field, error.value) == ("fallback_proto", repr(second))


@pytest.mark.parametrize(("first", "second"), [("smtp+tls", "smtps"), ("smtp", "smtp+notls")])
def test_a_fallback_of_the_same_protection_is_accepted(first: str, second: str):
    assert settings(Upstream("one", proto=first), fallback=Upstream("two", proto=second)).fallback


def test_a_fallback_whose_certificate_would_go_unverified_is_refused():
    first = Upstream(HOST, insecure_skip_verify=True)
    assert refusal(settings, upstream=first, fallback=Upstream("two")).field == "insecure_skip_verify"


@pytest.mark.parametrize(
    ("first", "second", "missing"), [(CERTIFICATE, "", "fallback_ca"), ("", CERTIFICATE, "ca")]
)
def test_a_ca_for_one_of_two_servers_is_refused(first: str, second: str, missing: str):
    error = refusal(settings, upstream=Upstream("one", ca=first), fallback=Upstream("two", ca=second))
    assert error.field == missing


def test_a_domain_of_two_routes_is_refused():
    error = refusal(settings, routes=(route(1, "example.net"), route(4, "example.org, Example.net")))
    assert (error.field, error.value) == ("route_4_sender_domains", "'example.net'")
    assert "route_1_sender_domains" in error.problem


def test_gaps_between_the_numbers_of_routes_are_fine():
    given = settings(routes=(route(2, "example.net"), route(7, "*.example.net"))).routes
    assert [one.number for one in given] == [2, 7]


SES = ["email-smtp.eu-west-1.amazonaws.com", "email-smtp-fips.us-gov-west-1.amazonaws.com"]
SES += ["email-smtp.cn-north-1.amazonaws.com.cn", "EMAIL-SMTP.EU-WEST-1.AMAZONAWS.COM"]


@pytest.mark.parametrize("host", SES)
def test_a_second_signature_for_ses_is_refused(host: str):
    error = refusal(settings, upstream=Upstream(host), dkim=DKIM)
    assert error.field == "dkim_domain"
    assert host in error.problem


@pytest.mark.parametrize(
    "given",
    [{"fallback": Upstream(SES[0])}, {"routes": (route(3, "example.org", Upstream(SES[0])),)}],
    ids=["fallback", "route"],
)
def test_a_second_signature_is_refused_wherever_ses_may_get_it(given: dict[str, Any]):
    assert refusal(settings, dkim=DKIM, **given).field == "dkim_domain"


@pytest.mark.parametrize(
    "host", [HOST, "email-smtp.example.com", "email-smtp.eu-west-1.amazonaws.com.evil.org"]
)
def test_others_may_get_a_signature(host: str):
    assert settings(Upstream(host), dkim=DKIM).dkim == DKIM


def test_one_mailbox_for_all_and_a_list_of_recipient_domains_are_refused():
    error = refusal(settings, redirect_recipients="a@example.com", allowed_recipient_domains="example.com")
    assert error.field == "redirect_recipients"


@pytest.mark.parametrize("port", [25, 587])
def test_a_metrics_port_that_mail_takes_is_refused(port: int):
    assert refusal(settings, metrics_port=port).field == "metrics_port"


def test_no_part_shows_a_secret():
    shown = repr(
        settings(Upstream(HOST), dkim=DKIM, submission=Submission(CERTIFICATE, ED25519_KEY, f"a:{HASH}"))
    )
    assert not re.search(f"PRIVATE|{re.escape(HASH)}", shown)
