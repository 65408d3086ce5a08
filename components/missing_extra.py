"""The error of a program that uses a component without the SDK that it is made of."""

import functools
from collections.abc import Callable
from typing import Any

import pulumi

_DISTRIBUTION = "pulumi-opensmtpd"
_EXTRAS = {"pulumi_aws": "aws", "pulumi_docker": "docker", "pulumi_kubernetes": "kubernetes"}


class MissingExtra(ImportError, pulumi.RunError):
    """An SDK that is not installed. Pulumi prints it as one line, without a traceback."""


def naming_the_extra(attribute: Callable[[str], Any]) -> Callable[[str], Any]:
    """A module's `__getattr__` that raises MissingExtra where importing an attribute fails for the lack of an SDK."""

    @functools.wraps(attribute)
    def get(name: str) -> Any:
        try:
            return attribute(name)
        except ModuleNotFoundError as error:
            sdk = (error.name or "").partition(".")[0]
            if sdk not in _EXTRAS:
                raise
            raise MissingExtra(
                f"{name} needs {sdk}, which is not installed: pip install '{_DISTRIBUTION}[{_EXTRAS[sdk]}]'",
                name=error.name,
            ) from None

    return get
