"""A configuration set of SES: what applies to messages that are sent with it."""

from dataclasses import dataclass, field
from typing import Any

EVENT_TYPES = frozenset(
    {
        *("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE"),
        *("DELIVERY_DELAY", "SUBSCRIPTION"),
    }
)
SUPPRESSION_REASONS = frozenset({"BOUNCE", "COMPLAINT"})
DESTINATIONS = (
    "CloudWatchDestination",
    "EventBridgeDestination",
    "KinesisFirehoseDestination",
    "PinpointDestination",
    "SnsDestination",
)


@dataclass
class ConfigurationSet:
    """What SES keeps of a configuration set. The names are those with which moto creates its own."""

    configuration_set_name: str
    tracking_options: dict[str, Any] | None = None
    delivery_options: dict[str, Any] | None = None
    reputation_options: dict[str, Any] | None = None
    sending_options: dict[str, Any] | None = None
    tags: list[dict[str, str]] | None = None
    suppression_options: dict[str, Any] | None = None
    vdm_options: dict[str, Any] | None = None
    event_destinations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name, in the form of the API."""

    @property
    def sends(self) -> bool:
        """Whether messages may be sent with it."""
        return (self.sending_options or {}).get("SendingEnabled", True)

    def blocks(self) -> dict[str, dict[str, Any]]:
        """The options in the form of the API; those of a bare set are its reputation and its sending."""
        blocks = {
            "TrackingOptions": self.tracking_options,
            "DeliveryOptions": self.delivery_options and {"TlsPolicy": "OPTIONAL", **self.delivery_options},
            "ReputationOptions": {"ReputationMetricsEnabled": False, **(self.reputation_options or {})},
            "SendingOptions": {"SendingEnabled": self.sends},
            "SuppressionOptions": self.suppression_options,
            "VdmOptions": self.vdm_options,
        }
        return {name: block for name, block in blocks.items() if block}


def options_problem(block: str, options: dict[str, Any]) -> str | None:
    """What SES finds wrong with a block of options such as `DeliveryOptions`, None when it takes them."""
    if block == "DeliveryOptions":
        seconds = options.get("MaxDeliverySeconds")
        if seconds is not None and not 300 <= seconds <= 50400:
            return f"MaxDeliverySeconds must be between 300 and 50400, but is {seconds}."
        return _choice(options, "TlsPolicy", ("REQUIRE", "OPTIONAL"))
    if block == "TrackingOptions":
        return _choice(options, "HttpsPolicy", ("REQUIRE", "REQUIRE_OPEN_ONLY", "OPTIONAL"))
    if block == "SuppressionOptions":
        unknown = set(options.get("SuppressedReasons") or ()) - SUPPRESSION_REASONS
        return f"Invalid suppressed reasons: {', '.join(sorted(unknown))}." if unknown else None
    return None


def destination_problem(destination: dict[str, Any]) -> str | None:
    """What SES finds wrong with an event destination, None when it takes it."""
    given = [name for name in DESTINATIONS if destination.get(name)]
    if len(given) != 1:
        return "An event destination must have exactly one of " + ", ".join(DESTINATIONS) + "."
    bus = destination.get("EventBridgeDestination")
    if bus and not bus["EventBusArn"].endswith(":event-bus/default"):
        return (
            f"Event bus {bus['EventBusArn']} is not the default one, which is the only one that is supported."
        )
    types = set(destination.get("MatchingEventTypes") or ())
    if not types:
        return "MatchingEventTypes must not be empty."
    unknown = types - EVENT_TYPES
    return f"Invalid event types: {', '.join(sorted(unknown))}." if unknown else None


def _choice(options: dict[str, Any], name: str, choices: tuple[str, ...]) -> str | None:
    value = options.get(name)
    return None if value is None or value in choices else f"{name} must be one of {', '.join(choices)}."
