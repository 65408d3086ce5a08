"""The labels of all objects: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"""

import pulumi


def selector(instance: str) -> dict[str, str]:
    """What tells the pods of the relay `instance` from all others. It never changes: much would be replaced for it."""
    return {"app.kubernetes.io/name": "opensmtpd", "app.kubernetes.io/instance": instance}


def revision_labels(instance: str, revision: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """What tells the pods of one revision of the relay from those of all others."""
    return selector(instance) | {"app.kubernetes.io/version": revision}


def labels(instance: str) -> dict[str, str]:
    """What every object of the relay `instance` carries."""
    return selector(instance) | {
        "app.kubernetes.io/component": "relay",
        "app.kubernetes.io/managed-by": "pulumi",
    }
