"""Rules of the stand-in AWS plugin: equivalent policies, names of records, what needs no account."""

import json
import threading

import pytest

from local.plugins.aws.client import AwsClient
from local.plugins.aws.domain_identity_verification import DomainIdentityVerification
from local.plugins.aws.functions import get_partition, get_region
from local.plugins.aws.policy import policies_are_equivalent
from local.plugins.aws.policy_document import get_policy_document
from local.plugins.aws.record import Record, clean_name, full_name
from local.plugins.aws.user_policy import UserPolicy
from local.plugins.errors import OperationError
from local.plugins.values import UNKNOWN

pytestmark = pytest.mark.unit

_POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:Send", "Resource": "*"}]}'
)


@pytest.mark.parametrize(
    "same",
    [
        '{"Statement":[{"Resource":"*","Action":"ses:Send","Effect":"Allow"}],"Version":"2012-10-17"}',
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["ses:send"], "Resource": ["*"]}}',
    ],
)
def test_policies_are_compared_by_their_meaning(same):
    assert policies_are_equivalent(_POLICY, same)


@pytest.mark.parametrize(
    "other",
    [
        _POLICY.replace("Allow", "Deny"),
        _POLICY.replace("ses:Send", "ses:*"),
        _POLICY.replace('"Resource"', '"NotResource"'),
        _POLICY.replace("2012", "2008"),
        "no JSON",
        "",
    ],
)
def test_policies_that_differ_are_different(other):
    assert not policies_are_equivalent(_POLICY, other)


def test_the_order_of_statements_is_no_difference_and_their_number_is():
    one, two = '{"Effect": "Allow", "Action": "a:b"}', '{"Effect": "Deny", "Action": "c:d"}'
    first = f'{{"Statement": [{one}, {two}]}}'
    assert policies_are_equivalent(first, f'{{"Statement": [{two}, {one}]}}')
    assert not policies_are_equivalent(first, f'{{"Statement": [{one}]}}')


def test_the_root_of_an_account_is_the_account():
    principal = '{{"Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{}"}}}}}}'
    assert policies_are_equivalent(
        principal.format("arn:aws:iam::123456789012:root"), principal.format("123456789012")
    )


def test_a_policy_with_something_unknown_inside_is_unknown():
    inputs = {"user": "web", "name": "send", "policy": {"Statement": [{"Resource": UNKNOWN}]}}
    checked, failures = UserPolicy(AwsClient({})).check({}, inputs, lambda length: "")
    assert not failures
    assert checked["policy"] is UNKNOWN


def test_a_policy_that_is_no_json_is_refused():
    _, failures = UserPolicy(AwsClient({})).check({}, {"user": "web", "policy": "{"}, lambda length: "send")
    assert "invalid JSON policy" in failures[0].reason


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("", "example.com"),
        ("mail", "mail.example.com"),
        ("Mail.Example.com.", "mail.example.com"),
        ("notexample.com", "notexample.com"),  # a comparison of texts, as the real provider makes it
    ],
)
def test_a_record_is_named_below_its_zone(name, sent):
    assert full_name(name, "example.com.") == sent


def test_an_escaped_asterisk_is_an_asterisk():
    assert clean_name("\\052.Example.com.") == "*.example.com"


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "One of `aliases,records`"), ({"records": ["192.0.2.1"]}, "All of `records,ttl`")],
)
def test_a_record_without_its_values_is_refused(given, missing):
    inputs = {"zoneId": "Z1", "name": "mail", "type": "A", **given}
    _, failures = Record(AwsClient({})).check({}, inputs, lambda length: "")
    assert missing in failures[0].reason


def test_regions_are_known_without_an_account():
    client = AwsClient({"region": "eu-west-1"})
    assert get_region(client, {})["description"] == "Europe (Ireland)"
    assert get_region(client, {"region": "us-gov-west-1"})["endpoint"] == "ec2.us-gov-west-1.amazonaws.com"
    assert get_partition(client, {})["partition"] == "aws"


def test_a_region_that_does_not_exist_is_refused():
    with pytest.raises(OperationError, match="invalid AWS Region: europe"):
        get_region(AwsClient({"region": "europe"}), {})


def test_default_tags_join_those_of_a_resource_and_lose_against_them():
    client = AwsClient({"defaultTags": {"tags": {"team": "mail", "stage": "dev"}}})
    assert client.all_tags({"stage": "prod"}) == {"team": "mail", "stage": "prod"}
    assert client.all_tags({"stage": UNKNOWN}) is UNKNOWN
    assert client.own_tags({"team": "mail", "stage": "prod", "aws:x": "y"}, {}) == {"stage": "prod"}


class Verifying:
    """An account in which SES says `statuses` of the domain."""

    def __init__(self, **statuses):
        self.answer = {name: {"VerificationStatus": status} for name, status in statuses.items()}

    def call(self, *_, **__):
        return {"VerificationAttributes": self.answer}


def verify(client, cancelled=None):
    waiting = DomainIdentityVerification(client, timeout=60, cancelled=cancelled)
    waiting.make({"domain": "example", "region": "eu-west-1"})


def test_a_domain_that_ses_does_not_know_is_not_waited_for():
    with pytest.raises(OperationError, match=r"Verification \(example\): couldn't find resource"):
        verify(Verifying())


def test_an_interrupt_ends_the_wait_for_a_verification():
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(OperationError, match="interrupted"):
        verify(Verifying(example="Pending"), cancelled)


def test_a_policy_document_is_put_together_without_an_account():
    statement = {
        "actions": ["ses:SendRawEmail"],
        "resources": ["*"],
        "principals": [{"type": "Service", "identifiers": ["ses.amazonaws.com"]}],
        "conditions": [{"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["1", "2"]}],
    }
    document = json.loads(get_policy_document(AwsClient({}), {"statements": [statement]})["json"])
    assert document["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "ses:SendRawEmail",
            "Resource": "*",
            "Principal": {"Service": "ses.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": ["2", "1"]}},
        }
    ]
