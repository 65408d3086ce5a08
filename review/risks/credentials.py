"""What a change does to who may send, and to their logins."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..markdown import code, listed
from ..preview import Preview
from ..risk import Risk, Weight
from ..things import thing

_KEY = "aws:iam/accessKey:AccessKey"
_USER = "aws:iam/user:User"
_POLICIES = ("aws:iam/userPolicy:UserPolicy", "aws:iam/policy:Policy")
_ATTACHMENT = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
_BY_AWS = re.compile(r"arn:[^:]*:iam::aws:policy/")
_AUTHORISATION = "aws:sesv2/emailIdentityPolicy:EmailIdentityPolicy"
# All that sending is: https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
_SENDING = (
    "ses:sendrawemail",
    "ses:sendemail",
    "ses:sendbulkemail",
    "ses:sendtemplatedemail",
    "ses:sendbulktemplatedemail",
)


def key_replaced(preview: Preview) -> Iterator[Risk]:
    """A key that ends."""
    keys = preview.of(_KEY)
    lost = [change for change in keys if change.is_lost]
    if not lost:
        return
    named = listed([thing(change)[0] for change in lost])
    if any(change.is_new for change in keys):
        yield Risk(
            Weight.CHANGES_MAIL,
            f"The {named} is replaced",
            "The relay gets the new login in this update, and the old key is deleted after that. "
            "Whoever else has a copy "
            "of the old login is refused (535) from then on.",
            "Look for others who use this login: IAM shows when and for what a key was last used.",
        )
    elif not any(
        change.is_new for change in preview.changes if change.type.startswith(("docker:", "kubernetes:"))
    ):
        yield Risk(
            Weight.STOPS_MAIL,
            f"The {named} is deleted",
            "SES refuses every login with it (535).",
            "Be sure that no relay and no application uses it.",
        )
    else:
        yield Risk(
            Weight.CHANGES_MAIL,
            f"The {named} is deleted",
            "SES refuses every login with it (535); the relay changes in the same update.",
            "See that the relay's new upstream has a login of its own.",
        )


def user_lost(preview: Preview) -> Iterator[Risk]:
    """A user whose keys go with it."""
    for change in preview.of(_USER):
        if change.operation == "replace":
            yield Risk(
                Weight.CHANGES_MAIL,
                f"The SMTP user {code(change.old.get('name') or change.name)} is replaced",
                "All its keys end with it.",
                "Look for others who use its login.",
            )


def permits_more_than_sending(preview: Preview) -> Iterator[Risk]:
    """A permission with which a stolen login could do more than send from the domain."""
    for change in preview.of(*_POLICIES):
        if change.operation not in ("create", "update", "replace"):
            continue
        actions = _other_actions(change.new.get("policy"))
        if actions and actions != _other_actions(change.old.get("policy")):
            yield Risk(
                Weight.OPENS,
                f"The permission {code(change.name)} allows more than sending: "
                f"{listed([code(a) for a in actions[:5]])}",
                "Whoever gets hold of the relay's login can do that as well.",
                "Allow `ses:SendRawEmail` on the identity and its configuration set, and nothing else.",
            )
        elif _is_everywhere(change.new.get("policy")) and not _is_everywhere(change.old.get("policy")):
            yield Risk(
                Weight.OPENS,
                f"The permission {code(change.name)} allows to send from every identity of the account",
                "The resource of its statement is `*`.",
                "Name the ARNs of the identity and of its configuration set.",
            )
    for change in preview.of(_ATTACHMENT):
        if not change.is_new:
            continue
        arn = change.new.get("policyArn") or "(not known yet)"
        if _BY_AWS.match(arn):
            yield Risk(
                Weight.OPENS,
                f"The user gets AWS's policy {code(arn)}, which allows more than sending",
                "Whoever gets hold of the relay's login can do that as well.",
                "Allow `ses:SendRawEmail` on the identity and its configuration set, and nothing else.",
            )
        else:
            yield Risk(
                Weight.LOOK,
                f"The user gets the policy {code(arn)}",
                "What that allows is not in this preview.",
                "See that it allows `ses:SendRawEmail` on the identity only.",
            )
    for change in preview.of(_AUTHORISATION):
        if change.is_new or change.operation == "update":
            yield Risk(
                Weight.OPENS,
                "Others are allowed to send from the domain, by the policy "
                f"{code(change.new.get('policyName') or change.name)}",
                "A sending authorisation names accounts or services outside of this stack.",
                "Check who is named in `Principal`.",
            )


def _statements(policy: Any) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(policy) if isinstance(policy, str) else policy
        statements = document["Statement"]
    except (ValueError, TypeError, KeyError):
        return []
    statements = statements if isinstance(statements, list) else [statements]
    return [one for one in statements if isinstance(one, Mapping) and one.get("Effect") == "Allow"]


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] if value else []


def _other_actions(policy: Any) -> list[str]:
    found = []
    for statement in _statements(policy):
        found += [action for action in _listed(statement.get("Action")) if action.lower() not in _SENDING]
        found += [f"all but {action}" for action in _listed(statement.get("NotAction"))]
    return found


def _is_everywhere(policy: Any) -> bool:
    return any("*" in _listed(statement.get("Resource")) for statement in _statements(policy))


RULES = (key_replaced, user_lost, permits_more_than_sending)
