"""aws:iam/user:User"""

import re
from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import TAGS, TAGS_ALL, AwsResourceType, as_dict, as_list
from local.plugins.property import Property

_GONE = ("NoSuchEntity",)


def _check_name(value: str) -> str | None:
    if re.fullmatch(r"[\w=,.@+-]+", value, re.ASCII):
        return None
    return f'invalid value for name: "{value}" may hold letters, digits and =,.@-_+ only'


class User(AwsResourceType):
    """An IAM user. Nothing replaces it: name and path change in place."""

    token = "aws:iam/user:User"  # noqa: S105
    autoname = "name"
    properties: ClassVar = {
        "name": Property(str, computed=True, validate=_check_name),
        "path": Property(str, default="/"),
        "permissionsBoundary": Property(str),
        "forceDestroy": Property(bool, default=False),
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        "uniqueId": Property(str, output_only=True),
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the user."""
        self._call(
            "creating",
            "create_user",
            inputs["name"],
            Path=inputs["path"],
            PermissionsBoundary=inputs.get("permissionsBoundary"),
            Tags=as_list(self.client.all_tags(inputs.get("tags"))) or None,
        )
        return inputs["name"], {}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Read the user under its present name: after a renaming the id is still the old one."""
        found = self._call("reading", "get_user", known.get("name") or resource_id, absent=_GONE)
        if found is None:
            return None
        user = found["User"]
        return {
            "name": user["UserName"],
            "path": user["Path"],
            "arn": user["Arn"],
            "uniqueId": user["UserId"],
            "permissionsBoundary": user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "forceDestroy": known.get("forceDestroy"),
            **self.tags_of(as_dict(user.get("Tags", [])), known),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Rename or move the user, then its boundary, then its tags."""
        name = inputs["name"]
        if (name, inputs["path"]) != (old_outputs["name"], old_outputs["path"]):
            self._call(
                "updating", "update_user", old_outputs["name"], NewUserName=name, NewPath=inputs["path"]
            )
        boundary = inputs.get("permissionsBoundary")
        if boundary != old_outputs.get("permissionsBoundary"):
            if boundary:
                self._call("updating", "put_user_permissions_boundary", name, PermissionsBoundary=boundary)
            else:
                self._call("updating", "delete_user_permissions_boundary", name)
        removed, set_ = self.tag_changes(old_outputs, inputs)
        if removed:
            self._call("untagging", "untag_user", name, TagKeys=removed)
        if set_:
            self._call("tagging", "tag_user", name, Tags=as_list(set_))

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Take the user out of its groups and delete it; with `forceDestroy` its access keys too.

        Policies and, without `forceDestroy`, keys make AWS refuse with DeleteConflict.
        """
        name = outputs.get("name") or resource_id
        groups = self._call("deleting", "list_groups_for_user", name, absent=_GONE)
        if groups is None:
            return
        for group in groups["Groups"]:
            self._call("deleting", "remove_user_from_group", name, GroupName=group["GroupName"])
        if outputs.get("forceDestroy"):
            for key in self._call("deleting", "list_access_keys", name)["AccessKeyMetadata"]:
                self._call("deleting", "delete_access_key", name, AccessKeyId=key["AccessKeyId"])
        self._call("deleting", "delete_user", name, absent=_GONE)

    def _call(self, verb: str, operation: str, name: str, **parameters: Any) -> Any:
        return self.client.call(f"{verb} IAM User ({name})", "iam", operation, UserName=name, **parameters)
