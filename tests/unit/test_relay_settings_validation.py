"""Every setting that would not work is refused with its name, its value and the fix, and without any secret."""

import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from components.image.relay.checks import CHECKS
from components.image.relay.invalid_setting import InvalidSetting
from components.image.relay.settings import Settings, Upstream
from tests.unit.certificates import CERTIFICATE, ED25519_KEY, PRIVATE_KEY, RSA_KEY

pytestmark = pytest.mark.unit

SECRET = "s3cr3t-value"
HASH = "$6$salt$" + "x" * 86
BCRYPT = "$2b$10$" + "x" * 53
YESCRYPT = "$y$j9T$salt./salt$" + "x" * 43


def refusal(call: Callable[..., Any], *arguments: Any, **named: Any) -> InvalidSetting:
    with pytest.raises(InvalidSetting) as raised:
        call(*arguments, **named)
    return raised.value


@pytest.mark.parametrize(
    ("field", "value", "problem", "fix"),
    [
        ("host", "", "is empty", "name the SMTP server"),
        ("host", "smtp://smtp.example.com", "has a scheme in it", "put that in proto"),
        ("host", "smtp.example.com:587", "has a port in it", "put that in port"),
        ("host", "192.0.2.1:587", "has a port in it", "put that in port"),
        ("host", "[2001:db8::1]:587", "has a port in it", "put that in port"),
        ("host", "smtp.example.com/mail", "has a path in it", "bare name"),
        ("host", "user@smtp.example.com", "has a user in it", "user and password"),
        ("host", "smtp example.com", "has white space in it", "bare name"),
        ("host", "smtp.example.com\n", "has white space in it", "bare name"),
        ("host", "smtp.example.com.", "ends in a dot", "drop the dot"),
        ("host", "-smtp.example.com", "is not a host name", "letters, digits"),
        ("host", "smtp..example.com", "is not a host name", "letters, digits"),
        ("host", "smtp.bücher.example", "is not a host name", "letters, digits"),
        ("host", 'smtp"example.com', "is not a host name", "letters, digits"),
        ("host", "192.0.2.256", "is not an IPv4 address", "four numbers"),
        ("host", 'fe80::1%"tls no-verify', "has white space in it", "bare name"),
        ("host", "[fe80::1%eth0]", "is not a host name", "letters, digits"),
        ("host", None, "is of type NoneType", "give it as text"),
        ("port", 0, "is out of range", "from 1 to 65535"),
        ("port", 65536, "is out of range", "from 1 to 65535"),
        ("port", "-1", "is not a port number", "from 1 to 65535"),
        ("port", "submission", "is not a port number", "from 1 to 65535"),
        ("port", 587.5, "is not a port number", "from 1 to 65535"),
        ("port", True, "is not a port number", "from 1 to 65535"),
        ("port", "9" * 5000, "is not a port number", "from 1 to 65535"),
        ("proto", "starttls", "is not a relay protocol", "smtp+tls, smtps, smtp, smtp+notls"),
        ("proto", "lmtp", "is not a relay protocol", "smtp+tls, smtps, smtp, smtp+notls"),
        ("user", "", "is empty", "leave user out"),
        ("user", "name:word", "has a colon in it", "password in password"),
        ("user", "two words", "has white space", "user name alone"),
        ("user", "name\x00", "control character", "user name alone"),
        ("user", "u" * 256, "is too long", "255"),
        ("password", "", "is empty", "leave password out"),
        ("password", "word\n", "has a line break", "one line"),
        ("password", "wo\x7frd", "has a line break or another control", "one line"),
        ("password", "word ", "ends in white space", "remove that"),
        ("password", "p" * 1025, "is too long", "1024"),
        ("ca", "/etc/ssl/ca.pem", "is not a PEM certificate", "not a path"),
        ("ca", CERTIFICATE.replace("M", "!"), "is not a PEM certificate", "whole text"),
        (
            "ca",
            CERTIFICATE.replace(CERTIFICATE.splitlines()[2] + "\n", ""),
            "is not a PEM certificate",
            "whole text",
        ),
        ("ca", CERTIFICATE + PRIVATE_KEY, "has a private key in it", "replace that key"),
        ("allowed_sender_domains", "", "is empty", "name the domains"),
        ("allowed_sender_domains", [], "is empty", "name the domains"),
        ("allowed_sender_domains", "localhost", "is not a domain", "example.com"),
        ("allowed_sender_domains", "example..com", "is not a domain", "example.com"),
        ("allowed_sender_domains", "exa_mple.com", "is not a domain", "example.com"),
        ("allowed_sender_domains", "*.com", "is not a domain", "example.com"),
        ("allowed_sender_domains", "192.0.2.1", "is not a domain", "example.com"),
        ("allowed_sender_domains", "a@example.com", "is an address", "behind the @"),
        ("allowed_sender_domains", "bücher.example", "is not in ASCII", "xn--"),
        ("allowed_sender_domains", "example.com, *", "lets every domain send", "by itself"),
        ("allowed_sender_domains", {"example.com"}, "is not a list", "give a list"),
        ("allowed_sender_domains", [None], "is of type NoneType", "give it as text"),
        ("allowed_networks", "office", "is not a network", "prefix length"),
        ("allowed_networks", "10.0.0.1", "is not a network", "192.0.2.1/32"),
        ("allowed_networks", "10.0.0.0/255.0.0.0", "is not a network", "prefix length"),
        ("allowed_networks", "10.0.0.1/8", "has host bits set", "own address"),
        ("allowed_networks", "10.0.0.0/33", "is no network", "prefix length"),
        ("allowed_networks", "0.0.0.0/0", "strangers could relay", "/8"),
        ("allowed_networks", "0.0.0.0/7", "strangers could relay", "/8"),
        ("allowed_networks", "::/0", "strangers could relay", "/7"),
        ("allowed_networks", 'fe80::%" }/128', "is not a network", "prefix length"),
        ("hostname", "relay example", "is not a host name", "letters, digits"),
        ("expire", "4", "is not a duration", "4d"),
        ("expire", "0d", "is not a duration", "4d"),
        ("expire", "1w", "is not a duration", "4d"),
        ("expire", "9" * 5000 + "d", "is not a duration", "4d"),
        ("expire", "99999d", "is too long", "24855d"),
        ("bounce_warn", "soon", "is not a duration", "1h, 6h, 2d"),
        ("bounce_warn", "1h, 2h, 3h, 4h, 5h", "has 5 delays", "1 to 4"),
        ("bounce_warn", [], "has 0 delays", "1 to 4"),
        ("max_message_size", "35MB", "is not a size", "35M"),
        ("max_message_size", "0", "is not a size", "35M"),
        ("max_message_size", "-1", "is not a size", "35M"),
        ("bind_addr4", "::", "is not an IPv4 address", "none"),
        ("bind_addr4", "", "is not an IPv4 address", "none"),
        ("bind_addr6", "0.0.0.0", "is not an IPv6 address", "none"),
        ("bind_addr6", 'fe80::1%"', "is not an IPv6 address", "none"),
        ("bind_addr6", "eth0", "is not an IPv6 address", "none"),
        ("insecure_skip_verify", "true", "is not known", "yes or no"),
        ("insecure_skip_verify", 1, "is not known", "yes or no"),
        ("sender_domains", "", "is empty", "name the domains"),
        ("sender_domains", "*", "is every domain", "name the domains"),
        ("sender_domains", "a@example.com", "is an address", "behind the @"),
        ("allowed_recipient_domains", "*", "is every domain", "leave it out"),
        ("allowed_recipient_domains", "a@example.com", "is an address", "behind the @"),
        ("allowed_recipient_domains", "localhost", "is not a domain", "example.com"),
        ("redirect_recipients", "@example.com", "is not an address", "staging@example.com"),
        ("redirect_recipients", "a@example.com, b@example.com", "is not an address", "one mailbox"),
        ("redirect_recipients", "Staging <a@example.com>", "is not an address", "one mailbox"),
        ("redirect_recipients", "a|b@example.com", "is not an address", "one mailbox"),
        ("redirect_recipients", "a@example.com\n", "is not an address", "one mailbox"),
        ("redirect_recipients", "a..b@example.com", "is not an address", "one mailbox"),
        ("redirect_recipients", f"{'a' * 65}@example.com", "is not an address", "one mailbox"),
        ("redirect_recipients", 'a"@example.com', "is not an address", "one mailbox"),
        ("envelope_sender", "example.com", "is neither an address", "@example.com"),
        ("envelope_sender", "a@localhost", "is neither an address", "@example.com"),
        ("envelope_sender", "@", "is neither an address", "@example.com"),
        ("envelope_sender", "a\\@example.com", "is neither an address", "@example.com"),
        ("from_header", "App <app@example.com>", "is neither an address", "app@example.com"),
        ("from_header", "a@example.com, b@example.com", "is neither an address", "app@example.com"),
        ("submission_certificate", " ", "is empty", "submission_key"),
        ("submission_certificate", "/etc/tls.pem", "is not a PEM certificate", "not a path"),
        ("submission_certificate", CERTIFICATE + RSA_KEY, "has a private key in it", "submission_key"),
        ("submission_key", "", "is empty", "PEM text"),
        ("submission_key", "/etc/tls.key", "is not a PEM private key", "not a path"),
        ("submission_key", CERTIFICATE, "is not a PEM private key", "whole text"),
        ("submission_key", PRIVATE_KEY, "is not a PEM private key", "whole text"),
        ("submission_key", RSA_KEY + ED25519_KEY, "is not a PEM private key", "one key"),
        (
            "submission_key",
            RSA_KEY.replace("PRIVATE", "ENCRYPTED PRIVATE"),
            "needs a passphrase",
            "without one",
        ),
        (
            "submission_key",
            RSA_KEY.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n", 1),
            "needs a passphrase",
            "without one",
        ),
        ("submission_logins", "\n", "is empty", "user:hash"),
        ("submission_logins", f"app {HASH}", "does not begin with a user name", "user:hash"),
        ("submission_logins", f":{HASH}", "does not begin with a user name", "user:hash"),
        ("submission_logins", f"#app:{HASH}", "does not begin with a user name", "user:hash"),
        ("submission_logins", f"app:{HASH}\nApp:{HASH}", "names a user again in line 2", "user:hash"),
        ("submission_logins", "app:word", "has no crypt(3) hash", "openssl passwd -6"),
        ("submission_logins", "app:", "has no crypt(3) hash", "openssl passwd -6"),
        (
            "submission_logins",
            "app:$1$salt$qJH7.N4xYta3aEG/dfqo/0",
            "has no crypt(3) hash",
            "openssl passwd -6",
        ),
        ("submission_logins", f"app:{HASH} x", "has no crypt(3) hash", "openssl passwd -6"),
        ("dkim_domain", "*.example.com", "is not a domain", "example.com"),
        ("dkim_domain", "app@example.com", "is an address", "behind the @"),
        ("dkim_selector", "", "is not a selector", "mail2026"),
        ("dkim_selector", "mail.", "is not a selector", "mail2026"),
        ("dkim_selector", "mail -x", "is not a selector", "mail2026"),
        ("dkim_selector", "mail;reboot", "is not a selector", "mail2026"),
        ("dkim_selector", "mail\n", "is not a selector", "mail2026"),
        ("dkim_key", "/etc/dkim.key", "is not a PEM private key", "not a path"),
        ("dkim_key", ED25519_KEY, "is not an RSA key", "openssl genrsa"),
        ("max_rate", "0", "is out of range", "from 1 to 10000"),
        ("max_rate", "14.5", "is not a whole number", "digits"),
        ("max_connections", 0, "is out of range", "from 1 to 1000"),
        ("max_connections", "many", "is not a whole number", "digits"),
        ("log_format", "xml", "is not known", "plain or json"),
        ("log_format", None, "is not known", "plain or json"),
        ("log_addresses", "none", "is not known", "full or masked"),
        ("metrics_port", "http", "is not a port number", "from 1 to 65535"),
        ("metrics_port", "0", "is out of range", "from 1 to 65535"),
        ("probe_interval", "60", "is not a duration", "60s"),
        ("probe_interval", 0, "is not a duration", "60s"),
        ("probe_interval", "2d", "is too long", "1d"),
        ("probe_interval", True, "is not a duration", "60s"),
        ("max_queue_age", "31d", "is too long", "30d"),
        ("drain_timeout", "61m", "is too long", "1h"),
    ],
)
def test_a_value_that_cannot_work_is_refused(field: str, value: object, problem: str, fix: str):
    error = refusal(CHECKS[field], value)
    assert error.field == field
    assert problem in error.problem
    assert fix in error.fix or fix in str(error)
    assert str(error) == " ".join(filter(None, (field, error.value, f"{error.problem}: {error.fix}")))
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", f"{SECRET}\n"),
        ("password", f"{SECRET} "),
        ("password", SECRET * 100),
        ("ca", SECRET),
        ("ca", f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n"),
        ("user", f"name:{SECRET}"),
        ("host", f"name:{SECRET}@smtp.example.com"),
        ("host", f"smtp://name:{SECRET}@smtp.example.com:587"),
        ("password", [SECRET]),
        ("submission_logins", [f"app:{SECRET}"]),
        ("dkim_key", SECRET.encode()),
        ("submission_certificate", SECRET),
        ("submission_key", SECRET),
        ("submission_logins", f"app:{SECRET}"),
        ("submission_logins", SECRET),
        ("submission_logins", f"app:{HASH}\napp:{HASH}{SECRET}"),
        ("dkim_key", SECRET),
        ("dkim_key", f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"),
    ],
)
def test_a_refusal_shows_no_secret(field: str, value: object):
    error = refusal(CHECKS[field], value)
    trace = "".join(traceback.format_exception(error))
    attributes = repr(vars(error))
    assert SECRET not in f"{error} {error!r} {trace} {attributes} {error.args}"


def test_a_refused_upstream_shows_no_password_in_its_traceback():
    error = refusal(Upstream, "smtp.example.com", proto="smtp", user="name", password=SECRET)
    assert SECRET not in "".join(traceback.format_exception(error))


def test_an_upstream_shows_no_password():
    upstream = Upstream("smtp.example.com", user="name", password=SECRET)
    assert SECRET not in repr(Settings(upstream, ("example.com",)))


@pytest.mark.parametrize("proto", ["smtp", "smtp+notls"])
def test_a_login_without_certain_encryption_is_refused(proto: str):
    error = refusal(Upstream, "smtp.example.com", proto=proto, user="name", password="word")
    assert (error.field, error.value) == ("proto", repr(proto))
    assert "smtp+tls or smtps" in error.fix


@pytest.mark.parametrize("proto", ["smtp+tls", "smtps"])
def test_a_login_over_verified_tls_is_accepted(proto: str):
    assert Upstream("smtp.example.com", proto=proto, user="name", password="word").proto == proto


def test_a_password_without_a_user_is_refused():
    assert refusal(Upstream, "smtp.example.com", password="word").field == "user"


def test_a_user_without_a_password_is_accepted():
    assert Upstream("smtp.example.com", user="token").password == ""


@pytest.mark.parametrize(
    ("proto", "port"), [("smtp+tls", 587), ("smtps", 465), ("smtp", 587), ("smtp+notls", 587)]
)
def test_the_port_follows_the_protocol_when_it_is_not_given(proto: str, port: int):
    assert Upstream("smtp.example.com", proto=proto).port == port


def test_a_given_port_stays():
    assert Upstream("smtp.example.com", "2465", "smtps").port == 2465


def test_listening_nowhere_is_refused():
    error = refusal(
        Settings, Upstream("smtp.example.com"), "example.com", bind_addr4="none", bind_addr6="none"
    )
    assert error.field == "bind_addr4"


def test_settings_are_checked_when_they_are_made():
    assert refusal(Settings, Upstream("smtp.example.com"), "example.com", expire="long").field == "expire"


def test_the_same_message_names_fields_as_the_reader_knows_them():
    error = refusal(CHECKS["host"], "smtp.example.com:25")
    assert error.named(lambda field: f"RELAY_{field.upper()}") == (
        "RELAY_HOST 'smtp.example.com:25' has a port in it: put that in RELAY_PORT, and give the bare name here"
    )


def test_a_refusal_survives_pickling():
    error = refusal(CHECKS["port"], 0)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    ("field", "value", "normal"),
    [
        ("host", "email-smtp.eu-west-1.amazonaws.com", "email-smtp.eu-west-1.amazonaws.com"),
        ("host", "mail_pit.svc", "mail_pit.svc"),
        ("host", "192.0.2.1", "192.0.2.1"),
        ("host", "[2001:DB8::1]", "2001:db8::1"),
        ("port", "587", 587),
        ("proto", "SMTPS", "smtps"),
        ("password", " a:b # \" ' \\ $x ü", " a:b # \" ' \\ $x ü"),
        ("ca", f"subject=CA\n{CERTIFICATE}\n{CERTIFICATE}", CERTIFICATE * 2),
        ("allowed_sender_domains", "Example.com, *.example.org,", ("example.com", "*.example.org")),
        ("allowed_sender_domains", ["*"], ("*",)),
        ("allowed_networks", "10.0.0.0/8, fc00::/7", ("10.0.0.0/8", "fc00::/7")),
        ("allowed_networks", [], ()),
        ("bounce_warn", "1H,6h", ("1h", "6h")),
        ("insecure_skip_verify", "Yes", True),
        ("insecure_skip_verify", "no", False),
        ("sender_domains", "Example.com, *.example.org", ("example.com", "*.example.org")),
        ("allowed_recipient_domains", "", ()),
        ("redirect_recipients", "Staging.Mail+x@Example.com", "Staging.Mail+x@Example.com"),
        ("envelope_sender", "@example.com", "@example.com"),
        ("from_header", "o'brien@example.com", "o'brien@example.com"),
        ("submission_certificate", f"subject=a\n{CERTIFICATE}{CERTIFICATE}", CERTIFICATE * 2),
        ("submission_key", f"Bag Attributes\n{ED25519_KEY}", ED25519_KEY),
        ("submission_key", ED25519_KEY.replace("\n", " "), ED25519_KEY),
        ("ca", CERTIFICATE.replace("\n", "\r\n"), CERTIFICATE),
        ("submission_logins", f"\nApp@x:{HASH}\r\n\nb:{BCRYPT}", f"app@x:{HASH}\nb:{BCRYPT}\n"),
        ("submission_logins", f"a:{YESCRYPT}", f"a:{YESCRYPT}\n"),
        ("dkim_domain", "Example.com", "example.com"),
        ("dkim_selector", "Mail_1.2026", "mail_1.2026"),
        ("dkim_key", RSA_KEY, RSA_KEY),
        ("max_rate", "14", 14),
        ("max_connections", 7, 7),
        ("log_format", "JSON", "json"),
        ("metrics_port", "9100", 9100),
        ("probe_interval", "5m", 300),
        ("probe_interval", 5, 5),
        ("drain_timeout", "1h", 3600),
    ],
)
def test_a_value_that_works_gets_its_normal_form(field: str, value: object, normal: object):
    assert CHECKS[field](value) == normal
    assert CHECKS[field](normal) == normal


@pytest.mark.parametrize(
    "hashed",
    [
        "$y$jCT$salt$" + "x" * 43,
        "$y$j9V$salt$" + "x" * 43,
        "$7$CU..../....salt$" + "x" * 43,
        "$gy$j9T$salt$" + "x" * 43,
    ],
)
def test_a_hash_that_takes_more_memory_than_the_relay_has_is_refused(hashed: str):
    error = refusal(CHECKS["submission_logins"], f"app:{hashed}")
    assert error.problem == "has a hash that may take more memory than the relay has in line 1"
    assert "openssl passwd -6" in error.fix
    assert hashed not in str(error)


@pytest.mark.parametrize(
    "hashed",
    ["$6$salt$" + "x" * 86, "$2b$12$" + "x" * 53, "$y$j9T$salt$" + "x" * 43],
    ids=lambda text: text[:3],
)
def test_a_hash_that_the_relay_can_compute_is_taken(hashed: str):
    assert CHECKS["submission_logins"](f"app:{hashed}\n") == f"app:{hashed}\n"
