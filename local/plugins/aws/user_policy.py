"""aws:iam/userPolicy:UserPolicy"""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import AwsResourceType
from local.plugins.aws.policy import policies_are_equivalent
from local.plugins.property import Failure, Property, not_implemented
from local.plugins.values import UNKNOWN, contains_unknown

_GONE = ("NoSuchEntity",)


def _check_policy(value: str) -> str | None:
    try:
        json.loads(value)
    except ValueError as error:
        return f'"policy" contains an invalid JSON policy: {error}'
    return None


class UserPolicy(AwsResourceType):
    """A policy inside a user. Putting one that exists overwrites it."""

    token = "aws:iam/userPolicy:UserPolicy"  # noqa: S105
    autoname = "name"
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True),
        "policy": Property(str, required=True, validate=_check_policy, equal=policies_are_equivalent),
        "user": Property(str, required=True, replaces=True),
        **not_implemented("namePrefix"),
    }

    def check(
        self, old_inputs: dict[str, Any], inputs: dict[str, Any], propose_name: Callable[[int], str]
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Take the policy as an object too."""
        policy = inputs.get("policy")
        if isinstance(policy, dict):
            text = UNKNOWN if contains_unknown(policy) else json.dumps(policy)
            inputs = {**inputs, "policy": text}
        return super().check(old_inputs, inputs, propose_name)

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Put the policy."""
        self._put(inputs["user"], inputs["name"], inputs["policy"])
        return f"{inputs['user']}:{inputs['name']}", {}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Read the policy; an equivalent text leaves the known one as it is."""
        user, name = resource_id.split(":", 1)
        found = self._call("reading", "get_user_policy", user, name, absent=_GONE)
        if found is None:
            return None
        remote = found["PolicyDocument"]  # boto3 has decoded the URL quoting and parsed the JSON
        text = remote if isinstance(remote, str) else json.dumps(remote)
        same = "policy" in known and policies_are_equivalent(known["policy"], text)
        return {"user": user, "name": name, "policy": known["policy"] if same else text}

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Put the policy again."""
        self._put(inputs["user"], inputs["name"], inputs["policy"])

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the policy."""
        self._call("deleting", "delete_user_policy", *resource_id.split(":", 1), absent=_GONE)

    def _put(self, user: str, name: str, policy: str) -> None:
        self._call("putting", "put_user_policy", user, name, PolicyDocument=policy)

    def _call(self, verb: str, operation: str, user: str, name: str, **parameters: Any) -> Any:
        doing = f"{verb} IAM User ({user}) Policy ({name})"
        return self.client.call(doing, "iam", operation, UserName=user, PolicyName=name, **parameters)
