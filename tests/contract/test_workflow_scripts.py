"""The scripts of the workflows, run as GitHub runs them, with stand-ins for the programs that reach out."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
PREVIEWS = ROOT / "tests" / "unit" / "previews"
FAILED, SUCCEEDED = PREVIEWS / "failed.jsonl", PREVIEWS / "key-rotated.jsonl"


class Runner:
    """A machine that runs the scripts of a job, in a checkout."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.output, self.summary = directory / "output", directory / "summary"
        self._programs = directory / "bin"
        self._programs.mkdir()
        for name in ("Makefile", "review"):
            (directory / name).symlink_to(ROOT / name)

    def has(self, program: str, script: str) -> None:
        """Give it a program, which also writes down its arguments."""
        path = self._programs / program
        path.write_text(f'#!/bin/sh\necho "$*" > {self.directory}/{program}.arguments\n{script}\n')
        path.chmod(0o755)

    def was_given(self, program: str) -> str:
        """The arguments of a program."""
        return (self.directory / f"{program}.arguments").read_text()

    def run(self, workflow: str, job: str, marker: str, **environment: str) -> int:
        """Run the script with `marker` in it; return its status."""
        steps = yaml.safe_load((ROOT / f".github/workflows/{workflow}.yml").read_text())["jobs"][job]["steps"]
        (script,) = [step["run"] for step in steps if marker in step.get("run", "")]
        (self.directory / "script").write_text(script)
        given = {
            "PATH": f"{self._programs}:{os.environ['PATH']}",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }
        # https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
        command = ["bash", "-e", "script"]
        return subprocess.run(
            command, cwd=self.directory, env=given | environment, capture_output=True
        ).returncode


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


OUTCOMES = pytest.mark.parametrize(
    ("printed", "status", "ends_with", "says"),
    [
        (SUCCEEDED, 0, 0, "SMTP key"),
        (FAILED, 255, 255, "The preview failed"),
        (os.devnull, 137, 137, "There is no preview"),
        (os.devnull, 0, 1, "There is no preview"),
    ],
    ids=["succeeded", "failed", "killed", "unreadable"],
)


@OUTCOMES
def test_a_preview_is_under_the_policies_and_always_leaves_a_comment(
    runner, printed, status, ends_with, says
):
    runner.has("pulumi", f"cat {printed}; exit {status}")
    assert runner.run("preview", "preview", "pulumi preview", STACK="dev") == ends_with
    assert "--policy-pack policy" in runner.was_given("pulumi")
    comment = (runner.directory / "comment.md").read_text()
    assert comment.startswith("<!-- mail-relay preview of mail-relay/")
    assert says in comment
    assert comment == runner.summary.read_text()


@OUTCOMES
def test_drift_is_what_a_refreshed_preview_would_change(runner, printed, status, ends_with, says):
    runner.has("pulumi", f"cat {printed}; exit {status}")
    assert runner.run("drift", "preview", "pulumi preview", STACK="dev") == ends_with
    assert {"--refresh", "--expect-no-changes"} <= set(runner.was_given("pulumi").split())
    assert says in (runner.directory / "report" / "comment.md").read_text()
    assert (runner.directory / "report" / "status").read_text() == f"{ends_with}\n"


@pytest.mark.parametrize(("status", "is_resolved"), [(0, True), (1, False)])
def test_an_issue_about_drift_is_closed_only_when_there_is_none(runner, status, is_resolved):
    runner.has("python3", "")
    (runner.directory / "status").write_text(f"{status}\n")
    assert runner.run("drift", "issue", "review.publish", STACK="dev") == 0
    given = runner.was_given("python3")
    assert given.startswith("-m review.publish comment.md --issue The stack dev is")
    assert ("--resolved" in given) is is_resolved


def test_a_comment_goes_to_its_pull_request(runner):
    runner.has("python3", "")
    assert runner.run("preview", "comment", "review.publish", PULL_REQUEST="7") == 0
    assert runner.was_given("python3") == "-m review.publish comment.md --pull-request 7\n"


RELEASE = {"TAG": "v1.2.3", "GITHUB_REPOSITORY": "Some-One/Mail"}


def test_a_release_is_built_from_a_base_that_its_digest_names(runner):
    runner.has("docker", "echo sha256:0123")
    assert runner.run("release", "image", "imagetools", **RELEASE) == 0
    (base,) = re.findall(r"^ARG BASE=(.*)$", (ROOT / "components/image/Dockerfile").read_text(), re.MULTILINE)
    assert f"imagetools inspect {base} " in runner.was_given("docker")
    written = dict(line.split("=", 1) for line in runner.output.read_text().splitlines())
    assert written["base"] == "debian@sha256:0123"
    assert written["name"] == "ghcr.io/some-one/mail/opensmtpd-relay:1.2.3"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", written["created"])


@pytest.mark.parametrize("script", ["exit 1", "echo"])
def test_without_the_digest_of_its_base_nothing_is_released(runner, script):
    runner.has("docker", script)
    assert runner.run("release", "image", "imagetools", **RELEASE) != 0
