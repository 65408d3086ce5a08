"""aws:iam/accessKey:AccessKey"""

from typing import Any, ClassVar

from local.aws.password import smtp_password
from local.plugins.aws.aws_resource_type import AwsResourceType
from local.plugins.errors import OperationError, PartialCreate
from local.plugins.property import Property, not_implemented

_GONE = ("NoSuchEntity",)


def _check_status(value: str) -> str | None:
    return (
        None if value in ("Active", "Inactive") else f"expected status to be Active or Inactive, got {value}"
    )


class AccessKey(AwsResourceType):
    """An access key of a user. AWS shows the secret once, so only the state has it."""

    token = "aws:iam/accessKey:AccessKey"  # noqa: S105
    properties: ClassVar = {
        "user": Property(str, required=True, replaces=True),
        "status": Property(str, default="Active", validate=_check_status),
        "createDate": Property(str, output_only=True),
        "secret": Property(str, secret=True, output_only=True),
        "sesSmtpPasswordV4": Property(str, secret=True, output_only=True),
        # Only with a `pgpKey`.
        "encryptedSecret": Property(str, output_only=True),
        "encryptedSesSmtpPasswordV4": Property(str, output_only=True),
        "keyFingerprint": Property(str, output_only=True),
        **not_implemented("pgpKey"),
    }

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the key. The SMTP password is for the provider's region of this moment."""
        key = self._call("creating", "create_access_key", inputs["user"])["AccessKey"]
        secret = key["SecretAccessKey"]
        answer = {"secret": secret, "sesSmtpPasswordV4": smtp_password(secret, self.client.region)}
        if inputs["status"] != key["Status"]:
            try:
                self.change(key["AccessKeyId"], {}, inputs)
            except OperationError as error:
                raise PartialCreate(key["AccessKeyId"], {**inputs, **answer}, [str(error)]) from error
        return key["AccessKeyId"], answer

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Find the key among those of its user; an import asks whose key it is."""
        user = known.get("user") or self._owner(resource_id)
        found = user and self._call("reading", "list_access_keys", user, absent=_GONE)
        for key in found["AccessKeyMetadata"] if found else ():
            if key["AccessKeyId"] == resource_id:
                return {
                    "user": user,
                    "status": key["Status"],
                    "createDate": key["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "secret": known.get("secret"),
                    "sesSmtpPasswordV4": known.get("sesSmtpPasswordV4"),
                }
        return None

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Switch the key on or off."""
        self._call(
            "updating",
            "update_access_key",
            inputs["user"],
            AccessKeyId=resource_id,
            Status=inputs["status"],
        )

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the key."""
        self._call("deleting", "delete_access_key", outputs["user"], absent=_GONE, AccessKeyId=resource_id)

    def _owner(self, key_id: str) -> str | None:
        doing = f"reading IAM Access Key ({key_id})"
        answer = self.client.call(doing, "iam", "get_access_key_last_used", absent=_GONE, AccessKeyId=key_id)
        return answer and answer.get("UserName")

    def _call(self, verb: str, operation: str, user: str, **parameters: Any) -> Any:
        doing = f"{verb} IAM Access Key ({user})"
        return self.client.call(doing, "iam", operation, UserName=user, **parameters)
