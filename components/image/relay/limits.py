"""How fast OpenSMTPD delivers: settings as `mta limit` lines of smtpd.conf. Pure text, no I/O.

OpenSMTPD's defaults are those of a polite stranger at other people's servers: a new connection every two seconds, five
at most. The one server that a smarthost relay has wants it otherwise. The keys are those of limit_mta_set in
OpenSMTPD's limit.c; its manual does not have them.
"""

from .refusals import DIRECT
from .settings import Settings

# Seconds. OpenSMTPD counts whole ones only.
_SECOND = 1

# More than a process has file descriptors for is of no use, and no upstream allows more.
_MOST_CONNECTIONS = 1000


def mta_limits(settings: Settings) -> list[str]:
    """The lines for `settings`. Without a rate, direct delivery keeps OpenSMTPD's own limits, and so gets none."""
    rate = settings.max_rate
    upstreams = [
        settings.upstream,
        *filter(None, [settings.fallback]),
        *(route.upstream for route in settings.routes),
    ]
    if rate is None and any(upstream.proto == DIRECT for upstream in upstreams):
        return []
    connections = min(settings.max_connections if rate is None else connections_for(rate), _MOST_CONNECTIONS)
    limits = {
        "max-conn-per-host": connections,
        "max-conn-per-route": connections,
        "max-conn-per-connector": connections,
        "max-conn-per-relay": connections,
        "max-conn-per-domain": connections,
        # Counts those to all upstreams.
        "max-conn-per-source": connections * len(upstreams),
        # With a rate, so that new connections do not send their first messages all at once.
        "conn-delay-relay": 0 if rate is None else _SECOND,
        "conn-delay-route": 0,
        "reconn-delay-route": 0,
        # A rate wants sessions that last: a new one sends at another moment of the second. Without a rate it is the
        # default: when a session ends OpenSMTPD sees at once how many it needs, and else once a second.
        "session-mail-max": 100 if rate is None else 1_000_000,
        # A single connection at one message a second would now and then be a millisecond early.
        "session-transaction-delay": 0 if rate is None else 2 * _SECOND if rate == 1 else _SECOND,
        # Messages handed over to delivery; under the default of 50 the connections wait for the queue.
        "task-hiwat": 1000,
        "task-lowat": 500,
        "task-release": 500,
    }
    return [f"mta limit {key} {value}" for key, value in limits.items()]


def connections_for(rate: int) -> int:
    """How many connections keep to `rate` messages a second, when each sends one message a second.

    They all send at the same moment, and that comes a millisecond early at times: then a second has two of them. It may
    also have the first message of a new connection.
    """
    return max(1, (rate - 1) // 2)
