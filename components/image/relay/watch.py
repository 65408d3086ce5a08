"""Probes the upstreams again and again, and acts on what it finds."""

import threading
import time
from collections.abc import Callable, Mapping

from .backlog import backlog
from .control import ControlFailed
from .failover import FALLBACK, PRIMARY, choose
from .failure import Failure
from .probe import ProbeFailed, probe
from .readiness import Readiness
from .settings import Settings, Upstream

# After a failure the next try comes sooner: a new SES key is known everywhere only after some seconds.
_FIRST_RETRY_SECONDS = 5
_SHORTEST_PAUSE_SECONDS = 5


def upstreams_of(settings: Settings) -> dict[str, Upstream]:
    """All upstreams by name: PRIMARY, FALLBACK, and `route 1` to `route 9`."""
    return {PRIMARY: settings.upstream}


class Watch:
    """Probes `upstreams` (see upstreams_of) every `interval` seconds, and tells `readiness` what it finds.

    After a failure it tries again after 5 s, then after ever longer, up to `interval`. Between the probes `upstreams`
    may be changed.

    `switch` is called with PRIMARY or FALLBACK: mail without a route must go there from now on, also what waits.
    `retry` is called when an upstream works again: what waits must be tried at once. When one raises ControlFailed it
    is called again after the next round. `say` gets a level and a line for the log.
    """

    def __init__(
        self,
        upstreams: Mapping[str, Upstream],
        helo: str,
        interval: float,
        readiness: Readiness,
        switch: Callable[[str], None],
        retry: Callable[[], None],
        say: Callable[[str, str], None],
    ):
        self._upstreams = upstreams
        self._helo = helo
        self._interval = interval
        self._readiness = readiness
        self._switch = switch
        self._retry = retry
        self._say = say
        self._active = PRIMARY
        self._failures = dict.fromkeys(upstreams, 0)
        self._must_retry = False
        self._wake = threading.Event()

    def wake(self) -> None:
        """Probe now, if the last time was 5 s ago, else as soon as it was."""
        self._wake.set()

    def run(self) -> None:
        """Watch for ever."""
        retry_after = _FIRST_RETRY_SECONDS
        while True:
            self._wake.clear()
            try:
                self.round()
            except (OSError, ControlFailed) as error:
                self._say("warning", f"the relay cannot look after itself: {error}")
            if any(self._failures.values()):
                pause, retry_after = retry_after, min(2 * retry_after, self._interval)
            else:
                pause, retry_after = self._interval, _FIRST_RETRY_SECONDS
            time.sleep(min(pause, _SHORTEST_PAUSE_SECONDS))
            self._wake.wait(max(0, pause - _SHORTEST_PAUSE_SECONDS))

    def round(self) -> None:
        """Probe each upstream once, and act on it. Raises OSError and ControlFailed."""
        for name, upstream in self._upstreams.items():
            failure = _failure_of(upstream, self._helo)
            self._readiness.probed(name, failure)
            self._must_retry |= not failure and self._failures[name] > 0
            self._failures[name] = self._failures[name] + 1 if failure else 0
        self._change_over()
        if self._must_retry:
            self._retry()
            self._must_retry = False
        self._readiness.queue(backlog())

    def _change_over(self) -> None:
        fallback_passed = FALLBACK in self._upstreams and not self._failures[FALLBACK]
        chosen = choose(self._active, self._failures[PRIMARY], fallback_passed)
        if chosen != self._active:
            self._switch(chosen)
            self._active = chosen
            self._readiness.use(chosen)
            self._say("warning" if chosen == FALLBACK else "info", f"mail goes to the {chosen} upstream now")


def _failure_of(upstream: Upstream, helo: str) -> Failure | None:
    try:
        probe(upstream, helo)
    except ProbeFailed as error:
        return error.failure
    return None
