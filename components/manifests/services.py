"""The names under which the relay is reached."""

from typing import Any

import pulumi

from ..relay_container import SMTP_PORT, SUBMISSION_PORT
from .labels import selector


def service_spec(
    instance: str, *, service_type: str, client_networks: pulumi.Input[Any], with_submission: bool
) -> dict[str, Any]:
    """The Service that clients use. Only a load balancer asks for `client_networks`."""
    spec = {
        "type": service_type,
        "selector": selector(instance),
        "ports": _ports({"smtp": SMTP_PORT} | ({"submission": SUBMISSION_PORT} if with_submission else {})),
    }
    if service_type == "LoadBalancer":
        # With the client's own address, or all of the internet would look like a node of the cluster.
        spec |= {"externalTrafficPolicy": "Local", "loadBalancerSourceRanges": client_networks}
    return spec


def pods_service_spec(instance: str, *, metrics_port: pulumi.Input[int]) -> dict[str, Any]:
    """The headless Service: a name for each replica, and for its own name the addresses of all that are ready."""
    return {
        "clusterIP": "None",
        "selector": selector(instance),
        "ports": _ports({"smtp": SMTP_PORT, "metrics": metrics_port}),
    }


def _ports(ports: dict[str, pulumi.Input[int]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "port": port, "targetPort": name, "protocol": "TCP"} for name, port in ports.items()
    ]
