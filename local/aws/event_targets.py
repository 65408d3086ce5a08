"""EventBridge and CloudWatch as destinations of SES's events."""

import json
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.events.models import events_backends

# By `eventType`: the detail type, https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html
_DETAIL_TYPES = {
    "Send": "Email Sent",
    "Reject": "Email Rejected",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Delivery": "Email Delivered",
    "DeliveryDelay": "Email Delivery Delayed",
}


def put_on_bus(source_arn: str, event: dict[str, Any]) -> None:
    """Put an event of the configuration set `source_arn` on the default bus, whose rules decide what becomes of it."""
    region, account = source_arn.split(":")[3:5]
    entry = {
        "Source": "aws.ses",
        "DetailType": _DETAIL_TYPES[event["eventType"]],
        "Detail": json.dumps(event),
        "Resources": [source_arn],
    }
    events_backends[account][region].put_events([entry])


def count(source_arn: str, event: dict[str, Any], dimensions: list[dict[str, str]]) -> None:
    """Count an event of the configuration set `source_arn` in the metric that is named after it."""
    region, account = source_arn.split(":")[3:5]
    values = [{"Name": each["DimensionName"], "Value": _value(event["mail"], each)} for each in dimensions]
    metric = {"MetricName": event["eventType"], "Dimensions": values, "Value": 1.0, "Unit": "Count"}
    cloudwatch_backends[account][region].put_metric_data("AWS/SES", [metric])


def _value(mail: dict[str, Any], dimension: dict[str, str]) -> str:
    name, source = dimension["DimensionName"], dimension["DimensionValueSource"]
    # Links are not looked at: nobody clicks on them here.
    found = mail["tags"].get(name, []) if source == "MESSAGE_TAG" else []
    if source == "EMAIL_HEADER":
        found = [header["value"] for header in mail["headers"] if header["name"].lower() == name.lower()]
    return found[0] if found else dimension["DefaultDimensionValue"]
