"""Probes the upstreams again and again, and acts on what it finds."""

import math
import threading
import time
from collections.abc import Callable, Mapping

from .backlog import Backlog, backlog
from .failover import FALLBACK, PRIMARY, choose
from .failure import Failure
from .metrics import Metrics
from .probe import ProbeFailed, probe
from .readiness import Readiness
from .settings import Settings, Upstream

# The shortest pause. After a failure it soon grows, but a new SES key is known everywhere after some seconds only.
_FIRST_PAUSE_SECONDS = 5

# OpenSMTPD gives up a connection that hangs after 5 minutes, and only then may a message take another way.
_CATCH_UP_SECONDS = 15 * 60
# Mail that came a moment after the recovery may still have been sent the old way.
_LATE_SECONDS = 30
# OpenSMTPD tries a message 400 s times the square of its tries after it was taken (scheduler_ramqueue.c). Where many of
# those were ours, that is after days; its own pauses are shorter than this for most of a day.
_LONGEST_PAUSE_SECONDS = 3 * 60 * 60


def upstreams_of(settings: Settings) -> dict[str, Upstream]:
    """All upstreams by name: PRIMARY, FALLBACK, and `route 1` to `route 9`."""
    upstreams = {PRIMARY: settings.upstream}
    if settings.fallback:
        upstreams[FALLBACK] = settings.fallback
    return upstreams | {f"route {route.number}": route.upstream for route in settings.routes}


class Watch:
    """Probes `upstreams` (see upstreams_of) every `interval` seconds; tells `readiness` and `metrics` what it finds.

    After a failure it tries again after 5 s, then after ever longer, up to `interval`. Between the probes `upstreams`
    may be changed.

    What it does, each again after the next round when it raises ControlFailed: `switch` is called with PRIMARY or
    FALLBACK, where mail without a route must go from now on; `resume` when an upstream works again, so that OpenSMTPD
    forgets that it did not; `schedule` after either, as what waits must be tried at once, and then after ever longer
    pauses until what waited has left, or an upstream fails again. No message is left untried for more than 3 hours.
    `say` gets a level and a line for the log.
    """

    def __init__(
        self,
        upstreams: Mapping[str, Upstream],
        helo: str,
        interval: float,
        readiness: Readiness,
        metrics: Metrics,
        switch: Callable[[str], None],
        resume: Callable[[], None],
        schedule: Callable[[], None],
        say: Callable[[str, str], None],
    ):
        self._upstreams = upstreams
        self._helo = helo
        self._interval = interval
        self._readiness = readiness
        self._metrics = metrics
        self._switch = switch
        self._resume = resume
        self._schedule = schedule
        self._say = say
        self._active = PRIMARY
        self._failures = dict.fromkeys(upstreams, 0)
        self._untried = set(upstreams)
        self._recovered: float | None = None
        """When an upstream worked again, or for the first time; None once no mail waits that may have failed before."""
        self._taken_before = time.monotonic()
        """Which mail that is. Of the start, mail of an earlier run only."""
        self._scheduled = time.monotonic()
        self._must_resume = False
        self._wake = threading.Event()

    def wake(self) -> None:
        """Probe now, if the last time was 5 s ago, else as soon as it was."""
        self._wake.set()

    def run(self) -> None:
        """Watch for ever."""
        pause: float = _FIRST_PAUSE_SECONDS
        while True:
            self._wake.clear()
            is_quiet = False
            try:
                is_quiet = self.round()
            except Exception as error:  # without this thread, readiness would stay as it is for ever
                self._say("warning", f"the relay cannot look after itself: {error}")
            pause = self._interval if is_quiet else min(pause, self._interval)
            time.sleep(min(pause, _FIRST_PAUSE_SECONDS))
            self._wake.wait(pause - _FIRST_PAUSE_SECONDS)
            pause = _FIRST_PAUSE_SECONDS if is_quiet else 2 * pause

    def round(self) -> bool:
        """Probe each upstream once, and act on it; returns whether nothing is to be done but wait.

        Raises OSError and ControlFailed.
        """
        for name, upstream in self._upstreams.items():
            self._try(name, upstream)
        # In this order: mail that comes meanwhile either finds an open way, or is counted in what waits.
        self._open_routes()
        self._change_over()
        waiting = backlog()
        self._readiness.queue(waiting)
        self._metrics.queue(waiting)
        self._catch_up(waiting)
        return not self._recovered and not any(self._failures.values())

    def _try(self, name: str, upstream: Upstream) -> None:
        begin = time.monotonic()
        failure = _failure_of(upstream, self._helo)
        self._metrics.probed(name, failure, time.monotonic() - begin)
        was_out_of_order = self._readiness.probed(name, failure) or self._failures[name] > 0
        is_idle = name == FALLBACK != self._active
        if was_out_of_order and not failure and not is_idle:
            self._recover()
            self._must_resume = True
        elif name in self._untried and not failure and not is_idle:
            self._recovered = time.monotonic()
        self._untried.discard(name)
        self._failures[name] = self._failures[name] + 1 if failure else 0

    def _recover(self) -> None:
        self._recovered = time.monotonic()
        self._taken_before = self._recovered + _LATE_SECONDS

    def _open_routes(self) -> None:
        if self._must_resume:
            self._resume()
            self._must_resume = False

    def _change_over(self) -> None:
        fallback_passed = FALLBACK in self._upstreams and not self._failures[FALLBACK]
        chosen = choose(self._active, self._failures[PRIMARY], fallback_passed)
        if chosen == self._active:
            return
        self._switch(chosen)
        self._active = chosen
        # The fallback may have the primary's addresses, but `resume` is for the next round: the mail that OpenSMTPD
        # holds for the primary must come back from there first.
        self._must_resume = chosen == FALLBACK
        self._recover()
        self._readiness.use(chosen)
        self._metrics.use(chosen)
        self._say("warning" if chosen == FALLBACK else "info", f"mail goes to the {chosen} upstream now")

    def _catch_up(self, waiting: Backlog) -> None:
        now = time.monotonic()
        concerns = waiting.messages and now - waiting.oldest_seconds < self._taken_before
        if self._recovered and not (concerns and now < self._recovered + _CATCH_UP_SECONDS):
            self._recovered = None
        if waiting.messages and now - self._scheduled >= self._pause_between_tries():
            self._schedule()
            self._scheduled = now

    def _pause_between_tries(self) -> float:
        if self._recovered is None:
            return _LONGEST_PAUSE_SECONDS
        if self._scheduled < self._recovered:
            return 0
        # Each try in vain counts: OpenSMTPD plans its next one later, and tells the sender of that delay.
        return math.inf if self._failures[self._active] else self._scheduled - self._recovered


def _failure_of(upstream: Upstream, helo: str) -> Failure | None:
    try:
        probe(upstream, helo)
    except ProbeFailed as error:
        return error.failure
    return None
