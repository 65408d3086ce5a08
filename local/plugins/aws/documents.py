"""Properties that hold a document in JSON."""

import json
from typing import Any

from local.plugins.aws.policy import policies_are_equivalent
from local.plugins.property import Property


def policy_property(**rules: Any) -> Property:
    """A property that holds an IAM policy: as text or as an object, compared by its meaning."""
    return Property(str, as_json=True, validate=_check_policy, equal=policies_are_equivalent, **rules)


def json_property(**rules: Any) -> Property:
    """A property that holds JSON text, compared as JSON."""
    return Property(str, validate=_check_json, equal=_same_json, **rules)


def _check_policy(value: str) -> str | None:
    problem = _check_json(value)
    return problem and problem.replace("JSON", "JSON policy")


def _check_json(value: str) -> str | None:
    try:
        json.loads(value)
    except ValueError as error:
        return f"contains an invalid JSON: {error}"
    return None


def _same_json(first: str, second: str) -> bool:
    try:
        return json.loads(first) == json.loads(second)
    except ValueError:
        return first == second
