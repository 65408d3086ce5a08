"""What the runner reads out of Pulumi's output and state."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.docker_objects import DockerObject
from local.stack import changes, diagnostics
from local.state_file import StateFile

pytestmark = pytest.mark.unit

_OUTPUT = """\
Updating (local):
 ++ docker:index:Container relay **creating failed** error: 1 error occurred:
Diagnostics:
  pulumi:pulumi:Stack (mail-relay-local):
    warning: using pulumi-resource-docker from $PATH at /stand-ins/pulumi-resource-docker
    error: update failed

  docker:index:Container (relay):
    error: port is already allocated

Outputs:
  - dnsRecords : []

Resources:
    + 8 created
    +-1 replaced
    9 changes. 9 unchanged

Duration: 3s
"""


def test_the_changes_are_counted_as_pulumi_does() -> None:
    assert changes(_OUTPUT) == "8 created, 1 replaced, 9 unchanged"


def test_the_diagnostics_are_cut_out_without_the_noise_of_stand_ins() -> None:
    assert diagnostics(_OUTPUT).splitlines() == [
        "  pulumi:pulumi:Stack (mail-relay-local):",
        "    error: update failed",
        "",
        "  docker:index:Container (relay):",
        "    error: port is already allocated",
    ]


def test_without_diagnostics_the_end_of_the_output_is_shown() -> None:
    assert diagnostics("error: the stack is locked\n") == "    error: the stack is locked"


def test_docker_objects_are_found_in_the_order_of_their_removal(tmp_path: Path) -> None:
    state = _state(
        tmp_path, resources=[_resource("volume:Volume", "queue"), _resource("container:Container", "relay")]
    )
    assert state.docker_objects() == [DockerObject("container", "relay"), DockerObject("volume", "queue")]


def test_what_a_killed_update_was_making_is_found(tmp_path: Path) -> None:
    pending = [
        {"type": "creating", "resource": _resource("container:Container", "new")},
        {"type": "deleting", "resource": _resource("container:Container", "old")},
    ]
    state = _state(tmp_path, resources=[_resource("container:Container", "old")], pending_operations=pending)
    assert state.unfinished_docker_objects() == [DockerObject("container", "new")]
    assert {one.name for one in state.docker_objects()} == {"new", "old"}


def test_other_resources_are_not_taken_for_docker_objects(tmp_path: Path) -> None:
    resources = [{"type": "pulumi:pulumi:Stack"}, _resource("remoteImage:RemoteImage", "opensmtpd-relay:1")]
    assert _state(tmp_path, resources=resources).docker_objects() == []


def test_a_stack_that_was_never_made_is_empty(tmp_path: Path) -> None:
    state = StateFile(tmp_path, "local")
    assert (state.exists(), state.is_empty(), state.docker_objects()) == (False, True, [])


def _resource(kind: str, name: str) -> dict[str, Any]:
    return {"type": f"docker:index/{kind}", "inputs": {"name": name}}


def _state(backend: Path, **latest: Any) -> StateFile:
    path = backend / ".pulumi" / "stacks" / "mail-relay" / "local.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}))
    return StateFile(backend, "local")
