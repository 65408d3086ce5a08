"""What SesFeedback can be told."""

from typing import NotRequired, TypedDict

import pulumi


class FeedbackSubscriptionArgs(TypedDict):
    """Somebody else who gets every event."""

    name: str
    """What the subscription is called in the stack; another name makes another subscription."""
    protocol: str
    """`email` or `https`. The receiver has to confirm before anything arrives."""
    endpoint: pulumi.Input[str]
    """The address, or the URL."""


class SesFeedbackOptions(TypedDict):
    """What is reported, to whom, and when it is alarming. All of it has a default."""

    events: NotRequired[list[str]]
    """Of SES's event types. Defaults to `BOUNCE`, `COMPLAINT`, `REJECT` and `DELIVERY_DELAY`."""
    kms_key: NotRequired[pulumi.Input[str]]
    """The ARN of a KMS key for topic and queues, whose policy lets SES and SNS use it. Defaults to none: the queues
    are encrypted by SQS."""
    create_kms_key: NotRequired[bool]
    """Whether such a key is made; it costs by the month. Defaults to `False`."""
    raw_delivery: NotRequired[bool]
    """Whether the queue gets SES's event itself, without an SNS envelope around it. Defaults to `True`."""
    retention_seconds: NotRequired[int]
    """How long an event waits for its consumer, from 60 to 1209600. Defaults to `345600`, 4 days."""
    max_receives: NotRequired[int]
    """How often an event is handed out before it goes to the dead-letter queue, from 1 to 1000. Defaults to `5`."""
    subscriptions: NotRequired[list[FeedbackSubscriptionArgs]]
    """Who else gets every event. Defaults to `[]`."""
    bounce_rate: NotRequired[float]
    """The share of the account's mail that bounces from which the alarm is on. Defaults to `0.05`, at which AWS
    reviews the account; it may pause it at `0.1`."""
    complaint_rate: NotRequired[float]
    """The share that is complained about from which the alarm is on. Defaults to `0.001`, at which AWS reviews the
    account; it may pause it at `0.005`."""
    queue_age_seconds: NotRequired[int]
    """The age of the oldest event from which the alarm is on: its consumer is late. Defaults to `900`."""
    daily_quota: NotRequired[int]
    """The messages that the account may send in 24 hours, for an alarm. Defaults to none, without that alarm."""
    quota_share: NotRequired[float]
    """The share of `daily_quota` from which the alarm is on. Defaults to `0.8`."""
    alarm_actions: NotRequired[list[pulumi.Input[str]]]
    """The ARNs of what is told when an alarm goes on or off, such as a topic. Defaults to `[]`."""
    dashboard: NotRequired[bool]
    """Whether there is a CloudWatch dashboard. Defaults to `True`."""


class SesFeedbackArgs(SesFeedbackOptions):
    """Arguments of SesFeedback."""

    configuration_set_arn: pulumi.Input[str]
    """The ARN of the configuration set whose events they are."""
    region: NotRequired[pulumi.Input[str]]
    """The region of the configuration set. Defaults to the region of the AWS provider."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of everything that can have some."""
