"""The feedback loop: only SES gets in, only for this configuration set, and alarms before AWS's own thresholds."""

import json

import pytest

from components import MailRelay, SesFeedback
from components.arguments import InvalidArgument

from .recorder import record

pytestmark = pytest.mark.unit

SET_ARN = "arn:aws:ses:eu-west-1:123456789012:configuration-set/example-com"
TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:topic"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:loop"


def feedback(**args):
    def program():
        made = SesFeedback("loop", {"configuration_set_arn": SET_ARN, **args})
        return {
            "topic_arn": made.topic_arn,
            "queue_url": made.queue_url,
            "dead_letter_queue_url": made.dead_letter_queue_url,
            "alarm_names": made.alarm_names,
        }

    return program


def statements(resource):
    return {statement["Sid"]: statement for statement in json.loads(resource.inputs["policy"])["Statement"]}


def alarm(recorder, role):
    return recorder.named(f"loop-{role}", "MetricAlarm").inputs


def graphs(recorder):
    """The properties of each widget of the dashboard, by its title."""
    body = json.loads(recorder.named("loop", "Dashboard").inputs["dashboardBody"])
    return {widget["properties"]["title"]: widget["properties"] for widget in body["widgets"]}


def test_ses_may_publish_for_this_configuration_set_of_this_account_alone():
    recorder, _ = record(feedback())
    allowed = statements(recorder.named("loop", "TopicPolicy"))["EventsOfTheConfigurationSet"]
    assert allowed["Principal"] == {"Service": "ses.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012", "aws:SourceArn": SET_ARN}
    }


def test_only_the_topic_may_send_to_the_queue():
    recorder, _ = record(feedback())
    allowed = statements(recorder.named("loop", "QueuePolicy"))["MessagesOfTheTopic"]
    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Resource"] == QUEUE_ARN
    assert allowed["Condition"] == {
        "ArnEquals": {"aws:SourceArn": TOPIC_ARN},
        "StringEqualsIfExists": {"aws:SourceAccount": "123456789012"},
    }


@pytest.mark.parametrize(
    ("name", "type_"),
    [("loop", "TopicPolicy"), ("loop", "QueuePolicy"), ("loop-dead-letters", "QueuePolicy")],
)
def test_nobody_gets_in_without_tls(name, type_):
    recorder, _ = record(feedback())
    denied = statements(recorder.named(name, type_))["OnlyWithTls"]
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_event_types_are_four_by_default_and_the_destination_is_on():
    recorder, _ = record(feedback())
    inputs = recorder.named("loop", "ConfigurationSetEventDestination").inputs
    assert inputs["configurationSetName"] == "example-com"
    assert inputs["eventDestination"] == {
        "enabled": True,
        "matchingEventTypes": ["BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY"],
        "snsDestination": {"topicArn": TOPIC_ARN},
    }


def test_an_event_goes_to_the_dead_letter_queue_after_max_receives():
    recorder, _ = record(feedback(max_receives=3, retention_seconds=60))
    queue, dead_letters = recorder.named("loop", "Queue").inputs, recorder.named("loop-dead-letters", "Queue")
    assert json.loads(queue["redrivePolicy"]) == {
        "deadLetterTargetArn": f"{QUEUE_ARN}-dead-letters",
        "maxReceiveCount": 3,
    }
    assert queue["messageRetentionSeconds"] == 60
    assert dead_letters.inputs["messageRetentionSeconds"] == 1209600


@pytest.mark.parametrize("raw", [True, False])
def test_the_queue_gets_the_event_with_or_without_an_envelope(raw):
    recorder, _ = record(feedback(raw_delivery=raw))
    assert recorder.named("loop", "TopicSubscription").inputs["rawMessageDelivery"] is raw


def test_a_made_key_lets_ses_and_sns_use_it_and_encrypts_topic_and_queues():
    recorder, _ = record(feedback(create_kms_key=True))
    used = statements(recorder.named("loop", "Key"))["Use"]
    assert used["Principal"] == {"Service": ["ses.amazonaws.com", "sns.amazonaws.com"]}
    assert used["Action"] == ["kms:GenerateDataKey*", "kms:Decrypt"]
    key = "arn:aws:kms:eu-west-1:123456789012:key/made"
    for name, type_ in (("loop", "Topic"), ("loop", "Queue"), ("loop-dead-letters", "Queue")):
        assert recorder.named(name, type_).inputs["kmsMasterKeyId"] == key


def test_a_given_key_is_used_and_none_is_made():
    recorder, _ = record(feedback(kms_key="arn:theirs"))
    assert recorder.named("loop", "Topic").inputs["kmsMasterKeyId"] == "arn:theirs"
    assert "aws:kms/key:Key" not in dict(recorder.names())


def test_without_a_key_the_queues_are_encrypted_by_sqs():
    recorder, _ = record(feedback())
    assert recorder.named("loop-dead-letters", "Queue").inputs["sqsManagedSseEnabled"] is True


@pytest.mark.parametrize(
    ("role", "metric", "threshold"),
    [
        ("bounce-rate", "Reputation.BounceRate", 0.05),
        ("complaint-rate", "Reputation.ComplaintRate", 0.001),
    ],
)
def test_a_rate_alarms_where_aws_reviews_an_account(role, metric, threshold):
    recorder, _ = record(feedback())
    inputs = alarm(recorder, role)
    assert (inputs["namespace"], inputs["metricName"]) == ("AWS/SES", metric)
    assert (inputs["comparisonOperator"], inputs["threshold"]) == ("GreaterThanOrEqualToThreshold", threshold)


def test_the_alarms_of_the_queues_watch_the_right_one():
    recorder, _ = record(feedback(queue_age_seconds=60))
    age, dead = alarm(recorder, "queue-age"), alarm(recorder, "dead-letters")
    assert (age["dimensions"], age["threshold"]) == ({"QueueName": "loop"}, 60)
    assert (dead["dimensions"], dead["threshold"]) == ({"QueueName": "loop-dead-letters"}, 1)


def test_the_quota_alarms_at_its_share_of_a_days_messages():
    recorder, _ = record(feedback(daily_quota=50000, quota_share=0.5))
    inputs = alarm(recorder, "quota")
    assert (inputs["metricName"], inputs["statistic"], inputs["period"]) == ("Send", "Sum", 86400)
    assert inputs["threshold"] == 25000


def test_every_alarm_tells_when_it_goes_on_and_off():
    recorder, _ = record(feedback(alarm_actions=["arn:pager"], daily_quota=1))
    alarms = [resource.inputs for resource in recorder.resources if resource.type.endswith("MetricAlarm")]
    assert len(alarms) == 5
    assert all(inputs["alarmActions"] == inputs["okActions"] == ["arn:pager"] for inputs in alarms)


def test_the_dashboard_is_of_the_region_and_can_be_left_out():
    recorder, _ = record(feedback())
    inputs = recorder.named("loop", "Dashboard").inputs
    assert inputs["dashboardName"] == "example-com-eu-west-1"
    assert {graph["region"] for graph in graphs(recorder).values()} == {"eu-west-1"}
    assert "aws:cloudwatch/dashboard:Dashboard" not in dict(record(feedback(dashboard=False))[0].names())


def test_the_dashboard_shows_the_rates_beside_their_alarms_the_mail_and_the_queues():
    recorder, _ = record(feedback(bounce_rate=0.04))
    shown = graphs(recorder)
    assert {title: graph["metrics"] for title, graph in shown.items()} == {
        "Bounce rate": [["AWS/SES", "Reputation.BounceRate"]],
        "Complaint rate": [["AWS/SES", "Reputation.ComplaintRate"]],
        "Messages": [["AWS/SES", each] for each in ("Send", "Delivery", "Bounce", "Complaint", "Reject")],
        "Events that wait": [
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]
            for queue in ("loop", "loop-dead-letters")
        ],
        "Age of the oldest event (s)": [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "loop"]],
    }
    marked = {
        title: graph["annotations"]["horizontal"] for title, graph in shown.items() if "annotations" in graph
    }
    assert marked == {
        "Bounce rate": [{"label": "alarm", "value": 0.04}],
        "Complaint rate": [{"label": "alarm", "value": 0.001}],
    }
    assert alarm(recorder, "bounce-rate")["threshold"] == 0.04


def test_the_outputs_name_topic_queues_and_alarms():
    _, outputs = record(feedback())
    assert outputs == {
        "topic_arn": TOPIC_ARN,
        "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/loop",
        "dead_letter_queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/loop-dead-letters",
        "alarm_names": [
            "loop-bounce-rate",
            "loop-complaint-rate",
            "loop-queue-age",
            "loop-dead-letters",
        ],
    }


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"configuration_set_arn": ""}, "configuration_set_arn: '' is not the ARN of a configuration set"),
        ({"events": ["BOUNCED"]}, "events: 'BOUNCED' is not one of BOUNCE"),
        ({"events": []}, "events: is empty"),
        ({"kms_key": "arn:theirs", "create_kms_key": True}, "give one of them at most"),
        ({"bounce_rate": 5}, "bounce_rate: 5 is not between 0 and 0.1.*not a percentage"),
        ({"complaint_rate": 0.005}, "complaint_rate: 0.005 is not between"),
        ({"retention_seconds": 59}, "retention_seconds: 59 is not from 60 to 1209600"),
        ({"max_receives": 0}, "max_receives: 0 is not from 1 to 1000"),
        ({"daily_quota": 0}, "daily_quota: 0 is not from 1; leave it out"),
        ({"quota_share": 0.5}, "quota_share: needs daily_quota"),
        ({"daily_quota": 1, "quota_share": 80}, "quota_share: 80 is not above 0 and up to 1"),
        ({"subscription": []}, "did you mean 'subscriptions'"),
        (
            {"subscriptions": [{"name": "a", "protocol": "http", "endpoint": "http://a.example"}]},
            "'http' is not one of email, https",
        ),
        (
            {"subscriptions": [{"name": "a", "protocol": "email", "endpoint": "nobody"}]},
            "the endpoint of 'a' does not fit its protocol, email",
        ),
        (
            {"subscriptions": [{"name": "a", "protocol": "email", "endpoint": "a@b.example"}] * 2},
            "'a' is the name of two",
        ),
    ],
)
def test_what_cannot_work_is_refused_by_its_name(args, message):
    with pytest.raises(InvalidArgument, match=message):
        record(feedback(**args))


def test_a_mail_relay_gives_the_queue_of_its_domains_configuration_set():
    def program():
        relay = MailRelay("relay", {"domain": "example.com", "ses": {"feedback": {"dashboard": False}}})
        return {"queue": relay.feedback_queue_url}

    recorder, outputs = record(program)
    assert outputs["queue"].endswith("/relay-feedback")
    destination = recorder.named("relay-feedback", "ConfigurationSetEventDestination").inputs
    assert destination["configurationSetName"] == "example-com"


def test_a_mail_relay_without_feedback_has_no_queue():
    recorder, outputs = record(
        lambda: {"queue": MailRelay("relay", {"domain": "example.com", "ses": {}}).feedback_queue_url}
    )
    assert outputs["queue"] == ""
    assert not [resource for resource in recorder.resources if "sqs" in resource.type]
