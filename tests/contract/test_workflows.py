"""The workflows: nobody gets more rights than needed, nothing runs that is not pinned, no fork meets a secret."""

import re
from pathlib import Path

import pytest
import yaml

from local.tools import actionlint

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Where a job of a pull request runs although it comes from a fork: what it does without.
NOT_ON_FORKS = "github.event.pull_request.head.repo.full_name == github.repository"
HAS_RUN = """contains(fromJSON('["success", "failure"]'), needs.{}.result)"""
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
    assert job["timeout-minutes"] <= 90


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


def fork_reachable(workflow, name):
    """Whether a job runs for a pull request from a fork."""
    job = workflow["jobs"][name]
    condition = str(job.get("if", ""))
    if "pull_request" not in workflow[True] or NOT_ON_FORKS in condition:
        return False
    needed = job.get("needs", [])
    needed = [needed] if isinstance(needed, str) else needed
    # A job that was skipped takes with it what needs it, unless that says that it runs all the same.
    if re.search(r"\b(?:always|cancelled|failure)\(\)", condition):
        needed = [other for other in needed if HAS_RUN.format(other) in condition]
    return all(fork_reachable(workflow, other) for other in needed)


def test_a_job_that_always_runs_is_one_that_forks_reach():
    jobs = {
        "own": {"if": NOT_ON_FORKS},
        "after": {"needs": ["own"], "if": "always()"},
        "next": {"needs": "own"},
    }
    assert fork_reachable({True: ["pull_request"], "jobs": jobs}, "after")
    assert not fork_reachable({True: ["pull_request"], "jobs": jobs}, "next")


@pytest.mark.parametrize(("path", "name", "job"), jobs())
def test_no_fork_meets_a_secret_or_a_right_to_write(path, name, job):
    if fork_reachable(workflow(path), name):
        assert "secrets." not in str(job)
        assert set(job["permissions"].values()) == {"read"}


def test_the_jobs_that_forks_reach_are_known():
    reached = {
        (path.stem, name)
        for path in WORKFLOWS
        for name in workflow(path)["jobs"]
        if fork_reachable(workflow(path), name)
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


def test_the_release_is_for_both_processors_with_a_bill_of_materials_and_every_label_filled_in():
    steps = workflow(ROOT / ".github/workflows/release.yml")["jobs"]["image"]["steps"]
    (build,) = [step["with"] for step in steps if "build-push-action" in step.get("uses", "")]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert build["sbom"] is True
    given = dict(line.split("=", 1) for line in build["build-args"].splitlines())
    dockerfile = (ROOT / build["context"] / "Dockerfile").read_text()
    assert given.keys() == set(re.findall(r"^ARG (\w+)", dockerfile, re.MULTILINE))
    assert given["BASE"] == "${{ steps.image.outputs.base }}"


def test_what_needs_pulumi_has_its_cli_and_drift_is_looked_for_every_night():
    for name in ("preview", "drift"):
        steps = workflow(ROOT / f".github/workflows/{name}.yml")["jobs"]["preview"]["steps"]
        used = [step.get("uses", "").partition("@")[0] for step in steps]
        run = next(index for index, step in enumerate(steps) if "pulumi preview" in step.get("run", ""))
        assert "pulumi/actions" in used[:run]
    assert [set(entry) for entry in triggers(ROOT / ".github/workflows/drift.yml")["schedule"]] == [{"cron"}]


def test_a_change_is_brought_up_and_down_and_meets_every_test():
    steps = workflow(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [
        "make lint",
        "make up && make down",
        'sudo env "HOME=$HOME" "PATH=$PATH" .ci/run',
    ]


def test_a_pull_request_is_previewed_with_an_account_or_without_one():
    jobs = workflow(ROOT / ".github/workflows/preview.yml")["jobs"]
    assert f"&& vars.AWS_ROLE_ARN != '' && {NOT_ON_FORKS}" in jobs["preview"]["if"]
    on_forks = NOT_ON_FORKS.replace("==", "!=")
    assert f"&& (vars.AWS_ROLE_ARN == '' || {on_forks})" in jobs["preview-without-account"]["if"]


def test_the_project_of_the_comments_is_that_of_the_program():
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["name"]
    for name in ("preview", "drift"):
        assert f'stack="--stack {project}/$STACK"' in (ROOT / f".github/workflows/{name}.yml").read_text()


def test_a_commit_is_checked_by_the_same_actionlint_as_a_pull_request():
    (hooks,) = (
        repository
        for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
        if repository["repo"] == "https://github.com/rhysd/actionlint"
    )
    assert hooks["rev"] == f"v{actionlint.VERSION}"
    assert hooks["hooks"] == [{"id": "actionlint"}]
