"""The feedback loop under the real engine, against the local AWS: from a bounce to the queue, the bus and a metric."""

import json
import smtplib
import ssl
from datetime import UTC, datetime, timedelta

import pulumi
import pytest

from components import SesDomain, SesFeedback, SmtpCredentials

from .engine import engine
from .local_aws import LocalAws

pytestmark = pytest.mark.integration

DOMAIN = "loop.example"
SET_ARN = "arn:aws:ses:eu-west-1:123456789012:configuration-set/loop-example"
BOUNCES = "bounce@simulator.amazonses.com"
COMPLAINS = "complaint@simulator.amazonses.com"
SLOW = "slow@example.net"
MAX_RECEIVES = 3
# The test file of anti-virus programs: https://www.eicar.org/download-anti-malware-testfile/
VIRUS = r"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
BY = [{"name": "ses:configuration-set"}, {"name": "Subject", "source": "EMAIL_HEADER"}, {"name": "campaign"}]


@pytest.fixture(scope="module")
def account():
    with LocalAws() as local_aws:
        local_aws.create_zone(DOMAIN)
        yield local_aws


@pytest.fixture(scope="module")
def loop(tmp_path_factory, account):
    """A domain that may send, with every part of the loop."""
    dns = account.account["dns"]

    def program():
        domain = SesDomain(
            "ses",
            {
                "domain": DOMAIN,
                "resolver": f"{dns['address']}:{dns['port']}",
                "timeout": 30,
                "configuration": {
                    "destinations": [
                        {"name": "bus", "to": "eventbridge", "events": ["BOUNCE"]},
                        {"name": "metrics", "to": "cloudwatch", "events": ["BOUNCE"], "dimensions": BY},
                    ]
                },
            },
        )
        login = SmtpCredentials(
            "smtp",
            {
                "identity_arn": domain.arn,
                "configuration_set_arn": domain.configuration_set_arn,
                "region": domain.region,
            },
        )
        feedback = SesFeedback(
            "loop",
            {
                "configuration_set_arn": domain.configuration_set_arn,
                "create_kms_key": True,
                "daily_quota": 200,
                "max_receives": MAX_RECEIVES,
                "subscriptions": [{"name": "team", "protocol": "email", "endpoint": f"team@{DOMAIN}"}],
                "tags": {"team": "mail"},
            },
        )
        pulumi.export("user", login.user)
        pulumi.export("password", login.password)
        pulumi.export("topic", feedback.topic_arn)
        pulumi.export("queue", feedback.queue_url)
        pulumi.export("deadLetters", feedback.dead_letter_queue_url)
        pulumi.export("alarms", feedback.alarm_names)

    with engine(tmp_path_factory.mktemp("loop"), program, account.config) as stack:
        stack.up()
        yield stack


@pytest.fixture(scope="module")
def outputs(loop):
    return loop.outputs


def send(account, outputs, recipient=BOUNCES, text="A line."):
    smtp = account.account["smtp"]
    with smtplib.SMTP(smtp["host"], smtp["starttls"], timeout=10) as session:
        session.starttls(context=ssl.create_default_context(cafile=account.account["ca"]))
        session.login(outputs["user"], outputs["password"])
        session.sendmail(
            f"app@{DOMAIN}", [recipient], f"From: app@{DOMAIN}\r\nSubject: hello\r\n\r\n{text}\r\n"
        )


def received(account, outputs):
    """What is in the queue, which is empty after that."""
    sqs, bodies = account.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=outputs["queue"], MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=outputs["queue"], ReceiptHandle=message["ReceiptHandle"])
    return bodies


def test_a_bounce_arrives_in_the_queue_as_an_event(account, outputs):
    received(account, outputs)
    send(account, outputs)
    (event,) = map(json.loads, received(account, outputs))
    assert event["eventType"] == "Bounce"
    assert [each["emailAddress"] for each in event["bounce"]["bouncedRecipients"]] == [BOUNCES]
    assert event["mail"]["tags"]["ses:configuration-set"] == ["loop-example"]


@pytest.mark.parametrize(
    ("recipient", "text", "event_type", "part", "expected"),
    [
        (
            COMPLAINS,
            "A line.",
            "Complaint",
            "complaint",
            {"complainedRecipients": [{"emailAddress": COMPLAINS}]},
        ),
        ("anyone@example.net", VIRUS, "Reject", "reject", {"reason": "Bad content"}),
        (SLOW, "A line.", "DeliveryDelay", "deliveryDelay", {"delayType": "TransientCommunicationFailure"}),
    ],
    ids=["complaint", "reject", "delay"],
)
def test_what_else_becomes_of_mail_arrives_too(account, outputs, recipient, text, event_type, part, expected):
    account.set_limits(delayed_addresses=[SLOW])
    received(account, outputs)
    send(account, outputs, recipient, text)
    (event,) = map(json.loads, received(account, outputs))
    assert event["eventType"] == event_type
    assert event["mail"]["destination"] == [recipient]
    assert {name: event[part][name] for name in expected} == expected


def test_an_event_that_no_consumer_can_handle_ends_in_the_dead_letter_queue(account, outputs):
    sqs = account.client("sqs")
    received(account, outputs)
    send(account, outputs)
    tries = [sqs.receive_message(QueueUrl=outputs["queue"], VisibilityTimeout=0) for _ in range(MAX_RECEIVES)]
    bodies = {message["Body"] for each in tries for message in each["Messages"]}
    assert "Messages" not in sqs.receive_message(QueueUrl=outputs["queue"])
    (dead,) = sqs.receive_message(QueueUrl=outputs["deadLetters"])["Messages"]
    assert bodies == {dead["Body"]}


def test_a_bounce_is_on_the_bus_too(account, outputs):
    """A rule of somebody else's, which gives what it matches to a queue."""
    rules, sqs = account.client("events"), account.client("sqs")
    queue = sqs.create_queue(QueueName="from-the-bus")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["aws.ses"], "detail-type": ["Email Bounced"]})
    rules.put_rule(Name="bounces", EventPattern=pattern)
    rules.put_targets(Rule="bounces", Targets=[{"Id": "queue", "Arn": arn}])
    send(account, outputs)
    rules.remove_targets(Rule="bounces", Ids=["queue"])
    (event,) = map(json.loads, received(account, {"queue": queue}))
    sqs.delete_queue(QueueUrl=queue)
    assert event["resources"] == [SET_ARN]
    assert [each["emailAddress"] for each in event["detail"]["bounce"]["bouncedRecipients"]] == [BOUNCES]


def test_a_bounce_is_counted_by_the_dimensions_that_were_asked_for(account, outputs):
    values = {"ses:configuration-set": "loop-example", "Subject": "hello", "campaign": "none"}
    now, hour = datetime.now(UTC), timedelta(hours=1)

    def counted():
        points = account.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SES",
            MetricName="Bounce",
            Dimensions=[{"Name": name, "Value": value} for name, value in values.items()],
            StartTime=now - hour,
            EndTime=now + hour,
            Period=86400,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    before = counted()
    send(account, outputs)
    assert counted() == before + 1


def test_with_the_topic_policy_removed_nothing_is_published(account, outputs):
    sns = account.client("sns")
    policy = sns.get_topic_attributes(TopicArn=outputs["topic"])["Attributes"]["Policy"]

    def write(document):
        sns.set_topic_attributes(TopicArn=outputs["topic"], AttributeName="Policy", AttributeValue=document)

    received(account, outputs)
    write(json.dumps({"Version": "2012-10-17", "Statement": []}))
    try:
        send(account, outputs)
        assert received(account, outputs) == []
    finally:
        write(policy)
    # It was not for want of a bounce.
    send(account, outputs)
    assert len(received(account, outputs)) == 1


def test_the_alarms_that_the_output_names_exist(account, outputs):
    found = account.client("cloudwatch").describe_alarms(AlarmNames=outputs["alarms"])["MetricAlarms"]
    assert sorted(alarm["AlarmName"] for alarm in found) == sorted(outputs["alarms"])
    assert len(found) == 5


def test_the_dashboard_that_exists_shows_what_was_asked_for(account):
    found = account.client("cloudwatch").get_dashboard(DashboardName="loop-example-eu-west-1")
    titles = [widget["properties"]["title"] for widget in json.loads(found["DashboardBody"])["widgets"]]
    assert titles[:2] == ["Bounce rate", "Complaint rate"]


def test_a_second_update_changes_nothing(loop):
    assert loop.up().changes == {}


def test_a_refresh_finds_nothing_to_change(loop):
    assert loop.refresh().changes == {}


def test_a_destroyed_loop_leaves_its_key_for_some_time_and_what_is_the_accounts(loop, account, outputs):
    suppressed = "gone@example.net"
    account.client("sesv2").put_suppressed_destination(EmailAddress=suppressed, Reason="BOUNCE")
    resources = loop.stack.export_stack().deployment["resources"]
    (key,) = [each["id"] for each in resources if each["type"] == "aws:kms/key:Key"]
    loop.destroy()
    assert account.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert account.client("sesv2").get_suppressed_destination(EmailAddress=suppressed)
    assert account.client("sns").list_topics()["Topics"] == []
    assert "QueueUrls" not in account.client("sqs").list_queues()
    assert account.client("cloudwatch").describe_alarms(AlarmNames=outputs["alarms"])["MetricAlarms"] == []
    assert account.client("cloudwatch").list_dashboards()["DashboardEntries"] == []
