"""The workflows: nobody gets more rights than needed, nothing runs that is not pinned, no fork meets a secret."""

import re
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Where a job of a pull request runs although it comes from a fork: what it does without.
NOT_ON_FORKS = "github.event.pull_request.head.repo.full_name == github.repository"
# What each job may write, and why there is nothing else in this table.
WRITING = {
    ("preview", "preview"): {"id-token"},
    ("preview", "comment"): {"pull-requests"},
    ("drift", "preview"): {"id-token"},
    ("drift", "issue"): {"issues"},
    ("release", "image"): {"packages"},
    ("release", "release"): {"contents"},
}
KNOWN_TRIGGERS = {"push", "pull_request", "schedule", "workflow_dispatch"}


def workflow(path):
    return yaml.safe_load(path.read_text())


def jobs():
    return [
        pytest.param(path, name, job, id=f"{path.stem}-{name}")
        for path in WORKFLOWS
        for name, job in workflow(path)["jobs"].items()
    ]


def triggers(path):
    return workflow(path)[True]  # `on:` is a boolean in YAML 1.1


def test_all_workflows_are_there():
    assert [path.stem for path in WORKFLOWS] == ["ci", "drift", "preview", "release"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_workflow_gives_rights_that_its_jobs_do_not_ask_for(path):
    assert workflow(path)["permissions"] == {}


@pytest.mark.parametrize(("path", "name", "job"), jobs())
def test_a_job_writes_only_what_it_is_for(path, name, job):
    permissions = job["permissions"]
    assert set(permissions.values()) <= {"read", "write"}
    written = {scope for scope, level in permissions.items() if level == "write"}
    assert written == WRITING.get((path.stem, name), set())


@pytest.mark.parametrize(("path", "name", "job"), jobs())
def test_a_job_ends_in_time(path, name, job):
    assert job["timeout-minutes"] <= 60


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(path):
    uses = re.findall(r"uses:.*", path.read_text())
    for line in uses:
        assert re.fullmatch(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_action_has_one_commit_for_one_version():
    pins = {}
    for path in WORKFLOWS:
        for action, commit, version in re.findall(r"uses: (\S+)@(\w+) # (\S+)", path.read_text()):
            pins.setdefault(action, set()).add((commit, version))
    assert pins
    assert {action: pin for action, pin in pins.items() if len(pin) != 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_workflow_runs_foreign_code_with_the_rights_of_the_base(path):
    assert set(triggers(path)) <= KNOWN_TRIGGERS
    assert "pull_request_target" not in path.read_text()
    assert "workflow_run" not in path.read_text()


def fork_reachable(path, name):
    """Whether a job runs for a pull request from a fork."""
    job = workflow(path)["jobs"][name]
    if "pull_request" not in triggers(path) or NOT_ON_FORKS in str(job.get("if", "")):
        return False
    needed = job.get("needs", [])
    needed = [needed] if isinstance(needed, str) else needed
    # With `contains(..., needs.preview.result)` a job that was skipped takes this one with it.
    return all(fork_reachable(path, other) for other in needed)


@pytest.mark.parametrize(("path", "name", "job"), jobs())
def test_no_fork_meets_a_secret_or_a_right_to_write(path, name, job):
    if fork_reachable(path, name):
        assert "secrets." not in str(job)
        assert set(job["permissions"].values()) == {"read"}


def test_the_jobs_that_forks_reach_are_known():
    reached = {
        (path.stem, name)
        for path in WORKFLOWS
        for name in workflow(path)["jobs"]
        if fork_reachable(path, name)
    }
    assert reached == {("ci", "test"), ("preview", "stacks"), ("preview", "preview-without-account")}


@pytest.mark.parametrize(("path", "name", "job"), jobs())
def test_no_credentials_stay_in_the_checkout(path, name, job):
    for step in job["steps"]:
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize(("path", "name", "job"), jobs())
def test_no_text_of_others_becomes_part_of_a_script(path, name, job):
    for step in job["steps"]:
        assert "${{" not in step.get("run", ""), step


@pytest.mark.parametrize(("path", "name", "job"), jobs())
def test_the_commands_that_a_job_calls_are_there(path, name, job):
    scripts = "\n".join(step.get("run", "") for step in job["steps"])
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in re.findall(r"\bmake (?:-s )?([a-z-]+)", scripts):
        assert target in targets
    for module in re.findall(r"python3? -m (review[.\w]*)", scripts):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists() or (ROOT / module / "__main__.py").exists()
    for script in re.findall(r"(?<!\S)(\.\w\S*/\S+)", scripts):
        assert script.startswith(".venv/") or (ROOT / script).exists()


def test_the_comment_is_written_by_code_of_the_base_branch():
    steps = workflow(ROOT / ".github/workflows/preview.yml")["jobs"]["comment"]["steps"]
    checkouts = [step["with"]["ref"] for step in steps if "actions/checkout" in step.get("uses", "")]
    assert checkouts == ["${{ github.event.pull_request.base.sha }}"]


def test_the_release_is_for_both_processors_with_a_bill_of_materials():
    steps = workflow(ROOT / ".github/workflows/release.yml")["jobs"]["image"]["steps"]
    (build,) = [step["with"] for step in steps if "build-push-action" in step.get("uses", "")]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert build["sbom"] is True


def test_the_project_of_the_comments_is_that_of_the_program():
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["name"]
    for name in ("preview", "drift"):
        assert f'stack="--stack {project}/$STACK"' in (ROOT / f".github/workflows/{name}.yml").read_text()
