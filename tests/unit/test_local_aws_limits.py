"""The limits of the local AWS, and how they throttle."""

import pytest

from local.aws.limits import InvalidLimits, Limits
from local.aws.throttle import Throttle

pytestmark = pytest.mark.unit


@pytest.fixture
def read(tmp_path):
    def write_and_read(text):
        path = tmp_path / "limits.json"
        path.write_text(text)
        return Limits.read(path)

    return write_and_read


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def throttle(clock):
    return Throttle(clock)


def test_without_a_file_the_defaults_hold(tmp_path):
    assert Limits.read(tmp_path / "none.json") == Limits(
        production_access=True, max_send_rate=14, max_recipients=50, max_message_size=40 * 1024 * 1024
    )


def test_what_the_file_says_replaces_a_default_and_no_other(read):
    assert read('{"max_send_rate": 1, "bouncing_addresses": ["a@x.example"]}') == Limits(
        max_send_rate=1, bouncing_addresses=("a@x.example",)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"max_send_rat": 1}', "unknown key 'max_send_rat'; did you mean 'max_send_rate'?"),
        ('{"sandbox": true}', "unknown key 'sandbox'; it knows production_access, max_send_rate"),
        ('{"production_access": "no"}', "production_access: expected true or false, found 'no'"),
        ('{"max_send_rate": true}', "max_send_rate: expected a number, 0 or more, found True"),
        ('{"max_send_rate": -1}', "max_send_rate: expected a number, 0 or more, found -1"),
        (
            '{"bouncing_addresses": "a@x.example"}',
            "bouncing_addresses: expected a list of strings",
        ),
        ("[]", "expected an object, found list"),
        ("{", "no valid JSON"),
    ],
)
def test_a_mistake_is_named(read, text, message):
    with pytest.raises(InvalidLimits) as caught:
        read(text)
    assert message in str(caught.value)


def test_the_rate_is_counted_in_recipients_of_the_last_second(throttle, clock):
    limits = Limits(max_send_rate=3)
    throttle.record(2)
    assert throttle.refusal(limits) is None
    throttle.record(1)
    assert throttle.refusal(limits) == "454 Throttling failure: Maximum sending rate exceeded."
    clock.now += 1.0
    assert throttle.refusal(limits) is None


def test_a_message_with_more_recipients_than_the_rate_can_go(throttle):
    assert throttle.refusal(Limits(max_send_rate=1)) is None


def test_the_quota_of_24_hours_is_given_back(throttle, clock):
    limits = Limits(max_24_hour_send=2)
    throttle.record(2)
    clock.now += 24 * 3600 - 1
    assert throttle.refusal(limits) == "454 Throttling failure: Daily message quota exceeded."
    clock.now += 2
    assert throttle.refusal(limits) is None
    assert throttle.sent_in_24_hours() == 0
