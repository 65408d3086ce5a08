"""SES v2 where moto's falls short: identities with their DKIM, MAIL FROM, feedback and tags, and the account."""

import json
import re
from collections.abc import Callable
from typing import Any, ClassVar

import moto.ses.models
import moto.sesv2.urls
from moto.core.exceptions import JsonRESTError
from moto.sesv2.responses import SESV2Response

from .account import Account
from .identity import Identity, canonical_identity
from .regions import dkim_zone

_IDENTITY = "{0}/v2/email/identities/(?P<EmailIdentity>[^/]+)"
# Flask answers 404 for a path that moto's table lacks.
_MORE_PATHS = (
    "{0}/v2/email/account$",
    f"{_IDENTITY}/configuration-set$",
    f"{_IDENTITY}/dkim$",
    f"{_IDENTITY}/dkim/signing$",
    f"{_IDENTITY}/feedback$",
    f"{_IDENTITY}/mail-from$",
)
_IDENTITY_NAME = re.compile(r"(?:[^@\s]+@)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*")


class SesV2Operations(SESV2Response):
    """moto's operations, with those that differ and those that it lacks."""

    account_of: ClassVar[Callable[[str], Account]]
    """Tells the account as it is in a region."""

    def create_email_identity(self) -> str:
        name = canonical_identity(self._get_param("EmailIdentity") or "")
        if not _IDENTITY_NAME.fullmatch(name):
            raise _bad_request(f"Invalid email identity: {name}")
        if name in self._account.identities():
            raise _error(400, "AlreadyExistsException", f"Email identity {name} already exist.")
        configuration_set = self._checked_configuration_set()
        tags = self._get_param("Tags")
        try:
            identity = Identity(name, tags, self._get_param("DkimSigningAttributes"), configuration_set)
        except ValueError as error:
            raise _bad_request(str(error)) from None
        self._account.identities()[name] = identity
        if tags:
            self.sesv2_backend.core_backend.tagger.tag_resource(self._account.arn(f"identity/{name}"), tags)
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
        del self._account.identities()[name]
        self.sesv2_backend.core_backend.tagger.delete_all_tags_for_resource(
            self._account.arn(f"identity/{name}")
        )
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
            raise _bad_request(f"SigningAttributes do not fit the SigningAttributesOrigin {origin}.")
        try:
            identity.sign_with(attributes)
        except ValueError as error:
            raise _bad_request(str(error)) from None
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
            raise _bad_request(
                f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity."
            )
        identity.mail_from_domain = domain or None
        identity.behavior_on_mx_failure = self._get_param("BehaviorOnMxFailure") or "USE_DEFAULT_VALUE"
        return "{}"

    def get_account(self) -> str:
        limits = self._account.limits()
        return json.dumps(
            {
                "DedicatedIpAutoWarmupEnabled": False,
                "EnforcementStatus": "HEALTHY",
                "ProductionAccessEnabled": limits.production_access,
                "SendingEnabled": True,
                "SendQuota": {
                    "Max24HourSend": limits.max_24_hour_send,
                    "MaxSendRate": limits.max_send_rate,
                    "SentLast24Hours": self._account.throttle.sent_in_24_hours(),
                },
            }
        )

    def tag_resource(self) -> str:
        self._check_tagged_identity()
        return super().tag_resource()

    def untag_resource(self) -> str:
        self._check_tagged_identity()
        return super().untag_resource()

    def list_tags_for_resource(self) -> str:
        self._check_tagged_identity()
        return super().list_tags_for_resource()

    @property
    def _account(self) -> Account:
        return type(self).account_of(self.region)

    def _identity(self) -> Identity:
        name = canonical_identity(self._get_param("EmailIdentity"))
        try:
            return self._account.identities()[name]
        except KeyError:
            raise _not_found(f"Email identity {name} does not exist.") from None

    def _checked_configuration_set(self) -> str | None:
        name = self._get_param("ConfigurationSetName")
        if name and not self._account.has_configuration_set(name):
            raise _not_found(f"Configuration set <{name}> does not exist.")
        return name

    def _check_tagged_identity(self) -> None:
        resource = self._get_param("ResourceArn")
        prefix = self._account.arn("identity/")
        if ":identity/" in resource and resource.removeprefix(prefix) not in self._account.identities():
            raise _not_found(f"Resource {resource} does not exist.")

    def _dkim_attributes(self, identity: Identity) -> dict[str, Any]:
        attributes = {
            "SigningEnabled": identity.signing_enabled,
            "Status": _status(self._account.verification.signs(identity)),
            "Tokens": identity.tokens,
            "SigningAttributesOrigin": "EXTERNAL" if identity.selector else "AWS_SES",
        }
        if not identity.selector:
            attributes |= {
                "SigningHostedZone": dkim_zone(self.region),
                "NextSigningKeyLength": identity.next_signing_key_length,
                "CurrentSigningKeyLength": identity.current_signing_key_length,
                "LastKeyGenerationTimestamp": identity.key_generated_at.timestamp(),
            }
        return attributes

    def _mail_from_attributes(self, identity: Identity) -> dict[str, str]:
        attributes = {"BehaviorOnMxFailure": identity.behavior_on_mx_failure}
        if identity.mail_from_domain:
            attributes["MailFromDomain"] = identity.mail_from_domain
            attributes["MailFromDomainStatus"] = _status(
                self._account.verification.mail_from_stands(identity)
            )
        return attributes


def install(account_of: Callable[[str], Account]) -> None:
    """Let moto answer with these operations, and keep identities as ours, whichever operation makes them."""
    SesV2Operations.account_of = staticmethod(account_of)
    for path in (*moto.sesv2.urls.url_paths, *_MORE_PATHS):
        moto.sesv2.urls.url_paths[path] = SesV2Operations.dispatch
    moto.ses.models.EmailIdentity = Identity


def _status(verified: bool) -> str:
    return "SUCCESS" if verified else "PENDING"


def _error(status: int, code: str, message: str) -> JsonRESTError:
    error = JsonRESTError(code, message)
    error.code = status
    return error


def _not_found(message: str) -> JsonRESTError:
    return _error(404, "NotFoundException", message)


def _bad_request(message: str) -> JsonRESTError:
    return _error(400, "BadRequestException", message)
