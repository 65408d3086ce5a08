"""The pack as Pulumi's engine runs it: `pulumi preview --policy-pack policy`."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError
from rules import RESOURCE_RULES, STACK_RULES
from rules.resource import UNKNOWN, Resource
from rules.rule import ResourceRule, Rule, StackRule


def _resource(args: Any) -> Resource:
    return Resource(
        args.resource_type, args.name, args.urn, _plain(args.props), is_protected=args.opts.protect
    )


def _plain(value: Any) -> Any:
    """Properties as plain objects; the SDK's own raise where something is not known yet."""
    if isinstance(value, Mapping):
        return {key: _plain(_item(value, key)) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(_item(value, index)) for index in range(len(value))]
    return value


def _item(container: Any, key: Any) -> Any:
    try:
        return container[key]
    except UnknownValueError:
        return UNKNOWN


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "description": f"{rule.why} Fix: {rule.fix}",
        "enforcement_level": EnforcementLevel(rule.level),
    }


def _for_resource(rule: ResourceRule) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for problem in rule.check(_resource(args)):
            report(problem)

    return ResourceValidationPolicy(validate=validate, **_described(rule))


def _for_stack(rule: StackRule) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for problem, urn in rule.check([_resource(resource) for resource in args.resources]):
            report(problem, urn)

    return StackValidationPolicy(validate=validate, **_described(rule))


PolicyPack(
    "opensmtpd",
    policies=[*map(_for_resource, RESOURCE_RULES), *map(_for_stack, STACK_RULES)],
)
