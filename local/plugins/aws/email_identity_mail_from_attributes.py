"""aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.choices import one_of
from local.plugins.errors import OperationError
from local.plugins.property import Property


class EmailIdentityMailFromAttributes(ApiResourceType):
    """The MAIL FROM domain of an identity: a setting of it, so deleting resets and does not delete."""

    token = "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Email Identity Mail From Attributes")
    key: ClassVar = {"emailIdentity": "EmailIdentity"}
    creates = updates = deletes = "put_email_identity_mail_from_attributes"
    reads = "get_email_identity"
    properties: ClassVar = {
        "emailIdentity": Property(str, required=True, replaces=True),
        "mailFromDomain": Property(str),
        "behaviorOnMxFailure": Property(
            str, default="USE_DEFAULT_VALUE", validate=one_of("USE_DEFAULT_VALUE", "REJECT_MESSAGE")
        ),
        "region": REGION,
    }

    def request(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what the real provider refuses before the call."""
        if inputs["behaviorOnMxFailure"] == "REJECT_MESSAGE" and not inputs.get("mailFromDomain"):
            raise OperationError("mail from domain is required if behavior on MX failure is REJECT_MESSAGE")
        return super().request(inputs)

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The setting among the identity's attributes."""
        return super().found(answer.get("MailFromAttributes", {}), known)
