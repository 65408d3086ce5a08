"""aws:secretsmanager/secretVersion:SecretVersion"""

import base64
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.client import AwsError
from local.plugins.property import Failure, NotImplementedProperty, Property, not_implemented

_KEPT_LABELS = ("AWSCURRENT", "AWSPREVIOUS")


class SecretVersion(ApiResourceType):
    """The value of a secret. A new value is a new version; deleting takes the labels of one's own away, no more."""

    token = "aws:secretsmanager/secretVersion:SecretVersion"  # noqa: S105
    service = "secretsmanager"
    noun = "Secrets Manager Secret Version"
    key: ClassVar = {"secretId": "SecretId", "versionId": "VersionId"}
    creates = "put_secret_value"
    reads = "get_secret_value"
    updates = "update_secret_version_stage"
    gone = ("ResourceNotFoundException",)
    properties: ClassVar = {
        "secretId": Property(str, required=True, replaces=True),
        "secretBinary": Property(str, replaces=True, secret=True, conflicts=("secretString",)),
        "secretString": Property(str, replaces=True, secret=True),
        "versionStages": Property(list, element=Property(str), as_set=True, computed=True),
        "region": REGION,
        "arn": Property(str, output_only=True),
        "hasSecretStringWo": Property(bool, output_only=True),
        "secretArn": Property(str, output_only=True),
        "versionId": Property(str, output_only=True),
        "secretStringWo": NotImplementedProperty(object, secret=True),
        **not_implemented("secretStringWoVersion"),
    }

    def validate(self, inputs: dict[str, Any]) -> Iterator[Failure]:
        """There is no version without a value."""
        if inputs.get("secretString") is None and inputs.get("secretBinary") is None:
            names = "`secretBinary,secretString,secretStringWo`"
            yield Failure(
                "secretString", f"Invalid combination of arguments. One of {names} must be specified"
            )

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Put the value."""
        binary = inputs.get("secretBinary")
        created = self.client.call(
            f"putting Secrets Manager Secret ({inputs['secretId']}) value",
            "secretsmanager",
            self.creates,
            region=inputs["region"],
            SecretId=inputs["secretId"],
            ClientRequestToken=str(uuid.uuid4()),
            SecretString=inputs.get("secretString"),
            SecretBinary=base64.b64decode(binary) if binary else None,
            VersionStages=inputs.get("versionStages") or None,
        )
        return f"{inputs['secretId']}|{created['VersionId']}", {"versionId": created["VersionId"]}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Gone too when the secret waits for its deletion."""
        try:
            return super().look_up(resource_id, known)
        except AwsError as error:
            if error.code == "InvalidRequestException" and "delet" in error.reason:
                return None
            raise

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The value and its labels."""
        binary = answer.get("SecretBinary")
        return {
            "arn": answer["ARN"],
            "secretArn": answer["ARN"],
            "hasSecretStringWo": False,
            "secretString": answer.get("SecretString"),
            "secretBinary": base64.b64encode(binary).decode() if binary else None,
            "versionStages": answer.get("VersionStages"),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Move the labels."""
        key = self.parsed(resource_id)
        old, new = set(old_outputs.get("versionStages") or ()), set(inputs.get("versionStages") or ())
        for label in sorted(new - old):
            self._move(key, inputs["region"], label, MoveToVersionId=key["versionId"])
        for label in sorted(old - new - set(_KEPT_LABELS)):
            self._move(key, inputs["region"], label, RemoveFromVersionId=key["versionId"])

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Take the labels away that are not Secrets Manager's own."""
        key = self.parsed(resource_id)
        for label in sorted(set(outputs.get("versionStages") or ()) - set(_KEPT_LABELS)):
            self._move(key, outputs["region"], label, RemoveFromVersionId=key["versionId"])

    def _move(self, key: dict[str, str], region: str, label: str, **parameters: Any) -> None:
        self.client.call(
            f"updating {self.described(key)}",
            "secretsmanager",
            self.updates,
            region=region,
            absent=self.gone,
            SecretId=key["secretId"],
            VersionStage=label,
            **parameters,
        )
