"""aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.documents import policy_property
from local.plugins.property import Property


class EmailIdentityPolicy(ApiResourceType):
    """Who else may send from an identity."""

    token = "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Email Identity Policy")
    key: ClassVar = {"emailIdentity": "EmailIdentity", "policyName": "PolicyName"}
    unread = ("policyName",)
    creates = "create_email_identity_policy"
    reads = "get_email_identity_policies"
    updates = "update_email_identity_policy"
    deletes = "delete_email_identity_policy"
    properties: ClassVar = {
        "emailIdentity": Property(str, required=True, replaces=True),
        "policyName": Property(str, required=True, replaces=True),
        "policy": policy_property(required=True),
        "region": REGION,
    }

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """Pick the policy by its name."""
        policy = answer["Policies"].get(known["policyName"])
        return policy and {"policy": policy}
