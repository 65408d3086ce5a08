"""No argument of any component, however deep, takes a value of another type: it is refused by its name."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin, is_typeddict

import pytest

import components
from components.argument_types import plain_type
from components.arguments import InvalidArgument

from .recorder import IDENTITY_ARN, record

pytestmark = pytest.mark.unit

COMPONENTS = sorted(name.removesuffix("Args") for name in components.__all__ if name.endswith("Args"))
# What stands beside the argument in question where something must.
REQUIRED = {
    "address": "app@example.com",
    "allowed_networks": ["10.0.0.0/16"],
    "allowed_sender_domains": ["example.com"],
    "configuration_set_arn": IDENTITY_ARN.replace("identity/example.com", "configuration-set/example-com"),
    "domain": "example.com",
    "endpoint": "me@example.com",
    "events": ["BOUNCE"],
    "identity_arn": IDENTITY_ARN,
    "image": "registry.example.com/relay:1",
    "key": "SG.key",
    "max_replicas": 3,
    "name": "me",
    "namespace": "monitoring",
    "protocol": "email",
    "region": "us-east-1",
    "relay": {"host": "mail.example.com"},
    "sender_domains": ["example.com"],
    "settings": {"host": "mail.example.com"},
    "store": "ssm",
    "subnet_ids": ["subnet-a"],
    "to": "cloudwatch",
    "vpc_id": "vpc-1",
}


def paths(known: type, seen: set[type]) -> Iterator[tuple[str, ...]]:
    """Every field of a TypedDict, and of those in it, each of which is looked at once."""
    for key, annotation in known.__annotations__.items():
        yield (key,)
        if is_typeddict(part := part_of(annotation)) and part not in seen:
            seen.add(part)
            yield from ((key, *path) for path in paths(part, seen))


def part_of(annotation: Any) -> Any:
    """The type of a field, of a list that of its items."""
    wanted = plain_type(annotation)
    return plain_type(get_args(wanted)[0]) if get_origin(wanted) in (list, Sequence) else wanted


def arguments(known: type, path: tuple[str, ...]) -> dict[str, Any]:
    """What is required, and at `path` what is no value of any type."""
    key, *deeper = path
    annotation = known.__annotations__[key]
    wrong = arguments(part_of(annotation), deeper) if deeper else object()
    if deeper and get_origin(plain_type(annotation)) in (list, Sequence):
        wrong = [wrong]
    return {name: REQUIRED[name] for name in known.__required_keys__} | {key: wrong}


@pytest.mark.parametrize(
    ("component", "path"),
    [
        pytest.param(component, path, id=".".join([component, *path]))
        for component in COMPONENTS
        for path in paths(getattr(components, f"{component}Args"), set())
    ],
)
def test_a_value_of_no_type_at_all_is_refused_by_its_name(component, path):
    args = arguments(getattr(components, f"{component}Args"), path)
    if component == "MailRelay" and path[0] not in ("ses", "sendgrid", "smtp"):
        args["ses"] = {}
    if component == "SesEndpoint":
        args.setdefault("allowed_networks", REQUIRED["allowed_networks"])
    with pytest.raises(InvalidArgument, match=rf"\b{path[-1]}\b.* (has to be|goes with) "):
        record(lambda: getattr(components, component)("part", args) and None, preview=True)
