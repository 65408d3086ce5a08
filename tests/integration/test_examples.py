"""The examples in other languages: each program as it lies there makes its components through the real engine."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pulumi import automation

from local.tools import language_host, node_sdk, pulumi_cli
from local.tools.progress import Progress

from .engine import engine

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
SECRET = "word-for-smtp"
CHILDREN = {
    ("opensmtpd:index:MailRelay", "relay"),
    ("opensmtpd:index:DockerRelay", "relay"),
    ("docker:index/remoteImage:RemoteImage", "relay"),
    ("docker:index/network:Network", "relay"),
    ("docker:index/volume:Volume", "relay-queue"),
    ("docker:index/container:Container", "relay"),
}


@pytest.fixture
def checkout(tmp_path):
    """A copy of the repository, as the examples name it: `../../components`."""
    ignored = shutil.ignore_patterns("__pycache__", "venv", ".venv", "node_modules", "sdks")
    for folder in ("components", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    # The Python language host that can be built does not start plugins; a program of this name is started instead.
    program = tmp_path / "components" / "pulumi-resource-opensmtpd"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} "$(dirname "$0")" "$@"\n')
    program.chmod(0o755)
    return tmp_path


def previewed(checkout, example, language):
    """Preview an example; return what it would make, and the log."""
    progress = Progress()
    host = language_host.ensure(progress, language, pulumi_cli.ensure(progress))
    secret = automation.ConfigValue(SECRET, secret=True)
    with engine(checkout, checkout / "examples" / example, {"smtpPassword": secret}, plugins=host) as stack:
        run = stack.preview()
    assert {step.operation for step in run.steps} == {"create"}
    return {(step.type, step.name) for step in run.steps}, run.log


def test_a_program_in_yaml_makes_a_relay(checkout):
    made, log = previewed(checkout, "yaml", "yaml")
    assert made == CHILDREN
    assert SECRET not in log


def test_a_program_in_yaml_is_told_of_an_argument_that_is_unknown(checkout):
    program = checkout / "examples" / "yaml" / "Pulumi.yaml"
    program.write_text(program.read_text().replace("smtp:\n", "smpt:\n"))
    with pytest.raises(automation.CommandError, match="smpt"):
        previewed(checkout, "yaml", "yaml")


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is needed, which comes with Node.js")
def test_a_program_in_typescript_makes_a_relay(checkout):
    project = checkout / "examples" / "typescript"
    node_sdk.write(Progress(), checkout / "components" / "schema.json", project / "sdks" / "opensmtpd")
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefer-offline"], cwd=project, check=True)
    made, log = previewed(checkout, "typescript", "nodejs")
    assert made == CHILDREN
    assert SECRET not in log
