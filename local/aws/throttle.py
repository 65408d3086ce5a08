"""How fast, and how much a day, an account may send."""

import time
from collections import deque
from collections.abc import Callable

from .limits import Limits

_DAY = 24 * 3600.0


class Throttle:
    """Remembers when recipients were accepted, and tells when SES would have a client wait.

    `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._sent: deque[tuple[float, int]] = deque()

    def refusal(self, limits: Limits) -> str | None:
        """Return what SES says while a limit is reached, None while it is not.

        A message may go over a limit that is not reached yet: else one with more recipients than the rate never goes.
        """
        if self._sent_since(1.0) >= limits.max_send_rate:
            return "454 Throttling failure: Maximum sending rate exceeded."
        if self.sent_in_24_hours() >= limits.max_24_hour_send:
            return "454 Throttling failure: Daily message quota exceeded."
        return None

    def record(self, recipients: int) -> None:
        """Count a message that was accepted for so many recipients."""
        self._sent.append((self._clock(), recipients))

    def sent_in_24_hours(self) -> int:
        """Return the number of recipients that were accepted in the last 24 hours."""
        while self._sent and self._sent[0][0] < self._clock() - _DAY:
            self._sent.popleft()
        return sum(recipients for _, recipients in self._sent)

    def _sent_since(self, seconds: float) -> int:
        now = self._clock()
        total = 0
        for sent_at, recipients in reversed(self._sent):
            if sent_at <= now - seconds:
                break
            total += recipients
        return total
