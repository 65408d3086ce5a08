"""A file that a process locks as long as it lives, with its number in it."""

import contextlib
import fcntl
from pathlib import Path


def holder(path: Path) -> int | None:
    """The process that holds the lock, if one does. The lock ends with it, so that its number is never stale.

    None as well in the moment in which the process has the lock and has not written its number yet.
    """
    with contextlib.suppress(FileNotFoundError), path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            number = lock.read()
            return int(number) if number else None
    return None
