"""The documents of the feedback loop, as JSON: who may publish, who may deliver, who may use the key, what is shown."""

import json
from typing import Any

_SES = {"Service": "ses.amazonaws.com"}
_SNS = {"Service": "sns.amazonaws.com"}


def topic_policy(topic_arn: str, configuration_set_arn: str) -> str:
    """SES may publish, for that configuration set of that account alone, and nobody without TLS.

    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html
    """
    allowed = {
        "Sid": "EventsOfTheConfigurationSet",
        "Effect": "Allow",
        "Principal": _SES,
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": account_of(configuration_set_arn),
                "aws:SourceArn": configuration_set_arn,
            }
        },
    }
    return _policy(allowed, _without_tls("sns:Publish", topic_arn))


def queue_policy(queue_arn: str, topic_arn: str) -> str:
    """The topic may send to the queue, and nobody does anything without TLS.

    https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
    """
    allowed = {
        "Sid": "MessagesOfTheTopic",
        "Effect": "Allow",
        "Principal": _SNS,
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {
            "ArnEquals": {"aws:SourceArn": topic_arn},
            # SNS documents the ARN alone, so that the account, which is in it too, counts only where it is told.
            "StringEqualsIfExists": {"aws:SourceAccount": account_of(topic_arn)},
        },
    }
    return _policy(allowed, _without_tls("sqs:*", queue_arn))


def dead_letter_queue_policy(queue_arn: str) -> str:
    """Nobody does anything without TLS. What moves messages here is SQS itself."""
    return _policy(_without_tls("sqs:*", queue_arn))


def key_policy(configuration_set_arn: str) -> str:
    """The account manages the key; SES publishes to a topic, and SNS delivers to a queue, that it encrypts.

    There are no conditions on the two services: the policies of topic and queue say for whom they act.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    partition = configuration_set_arn.split(":")[1]
    managed = {
        "Sid": "Management",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account_of(configuration_set_arn)}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    used = {
        "Sid": "Use",
        "Effect": "Allow",
        "Principal": {"Service": [_SES["Service"], _SNS["Service"]]},
        "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
        "Resource": "*",
    }
    return _policy(managed, used)


def dashboard_name(configuration_set_arn: str) -> str:
    """A name for each set and region: an account's dashboards are the same in all its regions."""
    return f"{set_name(configuration_set_arn)}-{region_of(configuration_set_arn)}"


def dashboard(
    configuration_set_arn: str,
    queue: str,
    dead_letter_queue: str,
    bounce_rate: float,
    complaint_rate: float,
) -> str:
    """The account's rates beside their alarms, what became of its mail, and the two queues.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    sent = [["AWS/SES", metric] for metric in ("Send", "Delivery", "Bounce", "Complaint", "Reject")]
    graphs = [
        ("Bounce rate", "Average", [["AWS/SES", "Reputation.BounceRate"]], bounce_rate),
        ("Complaint rate", "Average", [["AWS/SES", "Reputation.ComplaintRate"]], complaint_rate),
        ("Messages", "Sum", sent, None),
        (
            "Events that wait",
            "Maximum",
            [
                ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue],
                ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dead_letter_queue],
            ],
            None,
        ),
        (
            "Age of the oldest event (s)",
            "Maximum",
            [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue]],
            None,
        ),
    ]
    region = region_of(configuration_set_arn)
    return json.dumps({"widgets": [_graph(region, *graph) for graph in graphs]})


def account_of(arn: str) -> str:
    """The account in an ARN."""
    return arn.split(":")[4]


def region_of(arn: str) -> str:
    """The region in an ARN."""
    return arn.split(":")[3]


def set_name(configuration_set_arn: str) -> str:
    """The configuration set's name in its ARN."""
    return configuration_set_arn.rpartition("/")[2]


def _graph(
    region: str, title: str, statistic: str, metrics: list[list[str]], alarm_at: float | None
) -> dict[str, Any]:
    properties = {
        "title": title,
        "region": region,
        "view": "timeSeries",
        "stat": statistic,
        "period": 300,
        "metrics": metrics,
    }
    if alarm_at is not None:
        properties["annotations"] = {"horizontal": [{"label": "alarm", "value": alarm_at}]}
    return {"type": "metric", "width": 12, "height": 6, "properties": properties}


def _without_tls(action: str, resource: str) -> dict[str, Any]:
    return {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
