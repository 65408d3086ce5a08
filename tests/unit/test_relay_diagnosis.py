"""The sentences for upstreams that fail."""

import pytest

from components.image.relay.diagnosis import diagnosis, failure_in, refuses_sender
from components.image.relay.failure import Failure
from components.image.relay.settings import Upstream

pytestmark = pytest.mark.unit

SES = Upstream("email-smtp.eu-west-1.amazonaws.com", user="AKIA", password="hunter2")
OTHER = Upstream("mail.example.com", user="me", password="hunter2")

REFUSED_LOGIN = Failure("auth", "reply", "535 Authentication Credentials Invalid")


def test_a_login_that_ses_refuses_names_the_region_of_the_host_and_the_fix():
    assert diagnosis(SES, REFUSED_LOGIN) == (
        "upstream email-smtp.eu-west-1.amazonaws.com:587 refused the login (535): the password is not the one for "
        "region eu-west-1, or the key was deleted; make a new key (keyGeneration + 1), or correct RELAY_USER and "
        "RELAY_PASSWORD"
    )


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("email-smtp-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("email-smtp.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("vpce-0123-abc.email-smtp.ap-southeast-2.vpce.amazonaws.com", "ap-southeast-2"),
    ],
)
def test_every_kind_of_ses_endpoint_gives_its_region(host, region):
    assert f"region {region}," in diagnosis(Upstream(host, user="u"), REFUSED_LOGIN)


def test_ses_is_known_by_its_words_behind_another_name():
    assert "not the one for its region" in diagnosis(OTHER, REFUSED_LOGIN)


def test_another_servers_refused_login_speaks_of_no_region():
    sentence = diagnosis(OTHER, Failure("auth", "reply", "535 5.7.8 Error: authentication failed"))
    assert sentence == (
        "upstream mail.example.com:587 refused the login (535): correct RELAY_USER and RELAY_PASSWORD"
    )


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure("resolve", "unresolved", "Name or service not known"), "correct RELAY_HOST"),
        (Failure("resolve", "timeout"), "DNS server does not answer"),
        (Failure("connect", "refused"), "nothing listens there"),
        (Failure("connect", "unreachable", "Network is unreachable"), "Network is unreachable"),
        (Failure("connect", "timeout"), "RELAY_PORT=587 or 2587"),
        (Failure("greeting", "timeout"), "answers too slowly before its greeting"),
        (Failure("greeting", "closed"), "closed the connection before its greeting"),
        (Failure("greeting", "reply", "554 No SMTP service here"), "554 No SMTP service here"),
        (Failure("greeting", "reply", "421 Too many connections"), "tries again by itself"),
        (Failure("ehlo", "reply", "550 Bad HELO"), "OPENSMTPD_HOSTNAME"),
        (Failure("starttls", "missing"), "offers no STARTTLS"),
        (Failure("starttls", "reply", "454 TLS not available"), "tries again by itself"),
        (Failure("tls", "not-tls", "WRONG_VERSION_NUMBER"), "RELAY_PROTO=smtp+tls"),
        (Failure("tls", "other-name"), "another name than mail.example.com"),
        (Failure("tls", "expired"), "must renew it"),
        (Failure("tls", "not-yet-valid"), "clock"),
        (Failure("tls", "self-signed"), "give it as RELAY_CA"),
        (Failure("tls", "unknown-ca"), "unknown CA: give that CA as RELAY_CA"),
        (Failure("tls", "certificate", "CRL has expired"), "CRL has expired"),
        (Failure("auth", "missing"), "offers no login"),
        (Failure("auth", "missing", "CRAM-MD5"), "offers only CRAM-MD5"),
        (Failure("auth", "reply", "454 Temporary authentication failure"), "cannot check the login now (454)"),
        (Failure("auth", "reply", "530 Must issue a STARTTLS command first"), "refused the login (530)"),
        (Failure("ehlo", "reply", "530 Must issue a STARTTLS command first"), "RELAY_PROTO=smtp+tls"),
        (Failure("mail", "reply", "530 Authentication required"), "set RELAY_USER and RELAY_PASSWORD"),
        (Failure("mail", "reply", "554 Message rejected: Email address is not verified."),
         "verify its domain there; in the SES sandbox"),
        (Failure("mail", "reply", "554 Message rejected: Email address is not verified. The following identities "
                 "failed the check in region EU-WEST-1: app@example.com"), "verify its domain in region eu-west-1;"),
        (Failure("tls", "other", "SSLV3_ALERT_HANDSHAKE_FAILURE"), "while TLS was set up"),
    ],
)  # fmt: skip
def test_each_failure_is_one_line_with_a_fix(failure, words):
    sentence = diagnosis(OTHER, failure)
    assert sentence.startswith("upstream mail.example.com:587 ")
    assert words in sentence
    assert ": " in sentence.removeprefix("upstream mail.example.com:587 ")
    assert "\n" not in sentence


def test_silence_on_the_port_for_tls_suggests_tls_from_the_first_byte():
    upstream = Upstream("mail.example.com", 465)
    assert "RELAY_PROTO=smtps" in diagnosis(upstream, Failure("greeting", "timeout"))


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("AUTH rejected: 535 Authentication Credentials Invalid", REFUSED_LOGIN),
        ("AUTH not advertised", Failure("auth", "missing", "")),
        ("BANNER rejected: 421 Too busy", Failure("greeting", "reply", "421 Too busy")),
        ("TLS required but not supported by remote host", Failure("starttls", "missing", "")),
        ("IO Error: Connection refused", Failure("connect", "refused")),
        (
            "IO Error: certificate verification failed: self-signed certificate",
            Failure("tls", "self-signed"),
        ),
        (
            "IO Error: certificate verification failed: self-signed certificate in certificate chain",
            Failure("tls", "unknown-ca"),
        ),
        (
            "IO Error: certificate verification failed: CRL has expired",
            Failure("tls", "certificate", "CRL has expired"),
        ),
        (
            "IO Error: name `127.0.0.1' not present in server certificate",
            Failure("tls", "other-name"),
        ),
        ("Bad response: too short", Failure("connect", "other", "Bad response: too short")),
    ],
)  # fmt: skip
def test_the_reasons_of_opensmtpds_log_are_understood(reason, failure):
    assert failure_in(reason) == failure


@pytest.mark.parametrize(
    "reply",
    [
        "554 Message rejected: Email address is not verified. The following identities failed the check in region "
        "EU-WEST-1: app@example.com",
        "550 The from address does not match a verified Sender Identity.",
        "554 Access denied: User `arn:aws:iam::123456789012:user/x' is not authorized to perform `ses:SendRawEmail'",
        "554 Sending paused for this account.",
    ],
)
def test_replies_about_the_sender_are_known(reply):
    assert refuses_sender(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 No such user",
        "454 Throttling failure: Maximum sending rate exceeded.",
        "250 Ok not verified",
        "552 Message is too long",
    ],
)
def test_other_replies_are_not_about_the_sender(reply):
    assert not refuses_sender(reply)
