"""Rules for relays in a cluster."""

from collections.abc import Iterator, Sequence
from typing import Any

from .resource import Resource
from .rule import MANDATORY, StackRule
from .workload import CONTAINER, objects, pod, relays

_NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
# None is each of the protocol. By name: those of /etc/services, and what charts of relays call theirs.
_MAIL_PORTS = {None, 25, 465, 587, 2525, "smtp", "smtps", "submission", "submissions"}


def _without_network_policy(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    policies = [resource for resource in resources if resource.type == _NETWORK_POLICY]
    for resource in resources:
        in_cluster = resource.type != CONTAINER and any(relays(resource))
        selecting = [policy for policy in policies if _selects(policy, resource)]
        # Each adds to whom the others let in.
        if in_cluster and (not selecting or any(map(_lets_everybody_in, selecting))):
            yield f"{resource.name}: no network policy limits who reaches the relay", resource.urn


def _selects(policy: Resource, workload: Resource) -> bool:
    """Whether the policy limits who reaches the workload."""
    directions = policy.get("spec", "policyTypes") or ["Ingress"]
    if _namespace(policy) != _namespace(workload) or "Ingress" not in directions:
        return False
    selector = policy.get("spec", "podSelector") or {}
    labels = pod(workload, "metadata", "labels") or {}
    wanted = selector.get("matchLabels") or {}
    # What is not known yet, and expressions, are taken to fit: this is for what has been forgotten.
    return all(
        isinstance(value, str) and labels.get(key, value) == value and key in labels
        for key, value in wanted.items()
    )


def _lets_everybody_in(policy: Resource) -> bool:
    for rule in objects(policy.get("spec", "ingress")):
        ports = {port.get("port") for port in objects(rule.get("ports"))}
        if not rule.get("from") and (not ports or ports & _MAIL_PORTS):
            return True
    return False


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
