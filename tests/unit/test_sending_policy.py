"""The policy of who may send: nothing but sending, nothing that IAM does not take."""

import json

import pytest

from components.image.relay.invalid_setting import InvalidSetting
from components.sending_policy import Grant, sending_policy

from .recorder import IDENTITY_ARN

pytestmark = pytest.mark.unit


def policy(resources=(IDENTITY_ARN,), conditions=None):
    return sending_policy([Grant(resources, conditions or {})])


def test_sending_is_the_one_action():
    assert json.loads(policy([IDENTITY_ARN, ""]))["Statement"] == [
        {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": [IDENTITY_ARN]}
    ]


def test_every_condition_has_its_key():
    conditions = {
        "from_addresses": ["*@example.com", "a@mail.example.com", "shop@*"],
        "from_display_names": ["Shop"],
        "recipients": ["b@example.net"],
        "vpc_endpoint": "vpce-1",
    }
    (statement,) = json.loads(policy(conditions=conditions))["Statement"]
    assert statement["Condition"] == {
        "StringLike": {
            "ses:FromAddress": ["*@example.com", "a@mail.example.com", "shop@*"],
            "ses:FromDisplayName": ["Shop"],
        },
        "ForAllValues:StringLike": {"ses:Recipients": ["b@example.net"]},
        "StringEquals": {"aws:SourceVpce": "vpce-1"},
    }


def test_a_policy_that_iam_does_not_take_is_refused():
    many = [f"sender-number-{number}@example.com" for number in range(60)]
    with pytest.raises(InvalidSetting, match="more than 2048 characters"):
        policy(conditions={"from_addresses": many})


def test_each_identity_has_its_own_statement_and_conditions():
    elsewhere = IDENTITY_ARN.replace("eu-west-1", "us-east-1")
    grants = [Grant([IDENTITY_ARN], {"vpc_endpoint": "vpce-1"}), Grant([elsewhere], {})]
    statements = json.loads(sending_policy(grants))["Statement"]
    assert [statement["Resource"] for statement in statements] == [[IDENTITY_ARN], [elsewhere]]
    assert ["Condition" in statement for statement in statements] == [True, False]
