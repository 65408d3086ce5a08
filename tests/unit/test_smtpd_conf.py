"""What OpenSMTPD reads, as text: smtpd.conf, its tables, and the files that hold secrets."""

import re
from typing import Any

import pytest

from components.image.relay.failover import FALLBACK, PRIMARY
from components.image.relay.files import File, files
from components.image.relay.settings import Dkim, Route, Settings, Submission, Upstream
from components.image.relay.smtpd_conf import credentials, smtpd_conf, upstream_table
from tests.unit.certificates import CERTIFICATE, ED25519_KEY, RSA_KEY

pytestmark = pytest.mark.unit

DIRECTORY = "/run/relay"


HASH = "$6$salt$" + "x" * 86
SUBMISSION = Submission(CERTIFICATE, ED25519_KEY, f"app:{HASH}")
DKIM = Dkim("example.com", "mail", RSA_KEY)
ROUTES = (
    Route(2, ("example.org",), Upstream("two.example.net", user="other", password="wo:rd")),
    Route(5, ("*.example.org",), Upstream(proto="direct")),
)


def settings(upstream: Upstream | None = None, **given: Any) -> Settings:
    least = {
        "allowed_sender_domains": "example.com",
        "allowed_networks": "10.0.0.0/8",
        "hostname": "relay.example.com",
    }
    return Settings(upstream or Upstream("smtp.example.net"), **(least | given))


def conf(upstream: Upstream | None = None, *, ipv4_only: bool = False, **given: Any) -> str:
    return smtpd_conf(settings(upstream, **given), DIRECTORY, ipv4_only=ipv4_only)


def written(upstream: Upstream | None = None, **given: Any) -> dict[str, File]:
    return {file.name: file for file in files(settings(upstream, **given), DIRECTORY)}


def rules(text: str) -> list[str]:
    return [one for one in text.splitlines() if one.startswith("match")]


def line(text: str, start: str) -> str:
    (found,) = (one for one in text.splitlines() if one.startswith(start))
    return found


def patterns(text: str, table: str) -> list[re.Pattern[str]]:
    return [
        re.compile(item.removeprefix("(?i)"), re.IGNORECASE)
        for item in re.findall('"([^"]*)"', line(text, f"table {table} "))
    ]


OF_THE_FIRST = (
    "a_relay",
    "default",
    "act01",
)  # the actions of the first upstream; mail of wodby's is queued for the last two


def test_the_whole_file_for_a_login_with_a_ca_of_its_own():
    upstream = Upstream("smtp.example.net", user="name", password="word", ca=CERTIFICATE)
    written = conf(upstream).splitlines(keepends=True)
    # The limits of delivery have tests of their own.
    assert "".join(line for line in written if not line.startswith("mta limit")) == (
        'queue ttl "4d"\n'
        'bounce warn-interval "1h", "6h", "2d"\n'
        'smtp max-message-size "35M"\n'
        "smtp limit max-mails 100000\n"
        'table t_networks { "10.0.0.0/8" }\n'
        'table t_senders { "(?i)@example\\.com$" }\n'
        'table t_null_sender { "^@$" }\n'
        'table t_credentials "file:/run/relay/credentials"\n'
        'listen on "0.0.0.0" port 25 hostname "relay.example.com"\n'
        'listen on "::" port 25 hostname "relay.example.com"\n'
        'ca "c_relay" cert "/run/relay/ca_relay.pem"\n'
        + "".join(
            f'action "{name}" relay host "smtp+tls://relay@smtp.example.net:587" auth <t_credentials> ca "c_relay" '
            'helo "relay.example.com"\n'
            for name in OF_THE_FIRST
        )
        + 'match from src <t_networks> mail-from regex <t_senders> for any action "a_relay"\n'
        'match from socket mail-from regex <t_senders> for any action "a_relay"\n'
        'match from socket mail-from regex <t_null_sender> for any action "a_relay"\n'
    )


def test_the_password_is_in_the_credentials_and_not_in_the_configuration():
    upstream = Upstream("smtp.example.net", user="name", password="wo:rd # x")
    assert "wo:rd" not in conf(upstream)
    assert credentials(settings(upstream)) == "relay name:wo:rd # x\n"


def test_a_user_without_a_password_is_both_in_the_credentials():
    assert credentials(settings(Upstream("smtp.example.net", user="token"))) == "relay token:token\n"


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
    assert f'relay host "{url}" ' in line(conf(upstream), 'action "a_relay"')


def test_without_a_login_nothing_of_one_is_there():
    assert not re.search("auth|credentials|relay@", conf())


def test_without_a_ca_the_systems_own_are_used():
    assert not re.search(r"\bca\b", conf())


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"routes": ROUTES},
        {"submission": SUBMISSION},
        {"routes": ROUTES, "submission": SUBMISSION, "allowed_recipient_domains": "example.net"},
    ],
)
def test_every_rule_is_about_senders_and_where_they_are(given: dict[str, Any]):
    assert rules(conf(**given))
    for rule in rules(conf(**given)):
        assert re.match(r"match from (src <t_networks>|socket|auth) mail-from regex <t_\w+> for ", rule)


def test_who_logs_in_is_let_in_only_where_logins_are_asked_for():
    assert "from auth" not in conf(routes=ROUTES)
    assert "from auth" in conf(submission=SUBMISSION)


def test_only_the_local_socket_may_send_without_a_sender():
    (rule,) = (one for one in rules(conf()) if "<t_null_sender>" in one)
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
    found = patterns(conf(allowed_sender_domains=domains), "t_senders")
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


def test_routes_are_asked_by_number_before_the_first_upstream():
    asked = [re.search(r'<(t_senders\w*)>.* action "(\w+)"', rule) for rule in rules(conf(routes=ROUTES))]
    assert list(dict.fromkeys(match.groups() for match in asked if match)) == [
        ("t_senders_2", "a_relay_2"),
        ("t_senders_5", "a_relay_5"),
        ("t_senders", "a_relay"),
    ]


def test_each_route_has_its_own_senders_server_and_login():
    text = conf(Upstream("smtp.example.net", user="name", password="word"), routes=ROUTES)
    assert line(text, "table t_senders_2") == 'table t_senders_2 { "(?i)@example\\.org$" }'
    assert line(text, 'action "a_relay_2"') == (
        'action "a_relay_2" relay host "smtp+tls://relay_2@two.example.net:587" auth <t_credentials> '
        'helo "relay.example.com"'
    )
    assert credentials(settings(Upstream("h", user="name", password="word"), routes=ROUTES)) == (
        "relay name:word\nrelay_2 other:wo:rd\n"
    )


def test_the_name_of_a_routes_action_does_not_depend_on_other_routes():
    assert 'action "a_relay_5" relay' in conf(routes=ROUTES[1:])


def test_direct_delivery_names_no_server():
    assert line(conf(Upstream(proto="direct")), 'action "a_relay"') == (
        'action "a_relay" relay helo "relay.example.com"'
    )


def test_the_server_is_in_a_table_that_can_be_exchanged_where_there_is_a_fallback():
    both = {"fallback": Upstream("two.example.net", 25, user="other", password="word")}
    text = conf(**both)
    assert 'table t_upstream "file:/run/relay/upstream"\n' in text
    assert ' relay host <t_upstream> auth <t_credentials> helo "' in line(text, 'action "a_relay"')
    assert upstream_table(settings(**both), PRIMARY) == "# @list\nsmtp+tls://smtp.example.net:587\n"
    assert upstream_table(settings(**both), FALLBACK) == "# @list\nsmtp+tls://fallback@two.example.net:25\n"
    assert written(**both)["upstream"].text == upstream_table(settings(**both), PRIMARY)


def test_the_cas_of_both_servers_count_where_there_is_a_fallback():
    found = written(Upstream("one", ca=CERTIFICATE), fallback=Upstream("two", ca=CERTIFICATE), routes=ROUTES)
    assert found["ca_relay.pem"].text == CERTIFICATE * 2


def test_certificates_go_unverified_only_when_asked_for():
    assert "no-verify" not in conf(fallback=Upstream("two"), routes=ROUTES, submission=SUBMISSION)
    text = conf(Upstream("smtp.example.net", user="name", insecure_skip_verify=True), routes=ROUTES)
    assert ':587" tls no-verify auth <t_credentials> ' in line(text, 'action "a_relay"')
    assert text.count("no-verify") == len(OF_THE_FIRST)


def test_all_envelope_senders_are_rewritten_by_every_action():
    text = conf(envelope_sender="@example.com", routes=ROUTES)
    actions = [line for line in text.splitlines() if line.startswith("action ")]
    assert len(actions) == len(OF_THE_FIRST) + len(ROUTES)
    assert all(' mail-from "@example.com" helo ' in action for action in actions)


@pytest.mark.parametrize(
    ("domains", "recipient", "allowed"),
    [
        ("example.com", "example.com", True),
        ("example.com", "EXAMPLE.com", True),
        ("example.com", "sub.example.com", False),
        ("example.com", "badexample.com", False),
        ("example.com", "example.com.evil.org", False),
        ("*.example.com", "example.com", False),
        ("*.example.com", "x.sub.example.com", True),
        ("*.example.com", ".example.com", False),
    ],
)
def test_recipients_match_by_their_whole_domain(domains: str, recipient: str, allowed: bool):
    text = conf(allowed_recipient_domains=domains)
    found = patterns(text, "t_recipients")
    assert any(pattern.search(recipient) for pattern in found) == allowed


def test_no_rule_leads_past_the_allowed_recipients():
    text = conf(allowed_recipient_domains="example.net", routes=ROUTES, submission=SUBMISSION)
    assert all(" for domain regex <t_recipients> " in rule for rule in rules(text))


def test_submission_requires_tls_and_a_login_on_every_address():
    listening = [one for one in conf(submission=SUBMISSION).splitlines() if " port 587 " in one]
    assert listening == [
        f'listen on "{address}" port 587 tls-require pki "p_submission" auth <t_logins> '
        'hostname "relay.example.com"'
        for address in ("0.0.0.0", "::")
    ]


def test_nothing_listens_for_submission_unasked():
    assert "587 tls" not in conf()


@pytest.mark.parametrize("given", [{"from_header": "@example.com"}, {"redirect_recipients": "a@example.com"}])
def test_every_way_in_leads_through_the_rewriting(given: dict[str, Any]):
    text = conf(submission=SUBMISSION, **given)
    assert 'filter "f_rewrite" proc-exec "/usr/bin/python3 -I -m relay.filter"\n' in text
    listening = [one for one in text.splitlines() if one.startswith("listen ")]
    assert len(listening) == 5
    assert all(one.endswith(' filter { "f_rewrite" }') for one in listening)


def test_what_is_only_signed_is_kept_from_lines_that_end_the_signer():
    assert conf(dkim=DKIM).count(' filter { "f_rewrite", "f_sign" }\n') == 3
    assert "filter.json" in written(dkim=DKIM)


def test_what_is_rewritten_is_signed_afterwards():
    text = conf(from_header="@example.com", dkim=DKIM)
    assert text.count(' filter { "f_rewrite", "f_sign" }\n') == 3
    command = "/usr/libexec/opensmtpd/filter-dkimsign -c relaxed/relaxed -d example.com -s mail"
    assert line(text, 'filter "f_sign"') == f'filter "f_sign" proc-exec "{command} -k /run/relay/dkim.key"'


def test_without_need_there_is_no_filter():
    assert "filter" not in conf(submission=SUBMISSION, routes=ROUTES)


def test_the_filter_is_told_what_to_rewrite():
    assert written(from_header="@example.com")["filter.json"].text == (
        '{"from_header": "@example.com", "redirect_recipients": ""}'
    )


def test_secrets_are_in_files_that_only_root_and_the_programs_that_need_them_can_read():
    found = written(
        Upstream("h", user="name", password="word"), submission=SUBMISSION, dkim=DKIM, routes=ROUTES
    )
    assert {name: (file.mode, file.group) for name, file in found.items()} == {
        "smtpd.conf": (0o600, "root"),
        "mailname": (0o644, "root"),
        "credentials": (0o640, "opensmtpd"),
        "submission.crt": (0o644, "root"),
        # OpenSMTPD takes no key that others may read.
        "submission.key": (0o600, "root"),
        "filter.json": (0o640, "opensmtpd"),
        "logins": (0o640, "opensmtpd"),
        "dkim.key": (0o640, "opensmtpd"),
    }
    for secret in ("word", HASH, "PRIVATE KEY"):
        holders = {name for name, file in found.items() if secret in file.text}
        assert holders <= {"credentials", "submission.key", "logins", "dkim.key"}
    assert "word" not in repr(found)


def test_no_file_is_there_without_need():
    assert set(written()) == {"smtpd.conf", "mailname"}
