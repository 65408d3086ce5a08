"""The workflows as GitHub would read them (actionlint), and as an attacker would (zizmor)."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.tools import actionlint
from local.tools.progress import Progress

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def lint(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, cwd=ROOT)


@pytest.fixture(scope="module")
def reader():
    return actionlint.ensure(Progress())


@pytest.fixture(scope="module")
def attacker():
    return shutil.which("zizmor", path=str(Path(sys.executable).parent))


def test_github_would_run_the_workflows(reader):
    finished = lint(reader, *WORKFLOWS)
    assert finished.returncode == 0, finished.stdout


def test_nothing_in_the_workflows_is_of_use_to_an_attacker(attacker):
    finished = lint(attacker, "--offline", "--no-progress", *WORKFLOWS)
    assert finished.returncode == 0, finished.stdout


BROKEN = """
on: pull_request_target
permissions: write-all
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@main
        with:
          ref: ${{ github.event.pull_request.head.sha }}
      - run: echo ${{ github.event.pull_request.title }} ${{ steps.none.outputs.x }}
"""


def test_both_refuse_a_workflow_that_is_wrong(reader, attacker, tmp_path):
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(BROKEN)
    assert "untrusted" in lint(reader, wrong).stdout
    assert "dangerous-triggers" in lint(attacker, "--offline", "--no-progress", wrong).stdout
