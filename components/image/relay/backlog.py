"""How much mail waits in the queue, and for how long.

`smtpctl show queue` would tell as well, but OpenSMTPD then reads every envelope: 3 s of CPU time for 10,000 (measured),
against 0.1 s for a look at the directories. They are the queue user's; root can become that user, and without
CAP_DAC_OVERRIDE has no other way in. So this file is also a program, which does that.
"""

import os
import time
from contextlib import suppress
from typing import NamedTuple

_QUEUE = "/var/spool/smtpd/queue"
_USER = "opensmtpq"


class Backlog(NamedTuple):
    """The mail that waits."""

    messages: int
    oldest_seconds: float
    """How long the oldest message has waited; 0 when there is none."""


def backlog() -> Backlog:
    """What waits now. Raises OSError when the queue cannot be read."""
    from .helper import output_of  # not for the program

    numbers = output_of(__file__).split()
    if len(numbers) != 2:
        raise OSError(f"{_QUEUE} cannot be read")
    return Backlog(int(numbers[0]), float(numbers[1]))


def count(queue: str, now: float) -> Backlog:
    """What waits in the directory `queue`; `now` is in seconds since 1970."""
    messages, oldest = 0, now
    for bucket in _entries(queue):
        for message in _entries(bucket.path):
            # An envelope is written anew at each try, the message never.
            with suppress(FileNotFoundError):  # it was delivered in between
                taken = os.stat(f"{message.path}/message").st_mtime
                messages, oldest = messages + 1, min(oldest, taken)
    return Backlog(messages, now - oldest)


def _entries(path: str) -> list[os.DirEntry]:
    # OpenSMTPD makes the queue at its first start, and removes what is empty.
    with suppress(FileNotFoundError):
        return list(os.scandir(path))
    return []


def main() -> None:
    """Print the two numbers of Backlog."""
    import pwd

    user = pwd.getpwnam(_USER)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    print(*count(_QUEUE, time.time()))


if __name__ == "__main__":
    main()
