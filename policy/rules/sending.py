"""Rules for logins that may send."""

import datetime
import fnmatch
import json
import re
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
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
)
# Of AWS's own policies, those that allow to send.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
_FULL_ACCESS = ("AdministratorAccess", "AmazonSESFullAccess", "PowerUserAccess")
_KEY = "aws:iam/accessKey:AccessKey"
# https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
_SENDING = (
    "ses:sendemail",
    "ses:sendrawemail",
    "ses:sendtemplatedemail",
    "ses:sendbulkemail",
    "ses:sendbulktemplatedemail",
)
# The identities of one domain: `example.com`, `me@example.com`, `*@example.com`, `*.example.com`.
_IDENTITIES_OF_ONE_DOMAIN = re.compile(r"identity/(?:\*[@.])?[^*?]+\.[^*?]+")
_OTHER_THAN_IDENTITIES = re.compile(r"(?:configuration-set|template)/.*")
# CIS AWS Foundations Benchmark, "Ensure access keys are rotated every 90 days or less".
_DAYS = 90


def _more_than_sending(resource: Resource) -> Iterator[str]:
    attached = str(resource.get("policyArn")).rpartition("/")[2]
    if resource.type in _ATTACHMENTS and attached in _FULL_ACCESS:
        yield f"{resource.name}: {attached} allows more than to send"
    if resource.type not in _POLICIES:
        return
    statements = _allowing(resource.get("policy"))
    if not any(_allows_sending(statement) for statement in statements):
        return  # a policy about something else
    for statement in statements:
        others = [action for action in _texts(statement.get("Action")) if action.lower() not in _SENDING]
        if others or statement.get("NotAction"):
            yield f"{resource.name}: it allows {', '.join(others[:5]) or 'all actions but some'}"
        elif statement.get("NotResource") or any(map(_is_any_identity, _texts(statement.get("Resource")))):
            yield f"{resource.name}: it allows to send from any identity of the account"


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
    actions, excluded = _texts(statement.get("Action")), _texts(statement.get("NotAction"))
    return any(
        _matches(sending, actions) or (excluded and not _matches(sending, excluded)) for sending in _SENDING
    )


def _matches(action: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(action, pattern.lower()) for pattern in patterns)


def _is_any_identity(arn: str) -> bool:
    name = arn.split(":", 5)[-1]
    named = _IDENTITIES_OF_ONE_DOMAIN.fullmatch(name) or _OTHER_THAN_IDENTITIES.fullmatch(name)
    return bool(re.search(r"[*?]", name)) and not named


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
