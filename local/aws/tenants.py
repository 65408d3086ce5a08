"""Tenants of SES: parts of an account with a reputation of their own."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from moto.core.exceptions import JsonRESTError


@dataclass
class Tenant:
    """One tenant and the ARNs of what it may use."""

    name: str
    identifier: str = field(default_factory=lambda: f"tn-{secrets.token_hex(15)}")
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    resources: list[str] = field(default_factory=list)


class Tenants(dict[str, Tenant]):
    """The tenants of a region, by name."""

    def check_unused(self, arn: str) -> None:
        """Raise the API's error while a tenant uses the resource: it is not to be deleted then."""
        users = [tenant.name for tenant in self.values() if arn in tenant.resources]
        if users:
            error = JsonRESTError(
                "BadRequestException", f"Resource {arn} is associated with tenants: {', '.join(users)}."
            )
            error.code = 400
            raise error
