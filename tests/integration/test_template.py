"""`pulumi new` with this repository as template."""

import os
import pty
import subprocess

import pytest
import yaml

from local.tools import pulumi_cli
from local.tools.progress import Progress

from .engine import engine
from .local_aws import LocalAws
from .mail_stack import ROOT, copy_project

pytestmark = pytest.mark.integration

ANSWERS = {
    "With ses, the AWS region that mail is sent from (aws:region)": "eu-central-1",
    "The domain that mail is sent from, such as example.com (domain)": "example.org",
    "What the relay runs on: docker, or kubernetes (the cluster of kubernetes:context) (target)": "",
    "Where mail goes: ses (Amazon SES), sendgrid, or smtp (any SMTP server) (upstream)": "",
}


@pytest.fixture
def template(tmp_path):
    (tmp_path / "template").mkdir()
    project = copy_project(tmp_path / "template")
    (project / ".venv").unlink()
    return project


def pulumi_new(template, *options):
    """The command that makes the project `ours`, and the project."""
    project = template.parents[1] / "ours"
    pulumi = pulumi_cli.ensure(Progress()) / "pulumi"
    named = ["--name", "ours", "--description", "Ours", "--dir", project]
    return [pulumi, "new", template, *named, *options], project


def ready(project):
    """Give the project the environment that `pulumi new` would install."""
    (project / ".venv").symlink_to(ROOT / ".venv")
    return project


def answered(command, environment):
    """Run a command on a terminal, and answer what it asks: the questions in their order, and all that was shown."""
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        command, stdin=its_end, stdout=its_end, stderr=its_end, env=environment, start_new_session=True
    )
    os.close(its_end)
    shown, asked = "", []
    try:
        while True:
            try:
                shown += os.read(terminal, 4096).decode(errors="replace")
            except OSError:  # the other end is closed
                return asked, shown
            for question in ANSWERS.keys() - asked:
                if question in shown:
                    asked.append(question)
                    os.write(terminal, f"{ANSWERS[question]}\r".encode())
    finally:
        process.wait(60)
        os.close(terminal)


def made_by(stack):
    return {(step.type, step.name) for step in stack.preview().steps}


def test_it_asks_what_a_stack_needs_and_its_defaults_are_ses_and_docker(template, tmp_path):
    command, project = pulumi_new(template, "--stack", "dev")
    (tmp_path / "backend").mkdir()
    environment = os.environ | {
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        # It ends where it would install the packages, which takes long. What it asked is stored by then.
        "PULUMI_PYTHON_CMD": "false",
        "TERM": "xterm",
    }
    asked, shown = answered(command, {name: value for name, value in environment.items() if name != "CI"})
    assert asked == list(ANSWERS), shown
    config = yaml.safe_load((project / "stacks" / "Pulumi.dev.yaml").read_text())["config"]
    assert config["ours:domain"] == "example.org"
    with LocalAws() as account, engine(tmp_path, ready(project), account.config, stack="dev") as stack:
        made = made_by(stack)
    assert ("aws:sesv2/emailIdentity:EmailIdentity", "relay-ses") in made
    assert ("docker:index/container:Container", "relay") in made


def test_a_new_project_of_any_name_has_the_stacks(template, tmp_path):
    command, project = pulumi_new(template, "--yes", "--generate-only")
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "With smtp: pulumi config set relayHost" in shown
    settings = yaml.safe_load((project / "Pulumi.yaml").read_text())
    assert settings["name"] == "ours"
    assert "template" not in settings
    with engine(tmp_path, ready(project), stack="smtp") as stack:
        made = made_by(stack)
    assert ("docker:index/container:Container", "relay") in made
    assert not any(type_.startswith("aws:") for type_, _ in made)
