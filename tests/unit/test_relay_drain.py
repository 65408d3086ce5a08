"""How a stopping relay knows that nothing more can leave."""

from collections.abc import Iterator, Mapping

import pytest

from components.image.relay import control
from components.image.relay.drain import drain

pytestmark = pytest.mark.unit


@pytest.fixture
def stop(monkeypatch):
    """Stop a relay whose counters are these, one after another and then the last for ever; returns what it says."""

    def run(*counters: Mapping[str, int]) -> list[str]:
        series: Iterator[Mapping[str, int]] = iter([*counters, *[counters[-1]] * 100])
        monkeypatch.setattr(control, "statistics", lambda: dict(next(series)))
        for quiet in ("pause_smtp", "retry_all"):
            monkeypatch.setattr(control, quiet, lambda: None)
        monkeypatch.setattr("time.sleep", lambda _: None)
        said = []
        drain(3600, lambda _, line: said.append(line))
        return said

    return run


def test_it_ends_when_the_queue_is_empty(stop):
    said = stop({"scheduler.envelope": 3, "scheduler.envelope.inflight": 3}, {"scheduler.envelope": 0})
    assert said[-1] == "stopping: 3 left, 0 stay in the queue until the next start"


def test_it_ends_when_all_was_tried_in_vain(stop):
    said = stop({"scheduler.envelope": 3, "scheduler.envelope.inflight": 0})
    assert said[-1] == "stopping: 0 left, 3 stay in the queue until the next start"


def test_notices_to_senders_that_cannot_be_submitted_any_more_are_not_waited_for(stop):
    trying = {"scheduler.envelope": 3, "scheduler.envelope.inflight": 3}
    notices = {"scheduler.envelope": 6, "scheduler.envelope.inflight": 3, "bounce.envelope": 3}
    said = stop(trying, notices)
    assert said[-1] == "stopping: 0 left, 3 stay in the queue until the next start"
