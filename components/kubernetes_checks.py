"""One check for each setting of the relay on Kubernetes, for what the cluster would refuse late or take otherwise.

Each returns the value in its normal form, or raises InvalidSetting. What may be written is in
https://kubernetes.io/docs/concepts/overview/working-with-objects/ (names, labels) and
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from .image.relay.checks import Check
from .image.relay.invalid_setting import InvalidSetting

ANY_NAMESPACE = "*"

# An idle relay has up to 28 MiB (tests/integration/test_relay_container.py), and mail under way needs room.
_MIN_MEMORY = "64Mi"
# One message of the largest size that is taken by default, and what comes while it waits.
_MIN_STORAGE = "64Mi"
_MIN_CPU = "1m"

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|[kMGTPE]|[KMGTPE]i)?")
_FACTORS = {"m": Decimal("0.001"), "": 1}
_FACTORS |= {unit: 1000**power for power, unit in enumerate("kMGTPE", 1)}
_FACTORS |= {f"{unit}i": 1024**power for power, unit in enumerate("KMGTPE", 1)}


def check_name(value: object) -> str:
    """The name of the component, which becomes that of its objects, of its pods with `-0` and of a Service."""
    # The label with the revision of a StatefulSet has its name and 11 characters more; a label has 63 at most.
    if re.fullmatch(r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?", str(value)):
        return str(value)
    problem = "cannot be the name of objects in Kubernetes"
    raise InvalidSetting(
        "name", problem, "use up to 52 of a-z, 0-9 and hyphens, a letter at first", repr(value)
    )


def check_labels(value: object) -> dict[str, str]:
    """Labels that pods must have: `key` or `prefix.example.com/key`, and a value."""
    field = "allowed_labels"
    if not isinstance(value, Mapping):
        raise InvalidSetting(field, "is no mapping", 'write {"key": "value"}', repr(value))
    for key, text in value.items():
        *prefix, name = str(key).split("/", 1)
        if not (_fits(_QUALIFIED, name, 63) and all(_fits(_SUBDOMAIN, part, 253) for part in prefix)):
            fix = "use letters, digits, - _ . within, as in app or example.com/app"
            raise InvalidSetting(field, "is not the key of a label", fix, repr(key))
        if not isinstance(text, str) or (text and not _fits(_QUALIFIED, text, 63)):
            fix = "use up to 63 letters, digits, - _ . within"
            raise InvalidSetting(field, f"is not the value of a label: {key}", fix, repr(text))
    return dict(value)


def _fits(pattern: str, text: str, longest: int) -> bool:
    return len(text) <= longest and re.fullmatch(pattern, text) is not None


def _namespace(field: str, value: object) -> str:
    if isinstance(value, str) and _fits(_LABEL, value, 63):
        return value
    fix = "use up to 63 of a-z, 0-9 and hyphens within, as in mail"
    raise InvalidSetting(field, "is not the name of a namespace", fix, repr(value))


def _namespaces(field: str, value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not value:
        fix = f'name the namespaces whose pods send mail, or give ["{ANY_NAMESPACE}"] for all'
        raise InvalidSetting(field, "is no list of namespaces", fix, repr(value))
    if list(value) == [ANY_NAMESPACE]:
        return [ANY_NAMESPACE]
    return [_namespace(field, name) for name in dict.fromkeys(value)]


def _object_names(field: str, value: object) -> list[str]:
    if not isinstance(value, list | tuple):
        raise InvalidSetting(field, "is no list", "give the names in one", repr(value))
    return [_object_name(field, name) for name in value]


def _object_name(field: str, value: object) -> str:
    if isinstance(value, str) and _fits(_SUBDOMAIN, value, 253):
        return value
    fix = "use a-z, 0-9, hyphens and dots within, as in fast-ssd"
    raise InvalidSetting(field, "is not the name of an object in Kubernetes", fix, repr(value))


def _quantity(field: str, least: str, example: str, value: object) -> str:
    """A quantity of at least `least`, as it was written."""
    number = _number(value)
    if number is None:
        fix = f"write a number with one of m, k, M, G, T, Ki, Mi, Gi, Ti, as in {example}"
        raise InvalidSetting(field, "is not a quantity of Kubernetes", fix, repr(value))
    if number < _number(least):
        # Kubernetes takes 128m of memory for an eighth of a byte.
        problem = f"is less than {least}" + (", as m is a thousandth" if str(value).endswith("m") else "")
        raise InvalidSetting(field, problem, f"use {example} or what was measured", repr(value))
    return str(value)


def _number(value: object) -> Decimal | None:
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    return Decimal(match[1]) * _FACTORS[match[2] or ""] if match else None


def _count(field: str, low: int, high: int, value: object) -> int:
    if isinstance(value, int) and low <= value <= high:
        return value
    raise InvalidSetting(field, "is out of range", f"use a number from {low} to {high}", repr(value))


def _choice(field: str, choices: tuple[str, ...], value: object) -> str:
    if value in choices:
        return str(value)
    raise InvalidSetting(field, "is not known", f"use {' or '.join(choices)}", repr(value))


KUBERNETES_CHECKS: dict[str, Check] = {
    "allowed_labels": check_labels,
    **{
        field: partial(form, field, *bounds)
        for field, (form, *bounds) in {
            "namespace": (_namespace,),
            "replicas": (_count, 1, 1000),
            "min_available": (_count, 0, 1000),
            "max_replicas": (_count, 1, 1000),
            "cpu_percent": (_count, 1, 1000),
            "queue_age": (_count, 1, 86400),
            "allowed_namespaces": (_namespaces,),
            "service_type": (_choice, ("ClusterIP", "LoadBalancer")),
            "storage_class": (_object_name,),
            "storage_size": (_quantity, _MIN_STORAGE, "1Gi"),
            "memory": (_quantity, _MIN_MEMORY, "128Mi"),
            "cpu": (_quantity, _MIN_CPU, "100m"),
            "pull_secrets": (_object_names,),
        }.items()
    },
}
"""The check of each field."""
