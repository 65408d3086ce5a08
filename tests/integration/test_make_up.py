"""`make up` and its relatives: from nothing to a delivered message, and back to nothing."""

import json
import os
import re
import shutil
import signal
import socket
from email.parser import BytesHeaderParser
from pathlib import Path
from types import SimpleNamespace

import boto3
import docker
import pytest

from local import docker_objects
from local.workspace import CHECKOUT

from .workspace_run import WorkspaceRun, await_true

pytestmark = pytest.mark.integration

_OUTPUTS = {"smtpAddress", "dnsRecords", "relayHost", "relayPort", "relayProto", "workload", "mailbox"}
_STACK_FILE = CHECKOUT / "stacks" / "Pulumi.local.yaml"


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What became of: up, up again, outputs, doctor, up without the right to send, down, down again."""
    run = WorkspaceRun(tmp_path_factory.mktemp("life") / "local")
    life = SimpleNamespace(run=run, stack_file=_STACK_FILE.read_bytes())
    try:
        life.up = run.make("up")
        life.messages = _messages(run)
        life.second_up = run.make("up")
        life.outputs = run.make("outputs")
        life.doctor = run.make("doctor")
        life.docker_objects = run.docker_objects()
        _take_right_to_send(run)
        life.refused_up = run.make("up", "ARGS=--wait 20")
    finally:
        life.down = run.make("down")
    life.second_down = run.make("down")
    return life


@pytest.fixture(scope="module")
def troubled_life(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What became of: up, interrupted; up; up when account and container are lost; down when the account is lost."""
    run = WorkspaceRun(tmp_path_factory.mktemp("life") / "local")
    life = SimpleNamespace(run=run)
    try:
        interrupted = run.begin("up")
        await_true(run.docker_objects)
        interrupted.send_signal(signal.SIGINT)
        life.interrupted_status = interrupted.wait(120)
        life.up = run.make("up")
        _lose_account(run)
        container = run.docker_objects()[0]
        docker.from_env().containers.get(container.name).remove(force=True)
        life.healing_up = run.make("up")
        life.docker_objects = run.docker_objects()
        _lose_account(run)
    finally:
        life.down = run.make("down")
    return life


def test_up_ends_with_success(life: SimpleNamespace) -> None:
    assert life.up.returncode == 0, life.up.stderr


def test_up_says_where_the_message_lies(life: SimpleNamespace) -> None:
    (path,) = re.findall(r"^  (/.*\.eml)$", life.up.stdout, re.MULTILINE)
    (message_id,) = re.findall(r"^The message (<.*>) arrived:$", life.up.stdout, re.MULTILINE)
    assert life.messages[Path(path)]["Message-ID"] == message_id


def test_the_doctor_finds_nothing_wrong_and_asks_the_local_account(life: SimpleNamespace) -> None:
    assert life.doctor.returncode == 0, life.doctor.stdout
    states = {line.split("  ")[0].strip(): line for line in life.doctor.stdout.splitlines()}
    assert "production" in states["access, eu-west-1"]
    assert "accepted" in states["login, primary upstream"]


def test_up_shows_both_servers_that_the_message_passed(life: SimpleNamespace) -> None:
    endpoint, relay = re.findall(r"^  Received: (.*)$", life.up.stdout, re.MULTILINE)
    assert re.search(r"by host\.docker\.internal \(.*\) with ESMTPSA", endpoint)
    assert "(OpenSMTPD)" in relay


def test_up_shows_the_seconds_of_each_step(life: SimpleNamespace) -> None:
    steps = re.findall(r"^(\w.*?) +\d+\.\d s$", life.up.stdout, re.MULTILINE)
    assert {"Docker engine", "Pulumi CLI", "Local AWS", "pulumi up", "Test message", "total"} <= set(steps)


def test_a_second_up_changes_nothing(life: SimpleNamespace) -> None:
    assert re.search(r"^pulumi up: \d+ unchanged \(", life.second_up.stderr, re.MULTILINE)


def test_outputs_are_json_and_nothing_else(life: SimpleNamespace) -> None:
    assert set(json.loads(life.outputs.stdout)) >= _OUTPUTS


def test_a_message_that_does_not_arrive_is_a_failure_with_a_hint(life: SimpleNamespace) -> None:
    assert life.refused_up.returncode != 0
    assert "Hint: the local AWS refused the message" in life.refused_up.stderr
    assert "554 Access denied" in life.refused_up.stderr


def test_down_says_what_it_removed(life: SimpleNamespace) -> None:
    assert life.down.returncode == 0, life.down.stderr
    removed = [*map(str, life.docker_objects), str(life.run.directory)]
    assert all(f"  {one}\n" in life.down.stdout for one in removed)


@pytest.mark.parametrize("which", ["life", "troubled_life"])
def test_down_leaves_nothing(which: str, request: pytest.FixtureRequest) -> None:
    life = request.getfixturevalue(which)
    assert life.down.returncode == 0, life.down.stderr
    assert {one.kind for one in life.docker_objects} == {"container", "network", "volume"}
    assert docker_objects.present(docker.from_env(), life.docker_objects) == []
    assert life.run.processes() == []
    assert not life.run.directory.exists()


def test_down_can_be_repeated(life: SimpleNamespace) -> None:
    assert (life.second_down.returncode, life.second_down.stdout) == (0, "Nothing to remove.\n")


def test_the_checkout_is_left_as_it_was(life: SimpleNamespace) -> None:
    assert _STACK_FILE.read_bytes() == life.stack_file


def test_an_interrupted_up_can_be_repeated(troubled_life: SimpleNamespace) -> None:
    assert troubled_life.interrupted_status == 130
    assert troubled_life.up.returncode == 0, troubled_life.up.stderr


def test_up_mends_what_a_reboot_destroys(troubled_life: SimpleNamespace) -> None:
    assert troubled_life.healing_up.returncode == 0, troubled_life.healing_up.stderr


def test_outputs_of_a_stack_that_is_not_up_say_what_to_do(tmp_path: Path) -> None:
    outputs = WorkspaceRun(tmp_path / "local").make("outputs")
    assert (outputs.returncode != 0, outputs.stdout) == (True, "")
    assert "error: The stack local is not up: make up\n" in outputs.stderr


def test_a_stack_that_does_not_exist_is_an_error_that_names_the_others(tmp_path: Path) -> None:
    previewed = WorkspaceRun(tmp_path / "local").make("preview", "STACK=none")
    assert previewed.returncode != 0
    assert re.search(
        r"^error: There is no stack 'none' .*: the stacks are dev, local, ", previewed.stderr, re.MULTILINE
    )


@pytest.mark.usefixtures("kubernetes_plugin")
@pytest.mark.parametrize("stack", ["dev", "sendgrid", "smtp", "prod", "local-kubernetes"])
def test_every_stack_can_be_previewed_without_an_account(stack: str, tmp_path: Path) -> None:
    run = WorkspaceRun(tmp_path / "local")
    try:
        previewed = run.make("preview", f"STACK={stack}")
        assert previewed.returncode == 0, previewed.stderr
        assert re.search(r"^    \+ \d+ to create$", previewed.stdout, re.MULTILINE)
        assert run.processes() == []
    finally:
        run.make("down")


def test_a_preview_does_not_wait_for_a_cluster_that_does_not_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"https://127.0.0.1:{silent.getsockname()[1]}"
        kubeconfig = {
            "contexts": [{"name": "my-cluster", "context": {"cluster": "mine"}}],
            "clusters": [{"name": "mine", "cluster": {"server": server}}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(kubeconfig))
        previewed = WorkspaceRun(tmp_path / "local", KUBECONFIG=str(path)).make("preview", "STACK=prod")
    assert previewed.returncode != 0
    error = rf"^error: The cluster at {server} does not answer .* the context 'my-cluster' of {path};"
    assert re.search(error, previewed.stderr, re.MULTILINE)
    assert "pulumi preview" not in previewed.stderr


def test_the_policies_pass_a_stack_until_it_is_changed_for_the_worse(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(CHECKOUT, checkout, ignore=shutil.ignore_patterns(".*", "build", "docs", "tests"))
    (checkout / ".venv").symlink_to(CHECKOUT / ".venv")
    run = WorkspaceRun(tmp_path / "local", checkout)
    passed = run.make("policy", "STACK=smtp")
    assert passed.returncode == 0, passed.stderr
    assert "opensmtpd" in passed.stdout
    with (checkout / "stacks" / "Pulumi.smtp.yaml").open("a") as stack_file:
        stack_file.write("  mail-relay:relayProto: smtp\n")
    stopped = run.make("policy", "STACK=smtp")
    assert stopped.returncode != 0
    assert "[mandatory]  relay-verifies-tls" in stopped.stderr
    assert "Fix: Use RELAY_PROTO smtp+tls or smtps" in stopped.stderr


@pytest.mark.parametrize(
    ("command", "said"), [("echo 'out of order'; exit 1", ["out of order"]), ("echo all is well", [])]
)
def test_what_the_health_check_of_a_failed_update_said_is_known(command: str, said: list[str]) -> None:
    engine = docker.from_env()
    health = {"test": ["CMD-SHELL", command], "interval": 10**9, "retries": 1}
    container = engine.containers.run("debian:trixie-slim", "sleep 60", detach=True, healthcheck=health)
    try:
        await_true(lambda: engine.containers.get(container.id).attrs["State"]["Health"]["Log"])
        objects = [docker_objects.DockerObject("container", container.name)]
        assert docker_objects.complaints(engine, objects) == said
    finally:
        container.remove(force=True)


def _messages(run: WorkspaceRun) -> dict[Path, dict[str, str]]:
    mailbox = run.directory / "aws" / "mailbox"
    return {path: dict(BytesHeaderParser().parsebytes(path.read_bytes())) for path in mailbox.glob("*.eml")}


def _take_right_to_send(run: WorkspaceRun) -> None:
    iam = boto3.client(
        "iam",
        endpoint_url=run.account()["endpoint"],
        region_name="eu-west-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    for user in iam.list_users()["Users"]:
        for policy in iam.list_user_policies(UserName=user["UserName"])["PolicyNames"]:
            iam.delete_user_policy(UserName=user["UserName"], PolicyName=policy)


def _lose_account(run: WorkspaceRun) -> None:
    """What a reboot does to the local AWS."""
    os.kill(run.account()["pid"], signal.SIGKILL)
