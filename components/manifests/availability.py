"""How many replicas there are: at least, while nodes are drained, and at most, under load."""

from typing import Any

import pulumi

from .labels import revision_labels

_QUEUE_AGE = "opensmtpd_queue_oldest_message_age_seconds"


def disruption_budget_spec(
    instance: str, revision: pulumi.Input[str], max_unavailable: pulumi.Input[int]
) -> dict[str, Any]:
    """The spec of the PodDisruptionBudget of one revision."""
    return {
        "selector": {"matchLabels": revision_labels(instance, revision)},
        "maxUnavailable": max_unavailable,
        # A replica that cannot send serves nobody: to wait for it would keep the node from being drained.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }


def autoscaler_spec(
    stateful_set: pulumi.Input[str],
    *,
    min_replicas: pulumi.Input[int],
    max_replicas: pulumi.Input[int],
    cpu: pulumi.Input[int] | None,
    queue_age: pulumi.Input[int] | None,
) -> dict[str, Any]:
    """The spec of the HorizontalPodAutoscaler: by `cpu` (per cent), `queue_age` (seconds), or whichever wants more."""
    metrics = []
    if cpu is not None:
        target = {"type": "Utilization", "averageUtilization": cpu}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    if queue_age is not None:
        target = {"type": "AverageValue", "averageValue": queue_age}
        metrics.append({"type": "Pods", "pods": {"metric": {"name": _QUEUE_AGE}, "target": target}})
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": stateful_set},
        "minReplicas": min_replicas,
        "maxReplicas": max_replicas,
        "metrics": metrics,
    }
