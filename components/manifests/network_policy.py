"""Who may talk to the relay, and to whom it may talk. A cluster enforces that only if its network plugin does."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..kubernetes_checks import ANY_NAMESPACE
from ..relay_container import SMTP_PORT, SUBMISSION_PORT
from .labels import selector

_DNS_PORT = 53
# Set by Kubernetes itself on each: https://kubernetes.io/docs/reference/labels-annotations-taints/
_NAMESPACE_NAME = "kubernetes.io/metadata.name"


def network_policy_spec(
    instance: str,
    *,
    namespace: str,
    allowed_namespaces: Sequence[str],
    allowed_labels: Mapping[str, str],
    client_networks: Sequence[str],
    metrics_port: int,
    monitoring_namespace: str | None,
    upstream_ports: Sequence[int],
    with_submission: bool,
) -> dict[str, Any]:
    """The spec of the NetworkPolicy.

    In: mail from the pods with `allowed_labels` of `allowed_namespaces` (none means `namespace`) and from hosts in
    `client_networks`; the metrics, from `monitoring_namespace`. Out: DNS, and `upstream_ports` of any host.
    """
    clients: list[dict[str, Any]] = [
        {"namespaceSelector": _namespaces(allowed_namespaces or [namespace])}
        | ({"podSelector": {"matchLabels": dict(allowed_labels)}} if allowed_labels else {})
    ]
    clients += [{"ipBlock": {"cidr": network}} for network in client_networks]
    mail = [SMTP_PORT, SUBMISSION_PORT] if with_submission else [SMTP_PORT]
    ingress = [{"from": clients, "ports": _ports("TCP", mail)}]
    if monitoring_namespace:
        prometheus = {"namespaceSelector": _namespaces([monitoring_namespace])}
        ingress.append({"from": [prometheus], "ports": _ports("TCP", [metrics_port])})
    dns = [*_ports("UDP", [_DNS_PORT]), *_ports("TCP", [_DNS_PORT])]
    return {
        "podSelector": {"matchLabels": selector(instance)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": [{"ports": dns}, {"ports": _ports("TCP", sorted(set(upstream_ports)))}],
    }


def _namespaces(names: Sequence[str]) -> dict[str, Any]:
    if list(names) == [ANY_NAMESPACE]:
        return {}
    return {
        "matchExpressions": [{"key": _NAMESPACE_NAME, "operator": "In", "values": sorted(names)}],
    }


def _ports(protocol: str, ports: Sequence[int]) -> list[dict[str, Any]]:
    return [{"protocol": protocol, "port": port} for port in ports]
