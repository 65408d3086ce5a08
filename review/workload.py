"""What runs the relay: its environment, memory, ports and queue, on Docker and on Kubernetes alike."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .change import UNKNOWN, Change, State
from .preview import Preview
from .scrubber import HIDDEN

CONTAINER = "docker:index/container:Container"
PODS = ("kubernetes:apps/v1:StatefulSet", "kubernetes:apps/v1:Deployment")
_COMPONENTS = ("opensmtpd:index:DockerRelay", "opensmtpd:index:KubernetesRelay")
_MEBIBYTE = {
    "": 1 / 2**20,
    "k": 1000 / 2**20,
    "M": 10**6 / 2**20,
    "G": 10**9 / 2**20,
    "Ki": 1 / 2**10,
    "Mi": 1,
    "Gi": 2**10,
}


@dataclass(frozen=True)
class Workload:
    """One relay before and after."""

    change: Change
    old: Mapping[str, str] = field(default_factory=dict)
    """The environment, as far as it is no secret."""
    new: Mapping[str, str] = field(default_factory=dict)
    is_visible: bool = True
    """Whether that environment is known; Pulumi hides all of a container's when one variable is secret."""

    def old_memory(self) -> float | None:
        """The memory limit in MiB; None where there is none."""
        return _memory(self.change.old)

    def new_memory(self) -> float | None:
        """The memory limit in MiB; None where there is none."""
        return _memory(self.change.new)


def workloads(preview: Preview) -> list[Workload]:
    """The relays of a stack: what has the relay's environment, or sits in one of its components."""
    found = []
    for change in preview.of(CONTAINER, *PODS):
        if change.operation == "delete":
            continue
        old, new = _environment(change.old), _environment(change.new)
        if old is None or new is None:
            component = _component(change, preview)
            old, new = (
                (_published(state) for state in (component.old, component.new)) if component else (None, None)
            )
        is_visible = new is not None and (old is not None or change.operation == "create")
        is_relay = any(parent in _COMPONENTS for parent in change.parents) or _is_relays(
            {**(old or {}), **(new or {})}
        )
        if is_relay or (not is_visible and change.type == CONTAINER):
            found.append(Workload(change, old or {}, new or {}, is_visible))
    return found


def pod_template(state: State) -> Mapping[str, Any]:
    """The specification of the pods."""
    return state.get("spec", "template", "spec") or {}


def _environment(state: State) -> dict[str, str] | None:
    """The variables that are visible; None when all are hidden."""
    if not state.inputs:
        return {}
    envs = state.inputs.get("envs")
    if envs in (HIDDEN, UNKNOWN):
        return None
    if isinstance(envs, list):
        pairs = (env.partition("=") for env in envs if isinstance(env, str) and env not in (HIDDEN, UNKNOWN))
        return {name: value for name, _, value in pairs}
    variables = {}
    for container in pod_template(state).get("containers") or []:
        env = container.get("env") if isinstance(container, Mapping) else None
        if env in (HIDDEN, UNKNOWN):
            return None
        for variable in env or []:
            if isinstance(variable, Mapping) and isinstance(variable.get("value"), str):
                variables[str(variable.get("name"))] = variable["value"]
    return variables


def _component(change: Change, preview: Preview) -> Change | None:
    """The component that a workload sits in, which says what of the environment is no secret."""
    place = change.urn.split("::")
    parents = place[2].rpartition("$")[0]
    within = [other for other in preview.of(*_COMPONENTS) if other.urn.split("::")[2] == parents]
    return next((other for other in within if change.name.startswith(other.name)), None)


def _published(state: State) -> dict[str, str] | None:
    environment = state.outputs.get("environment")
    if not isinstance(environment, Mapping):
        return None
    return {name: str(value) for name, value in environment.items() if value not in (HIDDEN, UNKNOWN)}


def _is_relays(environment: Mapping[str, str]) -> bool:
    return any(name.startswith(("RELAY_", "OPENSMTPD_")) for name in environment)


def _memory(state: State) -> float | None:
    limit = state.inputs.get("memory")
    if isinstance(limit, int | float) and limit > 0:
        return float(limit)
    for container in pod_template(state).get("containers") or []:
        resources = container.get("resources") if isinstance(container, Mapping) else None
        quantity = ((resources or {}).get("limits") or {}).get("memory")
        parsed = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", str(quantity))
        if parsed and parsed[2] in _MEBIBYTE:
            return float(parsed[1]) * _MEBIBYTE[parsed[2]]
    return None
