"""aws:sesv2/emailIdentity:EmailIdentity"""

from typing import Any, ClassVar

from local.plugins.aws.aws_resource_type import (
    REGION,
    TAGS,
    TAGS_ALL,
    AwsResourceType,
    as_dict,
    as_list,
)
from local.plugins.property import Failure, Property

_KEY_LENGTHS = ("RSA_1024_BIT", "RSA_2048_BIT")


def _check_key_length(value: str) -> str | None:
    return None if value in _KEY_LENGTHS else f"expected one of {_KEY_LENGTHS}, got {value}"


class EmailIdentity(AwsResourceType):
    """A domain or address that SES sends from. Creating one does not wait until it is verified."""

    token = "aws:sesv2/emailIdentity:EmailIdentity"  # noqa: S105
    properties: ClassVar = {
        "emailIdentity": Property(str, required=True, replaces=True),
        "configurationSetName": Property(str),
        "dkimSigningAttributes": Property(
            dict,
            computed=True,
            properties={
                "domainSigningPrivateKey": Property(str, secret=True, conflicts=("nextSigningKeyLength",)),
                "domainSigningSelector": Property(str, conflicts=("nextSigningKeyLength",)),
                "nextSigningKeyLength": Property(str, computed=True, validate=_check_key_length),
                "currentSigningKeyLength": Property(str, output_only=True),
                "lastKeyGenerationTimestamp": Property(str, output_only=True),
                "signingAttributesOrigin": Property(str, output_only=True),
                "status": Property(str, output_only=True),
                "tokens": Property(list, element=Property(str), output_only=True),
            },
        ),
        "region": REGION,
        "tags": TAGS,
        "arn": Property(str, output_only=True),
        "identityType": Property(str, output_only=True),
        "tagsAll": TAGS_ALL,
        "verificationStatus": Property(str, output_only=True),
        "verifiedForSendingStatus": Property(bool, output_only=True),
    }

    def validate(self, inputs: dict[str, Any]) -> list[Failure]:
        """A key of one's own needs both the key and the selector."""
        dkim = inputs.get("dkimSigningAttributes")
        own = ("domainSigningPrivateKey", "domainSigningSelector")
        given = [name for name in own if isinstance(dkim, dict) and dkim.get(name) is not None]
        if len(given) == 1:
            text = f"Missing required argument. {own[0]} and {own[1]} must be given together"
            return [Failure(f"dkimSigningAttributes.{given[0]}", text)]
        return []

    def make(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the identity."""
        identity = inputs["emailIdentity"]
        self._call(
            "creating",
            "create_email_identity",
            inputs,
            EmailIdentity=identity,
            ConfigurationSetName=inputs.get("configurationSetName"),
            DkimSigningAttributes=_signing_attributes(inputs.get("dkimSigningAttributes")),
            Tags=as_list(self.client.all_tags(inputs.get("tags"))) or None,
        )
        return identity, {}

    def look_up(self, resource_id: str, known: dict[str, Any]) -> dict[str, Any] | None:
        """Read the identity and its tags."""
        known = {"emailIdentity": resource_id, "region": self.client.region, **known}
        found = self._call(
            "reading", "get_email_identity", known, absent=("NotFoundException",), EmailIdentity=resource_id
        )
        if found is None:
            return None
        arn = self.client.arn("ses", f"identity/{resource_id}", known["region"])
        tags = self._call("listing tags for", "list_tags_for_resource", known, ResourceArn=arn)
        return {
            "emailIdentity": resource_id,
            "region": known["region"],
            "arn": arn,
            "configurationSetName": found.get("ConfigurationSetName"),
            "dkimSigningAttributes": _dkim_outputs(
                found.get("DkimAttributes"), known.get("dkimSigningAttributes")
            ),
            "identityType": found.get("IdentityType"),
            "verificationStatus": found.get("VerificationStatus"),
            "verifiedForSendingStatus": found.get("VerifiedForSendingStatus"),
            **self.tags_of(as_dict(tags["Tags"]), known),
        }

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Change what changed: configuration set, DKIM, tags."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        if "configurationSetName" in changed:
            self._call(
                "updating",
                "put_email_identity_configuration_set_attributes",
                inputs,
                EmailIdentity=resource_id,
                ConfigurationSetName=inputs.get("configurationSetName") or None,
            )
        if "dkimSigningAttributes" in changed:
            attributes = _signing_attributes(inputs.get("dkimSigningAttributes")) or {}
            own_key = "DomainSigningSelector" in attributes
            self._call(
                "updating",
                "put_email_identity_dkim_signing_attributes",
                inputs,
                EmailIdentity=resource_id,
                SigningAttributesOrigin="EXTERNAL" if own_key else "AWS_SES",
                SigningAttributes=attributes or None,
            )
        removed, set_ = self.tag_changes(old_outputs, inputs)
        arn = self.client.arn("ses", f"identity/{resource_id}", inputs["region"])
        if removed:
            self._call("untagging", "untag_resource", inputs, ResourceArn=arn, TagKeys=removed)
        if set_:
            self._call("tagging", "tag_resource", inputs, ResourceArn=arn, Tags=as_list(set_))

    def delete(self, resource_id: str, outputs: dict[str, Any]) -> None:
        """Delete the identity."""
        self._call(
            "deleting",
            "delete_email_identity",
            outputs,
            absent=("NotFoundException",),
            EmailIdentity=resource_id,
        )

    def _call(self, verb: str, operation: str, values: dict[str, Any], **parameters: Any) -> Any:
        doing = f"{verb} SESv2 (Simple Email V2) Email Identity ({values['emailIdentity']})"
        return self.client.call(doing, "sesv2", operation, region=values["region"], **parameters)


def _signing_attributes(dkim: dict[str, Any] | None) -> dict[str, str] | None:
    given = {
        "DomainSigningPrivateKey": (dkim or {}).get("domainSigningPrivateKey"),
        "DomainSigningSelector": (dkim or {}).get("domainSigningSelector"),
        "NextSigningKeyLength": (dkim or {}).get("nextSigningKeyLength"),
    }
    return {name: value for name, value in given.items() if value} or None


def _dkim_outputs(found: dict[str, Any] | None, known: dict[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    generated = found.get("LastKeyGenerationTimestamp")
    return {
        "currentSigningKeyLength": found.get("CurrentSigningKeyLength"),
        "nextSigningKeyLength": found.get("NextSigningKeyLength"),
        "lastKeyGenerationTimestamp": generated and generated.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "signingAttributesOrigin": found.get("SigningAttributesOrigin"),
        "status": found.get("Status"),
        "tokens": found.get("Tokens"),
        # Never returned by the API.
        "domainSigningPrivateKey": (known or {}).get("domainSigningPrivateKey"),
        "domainSigningSelector": (known or {}).get("domainSigningSelector"),
    }
