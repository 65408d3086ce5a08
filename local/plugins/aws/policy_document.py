"""aws:iam/getPolicyDocument:getPolicyDocument"""

import hashlib
import json
from typing import Any

from local.plugins.aws.client import AwsClient
from local.plugins.errors import OperationError

_LISTS = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}


def get_policy_document(client: AwsClient, args: dict[str, Any]) -> dict[str, Any]:
    """A policy from its parts. Needs no account."""
    unsupported = {"overridePolicyDocuments", "sourcePolicyDocuments", "overrideJson", "sourceJson"} & set(
        args
    )
    if unsupported:
        raise OperationError(f"the stand-in does not implement {', '.join(sorted(unsupported))}")
    document: dict[str, Any] = {"Version": args.get("version") or "2012-10-17"}
    if args.get("policyId"):
        document["Id"] = args["policyId"]
    document["Statement"] = [_statement(statement) for statement in args.get("statements") or ()]
    text, short = json.dumps(document, indent=2), json.dumps(document, separators=(",", ":"))
    identifier = str(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16))
    return {**args, "id": identifier, "json": text, "minifiedJson": short}


def _statement(given: dict[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": given["sid"]} if given.get("sid") else {}
    statement["Effect"] = given.get("effect") or "Allow"
    for name, element in _LISTS.items():
        if given.get(name):
            statement[element] = _short(given[name])
    for name, element in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(name):
            statement[element] = _principals(given[name])
    conditions: dict[str, dict[str, Any]] = {}
    for condition in given.get("conditions") or ():
        conditions.setdefault(condition["test"], {})[condition["variable"]] = _short(condition["values"])
    return {**statement, "Condition": conditions} if conditions else statement


def _principals(given: list[dict[str, Any]]) -> Any:
    if any(principal["type"] == "*" for principal in given):
        return "*"
    return {principal["type"]: _short(principal["identifiers"]) for principal in given}


def _short(values: list[str]) -> Any:
    """One value stands alone, several in reverse alphabetical order, as the real provider writes them."""
    return values[0] if len(values) == 1 else sorted(values, reverse=True)
