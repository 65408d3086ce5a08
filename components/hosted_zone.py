"""The Route 53 zone that a domain's records belong in."""

from collections.abc import Iterator
from typing import Any

import pulumi
from pulumi_aws import route53

from .arguments import InvalidArgument, applied
from .shared_answers import ask_once

# What the AWS provider says of a name without a zone. Its other errors are no answer: the domain's own zone may exist.
_NO_ZONE = "no matching"


def given_zone(
    zone_id: pulumi.Input[str], domain: pulumi.Input[str], parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The id of a zone that must hold the domain. Raises InvalidArgument in what waits for it."""
    zone = ask_once(parent, route53.get_zone_output, pulumi.InvokeOutputOptions, zone_id=zone_id)

    def check(found: Any, held: str) -> str:
        name = found.name.rstrip(".")
        if not f".{held}".endswith(f".{name}"):
            raise InvalidArgument(
                "SesDomain",
                "zone",
                f"{found.zone_id!r} is the zone {name!r}, which does not hold {held!r}; "
                "give the zone of the domain or of a domain above it, or leave it out",
            )
        return found.zone_id

    return zone.apply(lambda found: applied(domain, lambda held: check(found, held)))


def found_zone(domain: pulumi.Input[str], parent: pulumi.Resource) -> pulumi.Output[str]:
    """The id of the public zone of the domain's own name, or else of the nearest domain above it."""

    def find(name: str) -> str:
        for candidate in _at_and_above(name):
            try:
                # Not as an Output: one that fails ends the program, and a name without a zone is no failure yet.
                return ask_once(
                    parent, route53.get_zone, pulumi.InvokeOptions, name=candidate, private_zone=False
                ).zone_id
            except Exception as error:  # what a provider refuses has no type of its own
                if _NO_ZONE not in str(error):
                    raise InvalidArgument(
                        "SesDomain", "zone", f"cannot be found at {candidate!r} ({error}): give the zone's id"
                    ) from None
        raise InvalidArgument(
            "SesDomain",
            "zone",
            f"Route 53 has no public zone for {name!r} or a domain above it: give the zone's id, or dns 'manual' when "
            "its DNS is elsewhere",
        )

    return pulumi.Output.from_input(domain).apply(find)


def _at_and_above(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])
