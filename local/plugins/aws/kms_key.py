"""aws:kms/key:Key"""

from collections.abc import Iterator
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.choices import between
from local.plugins.aws.documents import policy_property
from local.plugins.aws.tagging import Tagging
from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Failure, Property, not_implemented


class Key(ApiResourceType):
    """A key. Deleting schedules the deletion, from when on the key counts as gone."""

    token = "aws:kms/key:Key"  # noqa: S105
    service = "kms"
    noun = "KMS Key"
    key: ClassVar = {"keyId": "KeyId"}
    creates = "create_key"
    reads = "describe_key"
    deletes = "schedule_key_deletion"
    gone = ("NotFoundException",)
    tagging = Tagging("KeyId", read="list_resource_tags", key="TagKey", value="TagValue")
    properties: ClassVar = {
        "bypassPolicyLockoutSafetyCheck": Property(bool, default=False, state_only=True),
        "customerMasterKeySpec": Property(str, replaces=True, default="SYMMETRIC_DEFAULT"),
        "deletionWindowInDays": Property(int, state_only=True, validate=between(7, 30)),
        "description": Property(str, computed=True),
        "enableKeyRotation": Property(bool, default=False),
        "isEnabled": Property(bool, default=True),
        "keyUsage": Property(str, replaces=True, default="ENCRYPT_DECRYPT"),
        "multiRegion": Property(bool, replaces=True, computed=True),
        "policy": policy_property(computed=True),
        "rotationPeriodInDays": Property(int, computed=True, validate=between(90, 2560)),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "keyId": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        **not_implemented("customKeyStoreId", "xksKeyId"),
    }

    def validate(self, inputs: dict[str, Any]) -> Iterator[Failure]:
        """A period needs the rotation."""
        if inputs.get("rotationPeriodInDays") is not None and inputs.get("enableKeyRotation") is False:
            yield Failure("rotationPeriodInDays", "Missing required argument. It needs `enableKeyRotation`")

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the key, then switch its rotation and itself."""
        created = self.client.call(
            "creating KMS Key",
            "kms",
            self.creates,
            region=inputs["region"],
            Description=inputs.get("description"),
            KeySpec=inputs["customerMasterKeySpec"],
            KeyUsage=inputs["keyUsage"],
            MultiRegion=inputs.get("multiRegion"),
            Policy=inputs.get("policy") or None,
            Tags=self.tagging.to_api(self.client.all_tags(inputs.get("tags"))) or None,
        )
        key = {"keyId": created["KeyMetadata"]["KeyId"]}
        try:
            self._switch({**inputs, **key}, {"enableKeyRotation": False, "isEnabled": True})
        except OperationError as error:
            raise PartialCreate(key["keyId"], {**inputs, **key}, [str(error)]) from error
        return key["keyId"], key

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """The key's metadata, its policy and its rotation. One that waits for its deletion is gone."""
        metadata = answer["KeyMetadata"]
        if metadata["KeyState"] in ("PendingDeletion", "PendingReplicaDeletion"):
            return None
        policy = self.call("reading", "get_key_policy", known, PolicyName="default")
        rotation = self.call("reading", "get_key_rotation_status", known)
        return {
            "arn": metadata["Arn"],
            "customerMasterKeySpec": metadata["KeySpec"],
            "description": metadata.get("Description") or None,
            "enableKeyRotation": rotation["KeyRotationEnabled"],
            "isEnabled": metadata["Enabled"],
            "keyUsage": metadata.get("KeyUsage"),
            "multiRegion": metadata.get("MultiRegion", False),
            "policy": policy["Policy"],
            "rotationPeriodInDays": rotation.get("RotationPeriodInDays"),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Change what changed. A disabled key is enabled first and disabled last: nothing else works in between."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        values = {**inputs, "keyId": resource_id}
        if "description" in changed:
            text = inputs.get("description") or ""
            self.call("updating", "update_key_description", values, Description=text)
        if "policy" in changed:
            self.call("updating", "put_key_policy", values, PolicyName="default", Policy=inputs["policy"])
        self._switch(values, old_outputs)
        self._write_tags(resource_id, old_outputs, inputs)

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Schedule the deletion, by default in 30 days."""
        days = outputs.get("deletionWindowInDays")
        gone = (*self.gone, "KMSInvalidStateException")
        self.call("deleting", self.deletes, outputs, absent=gone, PendingWindowInDays=days)

    def tagged(self, resource_id: str, outputs: dict[str, Any]) -> str:
        """By the id."""
        return resource_id

    def _switch(self, values: dict[str, Any], before: dict[str, Any]) -> None:
        if values["isEnabled"] and not before["isEnabled"]:
            self.call("updating", "enable_key", values)
        rotates, days = values["enableKeyRotation"], values.get("rotationPeriodInDays")
        if rotates and (not before["enableKeyRotation"] or days != before.get("rotationPeriodInDays")):
            self.call("updating", "enable_key_rotation", values, RotationPeriodInDays=days)
        if before["enableKeyRotation"] and not rotates:
            self.call("updating", "disable_key_rotation", values)
        if before["isEnabled"] and not values["isEnabled"]:
            self.call("updating", "disable_key", values)
