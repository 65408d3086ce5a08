"""The promises of docs/conformance.md, for a relay on any platform."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from .behaviours import BEHAVIOURS, Behaviour, Outcome
from .observation import Observation, observe
from .target import Platform


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.name.replace(" ", "-"))
class ConformanceSuite:
    """To be inherited by a `Test...` class whose fixture `platform`, of class scope, is a Platform."""

    at_once = 8
    """How many relays run at a time. Most of the time is waiting."""

    @pytest.fixture(scope="class")
    @classmethod
    def observations(
        cls, request: pytest.FixtureRequest, platform: Platform
    ) -> Iterator[Mapping[Behaviour, Future[Observation]]]:
        """What happens with each behaviour that is selected: several relays run at a time, and each only once."""
        selected = dict.fromkeys(
            item.callspec.params["behaviour"]
            for item in request.session.items
            if getattr(item, "cls", None) is cls
        )
        pool = ThreadPoolExecutor(cls.at_once)
        try:
            longest_first = sorted(selected, key=lambda behaviour: -behaviour.seconds)
            yield {behaviour: pool.submit(observe, behaviour, platform) for behaviour in longest_first}
        finally:
            pool.shutdown(cancel_futures=True)

    @pytest.fixture
    def seen(
        self, observations: Mapping[Behaviour, Future[Observation]], behaviour: Behaviour
    ) -> Observation:
        """What happens when the upstream behaves so."""
        return observations[behaviour].result()

    def test_no_message_is_lost(self, behaviour: Behaviour, seen: Observation):
        if behaviour.outcome is Outcome.BOUNCED:
            assert (seen.refused, seen.arrived) == (set(seen.sent), {})
        else:
            assert (set(seen.arrived), seen.refused) == (set(seen.sent), set())
        assert seen.queued == 0, "it should have left by now"

    def test_no_message_arrives_twice(self, behaviour: Behaviour, seen: Observation):
        twice = 2 if behaviour.outcome is Outcome.PERHAPS_TWICE else 1
        assert all(times <= twice for times in seen.arrived.values()), seen.arrived

    def test_the_log_says_what_is_wrong(self, behaviour: Behaviour, seen: Observation):
        assert seen.line in seen.log

    def test_readiness_is_the_truth(self, behaviour: Behaviour, seen: Observation):
        assert seen.readiness[0] == behaviour.ready, seen.readiness
        if behaviour.outcome is Outcome.AFTER_RECOVERY:
            assert seen.line in seen.readiness[1]
        elif not behaviour.ready:
            assert "a message has waited for more than" in seen.readiness[1]

    def test_it_is_ready_after_the_recovery(self, seen: Observation):
        assert seen.readiness_after == (True, "")

    def test_it_greets_within_two_seconds(self, seen: Observation):
        assert seen.greeting_seconds < 2

    def test_nothing_restarts_it(self, seen: Observation):
        assert seen.restarts == 0
