"""What the local SES takes as a destination of events, as the real one does."""

import pytest

from local.aws.configuration_set import destination_problem

pytestmark = pytest.mark.unit

BUSES = "arn:aws:events:eu-west-1:123456789012:event-bus"


def problem(**destination):
    return destination_problem({"MatchingEventTypes": ["BOUNCE"], **destination})


def test_a_destination_is_one_place_for_some_events():
    bus, topic = {"EventBusArn": f"{BUSES}/default"}, {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:topic"}
    assert problem(EventBridgeDestination=bus) is None
    assert "exactly one" in problem(EventBridgeDestination=bus, SnsDestination=topic)
    assert "exactly one" in problem()
    assert "must not be empty" in problem(EventBridgeDestination=bus, MatchingEventTypes=[])
    assert "BOUNCED" in problem(EventBridgeDestination=bus, MatchingEventTypes=["BOUNCED"])


def test_a_bus_is_the_default_one():
    assert "is not the default one" in problem(EventBridgeDestination={"EventBusArn": f"{BUSES}/mine"})
