"""`make bench`: measures the relays side by side, a program of components beside a flat one, and replicas on a cluster.

Tables go to stdout, all figures to build/bench.json. An argument chooses one: `relay`, `program` or `kubernetes`.
"""

import argparse
import gzip
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import docker
from docker.errors import DockerException

from bench import images, kubernetes, programs
from bench.figures import Figure, medians, rate, table
from bench.load import Load
from bench.relay import Relay
from bench.sink import Sink
from bench.subjects import SUBJECTS, Subject
from local.aws.certificates import Certificates
from local.tools import base_image, docker_engine
from local.tools.failure import Failure
from local.tools.progress import Progress

_RESULT = Path(__file__).parents[1] / "build" / "bench.json"

_ROUNDS = 3
_SECONDS_AT_MOST = 10
"""For one load; what has not arrived by then is not counted."""
_IDLE_SECONDS = 1.0
_MEBIBYTE = 2**20

_LOADS = {"4 KB": (4 * 1024, 1500), "100 KB": (100 * 1024, 500)}
"""Octets of a message, and how many."""


def main() -> int:
    """Measure what is asked for; returns the exit status."""
    sections = {"relay": _relays, "program": programs.measure, "kubernetes": kubernetes.measure}
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("section", nargs="?", choices=sections, help="default: all")
    chosen = parser.parse_args().section
    progress, results = Progress(), []
    try:
        for name in [chosen] if chosen else sections:
            results.append(medians(sections[name](progress)))
    except (Failure, DockerException) as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    _RESULT.parent.mkdir(exist_ok=True)
    figures = [asdict(figure) for section in results for figure in section]
    _RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(*(table(section) for section in results), sep="\n\n")
    return 0


def _relays(progress: Progress) -> Iterator[Figure]:
    address = docker_engine.ensure(progress)
    engine = docker.DockerClient(base_url=address)
    base_image.ensure(progress, engine)
    for subject in SUBJECTS:
        yield from _image(engine, address, subject, progress)
    with tempfile.TemporaryDirectory() as directory:
        yield from _rounds(engine, Path(directory), progress)


def _image(
    engine: docker.DockerClient, address: str, subject: Subject, progress: Progress
) -> Iterator[Figure]:
    image = images.build(engine, address, subject, progress)
    yield Figure("image", subject.name, image.attrs["Size"] / 1e6, "MB")
    yield Figure("image, compressed", subject.name, _compressed_size(image.save()) / 1e6, "MB")


def _compressed_size(archive: Iterable[bytes]) -> int:
    with tempfile.TemporaryFile() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6) as compressed:
            for chunk in archive:
                compressed.write(chunk)
        return file.tell()


def _rounds(engine: docker.DockerClient, directory: Path, progress: Progress) -> Iterator[Figure]:
    certificates = Certificates(directory)
    for number, with_tls in itertools.product(range(_ROUNDS), (True, False)):
        # Another one first each time: what changes on the machine meanwhile must not fall on one of them.
        turn = number % len(SUBJECTS)
        for subject in SUBJECTS[turn:] + SUBJECTS[:turn]:
            security = "TLS and login" if with_tls else "plain"
            with progress.step(f"Round {number + 1} of {_ROUNDS}: {subject.name}, {security}"):
                context = partial(certificates.server_context, ["localhost"]) if with_tls else None
                ca = certificates.authority_file if with_tls else None
                # A relay of its own for each load: it may still have mail of the one before.
                for size_name in _LOADS:
                    with Sink(context) as sink, Relay(engine, subject, sink.port, ca) as relay:
                        yield from _measure(engine, subject, security, size_name, sink, relay)


def _measure(
    engine: docker.DockerClient, subject: Subject, security: str, size_name: str, sink: Sink, relay: Relay
) -> Iterator[Figure]:
    yield Figure("start to first message", subject.name, relay.seconds_to_first_message, "s")
    time.sleep(_IDLE_SECONDS)
    yield Figure("memory, idle", subject.name, relay.usage().memory_bytes / _MEBIBYTE, "MiB")
    size, messages = _LOADS[size_name]
    name = f"{security}, {size_name}"
    before, busy = relay.usage(), 0
    label = f"m{time.monotonic_ns()}n"
    with Load(engine, relay.address, label, size, messages):
        start = time.monotonic()
        arrivals: list[float] = []
        while len(arrivals) < messages and time.monotonic() < start + _SECONDS_AT_MOST:
            time.sleep(0.1)
            arrivals = sink.arrivals(label)
            busy = max(busy, relay.usage().memory_bytes)
        used = relay.usage().cpu_seconds - before.cpu_seconds
    yield Figure(f"arrived: {name}", subject.name, rate(arrivals, start), "1/s")
    if arrivals:
        yield Figure(f"CPU: {name}", subject.name, 1000 * used / len(arrivals), "s per 1000")
    yield Figure(f"memory: {name}", subject.name, busy / _MEBIBYTE, "MiB")


if __name__ == "__main__":
    sys.exit(main())
