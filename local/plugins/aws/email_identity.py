"""aws:sesv2/emailIdentity:EmailIdentity"""

from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_form import api_name
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION, TAGS, TAGS_ALL
from local.plugins.aws.choices import one_of
from local.plugins.property import Failure, Property

_OWN_KEY = ("domainSigningPrivateKey", "domainSigningSelector")


class EmailIdentity(ApiResourceType):
    """A domain or address that SES sends from. Creating one does not wait until it is verified."""

    token = "aws:sesv2/emailIdentity:EmailIdentity"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Email Identity")
    key: ClassVar = {"emailIdentity": "EmailIdentity"}
    creates = "create_email_identity"
    reads = "get_email_identity"
    deletes = "delete_email_identity"
    arn = ("ses", "identity/{}")
    tagging = ses_v2.TAGGING
    properties: ClassVar = {
        "emailIdentity": Property(str, required=True, replaces=True),
        "configurationSetName": Property(str),
        "dkimSigningAttributes": Property(
            dict,
            computed=True,
            properties={
                "domainSigningPrivateKey": Property(str, secret=True, conflicts=("nextSigningKeyLength",)),
                "domainSigningSelector": Property(str, conflicts=("nextSigningKeyLength",)),
                "nextSigningKeyLength": Property(
                    str, computed=True, validate=one_of("RSA_1024_BIT", "RSA_2048_BIT")
                ),
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
        given = [name for name in _OWN_KEY if isinstance(dkim, dict) and dkim.get(name) is not None]
        if len(given) == 1:
            text = f"Missing required argument. {_OWN_KEY[0]} and {_OWN_KEY[1]} must be given together"
            return [Failure(f"dkimSigningAttributes.{given[0]}", text)]
        return []

    def request(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The key and its selector, or the length of the next key; what SES chooses is not sent."""
        dkim = _signing_attributes(inputs.get("dkimSigningAttributes"))
        name = inputs.get("configurationSetName") or None
        return {"ConfigurationSetName": name, "DkimSigningAttributes": dkim}

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        """The API returns neither the private key nor the selector: those are the known ones."""
        found = super().found({**answer, "DkimSigningAttributes": answer.get("DkimAttributes")}, known)
        returned = found["dkimSigningAttributes"] or {}
        declared = self.properties["dkimSigningAttributes"].properties
        own = {name: (known.get("dkimSigningAttributes") or {}).get(name) for name in _OWN_KEY}
        dkim = {name: returned.get(name) for name in declared} | own
        return found | {"dkimSigningAttributes": dkim if returned else None}

    def change(self, resource_id: str, old_outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Change what changed: configuration set, DKIM, tags."""
        changed = {change.property_name for change in self.diff(resource_id, old_outputs, inputs)}
        request = self.request(inputs)
        if "configurationSetName" in changed:
            self.call(
                "updating",
                "put_email_identity_configuration_set_attributes",
                inputs,
                ConfigurationSetName=request["ConfigurationSetName"],
            )
        if "dkimSigningAttributes" in changed:
            attributes = request["DkimSigningAttributes"]
            self.call(
                "updating",
                "put_email_identity_dkim_signing_attributes",
                inputs,
                SigningAttributesOrigin="EXTERNAL" if "DomainSigningSelector" in attributes else "AWS_SES",
                SigningAttributes=attributes or None,
            )
        super().change(resource_id, old_outputs, inputs)


def _signing_attributes(dkim: dict[str, Any] | None) -> dict[str, str]:
    given = {api_name(name): (dkim or {}).get(name) for name in (*_OWN_KEY, "nextSigningKeyLength")}
    return {name: value for name, value in given.items() if value}
