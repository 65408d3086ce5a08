"""What becomes of mail that SES has accepted: bounces and complaints in a queue, and alarms before AWS raises its own.

https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html
"""

import re
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, kms, sesv2, sns, sqs

from .arguments import InvalidArgument, check_keys, checked, checked_args
from .feedback_documents import (
    dashboard,
    dashboard_name,
    dead_letter_queue_policy,
    key_policy,
    queue_policy,
    set_name,
    topic_policy,
)
from .image.relay.invalid_setting import InvalidSetting
from .ses_configuration_args import DEFAULT_EVENTS, FEEDBACK
from .ses_destinations import check_events
from .ses_feedback_args import FeedbackSubscriptionArgs, SesFeedbackArgs

# AWS reviews an account from the first on, and may pause its sending from the second on:
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
_BOUNCE_RATES = (0.05, 0.10)
_COMPLAINT_RATES = (0.001, 0.005)

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_RETENTION_SECONDS = (60, 1209600)
_RECEIVES = (1, 1000)

_DAY_SECONDS = 86400
_ENDPOINTS = {"email": re.compile(r"[^@\s]+@[^@\s]+"), "https": re.compile(r"https://\S+")}
_SET_ARN = re.compile(r"arn:[^:]+:ses:[^:]+:\d{12}:configuration-set/[\w-]+")


class SesFeedback(pulumi.ComponentResource):
    """The events of a configuration set in a queue, and alarms on what AWS judges an account by.

    - a topic that SES may publish to, for this configuration set alone, and its event destination
    - a queue that gets the topic's messages, and a dead-letter queue
    - with `create_kms_key`: the key of all three
    - a subscription for each of `subscriptions`
    - alarms on bounce rate, complaint rate, the queue's age, the dead-letter queue and, with `daily_quota`, the quota
    - a dashboard
    """

    topic_arn: pulumi.Output[str]
    """The ARN of the topic, for further subscriptions."""
    queue_url: pulumi.Output[str]
    """The queue that a consumer reads."""
    dead_letter_queue_url: pulumi.Output[str]
    """The queue of events that no consumer could handle."""
    alarm_names: pulumi.Output[list[str]]
    """The names of the alarms."""

    def __init__(self, name: str, args: SesFeedbackArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("opensmtpd:index:SesFeedback", name, {}, opts)
        args = checked_args("SesFeedback", args, SesFeedbackArgs)
        _check_args(args)
        self._shared = {key: args[key] for key in ("region", "tags") if key in args}
        set_arn = pulumi.Output.from_input(
            checked("SesFeedback", "configuration_set_arn", args["configuration_set_arn"], _check_set_arn)
        )

        key = self._create_key(name, set_arn) if args.get("create_kms_key") else args.get("kms_key")
        topic, published = self._create_topic(name, set_arn, key)
        dead_letters, queue, delivered = self._create_queues(name, args, topic, key)
        self._create_subscriptions(name, args, topic, queue, delivered)
        self._create_destination(name, args, set_arn, topic, published)
        alarms = self._create_alarms(name, args, queue, dead_letters)
        if args.get("dashboard", True):
            self._create_dashboard(name, args, set_arn, queue, dead_letters)

        self.topic_arn = topic.arn
        self.queue_url = queue.url
        self.dead_letter_queue_url = dead_letters.url
        self.alarm_names = pulumi.Output.all(*(alarm.name for alarm in alarms))
        self.register_outputs(
            {
                "topic_arn": self.topic_arn,
                "queue_url": self.queue_url,
                "dead_letter_queue_url": self.dead_letter_queue_url,
                "alarm_names": self.alarm_names,
            }
        )

    def _create_key(self, name: str, set_arn: pulumi.Output[str]) -> pulumi.Output[str]:
        return kms.Key(
            name,
            description="Events of Amazon SES",
            enable_key_rotation=True,
            policy=set_arn.apply(key_policy),
            **self._shared,
            opts=pulumi.ResourceOptions(parent=self),
        ).arn

    def _create_topic(
        self, name: str, set_arn: pulumi.Output[str], key: pulumi.Input[str] | None
    ) -> tuple[sns.Topic, sns.TopicPolicy]:
        topic = sns.Topic(
            name, kms_master_key_id=key, **self._shared, opts=pulumi.ResourceOptions(parent=self)
        )
        policy = sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=pulumi.Output.all(topic.arn, set_arn).apply(lambda arns: topic_policy(*arns)),
            **self._regional,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return topic, policy

    def _create_queues(
        self, name: str, args: SesFeedbackArgs, topic: sns.Topic, key: pulumi.Input[str] | None
    ) -> tuple[sqs.Queue, sqs.Queue, sqs.QueuePolicy]:
        encryption = {"kms_master_key_id": key} if key else {"sqs_managed_sse_enabled": True}
        dead_letters = sqs.Queue(
            f"{name}-dead-letters",
            # An event keeps its age when it is moved: it has to outlive the queue that it comes from.
            message_retention_seconds=_RETENTION_SECONDS[1],
            **encryption,
            **self._shared,
            opts=pulumi.ResourceOptions(parent=self),
        )
        queue = sqs.Queue(
            name,
            message_retention_seconds=args.get("retention_seconds", 345600),
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": args.get("max_receives", 5)}
            ),
            **encryption,
            **self._shared,
            opts=pulumi.ResourceOptions(parent=self),
        )
        sqs.QueuePolicy(
            f"{name}-dead-letters",
            queue_url=dead_letters.url,
            policy=dead_letters.arn.apply(dead_letter_queue_policy),
            **self._regional,
            opts=pulumi.ResourceOptions(parent=self),
        )
        policy = sqs.QueuePolicy(
            name,
            queue_url=queue.url,
            policy=pulumi.Output.all(queue.arn, topic.arn).apply(lambda arns: queue_policy(*arns)),
            **self._regional,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return dead_letters, queue, policy

    def _create_subscriptions(
        self,
        name: str,
        args: SesFeedbackArgs,
        topic: sns.Topic,
        queue: sqs.Queue,
        delivered: sqs.QueuePolicy,
    ) -> None:
        sns.TopicSubscription(
            name,
            topic=topic.arn,
            protocol="sqs",
            endpoint=queue.arn,
            raw_message_delivery=args.get("raw_delivery", True),
            **self._regional,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[delivered]),
        )
        for subscription in args.get("subscriptions", []):
            sns.TopicSubscription(
                f"{name}-to-{subscription['name']}",
                topic=topic.arn,
                protocol=subscription["protocol"],
                endpoint=subscription["endpoint"],
                **self._regional,
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _create_destination(
        self,
        name: str,
        args: SesFeedbackArgs,
        set_arn: pulumi.Output[str],
        topic: sns.Topic,
        published: sns.TopicPolicy,
    ) -> None:
        sesv2.ConfigurationSetEventDestination(
            name,
            configuration_set_name=set_arn.apply(set_name),
            event_destination_name=FEEDBACK,
            event_destination={
                "enabled": True,
                "matching_event_types": args.get("events", list(DEFAULT_EVENTS)),
                "sns_destination": {"topic_arn": topic.arn},
            },
            **self._regional,
            # SES publishes a message to try the topic, and refuses one that does not let it in.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[published]),
        )

    def _create_alarms(
        self, name: str, args: SesFeedbackArgs, queue: sqs.Queue, dead_letters: sqs.Queue
    ) -> list[cloudwatch.MetricAlarm]:
        # Rates are published now and then: between two, the last one holds.
        alarms: dict[str, dict[str, Any]] = {
            "bounce-rate": _of_ses(
                "Reputation.BounceRate", "Average", args.get("bounce_rate", _BOUNCE_RATES[0]), "ignore"
            )
            | {"alarm_description": "AWS reviews an account at 5% bounces, and may pause it at 10%."},
            "complaint-rate": _of_ses(
                "Reputation.ComplaintRate",
                "Average",
                args.get("complaint_rate", _COMPLAINT_RATES[0]),
                "ignore",
            )
            | {"alarm_description": "AWS reviews an account at 0.1% complaints, and may pause it at 0.5%."},
            "queue-age": _of_sqs("ApproximateAgeOfOldestMessage", queue, args.get("queue_age_seconds", 900))
            | {"alarm_description": "Events of SES wait: does their consumer run?"},
            "dead-letters": _of_sqs("ApproximateNumberOfMessagesVisible", dead_letters, 1)
            | {"alarm_description": "The consumer has failed on an event of SES."},
        }
        if "daily_quota" in args:
            alarms["quota"] = _of_ses(
                "Send", "Sum", args["daily_quota"] * args.get("quota_share", 0.8), "notBreaching"
            ) | {
                "period": _DAY_SECONDS,
                "alarm_description": "Beyond the sending quota SES refuses mail: ask for a higher one.",
            }
        actions = args.get("alarm_actions", [])
        return [
            cloudwatch.MetricAlarm(
                f"{name}-{role}",
                comparison_operator="GreaterThanOrEqualToThreshold",
                evaluation_periods=1,
                alarm_actions=actions,
                ok_actions=actions,
                **alarm,
                **self._shared,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for role, alarm in alarms.items()
        ]

    def _create_dashboard(
        self,
        name: str,
        args: SesFeedbackArgs,
        set_arn: pulumi.Output[str],
        queue: sqs.Queue,
        dead_letters: sqs.Queue,
    ) -> None:
        rates = args.get("bounce_rate", _BOUNCE_RATES[0]), args.get("complaint_rate", _COMPLAINT_RATES[0])
        cloudwatch.Dashboard(
            name,
            dashboard_name=set_arn.apply(dashboard_name),
            dashboard_body=pulumi.Output.all(set_arn, queue.name, dead_letters.name).apply(
                lambda known: dashboard(*known, *rates)
            ),
            **self._regional,
            opts=pulumi.ResourceOptions(parent=self),
        )

    @property
    def _regional(self) -> dict[str, Any]:
        return {key: value for key, value in self._shared.items() if key == "region"}


def _of_ses(metric: str, statistic: str, threshold: float, missing: str) -> dict[str, Any]:
    return {
        "namespace": "AWS/SES",
        "metric_name": metric,
        "statistic": statistic,
        "period": 300,
        "threshold": threshold,
        "treat_missing_data": missing,
    }


def _of_sqs(metric: str, queue: sqs.Queue, threshold: float) -> dict[str, Any]:
    return {
        "namespace": "AWS/SQS",
        "metric_name": metric,
        "dimensions": {"QueueName": queue.name},
        "statistic": "Maximum",
        "period": 300,
        "threshold": threshold,
        "treat_missing_data": "notBreaching",
    }


def _check_set_arn(arn: str) -> str:
    if not _SET_ARN.fullmatch(arn):
        raise InvalidSetting(
            "configuration_set_arn",
            "is not the ARN of a configuration set",
            "give the arn of a SesConfiguration, or the configuration_set_arn of a SesDomain that has one",
            repr(arn),
        )
    return arn


def _check_args(args: SesFeedbackArgs) -> None:
    if args.get("kms_key") and args.get("create_kms_key"):
        raise InvalidArgument("SesFeedback", "kms_key | create_kms_key", "give one of them at most")
    if "quota_share" in args and "daily_quota" not in args:
        raise InvalidArgument("SesFeedback", "quota_share", "needs daily_quota: of what is it the share?")
    check_events("SesFeedback", "events", args.get("events", DEFAULT_EVENTS))
    for argument, (least, most) in (
        ("retention_seconds", _RETENTION_SECONDS),
        ("max_receives", _RECEIVES),
        ("queue_age_seconds", (1, _RETENTION_SECONDS[1])),
    ):
        if argument in args and not least <= args[argument] <= most:
            raise InvalidArgument("SesFeedback", argument, f"{args[argument]} is not from {least} to {most}")
    for argument, (_, pause) in (("bounce_rate", _BOUNCE_RATES), ("complaint_rate", _COMPLAINT_RATES)):
        if argument in args and not 0 < args[argument] < pause:
            raise InvalidArgument(
                "SesFeedback",
                argument,
                f"{args[argument]} is not between 0 and {pause}, where AWS may have paused the account already; "
                "it is a share, not a percentage",
            )
    if not 0 < args.get("quota_share", 1) <= 1:
        raise InvalidArgument(
            "SesFeedback", "quota_share", f"{args['quota_share']} is not above 0 and up to 1"
        )
    if args.get("daily_quota", 1) < 1:
        raise InvalidArgument(
            "SesFeedback",
            "daily_quota",
            f"{args['daily_quota']} is not from 1; leave it out to have no alarm on the quota",
        )
    _check_subscriptions(args.get("subscriptions", []))


def _check_subscriptions(subscriptions: list[FeedbackSubscriptionArgs]) -> None:
    names = set()
    for subscription in subscriptions:
        check_keys("SesFeedback subscriptions", subscription, FeedbackSubscriptionArgs)
        name, protocol, endpoint = (subscription[key] for key in ("name", "protocol", "endpoint"))
        if name in names:
            raise InvalidArgument("SesFeedback", "subscriptions", f"{name!r} is the name of two of them")
        names.add(name)
        if protocol not in _ENDPOINTS:
            raise InvalidArgument(
                "SesFeedback", "subscriptions", f"{protocol!r} is not one of {', '.join(_ENDPOINTS)}"
            )
        # The endpoint itself is not named: a URL may hold a password.
        if isinstance(endpoint, str) and not _ENDPOINTS[protocol].fullmatch(endpoint):
            raise InvalidArgument(
                "SesFeedback",
                "subscriptions",
                f"the endpoint of {name!r} does not fit its protocol, {protocol}",
            )
