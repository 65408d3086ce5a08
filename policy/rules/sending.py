"""Rules for logins that may send."""

import datetime
import fnmatch
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .resource import Resource
from .rule import ADVISORY, MANDATORY, ResourceRule, StackRule

_POLICIES = (
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/policy:Policy",
)
_ATTACHMENTS = (
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
)
_FULL_ACCESS = "policy/AmazonSESFullAccess"
_KEY = "aws:iam/accessKey:AccessKey"
# https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
_SENDING = (
    "ses:sendemail",
    "ses:sendrawemail",
    "ses:sendtemplatedemail",
    "ses:sendbulkemail",
    "ses:sendbulktemplatedemail",
)
# CIS AWS Foundations Benchmark, "Ensure access keys are rotated every 90 days or less".
_DAYS = 90


def _more_than_sending(resource: Resource) -> Iterator[str]:
    if resource.type in _ATTACHMENTS and str(resource.get("policyArn")).endswith(_FULL_ACCESS):
        yield f"{resource.name}: AmazonSESFullAccess allows all of SES"
    if resource.type not in _POLICIES:
        return
    statements = _allowing(resource.get("policy"))
    if not any(_allows_sending(statement) for statement in statements):
        return  # a policy about something else
    for statement in statements:
        others = [action for action in _texts(statement.get("Action")) if action.lower() not in _SENDING]
        if others or statement.get("NotAction"):
            yield f"{resource.name}: it allows {', '.join(others[:5]) or 'all actions but some'}"
        elif "*" in _texts(statement.get("Resource")):
            yield f"{resource.name}: it allows to send from every identity of the account"


def _old_keys(resources: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    for resource in resources:
        if resource.type == _KEY and (age := _age(resource.get("createDate"))) is not None and age > _DAYS:
            yield f"{resource.name}: the key is {age} days old", resource.urn


def _allowing(policy: Any) -> list[Mapping[str, Any]]:
    try:
        statements = (json.loads(policy) if isinstance(policy, str) else policy)["Statement"]
    except (ValueError, TypeError, KeyError):
        return []
    statements = statements if isinstance(statements, list) else [statements]
    return [one for one in statements if isinstance(one, Mapping) and one.get("Effect") == "Allow"]


def _allows_sending(statement: Mapping[str, Any]) -> bool:
    actions = [action.lower() for action in _texts(statement.get("Action"))]
    return any(fnmatch.fnmatchcase(sending, action) for sending in _SENDING for action in actions)


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] if value else []


def _age(created: Any) -> int | None:
    try:
        moment = datetime.datetime.fromisoformat(str(created))
    except ValueError:
        return None
    now = datetime.datetime.now(datetime.UTC)
    return (now - (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC))).days


RULES = (
    ResourceRule(
        name="least-privilege-sending",
        level=MANDATORY,
        why="Whoever gets hold of a relay's login can do all that its policy allows.",
        fix="Allow ses:SendRawEmail on the ARNs of the identity and its configuration set, and nothing else.",
        check=_more_than_sending,
    ),
)
STACK_RULES = (
    StackRule(
        name="key-age",
        level=ADVISORY,
        why=f"A key that leaked is of use until it is replaced; {_DAYS} days is what auditors ask for.",
        fix="Rotate it: raise keyGeneration by one.",
        check=_old_keys,
    ),
)
