"""The limits of OpenSMTPD's delivery: pure text."""

import pytest

from components.image.relay.limits import connections_for, mta_limits
from components.image.relay.settings import Route, Settings, Upstream

pytestmark = pytest.mark.unit


def limits(upstream: Upstream | None = None, **settings: object) -> dict[str, int]:
    lines = mta_limits(Settings(upstream or Upstream("smtp.example.com"), ("example.com",), **settings))
    return {key: int(value) for _, _, key, value in map(str.split, lines)}


@pytest.mark.parametrize("rate", range(3, 300))
def test_two_messages_of_each_connection_and_the_first_of_a_new_one_keep_to_the_rate(rate: int):
    assert 2 * connections_for(rate) + 1 <= rate


@pytest.mark.parametrize(("rate", "seconds"), [(1, 2), (2, 1)])
def test_the_lowest_rates_have_one_connection(rate: int, seconds: int):
    found = limits(max_rate=rate)
    assert (found["max-conn-per-relay"], found["session-transaction-delay"]) == (1, seconds)


def test_with_a_rate_a_connection_sends_one_message_a_second_and_a_new_one_is_made_each_second():
    found = limits(max_rate=14)
    assert (found["session-transaction-delay"], found["conn-delay-relay"], found["max-conn-per-relay"]) == (
        1,
        1,
        6,
    )


def test_without_a_rate_nothing_waits():
    found = limits(max_connections=7)
    assert {value for key, value in found.items() if "delay" in key} == {0}
    assert found["max-conn-per-relay"] == 7


def test_each_upstream_has_its_own_connections():
    routes = (Route(1, ("example.org",), Upstream("other.example.com")),)
    found = limits(routes=routes, fallback=Upstream("second.example.com"))
    assert found["max-conn-per-source"] == 3 * found["max-conn-per-relay"]


def test_direct_delivery_keeps_the_limits_that_strangers_expect():
    assert limits(Upstream(proto="direct")) == {}
