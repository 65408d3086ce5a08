"""Gives the events of messages to the destinations of their configuration set."""

import json
import logging
from collections.abc import Iterable
from typing import Any

from .configuration_set import ConfigurationSet
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
    """Publish each event to the topics that are enabled for it; what a topic does not take is lost, and logged."""
    topics = [
        (destination["SnsDestination"]["TopicArn"], set(destination["MatchingEventTypes"]))
        for destination in configuration_set.event_destinations.values()
        if destination["Enabled"] and destination.get("SnsDestination")
    ]
    for event in events:
        for topic, types in topics:
            if _TYPES[event["eventType"]] in types:
                try:
                    publish(topic, arn, json.dumps(event), _SUBJECT)
                except NotPublished as reason:
                    _log.warning("an event of type %s is lost: %s", event["eventType"], reason)
