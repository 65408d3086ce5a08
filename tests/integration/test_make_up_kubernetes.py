"""`make up STACK=local-kubernetes`: from nothing to a message that a pod has sent, and back to nothing."""

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

import docker
import pytest

from local.cluster.cluster import Cluster
from local.tools import kubernetes_node
from local.tools.progress import Progress

from .workspace_run import WorkspaceRun

pytestmark = pytest.mark.integration

_STACK = "STACK=local-kubernetes"


@pytest.fixture(scope="module")
def life(kubernetes_plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What became of: up, up again, preview, outputs, doctor, down."""
    # Where it must be built first, that takes longer than a command of the Makefile may here.
    kubernetes_node.ensure(Progress(), docker.from_env())
    run = WorkspaceRun(tmp_path_factory.mktemp("life") / "local")
    life = SimpleNamespace(run=run)
    try:
        life.up = run.make("up", _STACK)
        life.second_up = run.make("up", _STACK)
        life.preview = run.make("preview", _STACK)
        life.outputs = run.make("outputs", _STACK)
        life.doctor = run.make("doctor", _STACK)
    finally:
        life.down = run.make("down", _STACK)
    return life


def test_up_ends_when_the_message_of_a_pod_has_arrived(life: SimpleNamespace) -> None:
    assert life.up.returncode == 0, life.up.stderr
    assert re.search(r"^The message <.*> arrived:\n  /.*\.eml\n", life.up.stdout, re.MULTILINE)
    assert "Test message: arrived" in life.up.stderr


def test_the_message_passed_a_replica_and_the_endpoint(life: SimpleNamespace) -> None:
    endpoint, relay = re.findall(r"^  Received: (.*)$", life.up.stdout, re.MULTILINE)
    assert re.search(r"by host\.cluster\.internal \(.*\) with ESMTPSA", endpoint)
    assert "(OpenSMTPD)" in relay


@pytest.mark.parametrize("command", ["second_up", "preview"])
def test_what_is_up_stays_as_it_is(life: SimpleNamespace, command: str) -> None:
    done = getattr(life, command)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\b\d+ unchanged", done.stdout + done.stderr)
    assert not re.search(r"\d+ (created|updated|replaced|deleted|to \w+)\b", done.stdout + done.stderr)


def test_the_outputs_name_the_service_and_the_stateful_set(life: SimpleNamespace) -> None:
    outputs = json.loads(life.outputs.stdout)
    assert outputs["smtpAddress"] == "relay.relay.svc:25"
    assert outputs["workload"] == "relay/relay"


def test_the_doctor_asks_the_node_and_finds_nothing_wrong(life: SimpleNamespace) -> None:
    assert life.doctor.returncode == 0, life.doctor.stdout
    assert "relay-0" in life.doctor.stdout


def test_down_leaves_nothing_not_even_the_node(life: SimpleNamespace) -> None:
    assert life.down.returncode == 0, life.down.stderr
    assert re.search(r"^  the Kubernetes node, process \d+$", life.down.stdout, re.MULTILINE)
    assert life.run.processes() == []
    assert not life.run.directory.exists()


def test_a_cluster_of_the_users_own_is_taken_and_is_theirs_after_down(
    cluster: Cluster, tmp_path: Path
) -> None:
    run = WorkspaceRun(
        tmp_path / "local",
        LOCAL_CLUSTER="context",
        KUBECONFIG=str(cluster.kubeconfig),
        PATH=f"{cluster.programs}{os.pathsep}{os.environ['PATH']}",
    )
    try:
        up = run.make("up", _STACK)
        assert "Kubernetes cluster: the context local" in up.stderr
        # Nobody but the user knows how the image gets into it.
        assert re.search(
            r"^error: opensmtpd-relay:\w+ cannot be brought .*: push the image", up.stderr, re.MULTILINE
        )
    finally:
        down = run.make("down", _STACK)
    assert down.returncode == 0, down.stderr
    assert not run.directory.exists()
    assert "Kubernetes" not in down.stdout
    assert cluster.kubectl("get", "--raw", "/readyz") == "ok"
