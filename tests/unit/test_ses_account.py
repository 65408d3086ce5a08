"""What holds for all mail of an account in one region."""

import pytest

from components import SesAccount
from components.arguments import InvalidArgument

from .recorder import record

pytestmark = pytest.mark.unit


def account(**args):
    return record(lambda: SesAccount("account", args) and None)[0]


def test_bounces_and_complaints_are_suppressed_and_nothing_else_is_touched():
    assert account().names() == [
        ("aws:sesv2/accountSuppressionAttributes:AccountSuppressionAttributes", "account-suppression"),
        ("opensmtpd:index:SesAccount", "account"),
    ]
    assert account().named("account-suppression").inputs == {"suppressedReasons": ["BOUNCE", "COMPLAINT"]}


def test_an_account_is_told_whom_to_suppress_and_what_to_watch():
    recorder = account(region="us-east-1", suppression=["COMPLAINT"], vdm=True)
    assert recorder.named("account-suppression").inputs == {
        "suppressedReasons": ["COMPLAINT"],
        "region": "us-east-1",
    }
    assert recorder.named("account-vdm").inputs == {
        "vdmEnabled": "ENABLED",
        "dashboardAttributes": {"engagementMetrics": "ENABLED"},
        "guardianAttributes": {"optimizedSharedDelivery": "ENABLED"},
        "region": "us-east-1",
    }


def test_what_was_watched_can_be_left_alone_again():
    assert account(vdm=False).named("account-vdm").inputs["vdmEnabled"] == "DISABLED"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"suppression": ["SPAM"]}, "suppression: 'SPAM' is not one of BOUNCE, COMPLAINT"),
        ({"supression": []}, "supression: no such argument; did you mean 'suppression'?"),
    ],
)
def test_a_bad_argument_is_named_with_its_fix(args, message):
    with pytest.raises(InvalidArgument) as refused:
        account(**args)
    assert message in str(refused.value)
