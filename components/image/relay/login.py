"""Tries every upstream with its login, now: `python3 -I -m relay.login`, for whoever asks what is wrong.

A line for each: its name, TAB, and what is wrong with it with the fix; nothing behind the TAB when it passed.
"""

import os
import socket

from . import environment
from .diagnosis import diagnosis, variables_of
from .probe import ProbeFailed, probe
from .settings import Settings
from .watch import upstreams_of


def tried(settings: Settings) -> list[tuple[str, str]]:
    """Each upstream's name and what is wrong with it, empty when it passed. Takes up to 15 s for each."""
    results = []
    for name, upstream in upstreams_of(settings).items():
        try:
            probe(upstream, settings.hostname or socket.gethostname())
        except ProbeFailed as failed:
            results.append((name, diagnosis(upstream, failed.failure, variables_of(name))))
        else:
            results.append((name, ""))
    return results


def main() -> None:
    """Print what comes of it."""
    for name, wrong in tried(environment.read(os.environ)):
        print(name, wrong, sep="\t")


if __name__ == "__main__":
    main()
