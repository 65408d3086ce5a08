"""The container's environment is an interface: its table, the code and the entry point say the same."""

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from components.image.relay.checks import CHECKS
from components.image.relay.environment import VARIABLES, InvalidEnvironment, Variable, read
from components.image.relay.settings import Dkim, Route, Settings, Submission, Upstream
from tests.unit.certificates import CERTIFICATE, RSA_KEY

pytestmark = pytest.mark.contract

IMAGE = Path(__file__).parents[2] / "components" / "image"
MINIMAL = {"RELAY_HOST": "smtp.example.com", "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com"}

HASH = "$6$salt$" + "x" * 86

UPSTREAM = {
    "HOST": ("other.example.com", "smtp://smtp.example.com"),
    "PORT": ("2525", "65536"),
    "PROTO": ("smtps", "starttls"),
    "USER": ("name", "na:me"),
    "PASSWORD": ("word", "word\n"),
    "CA": (CERTIFICATE, "/etc/ca.pem"),
}
EXAMPLES = {
    **{f"RELAY_{infix}{name}": pair for infix in ("", "FALLBACK_", "1_") for name, pair in UPSTREAM.items()},
    "RELAY_INSECURE_SKIP_VERIFY": ("yes", "true"),
    "RELAY_1_SENDER_DOMAINS": ("example.net", "*"),
    "OPENSMTPD_ALLOWED_SENDER_DOMAINS": ("example.org", "example"),
    "OPENSMTPD_ALLOWED_NETWORKS": ("10.0.0.0/8", "0.0.0.0/0"),
    "OPENSMTPD_ALLOWED_RECIPIENT_DOMAINS": ("example.org", "user@example.org"),
    "OPENSMTPD_REDIRECT_RECIPIENTS": ("staging@example.com", "@example.com"),
    "OPENSMTPD_ENVELOPE_SENDER": ("@example.com", "example.com"),
    "OPENSMTPD_FROM_HEADER": ("app@example.com", "App <app@example.com>"),
    "OPENSMTPD_SUBMISSION_CERTIFICATE": (CERTIFICATE, "/etc/tls.pem"),
    "OPENSMTPD_SUBMISSION_KEY": (RSA_KEY, "/etc/tls.key"),
    "OPENSMTPD_SUBMISSION_LOGINS": (f"app:{HASH}", "app:word"),
    "OPENSMTPD_DKIM_DOMAIN": ("example.com", "localhost"),
    "OPENSMTPD_DKIM_SELECTOR": ("mail", "mail._domainkey.example.com."),
    "OPENSMTPD_DKIM_KEY": (RSA_KEY, CERTIFICATE),
    "OPENSMTPD_HOSTNAME": ("relay.example.com", "relay example"),
    "OPENSMTPD_EXPIRE": ("1d", "1w"),
    "OPENSMTPD_BOUNCE_WARN": ("2h", "1h, 2h, 3h, 4h, 5h"),
    "OPENSMTPD_MAX_MESSAGE_SIZE": ("10M", "big"),
    "OPENSMTPD_BIND_ADDR4": ("127.0.0.1", "::"),
    "OPENSMTPD_BIND_ADDR6": ("none", "0.0.0.0"),
    "OPENSMTPD_MAX_RATE": ("14", "0"),
    "OPENSMTPD_MAX_CONNECTIONS": ("7", "0"),
    "OPENSMTPD_LOG_FORMAT": ("json", "xml"),
    "OPENSMTPD_LOG_ADDRESSES": ("masked", "hidden"),
    "OPENSMTPD_METRICS_PORT": ("9100", "http"),
    "OPENSMTPD_PROBE_INTERVAL": ("30s", "2d"),
    "OPENSMTPD_MAX_QUEUE_AGE": ("1h", "1"),
    "OPENSMTPD_DRAIN_TIMEOUT": ("5s", "2h"),
}
"""A value that is no default and one that is invalid, for each variable."""

PARTS = {
    "RELAY_FALLBACK_": ("HOST",),
    "RELAY_1_": ("HOST", "SENDER_DOMAINS"),
    "OPENSMTPD_SUBMISSION_": ("CERTIFICATE", "KEY", "LOGINS"),
    "OPENSMTPD_DKIM_": ("DOMAIN", "SELECTOR", "KEY"),
}
"""What belongs together, and which of it must be there."""

FIRST = [next(variable.numbered()) for variable in VARIABLES]
FROM_FILE = [variable for variable in FIRST if variable.from_file]

each_variable = pytest.mark.parametrize("variable", FIRST, ids=lambda variable: variable.name)
each_file = pytest.mark.parametrize("variable", FROM_FILE, ids=lambda variable: variable.name)


def valid(variable: Variable) -> str:
    return EXAMPLES[variable.name][0]


def others(variable: Variable) -> dict[str, str]:
    """What must be given with `variable`."""
    names = {
        prefix + part for prefix, parts in PARTS.items() if variable.name.startswith(prefix) for part in parts
    }
    if variable.name.endswith("_PASSWORD"):
        names.add(variable.name.replace("PASSWORD", "USER"))
    if variable.name == "RELAY_FALLBACK_CA":
        names.add("RELAY_CA")
    return MINIMAL | {name: EXAMPLES[name][0] for name in names - {variable.name}}


def flat(settings: Settings) -> dict[str, object]:
    """What is in `settings`, by the names of fields that variables have."""
    parts = [("", settings), *settings.upstreams()]
    parts += [(f"route_{route.number}_", route) for route in settings.routes]
    parts += [("submission_", settings.submission), ("dkim_", settings.dkim)]
    return {
        prefix + member.name: getattr(part, member.name)
        for prefix, part in parts
        if part
        for member in fields(part)
    }


def start(**environ: str) -> subprocess.CompletedProcess[str]:
    """Run the container's entry point, here, where it must refuse what it is given."""
    return subprocess.run(
        [sys.executable, "-m", "relay"],
        cwd=IMAGE,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_the_names_are_these_and_no_others():
    assert {variable.name for variable in FIRST} == set(EXAMPLES)
    assert {variable.name for variable in FROM_FILE} == {
        *(f"RELAY_{infix}{name}" for infix in ("", "FALLBACK_", "1_") for name in ("USER", "PASSWORD", "CA")),
        *(f"OPENSMTPD_SUBMISSION_{part}" for part in ("CERTIFICATE", "KEY", "LOGINS")),
        "OPENSMTPD_DKIM_KEY",
    }


def test_every_setting_has_its_variable_and_its_check():
    def members(prefix: str, *kinds: type) -> set[str]:
        return {prefix + member.name for kind in kinds for member in fields(kind)}

    upstream = members("", Upstream)
    further = upstream - {"insecure_skip_verify"}
    own = members("", Settings) - {"upstream", "fallback", "routes", "submission", "dkim"}
    own |= members("submission_", Submission) | members("dkim_", Dkim)
    assert {variable.field for variable in FIRST} == (
        upstream
        | own
        | {f"fallback_{name}" for name in further}
        | {f"route_1_{name}" for name in further | {"sender_domains"}}
    )
    assert set(CHECKS) == upstream | own | members("", Route) - {"number", "upstream"}


@each_variable
def test_a_variable_sets_its_field(variable: Variable):
    check = CHECKS[variable.field.removeprefix("fallback_").removeprefix("route_1_")]
    value = flat(read(others(variable) | {variable.name: valid(variable)}))[variable.field]
    assert value == check(valid(variable))
    assert value != flat(read(MINIMAL)).get(variable.field)


@each_variable
def test_an_empty_value_means_the_default(variable: Variable):
    if variable.required:
        with pytest.raises(InvalidEnvironment, match=variable.name):
            read(MINIMAL | {variable.name: ""})
    else:
        assert read(MINIMAL | {variable.name: ""}) == read(MINIMAL)


@pytest.mark.parametrize(
    "variable",
    [variable for variable in FIRST if variable.default and " " not in variable.default.replace(", ", "")],
    ids=lambda variable: variable.name,
)
def test_the_table_shows_the_default_that_applies(variable: Variable):
    assert read(others(variable) | {variable.name: variable.default}) == read(others(variable))


@each_variable
def test_the_entry_point_refuses_an_invalid_value_with_status_78_and_one_line(variable: Variable):
    done = start(**(others(variable) | {variable.name: EXAMPLES[variable.name][1]}))
    assert done.returncode == 78
    assert done.stdout == ""
    assert done.stderr.startswith(f"relay: {variable.name} ")
    assert done.stderr.count("\n") == 1
    assert ": " in done.stderr.removeprefix("relay: ")


@each_file
def test_a_file_may_hold_the_value(variable: Variable, tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text(valid(variable).rstrip("\n") + "\n")
    from_file = read(others(variable) | {f"{variable.name}_FILE": str(path)})
    assert from_file == read(others(variable) | {variable.name: valid(variable)})


@each_file
def test_a_value_and_its_file_together_are_refused(variable: Variable, tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text("x")
    both = {variable.name: valid(variable), f"{variable.name}_FILE": str(path)}
    with pytest.raises(InvalidEnvironment, match=f"{variable.name} and {variable.name}_FILE are both set"):
        read(MINIMAL | both)


@each_file
def test_a_file_that_cannot_be_read_is_named(variable: Variable):
    with pytest.raises(InvalidEnvironment, match=f"{variable.name}_FILE '/nowhere' cannot be read"):
        read(MINIMAL | {f"{variable.name}_FILE": "/nowhere"})


def test_an_invalid_value_from_a_file_is_blamed_on_the_file(tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text("two\nlines\n")
    with pytest.raises(InvalidEnvironment, match=r"^RELAY_PASSWORD_FILE has a line break"):
        read(MINIMAL | {"RELAY_USER": "name", "RELAY_PASSWORD_FILE": str(path)})


def test_direct_delivery_needs_no_host_and_is_asked_for_by_name():
    domains = {"OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com"}
    assert read(domains | {"RELAY_PROTO": "direct"}).upstream == Upstream(proto="direct")
    with pytest.raises(InvalidEnvironment, match=r"^RELAY_HOST '' is empty"):
        read(domains)


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({"RELAY_FALLBACK_PORT": "25"}, "RELAY_FALLBACK_HOST '' is empty"),
        (
            {"RELAY_FALLBACK_HOST": "two:25"},
            "RELAY_FALLBACK_HOST 'two:25' has a port in it: put that in RELAY_FALLBACK_PORT",
        ),
        ({"RELAY_FALLBACK_HOST": "two", "RELAY_FALLBACK_PASSWORD": "x"}, "RELAY_FALLBACK_USER is missing"),
        (
            {"RELAY_FALLBACK_HOST": "two", "RELAY_PROTO": "smtp"},
            "RELAY_FALLBACK_PROTO 'smtp+tls' protects mail where RELAY_PROTO smtp",
        ),
        (
            {"RELAY_FALLBACK_HOST": "two", "RELAY_CA": CERTIFICATE},
            "RELAY_FALLBACK_CA is missing, while RELAY_CA is given",
        ),
        ({"RELAY_2_SENDER_DOMAINS": "example.net"}, "RELAY_2_HOST '' is empty"),
        ({"RELAY_2_HOST": "two"}, "RELAY_2_SENDER_DOMAINS is empty"),
        ({"RELAY_2_PORT": "25", "RELAY_2_HOST": "two"}, "RELAY_2_SENDER_DOMAINS is empty"),
        (
            {
                f"RELAY_{n}_{part}": value
                for n in "39"
                for part, value in (("HOST", "h"), ("SENDER_DOMAINS", "a.example"))
            },
            "RELAY_9_SENDER_DOMAINS 'a.example' is in RELAY_3_SENDER_DOMAINS too",
        ),
        ({"OPENSMTPD_SUBMISSION_LOGINS": f"app:{HASH}"}, "OPENSMTPD_SUBMISSION_CERTIFICATE is empty"),
        ({"OPENSMTPD_DKIM_SELECTOR": "mail"}, "OPENSMTPD_DKIM_DOMAIN '' is not a domain"),
        (
            {
                "RELAY_HOST": "email-smtp.eu-west-1.amazonaws.com",
                "OPENSMTPD_DKIM_DOMAIN": "example.com",
                "OPENSMTPD_DKIM_SELECTOR": "mail",
                "OPENSMTPD_DKIM_KEY": RSA_KEY,
            },
            "OPENSMTPD_DKIM_DOMAIN 'example.com' does not go with RELAY_HOST email-smtp.eu-west-1.amazonaws.com",
        ),
    ],
    ids=lambda given: ", ".join(given) if isinstance(given, dict) else None,
)
def test_what_does_not_fit_together_is_named_as_the_environment_has_it(given: dict[str, str], blamed: str):
    with pytest.raises(InvalidEnvironment) as raised:
        read(MINIMAL | given)
    assert str(raised.value).startswith(blamed)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("RELAY_PASWORD", "RELAY_PASSWORD"),
        ("RELAY_HOSTNAME", "RELAY_HOST"),
        ("RELAY_USER_FILES", "RELAY_USER_FILE"),
        ("OPENSMTPD_EXPIRY", "OPENSMTPD_EXPIRE"),
        ("OPENSMTPD_BIND_ADDR", "OPENSMTPD_BIND_ADDR4"),
        ("OPENSMTPD_ALLOWED_NETWORK", "OPENSMTPD_ALLOWED_NETWORKS"),
        ("RELAY_FALBACK_CA_FILE", "RELAY_FALLBACK_CA_FILE"),
        ("RELAY_7_HOTS", "RELAY_7_HOST"),
        ("RELAY_0_HOST", "RELAY_1_HOST"),
    ],
)
def test_a_misspelt_variable_is_refused_and_the_nearest_is_named(misspelt: str, meant: str):
    done = start(**MINIMAL, **{misspelt: "x"})
    assert done.returncode == 78
    assert done.stderr == f"relay: {misspelt} is not a variable of the relay: did you mean {meant}?\n"


def test_variables_of_others_are_left_alone():
    assert read(MINIMAL | {"PATH": "/bin", "POSTFIX_HOST": "x"}) == read(MINIMAL)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RELAY_SERVICE_HOST", "10.0.0.1"),
        ("RELAY_PORT", "tcp://10.0.0.1:25"),
        ("RELAY_1_PORT", "tcp://10.0.0.1:25"),
        ("OPENSMTPD_SERVICE_PORT_SMTP", "25"),
        ("OPENSMTPD_PORT", "tcp://10.0.0.1:25"),
        ("OPENSMTPD_PORT_25_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_what_kubernetes_says_about_a_service_of_the_same_name_is_no_setting(name: str, value: str):
    assert read(MINIMAL | {name: value}) == read(MINIMAL)


@pytest.mark.parametrize(
    "given",
    [
        {"RELAY_USER": "name", "RELAY_PASSWORD": "s3cr3t\n", "RELAY_PROTO": "smtp"},
        {"RELAY_FALLBACK_HOST": "two", "RELAY_FALLBACK_USER": "name", "RELAY_FALLBACK_PASSWORD": "s3cr3t "},
        {"OPENSMTPD_SUBMISSION_LOGINS": "app:s3cr3t"},
        {
            "OPENSMTPD_DKIM_KEY": "s3cr3t",
            "OPENSMTPD_DKIM_DOMAIN": "example.com",
            "OPENSMTPD_DKIM_SELECTOR": "mail",
        },
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_refusal_shows_no_secret(given: dict[str, str]):
    done = start(**MINIMAL, **given)
    assert done.returncode == 78
    assert "s3cr3t" not in done.stderr
