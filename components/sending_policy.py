"""The IAM policy of who may send through SES: as little as sending needs. Pure, no I/O.

https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
"""

import fnmatch
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NotRequired, TypedDict

from .image.relay.invalid_setting import InvalidSetting

# IAM's limit for all inline policies of a user; white space does not count:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_CHARACTERS = 2048

# https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html
_VPC_ENDPOINT = re.compile("vpce-[0-9a-f]+")

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


class Grant(NamedTuple):
    """What one identity may be used for."""

    resources: Sequence[str]
    """ARNs, that of the identity first; empty ones do not count."""
    conditions: Mapping[str, Any]
    """SendingConditions."""


def sending_policy(grants: Sequence[Grant]) -> str:
    """The policy document that allows sending through each of `grants`.

    Raises InvalidSetting for conditions that no message meets, and for a document that is too long for IAM.
    """
    _refuse_endpoint_of_two_regions(grants)
    statements = [_statement(grant) for grant in grants]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
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


def _statement(grant: Grant) -> dict[str, Any]:
    arns = [arn for arn in grant.resources if arn]
    statement: dict[str, Any] = {"Effect": "Allow", "Action": _ACTION, "Resource": arns}
    if grant.conditions:
        _refuse_unmeetable(grant.conditions, identity=arns[0].rpartition("/")[2])
        statement["Condition"] = _condition(grant.conditions)
    return statement


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
    endpoint = conditions.get("vpc_endpoint")
    if endpoint and not _VPC_ENDPOINT.fullmatch(endpoint):
        raise InvalidSetting(
            "conditions.vpc_endpoint",
            "is not the id of a VPC endpoint, and denies every message",
            "give one such as vpce-0123456789abcdef0",
            repr(endpoint),
        )
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


def _refuse_endpoint_of_two_regions(grants: Sequence[Grant]) -> None:
    regions: dict[str, str] = {}
    for resources, conditions in grants:
        endpoint, region = conditions.get("vpc_endpoint"), resources[0].split(":")[3]
        if endpoint and regions.setdefault(endpoint, region) != region:
            raise InvalidSetting(
                "conditions.vpc_endpoint",
                f"is in one region, and denies every message in {region} or in {regions[endpoint]}",
                "give each identity conditions of its own",
                repr(endpoint),
            )


def _may_be_of(pattern: str, identity: str) -> bool:
    if "@" in identity:
        return fnmatch.fnmatchcase(identity, pattern)
    domain = pattern.rpartition("@")[2].lower()
    if "*" in domain or "?" in domain:
        return True
    own = identity.lower()
    return domain == own or domain.endswith(f".{own}")
