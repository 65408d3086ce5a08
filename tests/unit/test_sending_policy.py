"""The policy of who may send: nothing that cannot be met, nothing that IAM does not take."""

import json

import pytest

from components.image.relay.invalid_setting import InvalidSetting
from components.sending_policy import sending_policy

from .recorder import IDENTITY_ARN

pytestmark = pytest.mark.unit


def test_sending_is_the_one_action():
    assert json.loads(sending_policy([IDENTITY_ARN, ""], {}))["Statement"] == [
        {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": [IDENTITY_ARN]}
    ]


def test_every_condition_has_its_key():
    conditions = {
        "from_addresses": ["*@example.com", "a@mail.example.com", "shop@*"],
        "from_display_names": ["Shop"],
        "recipients": ["b@example.net"],
        "vpc_endpoint": "vpce-1",
    }
    (statement,) = json.loads(sending_policy([IDENTITY_ARN], conditions))["Statement"]
    assert statement["Condition"] == {
        "StringLike": {
            "ses:FromAddress": ["*@example.com", "a@mail.example.com", "shop@*"],
            "ses:FromDisplayName": ["Shop"],
        },
        "ForAllValues:StringLike": {"ses:Recipients": ["b@example.net"]},
        "StringEquals": {"aws:SourceVpce": "vpce-1"},
    }


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        ({"from_addresses": []}, "conditions.from_addresses"),
        ({"vpc_endpoint": ""}, "conditions.vpc_endpoint"),
        ({"from_addresses": ["example.com"]}, "conditions.from_addresses"),
        ({"from_addresses": ["a@notexample.com"]}, "conditions.from_addresses"),
        ({"recipients": ["someone"]}, "conditions.recipients"),
        ({"sender": "a@example.com"}, "conditions.sender"),
    ],
)
def test_conditions_that_deny_every_message_are_refused_by_name(conditions, field):
    with pytest.raises(InvalidSetting) as refused:
        sending_policy([IDENTITY_ARN], conditions)
    assert refused.value.field == field


def test_a_policy_that_iam_does_not_take_is_refused():
    many = [f"sender-number-{number}@example.com" for number in range(60)]
    with pytest.raises(InvalidSetting, match="more than 2048 characters"):
        sending_policy([IDENTITY_ARN], {"from_addresses": many})
