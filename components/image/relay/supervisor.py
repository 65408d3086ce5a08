"""PID 1 of the container: runs one program, passes its log and its end on, and reaps what others leave behind."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress


def supervise(
    command: Sequence[str],
    environ: Mapping[str, str],
    log: Callable[[Iterable[bytes]], Iterable[bytes]],
) -> int:
    """Run `command` until it ends; returns its exit status, or 128 and the number of the signal that ended it.

    What it writes to standard error goes to ours, line by line, through `log`. SIGTERM and SIGINT are passed on.
    """
    reader, writer = os.pipe()
    child = os.posix_spawn(
        command[0],
        command,
        environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, writer, 2)],
        setsigdef=[signal.SIGPIPE],  # Python ignores it, and a child inherits that
    )
    os.close(writer)
    status: int | None = None

    def reap(*_: object) -> None:
        nonlocal status
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == child:
                    status = os.waitstatus_to_exitcode(ended[1])

    def forward(number: int, _frame: object) -> None:
        if status is None:
            os.kill(child, number)

    signal.signal(signal.SIGCHLD, reap)
    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGINT, forward)
    reap()  # it may have ended before the handler stood

    with open(reader, "rb") as lines:
        for line in log(lines):
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()

    # The pipe is closed, so the program has ended or is about to.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    while status is None:
        pid, ended = os.wait()
        if pid == child:
            status = os.waitstatus_to_exitcode(ended)
    return status if status >= 0 else 128 - status
