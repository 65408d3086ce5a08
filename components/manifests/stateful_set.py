"""The replicas, each with a queue of its own."""

from typing import Any

import pulumi

from .labels import selector
from .pod import QUEUE


def stateful_set_spec(
    instance: str,
    *,
    service: pulumi.Input[str],
    replicas: pulumi.Input[int],
    template: dict[str, Any],
    storage_size: pulumi.Input[str],
    storage_class: pulumi.Input[str] | None,
) -> dict[str, Any]:
    """The spec of the StatefulSet."""
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage_size}}}
    if storage_class is not None:
        claim["storageClassName"] = storage_class
    return {
        "replicas": replicas,
        "serviceName": service,
        "selector": {"matchLabels": selector(instance)},
        # In order, a replica that cannot send would keep its correction from being rolled out, before Kubernetes 1.35:
        # https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
        # An update goes one by one all the same, and waits for each.
        "podManagementPolicy": "Parallel",
        # With the partition, which is a default only where there is no type. Without one, a replica that is deleted may
        # come back as the revision before, and those of a first update that failed could not be corrected:
        # https://github.com/kubernetes/kubernetes/blob/v1.35.3/pkg/controller/statefulset/stateful_set_utils.go#L530
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        # Mail that could not leave before a replica was removed waits there until the replica comes back.
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "template": template,
        # With the labels that never change: what is in here, Kubernetes does not change.
        "volumeClaimTemplates": [
            {"metadata": {"name": QUEUE, "labels": selector(instance)}, "spec": claim},
        ],
    }
