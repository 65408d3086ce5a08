"""Whether mail can leave: what the relay tells Docker, Kubernetes and its log about itself.

Not ready is not dead. An upstream that is down must not restart the container, whose queue keeps the mail meanwhile.
"""

import threading
import time
from collections.abc import Callable, Mapping

from .backlog import Backlog
from .diagnosis import diagnosis, failure_in, refuses_sender, variables_of
from .events import Delivery, UpstreamError
from .failover import FALLBACK, PRIMARY
from .failure import Failure
from .refusals import DIRECT
from .settings import Upstream

# One message may have a sender that nobody verified. When nothing else comes back, it is not the message's own matter.
_REFUSED_SENDERS = 3


class Readiness:
    """The relay is ready while all of this holds.

    - Each upstream in use has passed its last probe, or has taken a message since. An upstream is in use when it is
      the active one of PRIMARY and FALLBACK, or the one of a route.
    - No login was refused after that.
    - No message has waited for more than `max_queue_age` seconds.
    - The last messages were not all refused for good because of who sends them: three or more without a delivery in
      between, the last one less than `max_queue_age` ago.

    Any other permanent refusal, such as an unknown recipient, is the message's own matter.

    `publish` is told the state, first at once and then at each change; `say` gets a level (`info` or `warning`) and a
    line. Both are called with a lock held, and must not call back. Safe for use by several threads.
    """

    def __init__(
        self,
        upstreams: Mapping[str, Upstream],
        max_queue_age: float,
        publish: Callable[[bool, list[str]], None],
        say: Callable[[str, str], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self._upstreams = upstreams
        self._max_queue_age = max_queue_age
        self._publish = publish
        self._say = say
        self._clock = clock
        self._lock = threading.RLock()
        self._untried = set(upstreams)
        self._failures: dict[str, Failure] = {}
        self._active = PRIMARY
        self._too_old = False
        self._refused: set[str] = set()
        self._refusal = Failure("mail", "reply")
        self._last_refused = 0.0
        self._state = (False, self._reasons())
        publish(*self._state)

    def state(self) -> tuple[bool, list[str]]:
        """Whether the relay is ready, and one sentence for each reason why it is not."""
        with self._lock:
            return self._state

    def probed(self, name: str, failure: Failure | None) -> bool:
        """The upstream `name` was probed, and passed or failed; returns whether it was out of order before."""
        with self._lock:
            self._untried.discard(name)
            before = self._failures.pop(name, None)
            if failure:
                self._failures[name] = failure
                if failure != before and name not in self._in_use():
                    self._say(
                        "warning",
                        f"not in use, but out of order: {self._diagnosis(name, failure)}",
                    )
            self._update()
            return before is not None

    def use(self, name: str) -> None:
        """Mail without a route goes to `name` from now on: PRIMARY or FALLBACK."""
        with self._lock:
            self._active = name
            self._update()

    def queue(self, backlog: Backlog) -> None:
        """What waits in the queue now."""
        with self._lock:
            self._too_old = backlog.oldest_seconds > self._max_queue_age
            self._update()

    def observe(self, event: object) -> bool:
        """Something was logged; returns whether an upstream should be probed now, as it has just failed."""
        match event:
            case UpstreamError():
                with self._lock:
                    self._session_failed(failure_in(event.reason))
                return True
            case Delivery(result="Ok") | Delivery(result="PermFail"):
                with self._lock:
                    self._delivered(event)
        return False

    def _session_failed(self, failure: Failure) -> None:
        # The log does not tell whose session it was; with routes, the probe will.
        if failure.stage == "auth" and self._in_use() == [self._active]:
            self._failures[self._active] = failure
            self._update()

    def _delivered(self, delivery: Delivery) -> None:
        if delivery.result == "Ok":
            self._refused.clear()
            if self._in_use() == [self._active]:
                self._untried.discard(self._active)
                self._failures.pop(self._active, None)
        elif self._upstreams[self._active].proto != DIRECT and refuses_sender(delivery.upstream_reply):
            self._last_refused = self._clock()
            if not self._refused:
                self._refusal = Failure("mail", "reply", delivery.upstream_reply)
                self._say("warning", self._diagnosis(self._active, self._refusal))
            if len(self._refused) < _REFUSED_SENDERS:
                self._refused.add(delivery.queue_id)
        self._update()

    def _diagnosis(self, name: str, failure: Failure) -> str:
        return diagnosis(self._upstreams[name], failure, variables_of(name))

    def _in_use(self) -> list[str]:
        return [name for name in self._upstreams if name == self._active or name not in (PRIMARY, FALLBACK)]

    def _update(self) -> None:
        if self._clock() - self._last_refused > self._max_queue_age:
            self._refused.clear()
        reasons = self._reasons()
        if (state := (not reasons, reasons)) == self._state:
            return
        self._state = state
        self._publish(*state)
        if reasons:
            self._say("warning", f"not ready: {'; '.join(reasons)}")
        else:
            self._say("info", "ready: the upstream takes mail")

    def _reasons(self) -> list[str]:
        in_use = self._in_use()
        if self._active in self._failures:
            # The other one of the pair would be in use if it were any better.
            in_use += [
                name for name in (PRIMARY, FALLBACK) if name in self._failures and name != self._active
            ]
        failed = [name for name in in_use if name in self._failures]
        reasons = [self._diagnosis(name, self._failures[name]) for name in failed]
        if not self._untried.isdisjoint(in_use):
            reasons.append("the upstream has not been tried yet")
        if len(self._refused) == _REFUSED_SENDERS:
            reasons.append(self._diagnosis(self._active, self._refusal))
        if self._too_old:
            age = f"{self._max_queue_age:g} s"
            reasons.append(
                f"a message has waited for more than {age}: `smtpctl show queue` has its last error"
            )
        return reasons
