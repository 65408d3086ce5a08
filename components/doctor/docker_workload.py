"""A relay in a Docker container, through Docker's command line, which knows the engine in use."""

import json
from collections.abc import Sequence
from typing import Any

from .finding import FINE, UNKNOWN, WRONG, Finding
from .workload import RELAY, output_of


class DockerWorkload:
    """The container `name`."""

    def __init__(self, name: str):
        self._name = name

    def state(self) -> tuple[Finding, bool]:
        """What Docker says of it; see Workload."""
        names = output_of(
            *("docker", "container", "ls", "--all", "--filter", f"name=^/?{self._name}$"),
            *("--format", "{{.Names}}"),
        )
        if not names.strip():
            return judge_state(self._name, None), False
        state = json.loads(
            output_of("docker", "container", "inspect", "--format", "{{json .State}}", self._name)
        )
        return judge_state(self._name, state), state["Running"]

    def run(self, command: Sequence[str]) -> str:
        """Run a program in it; see Workload."""
        return output_of("docker", "exec", self._name, *command)

    def by_hand(self, command: str) -> str:
        """How a human runs it; see Workload."""
        return f"docker exec {self._name} {command}"


def judge_state(name: str, state: dict[str, Any] | None) -> Finding:
    """`state` is `State` of `docker inspect`; None when there is no such container."""
    if state is None:
        return Finding(RELAY, WRONG, f"no container {name}", "pulumi up --refresh")
    if not state["Running"]:
        seen = f"{state['Status']}, status {state['ExitCode']}"
        return Finding(RELAY, WRONG, seen, f"docker start {name}; if it ends again: docker logs {name}")
    health = state.get("Health") or {}
    if health.get("Status") == "healthy":
        return Finding(RELAY, FINE, "running, takes mail")
    said = [entry["Output"].strip() for entry in health.get("Log") or [] if entry["ExitCode"]]
    if health.get("Status") == "starting" and not said:
        return Finding(RELAY, UNKNOWN, "starting", "run this again in a minute")
    if not said:
        return Finding(RELAY, WRONG, "no health check", f"docker logs {name}")
    # The verdict has its own fix: the relay says it in the same line.
    return Finding(RELAY, WRONG, said[-1], f"as it says; more: docker logs {name}")
