"""PID 1 of the container: runs one program, passes its log and its end on, and reaps what others leave behind."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from . import processes

_STOP = {signal.SIGTERM, signal.SIGINT}
_SIGNALS = {signal.SIGCHLD, *_STOP}

# Something that the program left behind may hold the pipe for longer.
_LAST_LINES_SECONDS = 1


def hold_signals() -> None:
    """Keep SIGCHLD, SIGTERM and SIGINT until `Supervisor.run` takes them. To be called before any thread is started.

    A thread that does not hold them would take them, and for PID 1 that means: drop them.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


class Supervisor:
    """One program, which runs from the construction on. Needs hold_signals.

    `log` gets the lines that it writes to standard error, in a thread of its own.
    """

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], log: Callable[[Iterable[bytes]], None]
    ):
        reader, writer = os.pipe()
        self._pid = processes.spawn(command, environ, [(os.POSIX_SPAWN_DUP2, writer, 2)])
        os.close(writer)
        self._log = threading.Thread(target=_read, args=(reader, log), name="log", daemon=True)
        self._log.start()
        self.stopping = False
        """Whether the end of the program was asked for."""

    def run(self, drain: Callable[[], None]) -> int:
        """Wait for the program's end; returns its exit status, or 128 and the number of the signal that ended it.

        The first SIGTERM or SIGINT starts `drain` in a thread of its own; when that returns, the program gets SIGTERM.
        The second ends the program at once.
        """
        while (status := processes.status(self._pid)) is None:
            if signal.sigwait(_SIGNALS) in _STOP:
                self._stop(drain)
            processes.reap()
        self._log.join(_LAST_LINES_SECONDS)
        return status if status >= 0 else 128 - status

    def _stop(self, drain: Callable[[], None]) -> None:
        if self.stopping:
            self._end()
            return
        self.stopping = True

        def drain_and_end() -> None:
            try:
                drain()
            finally:
                self._end()

        threading.Thread(target=drain_and_end, name="drain", daemon=True).start()

    def _end(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)


def _read(descriptor: int, log: Callable[[Iterable[bytes]], None]) -> None:
    with open(descriptor, "rb") as lines:
        log(lines)
