"""`pip install` of this repository: a wheel, in a fresh environment, used by programs outside of the repository."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pulumi import automation

from components.docker_relay import _IMAGE_CONTEXT, _digest

from .engine import engine
from .installed_package import ROOT, build_wheel, installed

pytestmark = pytest.mark.integration

PROGRAM = Path(__file__).parent / "user_program.py"
EXAMPLE = ROOT / "examples" / "python-import"
KEY = automation.ConfigValue("SG.key", secret=True)
PAGE = ROOT / "docs" / "packages.md"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of an environment with the package and its extra `docker`."""
    return installed(tmp_path_factory.mktemp("environment") / "venv", f"{wheel}[docker]")


# By these Pulumi starts the components as a plugin, from the repository.
OF_THE_PLUGIN = {"pulumi_opensmtpd/PulumiPlugin.yaml", "pulumi_opensmtpd/requirements.txt"}


def test_the_wheel_has_every_file_of_the_components(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "components"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = {name.replace("components/", "pulumi_opensmtpd/", 1) for name in tracked}
    assert packed == files - OF_THE_PLUGIN


def test_the_extra_of_docker_brings_no_sdk_of_another_provider(python):
    code = "import importlib.metadata as m; print(*(d.name.lower() for d in m.distributions()))"
    listed = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    names = set(listed.replace("_", "-").split())
    assert {name for name in names if name.startswith("pulumi-")} == {"pulumi-docker", "pulumi-opensmtpd"}
    assert "boto3" not in names


def test_a_program_outside_of_the_repository_previews_a_relay(python, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(EXAMPLE, project)
    (project / ".venv").symlink_to(python.parents[1])
    with engine(tmp_path, project, {"sendgridKey": KEY}, python=python) as stack:
        steps = {step.type: step for step in stack.preview().steps}
    assert steps["docker:index/container:Container"].operation == "create"
    image = steps["docker:index/remoteImage:RemoteImage"].inputs
    context = project / image["build"]["context"]
    assert context.resolve().is_relative_to(python.parents[1].resolve())
    assert (context / "Dockerfile").read_text() == (_IMAGE_CONTEXT / "Dockerfile").read_text()
    # The tag is made of all that the image is built from, so it is the same image.
    assert image["name"] == f"opensmtpd-relay:{_digest(_IMAGE_CONTEXT)}"


WRONG = {
    number
    for number, line in enumerate(PROGRAM.read_text().splitlines(), 1)
    if line.partition("#")[2].startswith(" wrong: ")
}


def test_pyright_and_mypy_find_the_mistakes_of_a_program_and_nothing_else(python, tmp_path):
    assert_only_the_mistakes_are_found(python, tmp_path)


def test_they_do_so_too_where_the_sdks_of_all_providers_are_installed(tmp_path):
    (tmp_path / "pulumi_opensmtpd").symlink_to(ROOT / "components")
    # As the documentation has it for mypy.
    (settings,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(settings)
    assert_only_the_mistakes_are_found(sys.executable, tmp_path)


def assert_only_the_mistakes_are_found(python, directory):
    program = shutil.copy(PROGRAM, directory)
    (directory / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    pyright = json.loads(
        checked([BIN / "basedpyright", "--pythonpath", python, "--outputjson", program], directory)
    )
    found = {diagnostic["range"]["start"]["line"] + 1 for diagnostic in pyright["generalDiagnostics"]}
    assert found == WRONG, pyright
    mypy = checked([BIN / "mypy", "--strict", "--python-executable", python, program], directory)
    assert {
        int(line) for line in re.findall(rf"^{PROGRAM.name}:(\d+): error:", mypy, re.MULTILINE)
    } == WRONG, mypy


def checked(command, directory):
    return subprocess.run(command, cwd=directory, capture_output=True, text=True).stdout
