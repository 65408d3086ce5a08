"""Where a configuration set sends its events besides the queue of SesFeedback, in the words of SES's API.

https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pulumi

from .arguments import InvalidArgument, check_keys
from .feedback_documents import account_of, region_of
from .ses_configuration_args import EVENTS, FEEDBACK, SesDestinationArgs, SesDimensionArgs

_COMPONENT = "SesConfiguration"
_SOURCES = ("MESSAGE_TAG", "EMAIL_HEADER", "LINK_TAG")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# https://docs.aws.amazon.com/ses/latest/APIReference/API_CloudWatchDimensionConfiguration.html
_DIMENSION = re.compile(r"[A-Za-z0-9_:-]{1,256}")
_VALUE = re.compile(r"[A-Za-z0-9_@.-]{1,256}")
# A tag that SES gives to each message itself.
_THE_SET: list[SesDimensionArgs] = [{"name": "ses:configuration-set"}]


def event_destination(destination: SesDestinationArgs, set_arn: pulumi.Output[str]) -> dict[str, Any]:
    """The `event_destination` of a checked argument, for the set of that ARN."""
    return {
        "enabled": True,
        "matching_event_types": destination["events"],
        **_TARGETS[destination["to"]](destination, set_arn),
    }


def check_destinations(destinations: Sequence[SesDestinationArgs]) -> None:
    """Raise InvalidArgument for a destination that SES would refuse, or that would never get an event."""
    names = set()
    for destination in destinations:
        check_keys(f"{_COMPONENT} destinations", destination, SesDestinationArgs)
        name, target = destination["name"], destination["to"]
        if not _NAME.fullmatch(name):
            raise _refused(f"{name!r} is not a name of up to 64 letters, digits, '_' and '-'")
        if name == FEEDBACK:
            raise _refused(f"{name!r} is the name of what SesFeedback makes: take another one")
        if name in names:
            raise _refused(f"{name!r} is the name of two of them")
        names.add(name)
        if target not in _TARGETS:
            raise _refused(f"{name!r} goes to {target!r}, which is not one of {', '.join(_TARGETS)}")
        check_events(_COMPONENT, f"destinations: {name!r}: events", destination["events"])
        if "dimensions" in destination and target != "cloudwatch":
            raise _refused(f"{name!r} has dimensions, which only cloudwatch knows: leave them out")
        _check_dimensions(name, destination.get("dimensions", _THE_SET))


def check_events(component: str, argument: str, events: Sequence[str]) -> None:
    """Raise InvalidArgument for an event that SES does not publish, and for none at all."""
    if not events:
        raise InvalidArgument(component, argument, f"is empty; name some of {', '.join(EVENTS)}")
    for event in events:
        if event not in EVENTS:
            raise InvalidArgument(component, argument, f"{event!r} is not one of {', '.join(EVENTS)}")


def _check_dimensions(destination: str, dimensions: Sequence[SesDimensionArgs]) -> None:
    if not dimensions:
        raise _refused(f"{destination!r} has no dimension: name one, or leave dimensions out")
    for dimension in dimensions:
        check_keys(f"{_COMPONENT} dimensions", dimension, SesDimensionArgs)
        for value, allowed in ((dimension["name"], _DIMENSION), (dimension.get("default", "none"), _VALUE)):
            if not allowed.fullmatch(value):
                raise _refused(f"{destination!r}: the dimension {value!r} does not match {allowed.pattern}")
        source = dimension.get("source", _SOURCES[0])
        if source not in _SOURCES:
            raise _refused(f"{destination!r}: the source {source!r} is not one of {', '.join(_SOURCES)}")


def _bus(_: SesDestinationArgs, set_arn: pulumi.Output[str]) -> dict[str, Any]:
    return {"event_bridge_destination": {"event_bus_arn": set_arn.apply(_default_bus)}}


def _metrics(destination: SesDestinationArgs, _: pulumi.Output[str]) -> dict[str, Any]:
    dimensions = [
        {
            "dimension_name": dimension["name"],
            "dimension_value_source": dimension.get("source", _SOURCES[0]),
            "default_dimension_value": dimension.get("default", "none"),
        }
        for dimension in destination.get("dimensions", _THE_SET)
    ]
    return {"cloud_watch_destination": {"dimension_configurations": dimensions}}


_TARGETS: dict[str, Callable[[SesDestinationArgs, pulumi.Output[str]], dict[str, Any]]] = {
    "eventbridge": _bus,
    "cloudwatch": _metrics,
}


def _default_bus(set_arn: str) -> str:
    # SES writes to no other one: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EventBridgeDestination.html
    partition = set_arn.split(":")[1]
    return f"arn:{partition}:events:{region_of(set_arn)}:{account_of(set_arn)}:event-bus/default"


def _refused(reason: str) -> InvalidArgument:
    return InvalidArgument(_COMPONENT, "destinations", reason)
