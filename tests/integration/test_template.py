"""`pulumi new` with this repository as template."""

import subprocess

import pytest
import yaml

from local.tools import pulumi_cli
from local.tools.progress import Progress

from .engine import engine
from .mail_stack import ROOT, copy_project

pytestmark = pytest.mark.integration


def test_a_new_project_of_any_name_previews_with_what_was_asked(tmp_path):
    (tmp_path / "template").mkdir()
    template = copy_project(tmp_path / "template")
    (template / ".venv").unlink()
    project = tmp_path / "ours"
    pulumi = pulumi_cli.ensure(Progress()) / "pulumi"
    options = ["--yes", "--generate-only", "--name", "ours", "--dir", project]
    subprocess.run([pulumi, "new", template, *options], check=True)
    settings = yaml.safe_load((project / "Pulumi.yaml").read_text())
    assert settings["name"] == "ours"
    assert "template" not in settings
    (project / ".venv").symlink_to(ROOT / ".venv")
    answers = {"domain": "example.org", "upstream": "smtp", "target": "docker", "aws:region": "eu-west-1"}
    with engine(tmp_path, project, answers | {"relayHost": "smtp.example.net"}) as stack:
        made = {(step.type, step.name) for step in stack.preview().steps}
    assert ("docker:index/container:Container", "relay") in made
