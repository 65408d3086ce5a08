"""aws:iam/userPolicyAttachment:UserPolicyAttachment"""

from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.property import Property


class UserPolicyAttachment(ApiResourceType):
    """A managed policy on a user."""

    token = "aws:iam/userPolicyAttachment:UserPolicyAttachment"  # noqa: S105
    service = "iam"
    noun = "IAM User Policy Attachment"
    key: ClassVar = {"user": "UserName", "policyArn": "PolicyArn"}
    unread = ("policyArn",)
    separator = "/"
    creates = "attach_user_policy"
    reads = "list_attached_user_policies"
    deletes = "detach_user_policy"
    gone = ("NoSuchEntity",)
    delete_before_replace = True
    properties: ClassVar = {
        "user": Property(str, required=True, replaces=True),
        "policyArn": Property(str, required=True, replaces=True),
    }

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """An attachment has no properties besides its key."""
        arns = [policy["PolicyArn"] for policy in answer["AttachedPolicies"]]
        return {} if known["policyArn"] in arns else None
