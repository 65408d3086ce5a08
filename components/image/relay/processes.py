"""The processes below PID 1: several threads start them, and one place reaps them and what others left behind."""

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

# A status may be taken by the thread that waits for it or by `reap`, whichever comes first.
_lock = threading.Lock()
_statuses: dict[int, int | None] = {}


def spawn(command: Sequence[str], environ: Mapping[str, str], file_actions: Sequence[tuple] = ()) -> int:
    """Start `command` with default signals; returns its process id, for which `wait` or `status` asks later.

    `file_actions` are those of os.posix_spawn. Raises OSError when it cannot be started.
    """
    with _lock:
        pid = os.posix_spawn(
            command[0],
            [*command],
            environ,
            file_actions=file_actions,
            # PID 1 blocks signals that it waits for, and Python ignores SIGPIPE; a child would inherit both.
            setsigmask=[],
            setsigdef=[signal.SIGPIPE],
        )
        _statuses[pid] = None
    return pid


def reap() -> None:
    """Take the status of every process that has ended, and keep those of `spawn`."""
    with _lock, suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] in _statuses:
                _statuses[ended[0]] = os.waitstatus_to_exitcode(ended[1])


def status(pid: int) -> int | None:
    """The exit status of a process that `reap` has seen end, negative for a signal; None while it runs."""
    with _lock:
        return _statuses[pid]


def wait(pid: int) -> int:
    """Wait for the end of a process of `spawn`; returns its exit status, negative for a signal. Once for each."""
    try:
        code: int | None = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:  # `reap` was faster
        code = status(pid)
    assert code is not None
    with _lock:
        del _statuses[pid]
    return code
