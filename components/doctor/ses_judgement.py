"""What is wrong with what SES and IAM answer, and the one thing to do. Pure, no I/O.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from .finding import FINE, WRONG, Finding

_HIGH_SHARE = 0.8
"""Of the daily quota; SesFeedback's alarm begins there as well."""
_UNLIMITED = -1
_MAKE_AGAIN = "pulumi up --refresh"


def identity_check(name: str, region: str) -> str:
    """How the row about an identity is called."""
    return f"identity {name}, {region}"


def account_check(region: str) -> str:
    """How the row about an account's sending is called."""
    return f"sending, {region}"


def key_check(key_id: str) -> str:
    """How the row about a key is called."""
    return f"access key {key_id}"


def identity(name: str, region: str, answer: Mapping[str, Any] | None) -> Iterator[Finding]:
    """`answer` is that of GetEmailIdentity; None when there is no such identity."""
    check = identity_check(name, region)
    if answer is None:
        yield Finding(check, WRONG, "no such identity", _MAKE_AGAIN)
        return
    status = answer["VerificationStatus"]
    if status == "SUCCESS" and answer["VerifiedForSendingStatus"]:
        yield Finding(check, FINE, "verified")
    else:
        yield Finding(check, WRONG, f"not verified: {status}", _verification_fix(name, region, status))
    if "@" not in name:
        yield _dkim(name, region, answer["DkimAttributes"])
        yield _mail_from(name, region, answer.get("MailFromAttributes") or {})


def configuration_set(name: str, region: str, answer: Mapping[str, Any] | None) -> Finding:
    """`answer` is that of GetConfigurationSet; None when there is no such set."""
    check = f"configuration set {name}, {region}"
    if answer is None:
        return Finding(check, WRONG, "no such configuration set", _MAKE_AGAIN)
    if not answer.get("SendingOptions", {}).get("SendingEnabled", True):
        command = f"put-configuration-set-sending-options --configuration-set-name {name} --sending-enabled"
        return Finding(check, WRONG, "sending is paused", _sesv2(region, command))
    return Finding(check, FINE, "sends")


def account(region: str, answer: Mapping[str, Any]) -> Iterator[Finding]:
    """`answer` is that of GetAccount."""
    yield _sending(region, answer)
    if answer["ProductionAccessEnabled"]:
        yield Finding(f"access, {region}", FINE, "production")
    else:
        yield Finding(
            f"access, {region}",
            WRONG,
            "sandbox: only verified recipients get mail",
            "SES console of the region, Account dashboard: Request production access",
        )
    yield _quota(region, answer["SendQuota"])


def access_key(user: str, key_id: str, keys: Sequence[Mapping[str, Any]] | None, now: datetime) -> Finding:
    """`keys` are what ListAccessKeys shows of the user; None when there is no such user."""
    check = key_check(key_id)
    if keys is None:
        return Finding(check, WRONG, f"no IAM user {user}", _MAKE_AGAIN)
    found = next((key for key in keys if key["AccessKeyId"] == key_id), None)
    if found is None:
        return Finding(check, WRONG, f"the user {user} has no such key: it was deleted", _MAKE_AGAIN)
    if found["Status"] != "Active":
        return Finding(
            check,
            WRONG,
            "inactive: the login is refused",
            f"aws iam update-access-key --user-name {user} --access-key-id {key_id} --status Active",
        )
    others = ", ".join(key["AccessKeyId"] for key in keys if key is not found)
    return Finding(
        check,
        FINE,
        f"active, {(now - found['CreateDate']).days} days old" + (f"; {others} exists too" if others else ""),
    )


def _verification_fix(name: str, region: str, status: str) -> str:
    if "@" in name:
        return "follow the link in the mail that SES has sent to that address"
    if status == "FAILED":
        # SES has given up after 72 hours, and looks again only when it is told to.
        return "publish the DKIM records, then: " + _look_again(name, region)
    return "publish the DKIM records; SES looks again by itself"


def _dkim(name: str, region: str, attributes: Mapping[str, Any]) -> Finding:
    check = f"DKIM at SES, {name}"
    if not attributes.get("SigningEnabled", True):
        command = f"put-email-identity-dkim-attributes --email-identity {name} --signing-enabled"
        return Finding(check, WRONG, "mail is not signed: signing is off", _sesv2(region, command))
    if attributes["Status"] != "SUCCESS":
        return Finding(
            check,
            WRONG,
            f"mail is not signed: {attributes['Status']}",
            _verification_fix(name, region, attributes["Status"]),
        )
    return Finding(check, FINE, "mail is signed")


def _mail_from(name: str, region: str, attributes: Mapping[str, Any]) -> Finding:
    domain = attributes.get("MailFromDomain")
    check = f"MAIL FROM at SES, {domain or name}"
    if not domain:
        return Finding(check, FINE, "none of your own: bounces return to amazonses.com")
    status = attributes["MailFromDomainStatus"]
    if status == "SUCCESS":
        return Finding(check, FINE, "in use")
    rejects = attributes.get("BehaviorOnMxFailure") == "REJECT_MESSAGE"
    seen = f"{status}: SES {'refuses all mail' if rejects else 'uses amazonses.com instead'}"
    publish = "publish the MAIL FROM and SPF records"
    if status != "FAILED":
        return Finding(check, WRONG, seen, f"{publish}; SES looks again by itself")
    behavior = attributes.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE")
    command = (
        f"put-email-identity-mail-from-attributes --email-identity {name} --mail-from-domain {domain} "
        f"--behavior-on-mx-failure {behavior}"
    )
    return Finding(check, WRONG, seen, f"{publish}, then: {_sesv2(region, command)}")


def _sending(region: str, answer: Mapping[str, Any]) -> Finding:
    check, enforcement = account_check(region), answer["EnforcementStatus"]
    if enforcement != "HEALTHY":
        seen = {"PROBATION": "under review by AWS", "SHUTDOWN": "stopped by AWS"}.get(
            enforcement, enforcement
        )
        return Finding(
            check, WRONG, seen, "answer AWS's case about it: Support Center, or the account's mail"
        )
    if not answer["SendingEnabled"]:
        command = "put-account-sending-attributes --sending-enabled"
        return Finding(check, WRONG, "paused: SES refuses all mail", _sesv2(region, command))
    return Finding(check, FINE, "enabled")


def _quota(region: str, quota: Mapping[str, float]) -> Finding:
    check = f"quota, {region}"
    most, sent, rate = quota["Max24HourSend"], quota["SentLast24Hours"], quota["MaxSendRate"]
    if most == _UNLIMITED:
        return Finding(check, FINE, f"{sent:.0f} recipients in 24 hours, no limit; {rate:g} a second")
    seen = f"{sent:.0f} of {most:.0f} recipients in 24 hours; {rate:g} a second"
    advice = "Service Quotas, Amazon SES, Sending quota: ask for a higher one"
    if sent >= most:
        return Finding(check, WRONG, f"used up: {seen}", f"{advice}; until then mail waits in the queue")
    if sent >= _HIGH_SHARE * most:
        return Finding(check, WRONG, f"nearly used up: {seen}", advice)
    return Finding(check, FINE, seen)


def _look_again(name: str, region: str) -> str:
    command = (
        f"put-email-identity-dkim-signing-attributes --email-identity {name} "
        "--signing-attributes-origin AWS_SES"
    )
    return _sesv2(region, command)


def _sesv2(region: str, command: str) -> str:
    return f"aws sesv2 {command} --region {region}"
