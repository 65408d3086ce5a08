"""aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes"""

from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import REGION, AwsResourceType
from local.plugins.errors import OperationError
from local.plugins.property import Property

_GONE = ("NotFoundException",)
_BEHAVIORS = ("USE_DEFAULT_VALUE", "REJECT_MESSAGE")


def _check_behavior(value: str) -> str | None:
    return None if value in _BEHAVIORS else f"expected one of {_BEHAVIORS}, got {value}"


class EmailIdentityMailFromAttributes(AwsResourceType):
    """The MAIL FROM domain of an identity: a setting of it, so deleting resets and does not delete."""

    token = "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes"  # noqa: S105
    properties: ClassVar = {
        "emailIdentity": Property(str, required=True, replaces=True),
        "mailFromDomain": Property(str),
        "behaviorOnMxFailure": Property(str, default="USE_DEFAULT_VALUE", validate=_check_behavior),
        "region": REGION,
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Put the setting."""
        self._put("creating", inputs)
        return inputs["emailIdentity"], {}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Read the setting; it is gone when the identity is."""
        known = {"emailIdentity": resource_id, "region": self.client.region, **known}
        found = self._call("reading", "get_email_identity", known, absent=_GONE)
        if found is None:
            return None
        attributes = found.get("MailFromAttributes", {})
        return {
            "emailIdentity": resource_id,
            "region": known["region"],
            "mailFromDomain": attributes.get("MailFromDomain"),
            "behaviorOnMxFailure": attributes.get("BehaviorOnMxFailure"),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Put the setting again."""
        self._put("updating", inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Put no domain, which is what a new identity has."""
        self._call("deleting", "put_email_identity_mail_from_attributes", outputs, absent=_GONE)

    def _put(self, verb: str, inputs: dict[str, Any]) -> None:
        if inputs["behaviorOnMxFailure"] == "REJECT_MESSAGE" and not inputs.get("mailFromDomain"):
            raise OperationError("mail from domain is required if behavior on MX failure is REJECT_MESSAGE")
        self._call(
            verb,
            "put_email_identity_mail_from_attributes",
            inputs,
            MailFromDomain=inputs.get("mailFromDomain") or None,
            BehaviorOnMxFailure=inputs["behaviorOnMxFailure"],
        )

    def _call(self, verb: str, operation: str, values: dict[str, Any], **parameters: Any) -> Any:
        identity = values["emailIdentity"]
        doing = f"{verb} SESv2 (Simple Email V2) Email Identity Mail From Attributes ({identity})"
        return self.client.call(
            doing, "sesv2", operation, region=values["region"], EmailIdentity=identity, **parameters
        )
