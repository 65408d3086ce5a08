"""Which of two upstreams takes the mail."""

import pytest

from components.image.relay.failover import FALLBACK, PRIMARY, choose

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("active", "primary_failures", "fallback_passed", "chosen"),
    [
        (PRIMARY, 0, True, PRIMARY),
        (PRIMARY, 0, False, PRIMARY),
        (PRIMARY, 1, True, PRIMARY),
        (PRIMARY, 2, True, FALLBACK),
        (PRIMARY, 2, False, PRIMARY),
        (PRIMARY, 9, True, FALLBACK),
        (FALLBACK, 9, True, FALLBACK),
        (FALLBACK, 9, False, FALLBACK),
        (FALLBACK, 0, True, PRIMARY),
        (FALLBACK, 0, False, PRIMARY),
    ],
)
def test_the_fallback_takes_over_after_two_failures_and_gives_back_after_one_pass(
    active, primary_failures, fallback_passed, chosen
):
    assert choose(active, primary_failures, fallback_passed) == chosen
