"""What the relay counts, and how Prometheus reads it.

The text formats: https://prometheus.io/docs/specs/om/open_metrics_spec/ and
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from .backlog import Backlog
from .diagnosis import failure_in
from .events import Accepted, Delivery, Event, Expired, Login, Refused, Removed, Started, UpstreamError
from .failover import FALLBACK, PRIMARY
from .failure import Failure


class Family(NamedTuple):
    """One metric, with all its labels."""

    name: str
    """In counters without the `_total`, and in an info without the `_info`, that its samples have."""
    type: str
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""


_ACCEPTED = Family("opensmtpd_messages_accepted", "counter", "Messages taken from clients into the queue.")
_ACCEPTED_BYTES = Family(
    "opensmtpd_accepted_bytes", "counter", "Size of the messages taken from clients.", unit="bytes"
)
_REFUSALS = Family(
    "opensmtpd_client_refusals", "counter", "Commands of clients that were refused, by reply code.", ("code",)
)
_LOGINS = Family("opensmtpd_client_logins", "counter", "Logins that clients tried.", ("result",))
_DELIVERIES = Family(
    "opensmtpd_deliveries",
    "counter",
    "Tries to deliver a message to one recipient: ok, tempfail (tried again later) or permfail (given up).",
    ("result",),
)
_DELAY = Family(
    "opensmtpd_delivery_delay_seconds",
    "histogram",
    "Time from the acceptance of a message to its delivery to one recipient.",
    unit="seconds",
)
_EXPIRED = Family(
    "opensmtpd_recipients_expired", "counter", "Recipients given up after the message's time in the queue."
)
_REMOVED = Family(
    "opensmtpd_recipients_removed", "counter", "Recipients that somebody removed from the queue."
)
_ERRORS = Family(
    "opensmtpd_upstream_errors",
    "counter",
    "Sessions with an upstream, for mail or as a probe, that failed: at which stage, and by what.",
    ("stage", "problem"),
)
_LOGIN_REFUSALS = Family(
    "opensmtpd_upstream_login_refusals", "counter", "Logins that an upstream refused for good, as with 535."
)
_LAST_DELIVERY = Family(
    "opensmtpd_last_delivery_timestamp_seconds",
    "gauge",
    "When the last message was delivered.",
    unit="seconds",
)
_LAST_FAILURE = Family(
    "opensmtpd_last_permanent_failure_timestamp_seconds",
    "gauge",
    "When a message was last given up for a recipient.",
    unit="seconds",
)
_LAST_LOGIN_REFUSAL = Family(
    "opensmtpd_last_login_refusal_timestamp_seconds",
    "gauge",
    "When an upstream last refused the login for good.",
    unit="seconds",
)
_PROBE_SUCCESS = Family(
    "opensmtpd_upstream_probe_success",
    "gauge",
    "Whether the last probe of the upstream passed.",
    ("upstream",),
)
_PROBE_DURATION = Family(
    "opensmtpd_upstream_probe_duration_seconds",
    "gauge",
    "How long the last probe of the upstream took.",
    ("upstream",),
    "seconds",
)
_ACTIVE = Family(
    "opensmtpd_upstream_active", "gauge", "Whether mail without a route goes to the upstream.", ("upstream",)
)
_QUEUE = Family("opensmtpd_queue_messages", "gauge", "Messages in the queue.")
_OLDEST = Family(
    "opensmtpd_queue_oldest_message_age_seconds",
    "gauge",
    "How long the oldest message in the queue has waited.",
    unit="seconds",
)
_READY = Family("opensmtpd_ready", "gauge", "Whether mail can leave.")
_START = Family("opensmtpd_start_time_seconds", "gauge", "When the relay was started.", unit="seconds")
_BUILD = Family("opensmtpd_build", "info", "The version of OpenSMTPD.", ("version",))

FAMILIES = (
    _ACCEPTED,
    _ACCEPTED_BYTES,
    _REFUSALS,
    _LOGINS,
    _DELIVERIES,
    _DELAY,
    _EXPIRED,
    _REMOVED,
    _ERRORS,
    _LOGIN_REFUSALS,
    _LAST_DELIVERY,
    _LAST_FAILURE,
    _LAST_LOGIN_REFUSAL,
    _PROBE_SUCCESS,
    _PROBE_DURATION,
    _ACTIVE,
    _QUEUE,
    _OLDEST,
    _READY,
    _START,
    _BUILD,
)
"""All metrics, in the order in which they are shown."""

# From at once to OpenSMTPD's longest time in the queue, four days; its retries come after 7, 27, 60 ... minutes.
DELAY_BUCKETS = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 86400, 4 * 86400)


class Metrics:
    """What has happened since the start, and how things are. Safe for use by several threads.

    `upstreams` are the names of all upstreams. No label has a value that a client or an upstream chooses.
    """

    def __init__(self, upstreams: Iterable[str], clock: Callable[[], float] = time.time):
        self._clock = clock
        self._lock = threading.Lock()
        self._values: dict[Family, dict[tuple[str, ...], float]] = {family: {} for family in FAMILIES}
        self._delays = [0] * (len(DELAY_BUCKETS) + 1)
        self._delays_sum = 0
        for family in (_ACCEPTED, _ACCEPTED_BYTES, _EXPIRED, _REMOVED, _LOGIN_REFUSALS, _READY):
            self._set(family, 0)
        for result in ("ok", "tempfail", "permfail"):
            self._set(_DELIVERIES, 0, result)
        self._set(_START, clock())
        self._switchable = tuple(name for name in upstreams if name in (PRIMARY, FALLBACK))
        self.use(PRIMARY)

    def observe(self, event: Event | None) -> None:
        """OpenSMTPD has logged `event`."""
        with self._lock:
            match event:
                case Accepted():
                    self._add(_ACCEPTED)
                    self._add(_ACCEPTED_BYTES, event.size_bytes)
                case Delivery():
                    self._delivered(event)
                case Refused():
                    code = event.reply[:3]
                    self._add(_REFUSALS, 1, code if code.isascii() and code.isdigit() else "other")
                case Login():
                    self._add(_LOGINS, 1, event.result)
                case Expired():
                    self._add(_EXPIRED)
                    self._set(_LAST_FAILURE, self._clock())
                case Removed():
                    self._add(_REMOVED)
                case UpstreamError():
                    self._failed(failure_in(event.reason))
                case Started():
                    self._set(_BUILD, 1, event.version)

    def probed(self, upstream: str, failure: Failure | None, seconds: float) -> None:
        """The upstream was probed, which took `seconds`, and passed or failed."""
        with self._lock:
            self._set(_PROBE_SUCCESS, 0 if failure else 1, upstream)
            self._set(_PROBE_DURATION, seconds, upstream)
            if failure:
                self._failed(failure)

    def use(self, upstream: str) -> None:
        """Mail without a route goes to this upstream from now on."""
        with self._lock:
            for name in self._switchable:
                self._set(_ACTIVE, int(name == upstream), name)

    def queue(self, backlog: Backlog) -> None:
        """What waits in the queue now."""
        with self._lock:
            self._set(_QUEUE, backlog.messages)
            self._set(_OLDEST, backlog.oldest_seconds)

    def ready(self, ready: bool) -> None:
        """Whether mail can leave now."""
        with self._lock:
            self._set(_READY, int(ready))

    def exposition(self, openmetrics: bool = True) -> str:
        """All of it as OpenMetrics 1.0, or as Prometheus's text format 0.0.4."""
        with self._lock:
            lines = [line for family in FAMILIES for line in self._lines(family, openmetrics)]
        return "\n".join([*lines, "# EOF\n" if openmetrics else ""])

    def _set(self, family: Family, value: float, *labels: str) -> None:
        self._values[family][labels] = value

    def _add(self, family: Family, value: float = 1, *labels: str) -> None:
        values = self._values[family]
        values[labels] = values.get(labels, 0) + value

    def _delivered(self, delivery: Delivery) -> None:
        self._add(_DELIVERIES, 1, delivery.result.lower())
        if delivery.result == "Ok":
            self._set(_LAST_DELIVERY, self._clock())
            delay = max(0, delivery.delay_seconds)  # the clock may have been set back
            self._delays[bisect_left(DELAY_BUCKETS, delay)] += 1
            self._delays_sum += delay
        elif delivery.result == "PermFail":
            self._set(_LAST_FAILURE, self._clock())

    def _failed(self, failure: Failure) -> None:
        self._add(_ERRORS, 1, failure.stage, failure.problem)
        if failure.stage == "auth" and failure.code >= 500:
            self._add(_LOGIN_REFUSALS)
            self._set(_LAST_LOGIN_REFUSAL, self._clock())

    def _lines(self, family: Family, openmetrics: bool) -> Iterator[str]:
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        name = family.name + suffix
        shown, kind = (
            (family.name, family.type) if openmetrics else (name, family.type.replace("info", "gauge"))
        )
        yield f"# HELP {shown} {family.help}"
        yield f"# TYPE {shown} {kind}"
        if family.unit and openmetrics:
            yield f"# UNIT {shown} {family.unit}"
        if family is _DELAY:
            yield from self._histogram(name)
        for values, number in self._values[family].items():
            yield f"{name}{_labels(family.labels, values)} {number}"

    def _histogram(self, name: str) -> Iterator[str]:
        count = 0
        for bound, number in zip((*map(float, DELAY_BUCKETS), "+Inf"), self._delays, strict=True):
            count += number
            yield f'{name}_bucket{{le="{bound}"}} {count}'
        yield f"{name}_count {count}"
        yield f"{name}_sum {self._delays_sum}"


def _labels(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
