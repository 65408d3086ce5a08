"""Gives the events of messages to the destinations of their configuration set."""

import json
import logging
from collections.abc import Iterable
from typing import Any

from .configuration_set import ConfigurationSet
from .event_targets import count, put_on_bus
from .notifications import NotPublished, publish

_log = logging.getLogger(__name__)
# By `eventType` of an event: what a destination calls it.
_TYPES = {
    "Send": "SEND",
    "Reject": "REJECT",
    "Bounce": "BOUNCE",
    "Complaint": "COMPLAINT",
    "Delivery": "DELIVERY",
    "DeliveryDelay": "DELIVERY_DELAY",
}
_SUBJECT = "Amazon SES Email Event Notification"


def publish_events(configuration_set: ConfigurationSet, arn: str, events: Iterable[dict[str, Any]]) -> None:
    """Give each event to the destinations that are enabled for it."""
    destinations = [each for each in configuration_set.event_destinations.values() if each["Enabled"]]
    for event in events:
        for destination in destinations:
            if _TYPES[event["eventType"]] in destination["MatchingEventTypes"]:
                _give(destination, arn, event)


def _give(destination: dict[str, Any], arn: str, event: dict[str, Any]) -> None:
    """What a topic does not take is lost, and logged."""
    if destination.get("EventBridgeDestination"):
        put_on_bus(arn, event)
    elif metrics := destination.get("CloudWatchDestination"):
        count(arn, event, metrics["DimensionConfigurations"])
    elif topic := destination.get("SnsDestination"):
        try:
            publish(topic["TopicArn"], arn, json.dumps(event), _SUBJECT)
        except NotPublished as reason:
            _log.warning("an event of type %s is lost: %s", event["eventType"], reason)
