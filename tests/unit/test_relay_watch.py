"""What the relay does about what its probes find."""

import pytest

from components.image.relay import watch
from components.image.relay.backlog import Backlog
from components.image.relay.control import ControlFailed
from components.image.relay.events import UpstreamError
from components.image.relay.failover import FALLBACK, PRIMARY
from components.image.relay.failure import Failure
from components.image.relay.metrics import Metrics
from components.image.relay.probe import ProbeFailed
from components.image.relay.readiness import Readiness
from components.image.relay.settings import Upstream
from components.image.relay.watch import Watch

pytestmark = pytest.mark.unit

EMPTY = Backlog(0, 0)
OLD = Backlog(3, 300)


class World:
    """A Watch over upstreams that pass or fail as told, and what it did."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: str):
        self.failing: set[str] = set()
        self.waiting = EMPTY
        self.now = 1000.0
        self.actions: list[str] = []
        self.said: list[str] = []
        self.control_fails = False
        self.comes_during = ""
        """The action during which a message comes."""
        monkeypatch.setattr(watch, "probe", self._probe)
        monkeypatch.setattr(watch, "backlog", lambda: self.waiting)
        monkeypatch.setattr(watch.time, "monotonic", lambda: self.now)
        upstreams = {name: Upstream(f"{name}.example.com") for name in names}
        self.metrics = Metrics(upstreams)
        self.readiness = Readiness(upstreams, 900, lambda *_: None, lambda *_: None)
        self.watch = Watch(
            upstreams,
            "relay.example.com",
            60,
            self.readiness,
            self.metrics,
            self._act,
            lambda: self._act("resume"),
            lambda: self._act("schedule"),
            lambda _level, text: self.said.append(text),
        )

    def _probe(self, upstream: Upstream, helo: str) -> None:
        assert helo == "relay.example.com"
        if upstream.host.split(".")[0] in self.failing:
            raise ProbeFailed(Failure("connect", "refused"))

    def _act(self, action: str) -> None:
        if self.control_fails:
            raise ControlFailed("no answer")
        self.actions.append(action)
        if action == self.comes_during:
            self.waiting = Backlog(1, 0)

    def round(self, *failing: str, seconds: float = 5) -> bool:
        self.failing = set(failing)
        self.now += seconds
        return self.watch.round()

    @property
    def ready(self) -> bool:
        return self.readiness.state()[0]


def test_while_all_is_well_it_only_probes(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.round()
    world.waiting = Backlog(3, 1)
    assert [world.round() for _ in range(3)] == [True, True, True]
    assert (world.actions, world.ready) == ([], True)


def test_mail_that_waited_while_the_relay_did_not_run_is_tried_as_soon_as_the_upstream_takes_it(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.waiting = OLD
    world.round(PRIMARY)
    assert "schedule" not in world.actions
    assert world.round() is False
    assert world.actions[-1] == "schedule"


def test_a_start_with_an_upstream_that_takes_mail_tries_the_queue(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.waiting = OLD
    assert world.round() is False
    assert world.actions == ["schedule"]
    world.waiting = EMPTY
    assert world.round() is True
    assert world.actions == ["schedule"]


def test_mail_that_came_after_the_start_is_left_to_opensmtpd(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.waiting = Backlog(1, 3)
    assert world.round(seconds=5) is True
    assert world.actions == []


def test_a_failure_is_looked_at_again_soon(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    assert world.round(PRIMARY) is False
    assert not world.ready


def test_after_a_recovery_what_waits_is_tried_until_it_has_left(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.round(PRIMARY)
    world.waiting = OLD
    assert world.round() is False
    assert world.round() is False
    assert world.actions == ["resume", "schedule", "schedule"]
    world.waiting = Backlog(1, 1)  # taken after the recovery
    assert world.round(seconds=30) is True
    assert world.round() is True
    assert world.actions == ["resume", "schedule", "schedule"]


def test_what_never_leaves_is_not_tried_for_ever(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.round(PRIMARY)
    world.waiting = Backlog(1, 100_000)
    world.round()
    assert world.round(seconds=901) is True
    assert world.actions == ["resume", "schedule"]


def test_after_a_recovery_the_tries_come_at_ever_longer_pauses(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.round(PRIMARY)
    world.waiting = Backlog(3, 10_000)
    tries = []
    for second in range(0, 900, 5):
        world.actions.clear()
        world.round()
        if "schedule" in world.actions:
            tries.append(second)
    assert tries == [0, 5, 10, 20, 40, 80, 160, 320, 640]


def test_while_an_upstream_fails_again_nothing_is_tried_there_in_vain(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.round(PRIMARY)
    world.waiting = OLD
    world.round()
    for _ in range(5):
        world.round(PRIMARY)
    assert world.actions == ["resume", "schedule"]
    world.round()
    assert world.actions == ["resume", "schedule"] * 2


def test_a_route_that_works_again_is_used_while_the_primary_fails(monkeypatch):
    world = World(monkeypatch, PRIMARY, "route")
    world.waiting = OLD
    world.round(PRIMARY, "route")
    world.round(PRIMARY)
    assert world.actions == ["resume", "schedule"]


def test_no_message_is_left_untried_for_more_than_three_hours(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.round()
    world.waiting = Backlog(1, 1)
    assert all(world.round(seconds=60) for _ in range(24 * 60))
    assert world.actions == ["schedule"] * 8


def test_a_recovery_with_an_empty_queue_only_opens_the_way(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.round(PRIMARY)
    assert world.round() is True
    assert world.actions == ["resume"]


@pytest.mark.parametrize("action", ["resume", PRIMARY])
def test_mail_that_comes_while_the_way_is_opened_is_tried(monkeypatch, action):
    world = World(monkeypatch, PRIMARY, FALLBACK)
    for _ in range(4):
        world.round(PRIMARY)
    world.actions.clear()
    world.comes_during = action
    assert world.round() is False
    assert world.actions == ["resume", PRIMARY, "schedule"]


def test_a_recovery_of_a_fallback_that_is_not_in_use_changes_nothing(monkeypatch):
    world = World(monkeypatch, PRIMARY, FALLBACK)
    world.round()
    world.waiting = Backlog(3, 1)
    world.round(FALLBACK)
    assert world.round() is True
    assert world.actions == []


def test_two_failures_switch_to_the_fallback_and_one_pass_back(monkeypatch):
    world = World(monkeypatch, PRIMARY, FALLBACK)
    world.waiting = OLD
    world.round(PRIMARY)
    assert (world.actions, world.ready) == ([], False)
    world.round(PRIMARY)
    assert (world.actions, world.ready) == ([FALLBACK, "schedule"], True)
    world.round()
    assert world.actions == [FALLBACK, "schedule", "resume", PRIMARY, "schedule"]
    assert world.said == ["mail goes to the fallback upstream now", "mail goes to the primary upstream now"]


def test_after_a_switch_the_fallback_may_have_the_addresses_of_the_primary(monkeypatch):
    world = World(monkeypatch, PRIMARY, FALLBACK)
    world.waiting = OLD
    for _ in range(4):
        world.round(PRIMARY)
    assert world.actions == [FALLBACK, "schedule", "resume", "schedule", "schedule"]


def test_while_the_fallback_fails_too_it_stays(monkeypatch):
    world = World(monkeypatch, PRIMARY, FALLBACK)
    for _ in range(3):
        world.round(PRIMARY, FALLBACK)
    assert (world.actions, world.ready) == ([], False)
    world.round(PRIMARY)
    assert world.actions == [FALLBACK]


def test_what_waits_is_tried_after_a_refused_login_that_no_probe_has_met(monkeypatch):
    world = World(monkeypatch, PRIMARY)
    world.round()
    world.readiness.observe(UpstreamError("0", "AUTH rejected: 535 5.7.8 Not you"))
    world.waiting = OLD
    assert world.round() is False
    assert world.actions == ["resume", "schedule"]


def test_a_switch_that_failed_is_done_again(monkeypatch):
    world = World(monkeypatch, PRIMARY, FALLBACK)
    world.round(PRIMARY)
    world.control_fails = True
    with pytest.raises(ControlFailed):
        world.round(PRIMARY)
    assert not world.ready
    world.control_fails = False
    world.round(PRIMARY)
    assert (world.actions, world.ready) == ([FALLBACK], True)


def test_the_metrics_tell_what_the_probes_found_where_mail_goes_and_what_waits(monkeypatch):
    world = World(monkeypatch, PRIMARY, FALLBACK)
    world.waiting = OLD
    for _ in range(2):
        world.round(PRIMARY)
    exposition = world.metrics.exposition()
    assert 'opensmtpd_upstream_probe_success{upstream="primary"} 0' in exposition
    assert 'opensmtpd_upstream_probe_success{upstream="fallback"} 1' in exposition
    assert 'opensmtpd_upstream_active{upstream="fallback"} 1' in exposition
    assert "opensmtpd_queue_messages 3" in exposition
    assert "opensmtpd_queue_oldest_message_age_seconds 300" in exposition
