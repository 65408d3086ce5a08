"""Whether IAM policies allow an action: as IAM documents it, for the conditions that sending mail meets.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import functools
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Policy = Mapping[str, Any]
"""A policy document."""
Context = Mapping[str, Sequence[str]]
"""What a request says about itself: condition keys in lower case, each with its values."""
Principal = tuple[str, str]
"""Who asks: `("AWS", <ARN of a user>)` or `("Service", "ses.amazonaws.com")`."""

_QUALIFIER = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


class UnsupportedCondition(ValueError):
    """A condition operator that this file does not know. A guess could allow what IAM denies."""


def allows(policies: Iterable[Policy], action: str, resource: str, context: Context) -> bool:
    """Return whether `policies` allow `action` on the ARN `resource`: some statement allows it, and none denies it."""
    return _effects(policies, action, resource, context) == {"Allow"}


def allows_principal(
    policies: Iterable[Policy], principal: Principal, action: str, resource: str, context: Context
) -> bool:
    """Return whether the policies of a resource let `principal` in; statements about others do not count."""
    return _effects(_about(policies, principal), action, resource, context) == {"Allow"}


def user_may(
    user_arn: str,
    own: Iterable[Policy],
    boundary: Policy | None,
    of_resource: Iterable[Policy],
    action: str,
    resource: str,
    context: Context,
) -> bool:
    """Return whether a user may do `action` on `resource` of the same account.

    No policy may deny it, and either the user's own policies and its permissions boundary allow it, or the resource's
    policies allow it to the user by name, which a boundary does not limit.
    """
    by_own = _effects(own, action, resource, context)
    by_boundary = {"Allow"} if boundary is None else _effects([boundary], action, resource, context)
    by_resource = _effects(_about(of_resource, ("AWS", user_arn)), action, resource, context)
    if "Deny" in by_own | by_boundary | by_resource:
        return False
    return ("Allow" in by_own and "Allow" in by_boundary) or "Allow" in by_resource


def _effects(policies: Iterable[Policy], action: str, resource: str, context: Context) -> set[str]:
    return {
        statement["Effect"]
        for policy in policies
        for statement in _as_list(policy.get("Statement", []))
        if _applies(statement, action, resource, context)
    }


def _about(policies: Iterable[Policy], principal: Principal) -> list[Policy]:
    """The policies with those of their statements that name `principal`."""
    return [
        {"Statement": [s for s in _as_list(policy.get("Statement", [])) if _names(s, principal)]}
        for policy in policies
    ]


def _names(statement: Mapping[str, Any], principal: Principal) -> bool:
    kind, name = principal
    named = statement.get("Principal", {})
    if named == "*" or "*" in _as_list(named.get("AWS", [])):
        return True
    names = {name}
    if kind == "AWS" and statement["Effect"] == "Deny":
        # The account stands for all its users. An Allow to it only leaves the decision to their own policies.
        account = name.split(":")[4]
        names |= {account, f"arn:aws:iam::{account}:root"}
    return bool(names.intersection(_as_list(named.get(kind, []))))


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        # Actions are compared without regard to case, resources with it.
        _selects(statement, "Action", action.lower(), str.lower)
        and _selects(statement, "Resource", resource, str)
        and all(
            _holds(operator, key, _as_list(expected), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, expected in keys.items()
        )
    )


def _selects(statement: Mapping[str, Any], element: str, value: str, fold: Callable[[str], str]) -> bool:
    patterns = statement.get(element)
    if patterns is None:
        return not any(
            _like(value, fold(pattern)) for pattern in _as_list(statement.get(f"Not{element}", ["*"]))
        )
    return any(_like(value, fold(pattern)) for pattern in _as_list(patterns))


def _holds(operator: str, key: str, expected: list[Any], context: Context) -> bool:
    match = _QUALIFIER.fullmatch(operator)
    quantifier, name, if_exists = match.groups() if match else (None, operator, None)
    actual = context.get(key.lower(), ())
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in expected]

    if name == "Null":
        return (not actual) == (wanted == ["true"])
    negated, compare = _operator(name)
    if not actual:
        # A key that the request lacks: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
        return if_exists is not None or quantifier == "ForAllValues" or (negated and not quantifier)
    verdicts = [any(compare(value, want) for want in wanted) != negated for value in actual]
    # Without a quantifier every value has to differ under a negated operator, and one has to match under another.
    return all(verdicts) if quantifier == "ForAllValues" or (negated and not quantifier) else any(verdicts)


def _operator(name: str) -> tuple[bool, Callable[[str, str], bool]]:
    """Return whether the operator is negated, and how it compares a value with a wanted one."""
    if name in _OPERATORS:
        return False, _OPERATORS[name]
    positive = name.replace("Not", "", 1)
    if positive in _OPERATORS and positive != name:
        return True, _OPERATORS[positive]
    raise UnsupportedCondition(
        f"condition operator {name!r} is not emulated; it knows {', '.join(_OPERATORS)}"
    )


def _like(value: str, pattern: str) -> bool:
    return _pattern(pattern).fullmatch(value) is not None


@functools.cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _in_network(value: str, network: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "IpAddress": _in_network,
}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
