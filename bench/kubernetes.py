"""Replicas of the relay on a cluster, beside one in a Docker container: what they deliver, cost, and take to change."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

import docker

from bench import images
from bench.figures import Figure, rate
from bench.load import Load
from bench.pods import Pods
from bench.relay import Relay
from bench.sink import Sink
from bench.sizing import ARRIVED, CPU, CPU_IDLE, CPU_STEADY, MEMORY, QUEUE_ROOM, REPLICA
from bench.steady_load import steady_load
from bench.subjects import OURS, POSTFIX
from local.aws.certificates import Certificates
from local.cluster.cluster import HOST_NAME, Cluster
from local.toolbox import Toolbox
from local.tools.failure import Failure
from local.tools.progress import Progress

_DOCKER = "docker"
_REPLICAS = {1: REPLICA, 2: "2 replicas", 4: "4 replicas"}
_CHANGED = 2
"""The number of replicas whose credential is changed under load."""

_ROUNDS = 2
_SIZE, _MESSAGES = 4 * 1024, 1500
_SECONDS_AT_MOST = 20
"""For one load; what has not arrived by then is not counted."""
_IDLE_SECONDS = 65.0
"""Two rounds of the probe that comes every 30 seconds."""
_STEADY_RATE = 20
"""Messages a second."""
_STEADY_SECONDS = 15.0
_BEFORE_AND_AFTER_SECONDS = 3.0
_QUEUED = {"4 KB": (4 * 1024, 400), "100 KB": (100 * 1024, 100)}
_MEBIBYTE = 2**20


def measure(progress: Progress) -> Iterator[Figure]:
    """The cluster is one of its own, and gone at the end. Raises Failure."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        toolbox = Toolbox.ready(progress, directory / "plugins", ["kubernetes"])
        engine = toolbox.docker()
        for subject in (OURS, POSTFIX):
            images.build(engine, toolbox.docker_address, subject, progress)
        cluster = Cluster(directory / "cluster")
        stack.callback(cluster.stop)
        cluster.ensure(progress)
        certificates = Certificates(directory)

        def sink(host: str, address: str) -> Sink:
            context = partial(certificates.server_context, [host])
            return stack.enter_context(Sink(context, address))

        near, far = sink("localhost", "127.0.0.1"), sink(HOST_NAME, cluster.host_address)
        with progress.step("Stack"):
            state = directory / "state"
            state.mkdir()
            pods = Pods(cluster, state, toolbox, far.port, certificates.authority_file)
        with Relay(engine, OURS, near.port, certificates.authority_file) as relay:
            yield from _replicas(engine, near, relay, far, pods, progress)
        far.__exit__()
        with progress.step("Queues while the upstream is away"):
            yield from _queues(pods)


def _replicas(
    engine: docker.DockerClient, near: Sink, relay: Relay, far: Sink, pods: Pods, progress: Progress
) -> Iterator[Figure]:
    password = "first"  # noqa: S105 - the sink takes any
    for replicas, subject in _REPLICAS.items():
        with progress.step(f"Up: {subject}"):
            yield Figure("from up to ready", subject, pods.up(replicas, password), "s")
        if subject == REPLICA:
            yield from _idle(pods)
        for number in range(_ROUNDS):
            with progress.step(f"{subject}, round {number + 1} of {_ROUNDS}"):
                yield from _load(
                    _DOCKER,
                    near,
                    lambda label: Load(engine, relay.address, label, _SIZE, _MESSAGES),
                    lambda: relay.usage().cpu_seconds,
                )
                yield from _load(
                    subject,
                    far,
                    lambda label: pods.load(label, _SIZE, _MESSAGES),
                    lambda: sum(each.cpu_seconds for each in pods.usage()),
                )
        with progress.step(f"{subject}, {_STEADY_RATE} messages a second for each"):
            yield from _steady(near, relay, far, replicas, pods, subject)
        if replicas == _CHANGED:
            password = "second"  # noqa: S105
            with progress.step("Change of the credential under load"):
                yield from _change(far, partial(pods.up, replicas, password), pods, subject)


def _idle(pods: Pods) -> Iterator[Figure]:
    before, start = pods.usage()[0], time.monotonic()
    time.sleep(_IDLE_SECONDS)
    after, end = pods.usage()[0], time.monotonic()
    yield Figure(MEMORY, REPLICA, after.memory_bytes / _MEBIBYTE, "MiB")
    yield Figure("memory, requested", REPLICA, pods.requested_bytes() / _MEBIBYTE, "MiB")
    cores = (after.cpu_seconds - before.cpu_seconds) / (end - start)
    yield Figure(CPU_IDLE, REPLICA, 1000 * cores, "m")


def _load(
    subject: str,
    sink: Sink,
    load: Callable[[str], AbstractContextManager[object]],
    cpu_seconds: Callable[[], float],
) -> Iterator[Figure]:
    before = cpu_seconds()
    label = f"m{time.monotonic_ns()}n"
    with load(label):
        start = time.monotonic()
        arrivals: list[float] = []
        while len(arrivals) < _MESSAGES and time.monotonic() < start + _SECONDS_AT_MOST:
            time.sleep(0.1)
            arrivals = sink.arrivals(label)
        used = cpu_seconds() - before
    if not arrivals:
        raise Failure(f"No message of {subject} arrived within {_SECONDS_AT_MOST} s")
    yield Figure(ARRIVED, subject, rate(arrivals, start), "1/s")
    yield Figure(CPU, subject, 1000 * used / len(arrivals), "s per 1000")


def _change(sink: Sink, up: Callable[[], float], pods: Pods, subject: str) -> Iterator[Figure]:
    label = f"c{time.monotonic_ns()}n"
    with pods.steady_load(label, _SIZE, _STEADY_RATE) as result:
        time.sleep(_BEFORE_AND_AFTER_SECONDS)
        seconds = up()
        time.sleep(_BEFORE_AND_AFTER_SECONDS)
    accepted = set(result["accepted"])
    deliveries = _deliveries(sink, label, accepted)
    what = "change of the credential"
    yield Figure(what, subject, seconds, "s")
    for found, count in {
        "accepted": len(accepted),
        "arrived": len(deliveries),
        "lost": len(accepted - deliveries.keys()),
        "duplicated": sum(times > 1 for times in deliveries.values()),
        "refused": len(result["refused"]),
    }.items():
        yield Figure(f"{what}: {found}", subject, float(count), "messages")


def _steady(near: Sink, relay: Relay, far: Sink, replicas: int, pods: Pods, subject: str) -> Iterator[Figure]:
    """As much for each replica, however many there are, and at the same time for the container: the more replicas, the
    busier the processors, and what its messages cost then says what that alone makes of the same work."""

    def cpu_seconds() -> tuple[float, float]:
        return relay.usage().cpu_seconds, sum(each.cpu_seconds for each in pods.usage())

    label = f"s{time.monotonic_ns()}n"
    before = cpu_seconds()
    with (
        steady_load(relay.address, label, _SIZE, _STEADY_RATE) as beside,
        pods.steady_load(label, _SIZE, replicas * _STEADY_RATE) as among,
    ):
        time.sleep(_STEADY_SECONDS)
    arrived = [
        len(_deliveries(sink, label, set(result["accepted"])))
        for sink, result in ((near, beside), (far, among))
    ]
    used = [end - start for start, end in zip(before, cpu_seconds(), strict=True)]
    yield Figure(f"{CPU_STEADY}, docker beside", subject, 1000 * used[0] / arrived[0], "s per 1000")
    yield Figure(CPU_STEADY, subject, 1000 * used[1] / arrived[1], "s per 1000")


def _deliveries(sink: Sink, label: str, accepted: set[str]) -> Mapping[str, int]:
    """How many times each message arrived, as soon as all that were accepted have."""
    end = time.monotonic() + _SECONDS_AT_MOST
    while accepted - (deliveries := sink.deliveries(label)).keys() and time.monotonic() < end:
        time.sleep(0.1)
    return deliveries


def _queues(pods: Pods) -> Iterator[Figure]:
    subject = list(_REPLICAS.values())[-1]
    for size_name, (size, messages) in _QUEUED.items():
        before = pods.queue_bytes()
        with pods.load(f"q{time.monotonic_ns()}n", size, messages) as process:
            if process.wait(timeout=60):
                raise Failure(f"{subject} did not take {messages} messages while their upstream was away")
        taken = (pods.queue_bytes() - before) / messages
        yield Figure(f"{QUEUE_ROOM}, {size_name}", subject, taken / 1024, "KiB per message")
