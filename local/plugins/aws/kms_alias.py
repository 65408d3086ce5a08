"""aws:kms/alias:Alias"""

from collections.abc import Callable
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.property import Property, not_implemented

_PREFIX = "alias/"


def _check_name(value: str) -> str | None:
    if not value.startswith(_PREFIX):
        return f"name must begin with '{_PREFIX}', got {value}"
    return "name cannot begin with reserved prefix 'alias/aws/'" if value.startswith("alias/aws/") else None


def _same_key(old: str, new: str) -> bool:
    """An id and an ARN can name the same key."""
    return old.rpartition("/")[2] == new.rpartition("/")[2]


class Alias(ApiResourceType):
    """A name for a key."""

    token = "aws:kms/alias:Alias"  # noqa: S105
    service = "kms"
    noun = "KMS Alias"
    key: ClassVar = {"name": "AliasName"}
    unread = ("name",)
    creates = "create_alias"
    reads = "list_aliases"
    updates = "update_alias"
    deletes = "delete_alias"
    autoname = "name"
    autoname_length = 238
    properties: ClassVar = {
        "name": Property(str, replaces=True, computed=True, validate=_check_name),
        "targetKeyId": Property(str, required=True, equal=_same_key),
        "region": REGION,
        "arn": Property(str, output_only=True),
        "targetKeyArn": Property(str, output_only=True),
        **not_implemented("namePrefix"),
    }

    def check(
        self, old_inputs: dict[str, Any], inputs: dict[str, Any], propose_name: Callable[[int], str]
    ) -> Any:
        """Put the prefix before a generated name; one that the user gives is left alone."""
        return super().check(old_inputs, inputs, lambda length: _PREFIX + propose_name(length))

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """Pick the alias by its name."""
        for alias in answer["Aliases"]:
            if alias["AliasName"] == known["name"]:
                target = alias["TargetKeyId"]
                arn = self.client.arn("kms", f"key/{target}", known["region"])
                return {"arn": alias["AliasArn"], "targetKeyId": target, "targetKeyArn": arn}
        return None
