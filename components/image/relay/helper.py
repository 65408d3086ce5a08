"""Short-lived helper programs: what would cost PID 1 memory for ever, or needs another user, runs in one of these."""

import os
import sys
from contextlib import suppress

from . import processes

# All addresses that the hosts file gives a name, as in OpenSMTPD's resolver, not the first line's alone: host.conf(5).
_ENVIRONMENT = {"RESOLV_MULTI": "on"}


def output_of(program: str, request: bytes = b"") -> bytes:
    """Run the Python file `program` with `request` as its standard input; returns what it wrote by its end.

    The request may hold secrets: it travels through a pipe, never on a command line. The program limits its own time.
    Raises OSError when it cannot be started.
    """
    request_reader, request_writer = os.pipe()
    output_reader, output_writer = os.pipe()
    with open(output_reader, "rb") as output:
        with open(request_writer, "wb", buffering=0) as given:
            try:
                pid = processes.spawn(
                    (sys.executable, "-I", "-S", program),
                    _ENVIRONMENT,
                    [(os.POSIX_SPAWN_DUP2, request_reader, 0), (os.POSIX_SPAWN_DUP2, output_writer, 1)],
                )
            finally:
                os.close(request_reader)
                os.close(output_writer)
            with suppress(BrokenPipeError):
                given.write(request)
        written = output.read()
    processes.wait(pid)
    return written
