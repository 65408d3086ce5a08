"""One relay, from its start to the recovery of an upstream that misbehaves: what happened, without a verdict."""

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from .behaviours import Behaviour, Outcome
from .scene import Scene
from .target import Platform, Target

_MESSAGES = 2
PROBE_SECONDS = 1
"""So that the suite need not wait; what lasts long is tried every _DEFAULT_PROBE_SECONDS."""
_DEFAULT_PROBE_SECONDS = 60
MAX_QUEUE_AGE_SECONDS = 10
_START_SECONDS = 2 * PROBE_SECONDS

# A probe may take 15 s. The rest is for a machine that has much else to do.
_READINESS_SECONDS = 120
_DELIVERY_SECONDS = 120


@dataclass(frozen=True)
class Observation:
    """What happened. `sent` are the recipients of the messages, one each."""

    greeting_seconds: float
    sent: list[str]
    line: str
    """What the log was to say, and why the relay was to be unready."""
    readiness: tuple[bool, str]
    """While the upstream misbehaved."""
    readiness_after: tuple[bool, str]
    """After it recovered."""
    arrived: Counter[str]
    """How often the upstream took the message to each recipient."""
    refused: set[str]
    """To whom the upstream refused a message for good, by the relay's log. Bounces do not count."""
    queued: int
    restarts: int
    log: str


def observe(behaviour: Behaviour, platform: Platform) -> Observation:
    """Start a relay, have its upstream behave so, submit messages, and have the upstream recover."""
    with Scene(platform, behaviour.proto, by_name=behaviour.by_name) as scene:
        environment = scene.environment() | {
            "OPENSMTPD_PROBE_INTERVAL": f"{_DEFAULT_PROBE_SECONDS if behaviour.seconds else PROBE_SECONDS}s",
            "OPENSMTPD_MAX_QUEUE_AGE": f"{MAX_QUEUE_AGE_SECONDS}s",
        }
        if behaviour.from_the_start:
            behaviour.upset(scene)
        with platform.relay(environment, scene.nameserver.address if scene.nameserver else "") as relay:
            return _observe(behaviour, scene, relay)


def _observe(behaviour: Behaviour, scene: Scene, relay: Target) -> Observation:
    greeting_seconds = relay.greeting_seconds()
    if not behaviour.from_the_start:
        _wait(lambda: relay.readiness()[0], _READINESS_SECONDS)
        # At its start it tries again what waits then, for a round.
        time.sleep(_START_SECONDS)
        behaviour.upset(scene)
    begin = time.monotonic()
    upstream = scene.upstream
    line = behaviour.line.format(host=upstream.host, upstream=f"{upstream.host}:{upstream.port}")
    sent = [f"someone{number}@example.org" for number in range(_MESSAGES)]
    for recipient in sent:
        relay.submit(recipient)

    def arrived() -> Counter[str]:
        return Counter(
            recipient
            for message in scene.upstream.messages
            if message.sender
            for recipient in message.recipients
        )

    def refused() -> set[str]:
        return set(
            re.findall(r' mta delivery .* from=<[^>]+> to=<([^>]*)> .* result="PermFail"', relay.log())
        )

    _wait(lambda: line in relay.log(), _DELIVERY_SECONDS)
    if behaviour.outcome is Outcome.BOUNCED:
        _wait(lambda: refused() >= set(sent), _DELIVERY_SECONDS)
    _wait(lambda: relay.readiness()[0] == behaviour.ready, _READINESS_SECONDS)
    readiness = relay.readiness()
    time.sleep(max(0, begin + behaviour.seconds - time.monotonic()))
    scene.repair()
    if behaviour.outcome in (Outcome.AT_NEXT_TRY, Outcome.PERHAPS_TWICE):
        relay.retry()
    _wait(lambda: {*arrived(), *refused()} >= set(sent) and not relay.queued(), _DELIVERY_SECONDS)
    _wait(lambda: relay.readiness()[0], _READINESS_SECONDS)
    return Observation(
        greeting_seconds=greeting_seconds,
        sent=sent,
        line=line,
        readiness=readiness,
        readiness_after=relay.readiness(),
        arrived=arrived(),
        refused=refused(),
        queued=relay.queued(),
        restarts=relay.restarts(),
        log=relay.log(),
    )


def _wait(condition: Callable[[], object], seconds: float) -> None:
    """Wait until `condition()` holds, for at most `seconds`: what did not happen shows in the observation."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.5)
