"""The IAM policy of who may send through SES: as little as sending needs. Pure, no I/O.

https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .image.relay.invalid_setting import InvalidSetting

# IAM's limit for all inline policies of a user; white space does not count:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MAX_CHARACTERS = 2048

# What OpenSMTPD speaks is SMTP, and all of SMTP is this action.
_ACTION = "ses:SendRawEmail"

# SendingConditions as IAM has them.
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
    """SendingConditions, checked."""


def sending_policy(grants: Sequence[Grant]) -> str:
    """The policy document that allows sending through each of `grants`.

    Raises InvalidSetting for a document that is too long for IAM.
    """
    statements = [_statement(grant) for grant in grants]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    if len(re.sub(r"\s", "", document)) > _MAX_CHARACTERS:
        raise InvalidSetting(
            "conditions",
            f"make a policy of more than {_MAX_CHARACTERS} characters, which IAM does not take",
            "name fewer addresses, or patterns such as *@example.com",
        )
    return document


def identity_name(identity_arn: str) -> str:
    """The domain or the address that an identity's ARN is about."""
    return identity_arn.rpartition("/")[2]


def identity_arns(identity_arn: str, names: Sequence[str]) -> list[str]:
    """The ARNs of other identities, addresses or domains, in the account and region of one."""
    return [f"{identity_arn.rpartition('/')[0]}/{name}" for name in names]


def policy_document(text: str) -> dict[str, Any]:
    """What an IAM policy says. Raises InvalidSetting for a text that is none."""
    try:
        policy = json.loads(text)
        return {**policy, "Statement": [{**statement} for statement in policy["Statement"]]}
    except (ValueError, KeyError, TypeError):
        raise InvalidSetting(
            "policies", "is not an IAM policy document", 'give JSON with "Version" and a list "Statement"'
        ) from None


def identity_policy(policy: Mapping[str, Any], identity_arn: str) -> str:
    """A sending authorisation policy, each statement of which is about the identity unless it names a resource."""
    statements = [{"Resource": identity_arn, **statement} for statement in policy["Statement"]]
    return json.dumps({**policy, "Statement": statements})


def _statement(grant: Grant) -> dict[str, Any]:
    arns = [arn for arn in grant.resources if arn]
    statement: dict[str, Any] = {"Effect": "Allow", "Action": _ACTION, "Resource": arns}
    if grant.conditions:
        statement["Condition"] = _condition(grant.conditions)
    return statement


def _condition(conditions: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    condition: dict[str, dict[str, Any]] = {}
    for name, value in conditions.items():
        operator, key = _KEYS[name]
        condition.setdefault(operator, {})[key] = value
    return condition
