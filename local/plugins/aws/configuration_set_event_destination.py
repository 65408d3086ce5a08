"""aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination"""

from collections.abc import Iterator
from typing import Any, ClassVar

from local.plugins.aws import ses_v2
from local.plugins.aws.api_form import from_api
from local.plugins.aws.api_resource_type import ApiResourceType
from local.plugins.aws.aws_resource_type import REGION
from local.plugins.aws.choices import one_of
from local.plugins.property import Failure, Property

_EVENT_TYPES = (
    *("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE"),
    *("DELIVERY_DELAY", "SUBSCRIPTION"),
)


def _required(*names: str) -> Property:
    return Property(dict, properties={name: Property(str, required=True) for name in names})


_DIMENSION = {
    "defaultDimensionValue": Property(str, required=True),
    "dimensionName": Property(str, required=True),
    "dimensionValueSource": Property(
        str, required=True, validate=one_of("MESSAGE_TAG", "EMAIL_HEADER", "LINK_TAG")
    ),
}
_DESTINATIONS = {
    "cloudWatchDestination": Property(
        dict,
        properties={
            "dimensionConfigurations": Property(
                list, required=True, element=Property(dict, properties=_DIMENSION)
            )
        },
    ),
    "eventBridgeDestination": _required("eventBusArn"),
    "kinesisFirehoseDestination": _required("deliveryStreamArn", "iamRoleArn"),
    "pinpointDestination": Property(dict, properties={"applicationArn": Property(str)}),
    "snsDestination": _required("topicArn"),
}


class ConfigurationSetEventDestination(ApiResourceType):
    """Where the events of a configuration set go."""

    token = "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination"  # noqa: S105
    service = "sesv2"
    noun = ses_v2.noun("Configuration Set Event Destination")
    key: ClassVar = {
        "configurationSetName": "ConfigurationSetName",
        "eventDestinationName": "EventDestinationName",
    }
    unread = ("eventDestinationName",)
    creates = "create_configuration_set_event_destination"
    reads = "get_configuration_set_event_destinations"
    updates = "update_configuration_set_event_destination"
    deletes = "delete_configuration_set_event_destination"
    properties: ClassVar = {
        "configurationSetName": Property(str, required=True, replaces=True),
        "eventDestinationName": Property(str, required=True, replaces=True),
        "eventDestination": Property(
            dict,
            required=True,
            properties={
                "matchingEventTypes": Property(
                    list,
                    required=True,
                    as_set=True,
                    element=Property(str, validate=one_of(*_EVENT_TYPES)),
                ),
                "enabled": Property(bool, default=False),
                **_DESTINATIONS,
            },
        ),
        "region": REGION,
    }

    def validate(self, inputs: dict[str, Any]) -> Iterator[Failure]:
        """Events go to exactly one place."""
        destination = inputs["eventDestination"]
        if isinstance(destination, dict):
            given = [name for name in _DESTINATIONS if destination.get(name) is not None]
            if len(given) != 1:
                names = ",".join(_DESTINATIONS)
                yield Failure(
                    "eventDestination",
                    f"Invalid combination of arguments. Exactly one of `{names}` is needed",
                )

    def found(self, answer: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
        """Pick the destination by its name."""
        for destination in answer["EventDestinations"]:
            if destination["Name"] == known["eventDestinationName"]:
                named = from_api(destination)
                declared = self.properties["eventDestination"].properties
                return {"eventDestination": {name: named[name] for name in declared if name in named}}
        return None
