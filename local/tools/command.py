"""Programs that run in a step: output to a log file, and an orderly end when the run is interrupted."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.tools.failure import Failure

# For Pulumi to finish what it is doing to a resource and to write that down.
_END_SECONDS = 60
_TAIL_LINES = 20


class CommandFailed(Failure):
    """A program that ended with an error, with the last lines of its output."""

    def __init__(self, command: Sequence[str | Path], status: int, log: Path):
        self.output = tail(log.read_text(errors="replace"))
        super().__init__(
            f"{Path(command[0]).name} ended with status {status}; the end of {log}:\n{self.output}"
        )


def run(
    command: Sequence[str | Path],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    inherited: Sequence[int] = (),
) -> str:
    """Run a program to its end; return its output, which also goes to `log`. Raises CommandFailed.

    `inherited` are open files that the program keeps open.

    An interruption reaches the program once, as SIGINT, and it may end in its own time.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        # In a session of its own: Ctrl-C in a terminal would otherwise reach it too, and twice means "at once".
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=directory,
            start_new_session=True,
            pass_fds=inherited,
        )
        try:
            status = process.wait()
        except BaseException:
            _end(process)
            raise
    if status != 0:
        raise CommandFailed(command, status, log)
    return log.read_text(errors="replace")


def tail(text: str, lines: int = _TAIL_LINES) -> str:
    """The last lines of a text, indented."""
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines()[-lines:])


def _end(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_END_SECONDS)
    finally:
        # Itself, or what it started and left behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
