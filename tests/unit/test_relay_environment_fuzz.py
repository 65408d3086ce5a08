"""Whatever the environment holds, it makes a closed relay, or one line that names the variable and no secret."""

import dataclasses
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings

from components.image.relay.environment import PREFIXES, InvalidEnvironment, read
from components.image.relay.files import CONF_FILE, files
from components.image.relay.settings import Settings
from components.image.relay.smtpd_conf import CREDENTIALS_FILE
from tests.relay_environments import CANARY, MINIMAL, Environment, environments, likely_environments
from tests.smtpd_conf_reader import KEYWORDS, strangers_may_relay

from .certificates import CERTIFICATE

pytestmark = pytest.mark.unit

# The same cases at every run: a failure elsewhere is a failure here.
always_the_same = settings(derandomize=True, database=None, deadline=None, max_examples=500)


def found(files: dict[str, str] | None = None, **variables: str) -> example:
    """A case that something was found with."""
    return example(Environment(MINIMAL | variables, files or {}))


def outcome(environment: Environment) -> Settings | str:
    """The settings, or the refusal."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            return read(environment.written(Path(directory)))
        except InvalidEnvironment as refusal:
            return str(refusal)


def rendered(made: Settings) -> dict[str, str]:
    return {file.name: file.text for file in files(made, "/run/relay")}


@settings(always_the_same, max_examples=1000)
@given(environments())
@found(**{"RELAY_\n": "x"})
@found(RELAY_CA=CERTIFICATE.replace("MII", "\udc80MII"))
@found(RELAY_USER="name", RELAY_PASSWORD_FILE=CANARY)
def test_a_refusal_is_one_printable_line_that_names_a_variable_and_no_secret(environment: Environment):
    refusal = outcome(environment)
    if isinstance(refusal, str):
        assert refusal.isprintable()
        assert refusal.startswith(PREFIXES)
        assert CANARY not in refusal


@always_the_same
@given(likely_environments())
def test_no_environment_lets_strangers_relay(environment: Environment):
    made = outcome(environment)
    if isinstance(made, Settings):
        any_sender = environment.variables["OPENSMTPD_ALLOWED_SENDER_DOMAINS"].strip(", ") == "*"
        assert strangers_may_relay(rendered(made)[CONF_FILE], any_sender=any_sender) == []


@always_the_same
@given(environments())
@found(RELAY_USER="name", RELAY_PASSWORD=f"{CANARY}\nrelay other:login")
@found(OPENSMTPD_HOSTNAME='relay"\nmatch from any for any action "a_relay')
def test_nothing_in_a_value_becomes_a_line_of_its_own(environment: Environment):
    made = outcome(environment)
    if isinstance(made, Settings):
        texts = rendered(made)
        assert all(line.split()[0] in KEYWORDS for line in texts[CONF_FILE].splitlines())
        users = [upstream for _, upstream in made.upstreams() if upstream.user]
        assert texts.get(CREDENTIALS_FILE, "").count("\n") == len(users)
        for text in texts.values():
            text.encode("utf-8", "surrogateescape")


@always_the_same
@given(likely_environments())
def test_what_is_accepted_is_accepted_again(environment: Environment):
    made = outcome(environment)
    if isinstance(made, Settings):
        assert dataclasses.replace(made) == made
