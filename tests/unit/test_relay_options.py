"""Every option of the image from the components: checked at preview, secret where it must be, in the environment."""

import json

import pulumi
import pytest

from components import DockerRelay, MailRelay, relay_settings
from components.arguments import InvalidArgument
from components.image.relay.environment import VARIABLES
from components.relay_environment import relay_environment
from components.relay_options import RelayOptions

from .certificates import CERTIFICATE, RSA_KEY
from .recorder import record

pytestmark = pytest.mark.unit

UPSTREAM = relay_settings.smtp("mail.example.com")
MINIMAL = {
    "RELAY_HOST": "mail.example.com",
    "RELAY_PORT": "587",
    "RELAY_PROTO": "smtp+tls",
    "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com",
}
LOGIN = "app:$6$saltsalt$" + "a" * 86
SUBMISSION = {"submission_certificate": CERTIFICATE, "submission_key": RSA_KEY, "submission_logins": LOGIN}
DKIM = {"dkim_domain": "example.com", "dkim_selector": "s1", "dkim_key": RSA_KEY}


def program(relay=UPSTREAM, **options):
    return lambda: relay_environment(
        "Relay", {"relay": relay, "allowed_sender_domains": ["example.com"], "options": options}
    )


def environment(relay=UPSTREAM, **options):
    """The environment that `options` make, beyond the minimal one."""
    _, variables = record(program(relay, **options))
    return {name: value for name, value in variables.items() if MINIMAL.get(name) != value}


def test_without_options_nothing_is_added():
    assert environment() == {}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"expire": "1d"}, {"OPENSMTPD_EXPIRE": "1d"}),
        ({"bounce_warn": ["1h", "1d"]}, {"OPENSMTPD_BOUNCE_WARN": "1h,1d"}),
        ({"max_message_size": "10M"}, {"OPENSMTPD_MAX_MESSAGE_SIZE": "10M"}),
        ({"max_connections": 5}, {"OPENSMTPD_MAX_CONNECTIONS": "5"}),
        ({"envelope_sender": "@example.com"}, {"OPENSMTPD_ENVELOPE_SENDER": "@example.com"}),
        ({"from_header": "app@example.com"}, {"OPENSMTPD_FROM_HEADER": "app@example.com"}),
        ({"redirect_recipients": "qa@example.com"}, {"OPENSMTPD_REDIRECT_RECIPIENTS": "qa@example.com"}),
        (
            {"allowed_recipient_domains": ["example.com", "example.org"]},
            {"OPENSMTPD_ALLOWED_RECIPIENT_DOMAINS": "example.com,example.org"},
        ),
        ({"log_format": "json"}, {"OPENSMTPD_LOG_FORMAT": "json"}),
        ({"log_addresses": "masked"}, {"OPENSMTPD_LOG_ADDRESSES": "masked"}),
        ({"metrics_port": 9100}, {"OPENSMTPD_METRICS_PORT": "9100"}),
        ({"probe_interval": "5m"}, {"OPENSMTPD_PROBE_INTERVAL": "5m"}),
        ({"max_queue_age": "1h"}, {"OPENSMTPD_MAX_QUEUE_AGE": "1h"}),
        ({"drain_timeout": "1m"}, {"OPENSMTPD_DRAIN_TIMEOUT": "1m"}),
    ],
)
def test_an_option_is_a_variable_of_the_container(options, expected):
    assert environment(**options) == expected


def test_the_upstreams_rate_and_unverified_certificate_are_variables_too():
    relay = relay_settings.smtp("mail.example.com", verify=False, max_rate=14)
    assert environment(relay) == {"RELAY_INSECURE_SKIP_VERIFY": "yes", "OPENSMTPD_MAX_RATE": "14"}


def test_a_verified_certificate_is_the_default():
    assert environment(relay_settings.smtp("mail.example.com", verify=True)) == {}


def test_direct_delivery_needs_no_server():
    _, variables = record(program(relay_settings.direct()))
    assert variables == {"RELAY_PROTO": "direct", "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com"}


@pytest.mark.parametrize("options", [SUBMISSION, DKIM], ids=["submission", "dkim"])
def test_options_that_belong_together_are_variables(options):
    assert environment(**options) == {f"OPENSMTPD_{name.upper()}": value for name, value in options.items()}


def test_a_fallback_is_a_second_upstream():
    assert environment(fallback=relay_settings.smtp("mail.example.net", user="me", password="pw")) == {
        "RELAY_FALLBACK_HOST": "mail.example.net",
        "RELAY_FALLBACK_PORT": "587",
        "RELAY_FALLBACK_PROTO": "smtp+tls",
        "RELAY_FALLBACK_USER": "me",
        "RELAY_FALLBACK_PASSWORD": "pw",
    }


def test_routes_are_numbered_upstreams():
    routes = [
        {"sender_domains": ["example.org", "example.net"], "settings": relay_settings.sendgrid("SG.key")},
        {"sender_domains": ["example.edu"], "settings": relay_settings.direct()},
    ]
    assert environment(routes=routes) == {
        "RELAY_1_SENDER_DOMAINS": "example.org,example.net",
        "RELAY_1_HOST": "smtp.sendgrid.net",
        "RELAY_1_PORT": "587",
        "RELAY_1_PROTO": "smtp+tls",
        "RELAY_1_USER": "apikey",
        "RELAY_1_PASSWORD": "SG.key",
        "RELAY_2_SENDER_DOMAINS": "example.edu",
        "RELAY_2_PROTO": "direct",
    }


def test_there_is_an_option_for_every_variable_of_the_container():
    elsewhere = {
        "bind_addr4",
        "bind_addr6",
        "max_rate",
        "allowed_sender_domains",
        "allowed_networks",
        "hostname",
    }
    variables = {
        variable.field
        for variable in VARIABLES
        if variable.name.startswith("OPENSMTPD_") and variable.field not in elsewhere
    }
    assert set(RelayOptions.__annotations__) == variables | {"fallback", "routes"}


@pytest.mark.parametrize(
    "options",
    [
        {**SUBMISSION, "submission_key": "hunter2"},
        {**SUBMISSION, "submission_logins": "app:hunter2"},
        {**DKIM, "dkim_key": "hunter2"},
        {"fallback": relay_settings.smtp("h", user="me", password="hunter2\n")},
    ],
)
def test_a_refusal_shows_no_secret(options):
    with pytest.raises(InvalidArgument) as error:
        record(program(**options))
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("OPENSMTPD_SUBMISSION_KEY", SUBMISSION),
        ("OPENSMTPD_SUBMISSION_LOGINS", SUBMISSION),
        ("OPENSMTPD_DKIM_KEY", DKIM),
        ("RELAY_FALLBACK_PASSWORD", {"fallback": relay_settings.smtp("h", user="me", password="pw")}),
        (
            "RELAY_1_PASSWORD",
            {
                "routes": [
                    {
                        "sender_domains": ["example.org"],
                        "settings": relay_settings.smtp("h", user="me", password="pw"),
                    }
                ]
            },
        ),
    ],
)
def test_a_secret_is_secret_from_here_on(name, options):
    def is_secret():
        return {"is_secret": pulumi.Output.from_input(program(**options)()[name].is_secret())}

    assert record(is_secret)[1] == {"is_secret": True}


def test_no_secret_is_a_plain_input_of_any_resource():
    def relay():
        DockerRelay(
            "relay",
            {
                "relay": relay_settings.smtp("mail.example.com", proto="smtp+notls"),
                "allowed_sender_domains": ["example.com"],
                "options": {**SUBMISSION, **DKIM},
            },
        )

    recorder, _ = record(relay)
    for resource in recorder.resources:
        plain = {key: value for key, value in resource.inputs.items() if key not in resource.secret}
        assert "PRIVATE KEY" not in json.dumps(plain)
        assert LOGIN not in json.dumps(plain)


@pytest.mark.parametrize(
    ("relay", "options", "message"),
    [
        ({}, {"expires": "1d"}, "Relay options: expires: no such argument; did you mean 'expire'"),
        ({}, {"expire": "soon"}, "Relay options: expire: 'soon' is not a duration"),
        ({}, {"metrics_port": 70000}, "Relay options: metrics_port: .*70000"),
        ({}, {"redirect_recipients": "nobody"}, "Relay options: redirect_recipients: "),
        ({"verify": "no"}, {}, "Relay relay: verify: has to be true or false, not a text"),
        ({"verify": False, "proto": "smtp+notls"}, {}, "Relay relay: verify: means nothing"),
        ({"verify": False, "ca": CERTIFICATE}, {}, "Relay relay: verify: and ca exclude each other"),
        ({"proto": "direct"}, {}, "Relay relay: host: does not go with proto direct"),
        ({"max_rate": 0}, {}, "Relay relay: max_rate: 0 is out of range"),
        ({}, {"drain_timeout": 30}, "Relay options: drain_timeout: has to be a text, not a whole number"),
        ({}, {"dkim_domain": "example.com"}, "Relay: options: dkim_"),
        (
            {"host": "email-smtp.eu-west-1.amazonaws.com", "user": "AKIA", "password": "pw"},
            DKIM,
            "Relay: options: dkim_domain .* does not go with host email-smtp",
        ),
        (
            {},
            {"redirect_recipients": "qa@example.com", "allowed_recipient_domains": ["example.com"]},
            "Relay: options: redirect_recipients and allowed_recipient_domains exclude each other",
        ),
        (
            {},
            {"fallback": relay_settings.smtp("h", proto="smtp+notls")},
            "Relay: options: fallback proto 'smtp\\+notls'",
        ),
        ({}, {"fallback": relay_settings.smtp("h h")}, "Relay options fallback: host: 'h h' has white space"),
        (
            {},
            {"fallback": relay_settings.smtp("h", max_rate=5)},
            "Relay options fallback: max_rate: goes with",
        ),
        ({}, {"fallback": {"user": "me"}}, "Relay options fallback: host: is missing"),
        (
            {},
            {"routes": [{"sender_domains": ["*"], "settings": UPSTREAM}]},
            r"Relay options routes\[0\]: sender_domains: '\*' is every domain",
        ),
        ({}, {"routes": [{"sender_domains": ["example.org"]}]}, r"routes\[0\]: settings: is missing"),
        (
            {},
            {"routes": [{"sender_domains": ["example.org"], "settings": UPSTREAM}] * 2},
            r"Relay: options: routes\[1\] sender_domains .* is in routes\[0\] sender_domains too",
        ),
        (
            {},
            {"routes": [{"sender_domains": ["example.org"], "settings": UPSTREAM}] * 10},
            "routes: has 10: give at most 9",
        ),
    ],
)
def test_what_cannot_work_is_an_error_at_preview_that_names_it(relay, options, message):
    with pytest.raises(InvalidArgument, match=message):
        record(program({**UPSTREAM, **relay}, **options), preview=True)


def test_a_first_preview_that_does_not_know_the_login_checks_the_rest_together():
    with pytest.raises(InvalidArgument, match=r"dkim_domain .* does not go with host email-smtp"):
        record(
            lambda: MailRelay("relay", {"domain": "example.com", "ses": {}, "options": DKIM}) and None,
            preview=True,
        )
