"""aws:iam/userPolicy:UserPolicy"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.documents import policy_property
from local.plugins.property import Property, not_implemented


class UserPolicy(ApiResourceType):
    """A policy inside a user. Putting one that exists overwrites it."""

    token = "aws:iam/userPolicy:UserPolicy"  # noqa: S105
    service = "iam"
    key: ClassVar = {"user": "UserName", "name": "PolicyName"}
    separator = ":"
    creates = updates = "put_user_policy"
    reads = "get_user_policy"
    deletes = "delete_user_policy"
    gone = ("NoSuchEntity",)
    api_names: ClassVar = {"policy": "PolicyDocument"}
    autoname = "name"
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True),
        "policy": policy_property(required=True),
        "user": Property(str, required=True, replaces=True),
        **not_implemented("namePrefix"),
    }

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """boto3 has decoded the URL quoting and parsed the JSON."""
        document = answer["PolicyDocument"]
        return {"policy": document if isinstance(document, str) else json.dumps(document)}

    def call(self, verb: str, operation: str, values: Mapping[str, Any], **parameters: Any) -> Any:
        """IAM only knows putting: a policy that exists is overwritten."""
        verb = "putting" if operation == self.creates else verb
        return super().call(verb, operation, values, **parameters)

    def described(self, values: Mapping[str, Any]) -> str:
        """The user and the policy."""
        return f"IAM User ({values['user']}) Policy ({values['name']})"
