"""The load of steady_client.py: messages at a steady rate, and what became of each."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = (Path(__file__).parent / "steady_client.py").read_text()
_END_SECONDS = 60


def command(python: str, host: str, label: str, size: int, rate: int) -> list[str]:
    """What starts the client: `rate` messages of `size` octets a second for `host`, until its standard input ends."""
    return [python, "-I", "-c", _PROGRAM, host, label, str(rate), str(size)]


@contextmanager
def result_of(process: "subprocess.Popen[str]") -> Iterator[dict[str, list[str]]]:
    """What a client that runs reports: filled in at the end."""
    result: dict[str, list[str]] = {}
    yield result
    output, _ = process.communicate(timeout=_END_SECONDS)
    result |= json.loads(output)


@contextmanager
def steady_load(host: str, label: str, size: int, rate: int) -> Iterator[dict[str, list[str]]]:
    """A client on this machine."""
    arguments = command(sys.executable, host, label, size, rate)
    with (
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
        result_of(process) as result,
    ):
        yield result
