"""Tells OpenSMTPD which addresses to leave alone for a moment."""

import os
import struct
import time
from collections.abc import Callable

from .health import RUN_DIRECTORY

# These four are written down in sockets.c too, which acts on the file.
_FILE = f"{RUN_DIRECTORY}/circuits"
_CIRCUITS = 64
_CIRCUIT = struct.Struct("q56s")
_MILLISECONDS = 1000

# The attempts that this is to end follow each other within milliseconds.
_OPEN_SECONDS = 2


class Circuits:
    """The addresses that OpenSMTPD cannot connect to for now. Raises OSError; to be made before OpenSMTPD starts."""

    def __init__(self, path: str = _FILE, clock: Callable[[], float] = time.monotonic):
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        os.truncate(self._file, _CIRCUITS * _CIRCUIT.size)
        self._clock = clock
        self._next = 0

    def open(self, address: str) -> None:
        """Have every connection to `address` (`192.0.2.1 587`) fail for 2 s."""
        until = int((self._clock() + _OPEN_SECONDS) * _MILLISECONDS)
        os.pwrite(self._file, _CIRCUIT.pack(until, address.encode()), self._next * _CIRCUIT.size)
        self._next = (self._next + 1) % _CIRCUITS
