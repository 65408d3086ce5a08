"""The IAM policy of who may send through SES: as little as sending needs. Pure, no I/O.

https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from .image.relay.invalid_setting import InvalidSetting

# IAM's limit for all inline policies of a user; white space does not count:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_CHARACTERS = 2048

# What OpenSMTPD speaks is SMTP, and all of SMTP is this action.
_ACTION = "ses:SendRawEmail"


class SendingConditions(TypedDict):
    """What a message must be like to be sent. Each list is an "any of", with `*` for any text; cases count."""

    from_addresses: NotRequired[list[str]]
    """Addresses in the From header, such as `noreply@example.com` or `*@example.com`."""
    from_display_names: NotRequired[list[str]]
    """Names in the From header, such as `Example Shop`."""
    recipients: NotRequired[list[str]]
    """Addresses that every recipient must be among, such as `*@example.com`."""
    vpc_endpoint: NotRequired[str]
    """The id of the VPC endpoint through which the message must come."""


_KEYS = {
    "from_addresses": ("StringLike", "ses:FromAddress"),
    "from_display_names": ("StringLike", "ses:FromDisplayName"),
    "recipients": ("ForAllValues:StringLike", "ses:Recipients"),
    "vpc_endpoint": ("StringEquals", "aws:SourceVpce"),
}


def sending_policy(resources: Iterable[str], conditions: Mapping[str, Any]) -> str:
    """The policy document that allows sending through `resources`, the ARN of the identity first.

    Raises InvalidSetting for conditions that no message meets, and for a document that is too long for IAM.
    """
    arns = [arn for arn in resources if arn]
    statement: dict[str, Any] = {"Effect": "Allow", "Action": _ACTION, "Resource": arns}
    if conditions:
        _refuse_unmeetable(conditions, identity=arns[0].rpartition("/")[2])
        statement["Condition"] = _condition(conditions)
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    if len(re.sub(r"\s", "", document)) > _MAX_CHARACTERS:
        raise InvalidSetting(
            "conditions",
            f"make a policy of more than {_MAX_CHARACTERS} characters, which IAM does not take",
            "name fewer addresses, or patterns such as *@example.com",
        )
    return document


def identity_arns(identity_arn: str, names: Sequence[str]) -> list[str]:
    """The ARNs of other identities, addresses or domains, in the account and region of one."""
    return [f"{identity_arn.rpartition('/')[0]}/{name}" for name in names]


def identity_policy(document: str, identity_arn: str) -> str:
    """A sending authorisation policy, each statement of which is about the identity unless it names a resource itself.

    Raises InvalidSetting for what is no policy document.
    """
    try:
        policy = json.loads(document)
        statements = [{"Resource": identity_arn, **statement} for statement in policy["Statement"]]
    except (ValueError, KeyError, TypeError):
        raise InvalidSetting(
            "policies", "is not an IAM policy document", 'give JSON with "Version" and a list "Statement"'
        ) from None
    return json.dumps({**policy, "Statement": statements})


def _condition(conditions: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    condition: dict[str, dict[str, Any]] = {}
    for name, value in conditions.items():
        operator, key = _KEYS[name]
        condition.setdefault(operator, {})[key] = value
    return condition


def _refuse_unmeetable(conditions: Mapping[str, Any], identity: str) -> None:
    for name, value in conditions.items():
        if name not in _KEYS:
            raise InvalidSetting(f"conditions.{name}", "is unknown", f"use {', '.join(_KEYS)}")
        if not value:
            raise InvalidSetting(f"conditions.{name}", "is empty and denies every message", "leave it out")
    for name in ("from_addresses", "recipients"):
        for pattern in conditions.get(name, []):
            if "@" not in pattern and "*" not in pattern:
                raise InvalidSetting(
                    f"conditions.{name}",
                    "is no address, and denies every message",
                    "add @ and the domain",
                    repr(pattern),
                )
    for pattern in conditions.get("from_addresses", []):
        if not _may_be_of(pattern, identity):
            raise InvalidSetting(
                "conditions.from_addresses",
                f"is not of the identity {identity!r}, and allows no message",
                "name addresses of the identity",
                repr(pattern),
            )


def _may_be_of(pattern: str, identity: str) -> bool:
    domain = pattern.rpartition("@")[2].lower()
    if "*" in domain or "?" in domain:
        return True
    own = identity.rpartition("@")[2].lower()
    return domain == own or domain.endswith(f".{own}")
