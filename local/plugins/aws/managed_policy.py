"""aws:iam/policy:Policy"""

import json
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import TAGS, TAGS_ALL
from local.plugins.aws.documents import policy_property
from local.plugins.aws.tagging import Tagging
from local.plugins.property import Property, not_implemented

_MOST_VERSIONS = 5


class Policy(ApiResourceType):
    """A policy that can be attached to users. A new text is a new version of it."""

    token = "aws:iam/policy:Policy"  # noqa: S105
    service = "iam"
    noun = "IAM Policy"
    key: ClassVar = {"arn": "PolicyArn"}
    creates = "create_policy"
    reads = "get_policy"
    deletes = "delete_policy"
    gone = ("NoSuchEntity",)
    tagging = Tagging("PolicyArn", read=None, write="tag_policy", remove="untag_policy")
    autoname = "name"
    properties: ClassVar = {
        "policy": policy_property(required=True),
        "name": Property(str, replaces=True, computed=True),
        "path": Property(str, replaces=True, default="/"),
        "description": Property(str, replaces=True),
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "attachmentCount": Property(int, output_only=True),
        "policyId": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        **not_implemented("delayAfterPolicyCreationInMs", "namePrefix"),
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the policy: only then it has an ARN."""
        created = self.client.call(
            f"creating IAM Policy ({inputs['name']})",
            "iam",
            self.creates,
            PolicyName=inputs["name"],
            Path=inputs["path"],
            Description=inputs.get("description") or None,
            PolicyDocument=inputs["policy"],
            Tags=self.tagging.to_api(self.client.all_tags(inputs.get("tags"))) or None,
        )
        return created["Policy"]["Arn"], {}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Read the policy with its tags, and the text of its default version."""
        key = {"arn": resource_id}
        answer = self.call("reading", self.reads, key, absent=self.gone)
        if answer is None:
            return None
        policy = answer["Policy"]
        version = self.call("reading", "get_policy_version", key, VersionId=policy["DefaultVersionId"])
        document = version["PolicyVersion"]["Document"]
        return {
            "arn": resource_id,
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "description": policy.get("Description"),
            "policy": document if isinstance(document, str) else json.dumps(document),
            "policyId": policy["PolicyId"],
            "attachmentCount": policy["AttachmentCount"],
            **self.tags_of(self.tagging.from_api(policy), known),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Make a new text the default version; the oldest other version makes room for it."""
        key = {"arn": resource_id}
        if self.properties["policy"].equal(old_outputs["policy"], inputs["policy"]) is False:
            versions = self._other_versions(key)
            if len(versions) + 1 >= _MOST_VERSIONS:
                oldest = min(versions, key=lambda version: version["CreateDate"])
                self.call("updating", "delete_policy_version", key, VersionId=oldest["VersionId"])
            self.call(
                "updating",
                "create_policy_version",
                key,
                PolicyDocument=inputs["policy"],
                SetAsDefault=True,
            )
        self._write_tags(resource_id, old_outputs, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the other versions and then the policy. AWS refuses while it is attached."""
        key = {"arn": resource_id}
        for version in self._other_versions(key):
            self.call("deleting", "delete_policy_version", key, VersionId=version["VersionId"])
        self.call("deleting", self.deletes, key, absent=self.gone)

    def tagged(self, resource_id: str, outputs: dict[str, Any]) -> str:
        """By the ARN, which is the id."""
        return resource_id

    def _other_versions(self, key: dict[str, str]) -> list[dict[str, Any]]:
        answer = self.call("reading", "list_policy_versions", key, absent=self.gone) or {"Versions": []}
        return [version for version in answer["Versions"] if not version["IsDefaultVersion"]]
