"""The conditions of a login: some message meets each, and the first preview says which none does."""

import pulumi
import pytest

from components import MailRelay
from components.arguments import InvalidArgument
from components.sending_conditions import check_endpoints, checked_conditions

from .recorder import record

pytestmark = pytest.mark.unit

PATTERNS = {
    "from_addresses": ["*@example.com", "a@mail.example.com", "shop@*"],
    "recipients": ["b@example.net"],
}


def checked(conditions, identity="example.com"):
    return checked_conditions("Login conditions", conditions, identity)


def test_what_a_message_can_meet_is_left_alone():
    conditions = {**PATTERNS, "from_display_names": ["Shop"], "vpc_endpoint": "vpce-1"}
    assert checked(conditions) == conditions


BAD = [
    ({"from_addresses": []}, "from_addresses: is empty and denies every message"),
    ({"vpc_endpoint": ""}, "vpc_endpoint: is empty and denies every message"),
    ({"vpc_endpoint": "vpc-0123"}, "vpc_endpoint: 'vpc-0123' is not the id of a VPC endpoint"),
    ({"from_addresses": ["example.com"]}, "from_addresses: 'example.com' is no address"),
    ({"from_addresses": ["a@example.org"]}, "from_addresses: 'a@example.org' is not of the identity"),
    ({"from_addresses": ["a@notexample.com"]}, "from_addresses: 'a@notexample.com' is not of the identity"),
    ({"recipients": ["someone"]}, "recipients: 'someone' is no address"),
    ({"from_adresses": ["a@example.com"]}, "from_adresses: no such argument; did you mean 'from_addresses'?"),
    ({"from_addresses": "a@example.com"}, "from_addresses: has to be a list, not a text"),
    ({"from_addresses": 5}, "from_addresses: has to be a list, not a whole number"),
    ({"vpc_endpoint": ["vpce-1"]}, "vpc_endpoint: has to be a text, not a list"),
]


@pytest.mark.parametrize(("conditions", "message"), BAD)
def test_conditions_that_deny_every_message_are_refused_by_name(conditions, message):
    with pytest.raises(InvalidArgument) as refused:
        checked(conditions)
    assert str(refused.value).startswith(f"Login conditions: {message}")


@pytest.mark.parametrize(("conditions", "message"), BAD)
def test_they_are_refused_in_the_first_preview(conditions, message):
    ses = {"credentials": {"conditions": conditions}}
    with pytest.raises(InvalidArgument, match=message.replace("?", r"\?")):
        record(lambda: MailRelay("relay", {"domain": "example.com", "ses": ses}) and None, preview=True)


def test_one_that_is_not_known_yet_does_not_hide_another():
    def program():
        unknown = pulumi.Output.from_input("").apply(lambda _: pulumi.UNKNOWN)
        checked({"vpc_endpoint": unknown, "recipients": []})

    with pytest.raises(InvalidArgument, match="recipients: is empty"):
        record(program, preview=True)


def test_a_single_address_is_all_that_its_condition_can_name():
    checked({"from_addresses": ["app@example.com"]}, "app@example.com")
    checked({"from_addresses": ["*@example.com"]}, "app@example.com")
    with pytest.raises(InvalidArgument, match=r"is not of the identity 'app@example\.com'"):
        checked({"from_addresses": ["other@example.com"]}, "app@example.com")


def test_the_endpoint_of_one_region_is_no_condition_in_another():
    conditions = {"vpc_endpoint": "vpce-1"}
    assert check_endpoints([("eu-west-1", conditions), ("us-east-1", {})]) == [conditions, {}]
    ses = {"fallback": {"region": "us-east-1"}, "credentials": {"conditions": conditions}}
    with pytest.raises(
        InvalidArgument,
        match=r"conditions\.vpc_endpoint: 'vpce-1' is in one .* denies .* in us-east-1 or in eu-west-1",
    ):
        record(lambda: MailRelay("relay", {"domain": "example.com", "ses": ses}) and None, preview=True)
