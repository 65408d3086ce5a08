"""aws:secretsmanager/secret:Secret"""

import uuid
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.documents import policy_property
from local.plugins.aws.tagging import Tagging
from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Property, not_implemented


def _check_window(days: int) -> str | None:
    return None if days == 0 or 7 <= days <= 30 else f"expected 0 or a value from 7 to 30, got {days}"


class Secret(ApiResourceType):
    """A secret without its value, which is a resource of its own. Its name stays taken while it can be recovered."""

    token = "aws:secretsmanager/secret:Secret"  # noqa: S105
    service = "secretsmanager"
    noun = "Secrets Manager Secret"
    key: ClassVar = {"arn": "SecretId"}
    creates = "create_secret"
    reads = "describe_secret"
    updates = "update_secret"
    deletes = "delete_secret"
    gone = ("ResourceNotFoundException",)
    tagging = Tagging("SecretId", read=None)
    autoname = "name"
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True),
        "description": Property(str),
        "forceOverwriteReplicaSecret": Property(bool, default=False, state_only=True),
        "kmsKeyId": Property(str),
        "policy": policy_property(computed=True),
        "recoveryWindowInDays": Property(int, default=30, state_only=True, validate=_check_window),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        **not_implemented("namePrefix", "replicas", "type"),
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the secret, then its policy."""
        created = self.client.call(
            f"creating Secrets Manager Secret ({inputs['name']})",
            "secretsmanager",
            self.creates,
            region=inputs["region"],
            ClientRequestToken=uuid.uuid4().hex,
            Name=inputs["name"],
            Description=inputs.get("description"),
            KmsKeyId=inputs.get("kmsKeyId"),
            Tags=self.tagging.to_api(self.client.all_tags(inputs.get("tags"))) or None,
        )
        key = {"arn": created["ARN"]}
        try:
            self._put_policy({**inputs, **key})
        except OperationError as error:
            raise PartialCreate(key["arn"], {**inputs, **key}, [str(error)]) from error
        return key["arn"], key

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """The description, the policy and so on. A secret that waits for its deletion is gone."""
        if answer.get("DeletedDate"):
            return None
        policy = self.call("reading", "get_resource_policy", known).get("ResourcePolicy")
        return {
            "name": answer["Name"],
            "description": answer.get("Description"),
            "kmsKeyId": answer.get("KmsKeyId"),
            "policy": policy,
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Change the description or the key, the policy, the tags."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        values = {**inputs, "arn": resource_id}
        if changed & {"description", "kmsKeyId"}:
            description, key = inputs.get("description") or "", inputs.get("kmsKeyId")
            self.call("updating", self.updates, values, Description=description, KmsKeyId=key)
        if "policy" in changed:
            self._put_policy(values)
        self._write_tags(resource_id, old_outputs, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete at once, or schedule it."""
        days = outputs.get("recoveryWindowInDays")
        how = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        self.call("deleting", self.deletes, outputs, absent=self.gone, **how)

    def _put_policy(self, values: dict[str, Any]) -> None:
        if values.get("policy") not in (None, "", "{}"):
            self.call("updating", "put_resource_policy", values, ResourcePolicy=values["policy"])
