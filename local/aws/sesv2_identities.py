"""Identities of SES v2, with their DKIM, MAIL FROM, feedback and policies."""

import json
import re
from typing import Any

from .identity import Identity, canonical_identity
from .regions import dkim_zone
from .sesv2_base import SesV2Base, already_exists, bad_request, not_found

_IDENTITY_NAME = re.compile(r"(?:[^@\s]+@)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*")

# Before a region, in the origin of a key.
_REPLICA = "AWS_SES_"


class IdentityOperations(SesV2Base):
    """moto's operations on identities, with those that differ and those that it lacks."""

    def create_email_identity(self) -> str:
        name = canonical_identity(self._get_param("EmailIdentity") or "")
        if not _IDENTITY_NAME.fullmatch(name):
            raise bad_request(f"Invalid email identity: {name}")
        if name in self._account.identities():
            raise already_exists(f"Email identity {name} already exist.")
        configuration_set = self._checked_configuration_set()
        try:
            identity = Identity(
                name, self._get_param("Tags"), self._get_param("DkimSigningAttributes"), configuration_set
            )
        except ValueError as error:
            raise bad_request(str(error)) from None
        origin = (identity.dkim_signing_attributes or {}).get("DomainSigningAttributesOrigin", "")
        if origin.startswith(_REPLICA):
            self._share_key(identity, origin.removeprefix(_REPLICA).lower().replace("_", "-"))
        self._account.identities()[name] = identity
        self._tag(f"identity/{name}")
        if identity.identity_type == "EMAIL_ADDRESS":
            self.confirmations.ask(identity, self.region)
        return json.dumps(
            {
                "IdentityType": identity.identity_type,
                "VerifiedForSendingStatus": self._account.verification.verified(identity),
                "DkimAttributes": self._dkim_attributes(identity),
            }
        )

    def get_email_identity(self) -> str:
        identity = self._identity()
        verified = self._account.verification.verified(identity)
        attributes = {
            "IdentityType": identity.identity_type,
            "FeedbackForwardingStatus": identity.feedback_forwarding,
            "VerifiedForSendingStatus": verified,
            "VerificationStatus": _status(verified),
            "DkimAttributes": self._dkim_attributes(identity),
            "MailFromAttributes": self._mail_from_attributes(identity),
            "Policies": identity.policies,
            "Tags": self.sesv2_backend.list_tags_for_resource(
                self._account.arn(f"identity/{identity.email_identity}")
            ),
        }
        if identity.configuration_set_name:
            attributes["ConfigurationSetName"] = identity.configuration_set_name
        return json.dumps(attributes)

    def list_email_identities(self) -> str:
        identities, next_token = self.sesv2_backend.list_email_identities(
            next_token=self._get_param("NextToken"), page_size=self._get_param("PageSize")
        )
        listed = [
            {
                "IdentityType": identity.identity_type,
                "IdentityName": identity.email_identity,
                "SendingEnabled": self._account.verification.verified(identity),
                "VerificationStatus": _status(self._account.verification.verified(identity)),
            }
            for identity in identities
        ]
        return json.dumps({"EmailIdentities": listed, "NextToken": next_token})

    def delete_email_identity(self) -> str:
        name = self._identity().email_identity
        self._account.tenants.check_unused(self._account.arn(f"identity/{name}"))
        del self._account.identities()[name]
        self._untag(f"identity/{name}")
        return "{}"

    def put_email_identity_configuration_set_attributes(self) -> str:
        identity = self._identity()
        identity.configuration_set_name = self._checked_configuration_set()
        return "{}"

    def put_email_identity_dkim_attributes(self) -> str:
        self._identity().signing_enabled = self._get_bool_param("SigningEnabled", False)
        return "{}"

    def put_email_identity_dkim_signing_attributes(self) -> str:
        identity = self._identity()
        origin = self._get_param("SigningAttributesOrigin")
        attributes = self._get_param("SigningAttributes") or {}
        if (origin == "EXTERNAL") != ("DomainSigningSelector" in attributes):
            raise bad_request(f"SigningAttributes do not fit the SigningAttributesOrigin {origin}.")
        try:
            identity.sign_with(attributes)
        except ValueError as error:
            raise bad_request(str(error)) from None
        dkim = self._dkim_attributes(identity)
        return json.dumps(
            {
                "DkimStatus": dkim["Status"],
                "DkimTokens": dkim["Tokens"],
                "SigningHostedZone": dkim.get("SigningHostedZone"),
            }
        )

    def put_email_identity_feedback_attributes(self) -> str:
        self._identity().feedback_forwarding = self._get_bool_param("EmailForwardingEnabled", False)
        return "{}"

    def put_email_identity_mail_from_attributes(self) -> str:
        identity = self._identity()
        domain = (self._get_param("MailFromDomain") or "").lower()
        if domain and not domain.endswith(f".{identity.domain}"):
            raise bad_request(
                f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity."
            )
        identity.mail_from_domain = domain or None
        identity.behavior_on_mx_failure = self._get_param("BehaviorOnMxFailure") or "USE_DEFAULT_VALUE"
        return "{}"

    def create_email_identity_policy(self) -> str:
        if self._get_param("PolicyName") in self._identity().policies:
            raise already_exists(f"Policy {self._get_param('PolicyName')} already exists.")
        return self._put_policy()

    def update_email_identity_policy(self) -> str:
        if self._get_param("PolicyName") not in self._identity().policies:
            raise not_found(f"Policy {self._get_param('PolicyName')} does not exist.")
        return self._put_policy()

    def get_email_identity_policies(self) -> str:
        return json.dumps({"Policies": self._identity().policies})

    def delete_email_identity_policy(self) -> str:
        self._identity().policies.pop(self._get_param("PolicyName"), None)
        return "{}"

    def _put_policy(self) -> str:
        identity, policy = self._identity(), self._get_param("Policy")
        arn = self._account.arn(f"identity/{identity.email_identity}")
        if problem := _policy_problem(policy, arn):
            raise bad_request(problem)
        identity.policies[self._get_param("PolicyName")] = policy
        return "{}"

    def _identity(self) -> Identity:
        name = canonical_identity(self._get_param("EmailIdentity"))
        try:
            return self._account.identities()[name]
        except KeyError:
            raise not_found(f"Email identity {name} does not exist.") from None

    def _share_key(self, identity: Identity, region: str) -> None:
        """Let the identity sign with the key of that of the same name in another region.

        https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-deed.html
        """
        parent = type(self).account_of(region).identities().get(identity.email_identity)
        if parent is None or parent.signing_origin != "AWS_SES":
            raise bad_request(f"{identity.email_identity} has no Easy DKIM in {region} to share the key of.")
        identity.parent, identity.parent_region = parent, region

    def _checked_configuration_set(self) -> str | None:
        name = self._get_param("ConfigurationSetName")
        if name and not self._account.has_configuration_set(name):
            raise not_found(f"Configuration set <{name}> does not exist.")
        return name

    def _dkim_attributes(self, identity: Identity) -> dict[str, Any]:
        attributes = {
            "SigningEnabled": identity.signing_enabled,
            "Status": _status(self._account.verification.signs(identity)),
            "Tokens": identity.tokens,
            "SigningAttributesOrigin": identity.signing_origin,
        }
        if not identity.selector:
            attributes |= {
                "SigningHostedZone": dkim_zone(identity.parent_region or self.region),
                "NextSigningKeyLength": identity.next_signing_key_length,
                "CurrentSigningKeyLength": identity.current_signing_key_length,
                "LastKeyGenerationTimestamp": identity.key_generated_at.timestamp(),
            }
        return attributes

    def _mail_from_attributes(self, identity: Identity) -> dict[str, str]:
        attributes = {"BehaviorOnMxFailure": identity.behavior_on_mx_failure}
        if identity.mail_from_domain:
            attributes["MailFromDomain"] = identity.mail_from_domain
            attributes["MailFromDomainStatus"] = self._account.verification.mail_from_status(identity)
        return attributes


def _status(verified: bool) -> str:
    return "SUCCESS" if verified else "PENDING"


def _policy_problem(text: str, arn: str) -> str | None:
    """What SES finds wrong with a sending authorisation policy for the identity `arn`.

    https://docs.aws.amazon.com/ses/latest/dg/sending-authorization-policies.html
    """
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, TypeError, KeyError):
        return "Invalid policy: not a policy document in JSON."
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict) or not {"Effect", "Principal", "Action", "Resource"} <= set(
            statement
        ):
            return "Invalid policy: a statement needs Effect, Principal, Action and Resource."
        resources = statement["Resource"]
        if any(resource != arn for resource in (resources if isinstance(resources, list) else [resources])):
            return f"Invalid policy: the Resource must be {arn}."
    return None
