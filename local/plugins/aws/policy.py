"""When two IAM policies mean the same."""

import json
import re
from typing import Any

_ROOT_ARN = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_SETS = ("Action", "NotAction", "Resource", "NotResource")


def policies_are_equivalent(first: str, second: str) -> bool:
    """Whether the two texts are the same policy, whatever the order, the spacing and the short forms.

    A text that is no JSON equals only itself.
    """
    try:
        return _canonical(first) == _canonical(second)
    except ValueError:
        return first == second


def _canonical(text: str) -> Any:
    policy = json.loads(text) if text.strip() else {}
    if not isinstance(policy, dict):
        raise ValueError("a policy is an object")
    statements = sorted(
        json.dumps(_statement(s), sort_keys=True) for s in _listed(policy.get("Statement", []))
    )
    return {**policy, "Statement": statements} if policy else {}


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        raise ValueError("a statement is an object")
    canonical = dict(statement)
    for name in _SETS:
        if name in canonical:
            values = _listed(canonical[name])
            # The names of actions are compared without regard to case.
            canonical[name] = sorted(str(v).lower() if name.endswith("Action") else str(v) for v in values)
    for name in ("Principal", "NotPrincipal"):
        if name in canonical:
            canonical[name] = _principals(canonical[name])
    canonical["Condition"] = {
        operator: {key: sorted(map(_condition_value, _listed(values))) for key, values in keys.items()}
        for operator, keys in canonical.get("Condition", {}).items()
    }
    return canonical


def _principals(principals: Any) -> dict[str, list[str]]:
    if principals == "*":
        principals = {"AWS": "*"}
    return {
        kind: sorted(_ROOT_ARN.sub(r"\1", str(name)) for name in _listed(names))
        for kind, names in principals.items()
    }


def _condition_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
