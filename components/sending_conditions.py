"""What a message must be like to be sent: the conditions of a sending policy, of which some message meets each.

https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
"""

import fnmatch
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NotRequired, TypedDict

import pulumi

from .arguments import check_keys, checked
from .image.relay.invalid_setting import InvalidSetting

# https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html
_VPC_ENDPOINT = re.compile("vpce-[0-9a-f]+")
_OF_ADDRESSES = ("from_addresses", "recipients")


class SendingConditions(TypedDict):
    """What a message must be like to be sent. Each list is an "any of", with `*` for any text; cases count."""

    from_addresses: NotRequired[list[str]]
    """Addresses in the From header, such as `noreply@example.com` or `*@example.com`."""
    from_display_names: NotRequired[list[str]]
    """Names in the From header, such as `Example Shop`."""
    recipients: NotRequired[list[str]]
    """Addresses that every recipient must be among, such as `*@example.com`."""
    vpc_endpoint: NotRequired[pulumi.Input[str]]
    """The id of the VPC endpoint through which the message must come."""


def checked_conditions(
    component: str, conditions: pulumi.Input[Mapping[str, Any]], identity: pulumi.Input[str]
) -> pulumi.Input[dict[str, Any]]:
    """SendingConditions of an identity, a domain or an address.

    Raises InvalidArgument for each that no message meets: as soon as it is known, whatever else is.
    """

    def check(known: Mapping[str, Any]) -> dict[str, Any]:
        check_keys(component, known, SendingConditions)
        found = {
            name: checked(component, name, value, partial(_check_value, name))
            for name, value in known.items()
        }
        if "from_addresses" in found:
            both = [found["from_addresses"], identity]
            found["from_addresses"] = checked(component, "from_addresses", both, _check_senders)
        return found

    if isinstance(conditions, Mapping):
        return check(conditions)
    return pulumi.Output.from_input(conditions).apply(check)


def check_endpoints(places: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """The conditions of identities that are given with their regions. Raises InvalidSetting for a VPC endpoint that
    stands for two regions: it is in one."""
    regions: dict[str, str] = {}
    for region, conditions in places:
        endpoint = conditions.get("vpc_endpoint")
        if endpoint and regions.setdefault(endpoint, region) != region:
            raise InvalidSetting(
                "conditions.vpc_endpoint",
                f"is in one region, and denies every message in {region} or in {regions[endpoint]}",
                "give each identity conditions of its own",
                repr(endpoint),
            )
    return [conditions for _, conditions in places]


def _check_value(name: str, value: Any) -> Any:
    if not value:
        raise InvalidSetting(name, "is empty and denies every message", "leave it out")
    if name == "vpc_endpoint" and not _VPC_ENDPOINT.fullmatch(value):
        raise InvalidSetting(
            name,
            "is not the id of a VPC endpoint, and denies every message",
            "give one such as vpce-0123456789abcdef0",
            repr(value),
        )
    for pattern in value if name in _OF_ADDRESSES else ():
        if "@" not in pattern and "*" not in pattern:
            raise InvalidSetting(
                name, "is no address, and denies every message", "add @ and the domain", repr(pattern)
            )
    return value


def _check_senders(known: tuple[Sequence[str], str]) -> Sequence[str]:
    patterns, identity = known
    for pattern in patterns:
        if not _may_be_of(pattern, identity):
            raise InvalidSetting(
                "from_addresses",
                f"is not of the identity {identity!r}, and allows no message",
                "name addresses of the identity",
                repr(pattern),
            )
    return patterns


def _may_be_of(pattern: str, identity: str) -> bool:
    if "@" in identity:
        return fnmatch.fnmatchcase(identity, pattern)
    domain = pattern.rpartition("@")[2].lower()
    if "*" in domain or "?" in domain:
        return True
    own = identity.lower()
    return domain == own or domain.endswith(f".{own}")
