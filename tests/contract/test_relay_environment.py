"""The container's environment is an interface: its table, the code and the entry point say the same."""

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from components.image.relay.environment import VARIABLES, InvalidEnvironment, Variable, read
from components.image.relay.settings import CHECKS, Settings, Upstream
from tests.unit.certificates import CERTIFICATE

pytestmark = pytest.mark.contract

IMAGE = Path(__file__).parents[2] / "components" / "image"
MINIMAL = {"RELAY_HOST": "smtp.example.com", "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.com"}

VALID = {
    "RELAY_HOST": "other.example.com",
    "RELAY_PORT": "2525",
    "RELAY_PROTO": "smtps",
    "RELAY_USER": "name",
    "RELAY_PASSWORD": "word",
    "RELAY_CA": CERTIFICATE,
    "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example.org",
    "OPENSMTPD_ALLOWED_NETWORKS": "10.0.0.0/8",
    "OPENSMTPD_HOSTNAME": "relay.example.com",
    "OPENSMTPD_EXPIRE": "1d",
    "OPENSMTPD_BOUNCE_WARN": "2h",
    "OPENSMTPD_MAX_MESSAGE_SIZE": "10M",
    "OPENSMTPD_BIND_ADDR4": "127.0.0.1",
    "OPENSMTPD_BIND_ADDR6": "none",
}
INVALID = {
    "RELAY_HOST": "smtp://smtp.example.com",
    "RELAY_PORT": "65536",
    "RELAY_PROTO": "starttls",
    "RELAY_USER": "na:me",
    "RELAY_PASSWORD": "word\n",
    "RELAY_CA": "/etc/ca.pem",
    "OPENSMTPD_ALLOWED_SENDER_DOMAINS": "example",
    "OPENSMTPD_ALLOWED_NETWORKS": "0.0.0.0/0",
    "OPENSMTPD_HOSTNAME": "relay example",
    "OPENSMTPD_EXPIRE": "1w",
    "OPENSMTPD_BOUNCE_WARN": "1h, 2h, 3h, 4h, 5h",
    "OPENSMTPD_MAX_MESSAGE_SIZE": "big",
    "OPENSMTPD_BIND_ADDR4": "::",
    "OPENSMTPD_BIND_ADDR6": "0.0.0.0",
}
FROM_FILE = [variable for variable in VARIABLES if variable.from_file]

each_variable = pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
each_file = pytest.mark.parametrize("variable", FROM_FILE, ids=lambda variable: variable.name)


def value_of(settings: Settings, variable: Variable) -> object:
    return getattr(
        settings.upstream if hasattr(settings.upstream, variable.field) else settings, variable.field
    )


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
    assert {variable.name for variable in VARIABLES} == set(VALID) == set(INVALID)
    assert {variable.name for variable in FROM_FILE} == {"RELAY_USER", "RELAY_PASSWORD", "RELAY_CA"}


def test_every_setting_has_its_variable():
    settings = {member.name for kind in (Upstream, Settings) for member in fields(kind)} - {"upstream"}
    assert {variable.field for variable in VARIABLES} == settings == set(CHECKS)


@each_variable
def test_a_variable_sets_its_field(variable: Variable):
    login = {"RELAY_USER": "name"} if variable.name == "RELAY_PASSWORD" else {}
    settings = read(MINIMAL | login | {variable.name: VALID[variable.name]})
    assert value_of(settings, variable) == CHECKS[variable.field](VALID[variable.name])
    assert value_of(settings, variable) != value_of(read(MINIMAL), variable)


@each_variable
def test_an_empty_value_means_the_default(variable: Variable):
    if variable.required:
        with pytest.raises(InvalidEnvironment, match=variable.name):
            read(MINIMAL | {variable.name: ""})
    else:
        assert read(MINIMAL | {variable.name: ""}) == read(MINIMAL)


@pytest.mark.parametrize(
    "variable",
    [
        variable
        for variable in VARIABLES
        if variable.default and " " not in variable.default.replace(", ", "")
    ],
    ids=lambda variable: variable.name,
)
def test_the_table_shows_the_default_that_applies(variable: Variable):
    assert read(MINIMAL | {variable.name: variable.default}) == read(MINIMAL)


@each_variable
def test_the_entry_point_refuses_an_invalid_value_with_status_78_and_one_line(variable: Variable):
    done = start(**(MINIMAL | {variable.name: INVALID[variable.name]}))
    assert done.returncode == 78
    assert done.stdout == ""
    assert done.stderr.startswith(f"relay: {variable.name} ")
    assert done.stderr.count("\n") == 1
    assert ": " in done.stderr.removeprefix("relay: ")


@each_file
def test_a_file_may_hold_the_value(variable: Variable, tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text(VALID[variable.name].rstrip("\n") + "\n")
    others = {"RELAY_USER": "name"} if variable.name == "RELAY_PASSWORD" else {}
    from_file = read(MINIMAL | others | {f"{variable.name}_FILE": str(path)})
    assert from_file == read(MINIMAL | others | {variable.name: VALID[variable.name]})


@each_file
def test_a_value_and_its_file_together_are_refused(variable: Variable, tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text("x")
    both = {variable.name: VALID[variable.name], f"{variable.name}_FILE": str(path)}
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


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("RELAY_PASWORD", "RELAY_PASSWORD"),
        ("RELAY_HOSTNAME", "RELAY_HOST"),
        ("RELAY_USER_FILES", "RELAY_USER_FILE"),
        ("OPENSMTPD_EXPIRY", "OPENSMTPD_EXPIRE"),
        ("OPENSMTPD_BIND_ADDR", "OPENSMTPD_BIND_ADDR4"),
        ("OPENSMTPD_ALLOWED_NETWORK", "OPENSMTPD_ALLOWED_NETWORKS"),
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
        ("OPENSMTPD_SERVICE_PORT_SMTP", "25"),
        ("OPENSMTPD_PORT", "tcp://10.0.0.1:25"),
        ("OPENSMTPD_PORT_25_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_what_kubernetes_says_about_a_service_of_the_same_name_is_no_misspelling(name: str, value: str):
    assert read(MINIMAL | {name: value}) == read(MINIMAL)


def test_a_refusal_shows_no_secret():
    done = start(**MINIMAL, RELAY_USER="name", RELAY_PASSWORD="s3cr3t\n", RELAY_PROTO="smtp")
    assert done.returncode == 78
    assert "s3cr3t" not in done.stderr
