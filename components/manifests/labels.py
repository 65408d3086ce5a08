"""The labels of all objects: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"""


def selector(instance: str) -> dict[str, str]:
    """What tells the pods of the relay `instance` from all others. It never changes: much would be replaced for it."""
    return {"app.kubernetes.io/name": "opensmtpd", "app.kubernetes.io/instance": instance}


def labels(instance: str) -> dict[str, str]:
    """What every object of the relay `instance` carries."""
    return selector(instance) | {
        "app.kubernetes.io/component": "relay",
        "app.kubernetes.io/managed-by": "pulumi",
    }
