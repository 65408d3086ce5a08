"""A program needs the SDKs of those providers only whose components it uses."""

import subprocess
import sys
from pathlib import Path

import pytest

import components
from components.missing_extra import MissingExtra, naming_the_extra

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]


def run_without(sdks, program):
    """Run a program where some SDKs are not installed; return its last line of error, empty without one."""
    missing = f"import sys; sys.modules.update(dict.fromkeys({sdks!r}))\n"
    finished = subprocess.run(
        [sys.executable, "-c", missing + program], cwd=ROOT, capture_output=True, text=True
    )
    assert (finished.returncode == 0) == (not finished.stderr.strip()), finished.stderr
    return finished.stderr.strip().rpartition("\n")[2]


def test_a_docker_relay_behind_sendgrid_needs_no_sdk_but_that_of_docker():
    program = """
from components import MailRelay
from tests.unit.recorder import record
args = {"domain": "example.com", "sendgrid": {"key": "SG.key"}}
recorder, _ = record(lambda: MailRelay("relay", args) and None)
assert ("docker:index/container:Container", "relay") in recorder.names()
"""
    assert run_without(["pulumi_aws", "pulumi_kubernetes", "boto3"], program) == ""


def test_a_domain_without_a_key_of_its_own_that_looks_nothing_up_waits_for_neither_library():
    program = """
from components import SesDomain, SmtpCredentials
from tests.unit.recorder import record
record(lambda: SesDomain("ses", {"domain": "example.com"}) and None)
"""
    assert run_without(["dns.resolver", "cryptography"], program) == ""


@pytest.mark.parametrize(
    ("component", "sdk", "extra"),
    [
        ("SesDomain", "pulumi_aws", "aws"),
        ("SmtpCredentials", "pulumi_aws", "aws"),
        ("SesFeedback", "pulumi_aws", "aws"),
        ("DockerRelay", "pulumi_docker", "docker"),
    ],
)
def test_a_component_without_its_sdk_says_which_extra_to_install(component, sdk, extra):
    assert run_without([sdk], f"from components import {component}").endswith(
        f"{component} needs {sdk}, which is not installed: pip install 'pulumi-opensmtpd[{extra}]'"
    )


def test_what_is_missing_beyond_the_extras_is_not_blamed_on_them():
    def attribute(name):
        raise ModuleNotFoundError("No module named 'dns'", name="dns")

    with pytest.raises(ModuleNotFoundError) as raised:
        naming_the_extra(attribute)("MailRelay")
    assert not isinstance(raised.value, MissingExtra)


def test_every_name_that_the_package_lists_is_there():
    assert {name for name in components.__all__ if not hasattr(components, name)} == set()
