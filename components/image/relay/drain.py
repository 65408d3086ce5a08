"""The last seconds of the relay: what can still leave leaves; the rest stays on disk."""

import time
from collections.abc import Callable

from . import control

_POLL_SECONDS = 0.25
# So many polls in a row without a delivery under way: all has been tried, and waits for a later try.
_IDLE_POLLS = 4


def drain(seconds: int, say: Callable[[str, str], None]) -> None:
    """Take no new clients, try all that is queued, and return when nothing more can leave within `seconds`.

    A client that is connected may go on: what it is told to be accepted is on disk. `say` gets a level and a line.
    """
    try:
        control.pause_smtp()
        queued = control.queued()
        if queued:
            say("info", f"stopping: trying the {queued} messages of the queue for at most {seconds} s")
            control.retry_all()
            stay = _wait(time.monotonic() + seconds)
            say("info", f"stopping: {queued - stay} left, {stay} stay in the queue until the next start")
    except control.ControlFailed as error:
        say("warning", f"stopping without a last try: {error}")


def _wait(deadline: float) -> int:
    """Wait until the queue is empty, all has been tried in vain, or the deadline; returns how many stay."""
    idle = 0
    while True:
        counters = control.statistics()
        # A notice to a sender that has to be submitted, to this OpenSMTPD itself, which takes no mail any more: it is
        # counted as queued and under way until it is submitted after the next start.
        notices = counters.get("bounce.envelope", 0)
        queued = counters.get("scheduler.envelope", 0) - notices
        idle = 0 if counters.get("scheduler.envelope.inflight", 0) > notices else idle + 1
        if queued <= 0 or idle == _IDLE_POLLS or time.monotonic() > deadline:
            return max(0, queued)
        time.sleep(_POLL_SECONDS)
