"""Rules for relays in a cluster."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .resource import Resource
from .rule import MANDATORY, StackRule
from .workload import CONTAINER, relays

_NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def _without_network_policy(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    policies = [resource for resource in resources if resource.type == _NETWORK_POLICY]
    for resource in resources:
        in_cluster = resource.type != CONTAINER and any(relays(resource))
        if in_cluster and not any(_selects(policy, resource) for policy in policies):
            yield f"{resource.name}: no network policy limits who reaches the relay", resource.urn


def _selects(policy: Resource, workload: Resource) -> bool:
    if _namespace(policy) != _namespace(workload):
        return False
    selector = policy.get("spec", "podSelector") or {}
    labels = _labels(workload)
    wanted = selector.get("matchLabels") or {}
    # What is not known yet, and expressions, are taken to fit: this is for what has been forgotten.
    return all(
        isinstance(value, str) and labels.get(key, value) == value and key in labels
        for key, value in wanted.items()
    )


def _labels(workload: Resource) -> Mapping[str, Any]:
    template = workload.get("spec", "template", "metadata", "labels")
    return template or workload.get("metadata", "labels") or {}


def _namespace(resource: Resource) -> Any:
    return resource.get("metadata", "namespace") or "default"


STACK_RULES = (
    StackRule(
        name="network-policy-present",
        level=MANDATORY,
        why="Without one every pod of the cluster may send mail in the domain's name.",
        fix="Add a NetworkPolicy that selects the relay's pods and names the clients that may reach its port.",
        check=_without_network_policy,
    ),
)
