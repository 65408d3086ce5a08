"""aws:ses/domainIdentityVerification:DomainIdentityVerification"""

import time
from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import REGION, AwsResourceType
from local.plugins.errors import OperationError
from local.plugins.property import Property

_CREATE_TIMEOUT_SECONDS = 45 * 60
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 10
_VERIFIED = "Success"


def _check_domain(value: str) -> str | None:
    return "cannot end with a period" if value.endswith(".") else None


class DomainIdentityVerification(AwsResourceType):
    """No resource of AWS: creating it waits until SES has verified the domain, or time runs out."""

    token = "aws:ses/domainIdentityVerification:DomainIdentityVerification"  # noqa: S105
    properties: ClassVar = {
        "domain": Property(str, required=True, replaces=True, validate=_check_domain),
        "region": REGION,
        "arn": Property(str, output_only=True),
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Wait for the verification, `timeout` seconds or 45 minutes."""
        domain = inputs["domain"]
        doing = f"creating SES Domain Identity Verification ({domain})"
        deadline = time.monotonic() + (self.timeout or _CREATE_TIMEOUT_SECONDS)
        delay = _FIRST_DELAY_SECONDS
        while (status := self._status(doing, domain, inputs["region"])) != _VERIFIED:
            if status is None:
                raise OperationError(f"{doing}: couldn't find resource")
            left = deadline - time.monotonic()
            if left <= 0:
                raise OperationError(f"{doing}: output = {status}, want {_VERIFIED}")
            if self.cancelled.wait(min(delay, left)):
                raise OperationError(f"{doing}: interrupted")
            delay = min(2 * delay, _LONGEST_DELAY_SECONDS)
        return domain, {}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Gone when the domain is not verified any more: then the next update waits again."""
        region = known.get("region") or self.client.region
        doing = f"reading SES Domain Identity Verification ({resource_id})"
        if self._status(doing, resource_id, region) != _VERIFIED:
            return None
        arn = self.client.arn("ses", f"identity/{resource_id}", region)
        return {"domain": resource_id, "region": region, "arn": arn}

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Nothing to delete: the identity is a resource of its own."""

    def _status(self, doing: str, domain: str, region: str) -> str | None:
        answer = self.client.call(
            doing, "ses", "get_identity_verification_attributes", region=region, Identities=[domain]
        )
        return answer["VerificationAttributes"].get(domain, {}).get("VerificationStatus")
