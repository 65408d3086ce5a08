"""The old SES API where moto's falls short: what it says of identities is what SES v2 says."""

from collections.abc import Callable
from typing import ClassVar

import moto.ses.urls
from moto.core.responses import ActionResult, EmptyResult
from moto.ses.responses import EmailResponse

from .account import Account
from .identity import canonical_identity


class SesV1Operations(EmailResponse):
    """moto's operations, with those that differ."""

    account_of: ClassVar[Callable[[str], Account]]
    """Tells the account as it is in a region."""

    def get_identity_verification_attributes(self) -> ActionResult:
        account = self._account
        return ActionResult(
            {
                "VerificationAttributes": {
                    name: {"VerificationStatus": _status(account.verification.verified(identity))}
                    for name in self._get_param("Identities", [])
                    if (identity := account.identities().get(canonical_identity(name)))
                }
            }
        )

    def get_identity_dkim_attributes(self) -> ActionResult:
        account = self._account
        return ActionResult(
            {
                "DkimAttributes": {
                    name: {
                        "DkimEnabled": identity.signing_enabled,
                        "DkimVerificationStatus": _status(account.verification.signs(identity)),
                        "DkimTokens": identity.tokens,
                    }
                    for name in self._get_param("Identities", [])
                    if (identity := account.identities().get(canonical_identity(name)))
                }
            }
        )

    def verify_domain_dkim(self) -> ActionResult:
        super().verify_domain_dkim()
        identity = self._account.identities()[canonical_identity(self._get_param("Domain"))]
        return ActionResult({"DkimTokens": identity.tokens})

    def delete_identity(self) -> ActionResult:
        self._account.identities().pop(canonical_identity(self._get_param("Identity")), None)
        return EmptyResult()

    def get_send_quota(self) -> ActionResult:
        account = self._account
        limits = account.limits()
        return ActionResult(
            {
                "Max24HourSend": limits.max_24_hour_send,
                "MaxSendRate": limits.max_send_rate,
                "SentLast24Hours": account.throttle.sent_in_24_hours(),
            }
        )

    @property
    def _account(self) -> Account:
        return type(self).account_of(self.region)


def install(account_of: Callable[[str], Account]) -> None:
    """Let moto answer with these operations."""
    SesV1Operations.account_of = staticmethod(account_of)
    for path in moto.ses.urls.url_paths:
        moto.ses.urls.url_paths[path] = SesV1Operations.dispatch


def _status(verified: bool) -> str:
    return "Success" if verified else "Pending"
