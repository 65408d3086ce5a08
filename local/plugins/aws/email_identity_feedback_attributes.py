"""aws:sesv2/emailIdentityFeedbackAttributes:EmailIdentityFeedbackAttributes"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.property import Property


class EmailIdentityFeedbackAttributes(ApiResourceType):
    """Whether bounces and complaints come by e-mail. Deleting switches it off, which is not the default of SES."""

    token = "aws:sesv2/emailIdentityFeedbackAttributes:EmailIdentityFeedbackAttributes"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Email Identity Feedback Attributes")
    key: ClassVar = {"emailIdentity": "EmailIdentity"}
    creates = updates = deletes = "put_email_identity_feedback_attributes"
    reads = "get_email_identity"
    properties: ClassVar = {
        "emailIdentity": Property(str, required=True, replaces=True),
        "emailForwardingEnabled": Property(bool, default=False),
        "region": REGION,
    }

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The API returns it under another name than it takes it."""
        return {"emailForwardingEnabled": answer["FeedbackForwardingStatus"]}
