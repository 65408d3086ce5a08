"""Where a configuration set sends its events, besides the queue of SesFeedback."""

import pytest

from components import SesConfiguration
from components.arguments import InvalidArgument

from .recorder import record

pytestmark = pytest.mark.unit

ON_THE_BUS = {"name": "bus", "to": "eventbridge", "events": ["BOUNCE"]}
COUNTED = {"name": "metrics", "to": "cloudwatch", "events": ["SEND", "DELIVERY"]}


def destinations(*given, **args):
    return record(
        lambda: SesConfiguration("rules", {"domain": "example.com", "destinations": given, **args}) and None
    )[0]


def test_events_go_to_the_default_bus_of_account_and_region():
    made = destinations(ON_THE_BUS, region="us-east-1").named("rules-to-bus").inputs
    assert made == {
        "configurationSetName": "example-com",
        "eventDestinationName": "bus",
        "region": "us-east-1",
        "eventDestination": {
            "enabled": True,
            "matchingEventTypes": ["BOUNCE"],
            "eventBridgeDestination": {
                "eventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/default"
            },
        },
    }


def test_events_are_counted_by_configuration_set_unless_dimensions_say_by_what():
    by_campaign = {"name": "X-Campaign", "source": "EMAIL_HEADER", "default": "unnamed"}
    recorder = destinations(COUNTED, {**COUNTED, "name": "campaigns", "dimensions": [by_campaign]})

    def dimension(name):
        target = recorder.named(name).inputs["eventDestination"]["cloudWatchDestination"]
        (only,) = target["dimensionConfigurations"]
        return only["dimensionName"], only["dimensionValueSource"], only["defaultDimensionValue"]

    assert dimension("rules-to-metrics") == ("ses:configuration-set", "MESSAGE_TAG", "none")
    assert dimension("rules-to-campaigns") == ("X-Campaign", "EMAIL_HEADER", "unnamed")


def dimensions(*given):
    return [{**COUNTED, "dimensions": given}]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([{**ON_THE_BUS, "name": "a bus"}], "'a bus' is not a name of up to 64 letters, digits, '_' and '-'"),
        ([{**ON_THE_BUS, "name": "feedback"}], "'feedback' is the name of what SesFeedback makes"),
        ([ON_THE_BUS, ON_THE_BUS], "'bus' is the name of two of them"),
        (
            [{**ON_THE_BUS, "to": "kafka"}],
            "'bus' goes to 'kafka', which is not one of eventbridge, cloudwatch",
        ),
        ([{**ON_THE_BUS, "events": []}], "'bus': events: is empty; name some of BOUNCE"),
        ([{**ON_THE_BUS, "events": ["BOUNCED"]}], "'bus': events: 'BOUNCED' is not one of BOUNCE"),
        (
            [{**ON_THE_BUS, "dimensions": [{"name": "x"}]}],
            "'bus' has dimensions, which only cloudwatch knows",
        ),
        ([{"name": "bus", "to": "eventbridge"}], "destinations: events: is missing, and has no default"),
        (dimensions(), "'metrics' has no dimension: name one, or leave dimensions out"),
        (dimensions({"name": "two words"}), "the dimension 'two words' does not match [A-Za-z0-9_:-]{1,256}"),
        (dimensions({"name": "x", "default": ""}), "the dimension '' does not match [A-Za-z0-9_@.-]{1,256}"),
        (dimensions({"name": "x", "source": "TAG"}), "the source 'TAG' is not one of MESSAGE_TAG"),
        (dimensions({"nam": "x"}), "dimensions: nam: no such argument; did you mean 'name'?"),
    ],
)
def test_what_would_never_get_an_event_is_refused_with_its_fix(given, message):
    with pytest.raises(InvalidArgument) as refused:
        destinations(*given)
    assert message in str(refused.value)
