"""The running OpenSMTPD's remote control: smtpctl."""

import grp
import os
import select
import signal
import time

from . import processes

_SMTPCTL = "/usr/sbin/smtpctl"
_GROUP = "opensmtpq"
_TIMEOUT_SECONDS = 20


class ControlFailed(Exception):
    """smtpctl did not do what it was asked. The message is what it said, in one line."""


def join_group() -> None:
    """Make this process one that may run smtpctl, which insists on its group. Not before smtpd is started.

    smtpctl gets the group by a set-group-ID bit; no-new-privileges takes that away, but root may take any group.
    """
    group = grp.getgrnam(_GROUP).gr_gid
    os.setresgid(group, group, group)


def smtpctl(*arguments: str) -> str:
    """Run smtpctl; returns what it printed. Raises ControlFailed, after 20 s at the latest."""
    reader, writer = os.pipe()
    with open(reader, "rb", buffering=0):
        try:
            pid = processes.spawn(
                (_SMTPCTL, *arguments),
                {},
                [(os.POSIX_SPAWN_DUP2, writer, descriptor) for descriptor in (1, 2)],
            )
        finally:
            os.close(writer)
        printed, complete = _read_all(reader, time.monotonic() + _TIMEOUT_SECONDS)
        if not complete:
            os.kill(pid, signal.SIGKILL)
        status = processes.wait(pid)
    text = printed.decode(errors="replace")
    if not complete:
        raise ControlFailed(f"smtpctl {' '.join(arguments)}: no answer within {_TIMEOUT_SECONDS} s")
    if status:
        raise ControlFailed(" ".join(text.split()) or f"smtpctl {' '.join(arguments)}: status {status}")
    return text


def _read_all(descriptor: int, deadline: float) -> tuple[bytes, bool]:
    """What comes until the end of the file or the deadline, and whether the end came first."""
    chunks: list[bytes] = []
    while select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return b"".join(chunks), True
        chunks.append(chunk)
    return b"".join(chunks), False


def statistics() -> dict[str, int]:
    """The counters of `smtpctl show stats`; one that was never used is missing."""
    counters = {}
    for line in smtpctl("show", "stats").splitlines():
        name, _, value = line.partition("=")
        if value.isdecimal():
            counters[name] = int(value)
    return counters


def queued() -> int:
    """How many envelopes (a message and one of its recipients) the queue holds."""
    return statistics().get("scheduler.envelope", 0)


def update_table(name: str) -> None:
    """Have smtpd read the file of the table `name` again."""
    smtpctl("update", "table", name)


def schedule_all() -> None:
    """Have everything in the queue tried at once."""
    smtpctl("schedule", "all")


def resume_routes() -> None:
    """Have the addresses that a failure has closed for a while tried again at once."""
    for route in smtpctl("show", "routes").splitlines():
        smtpctl("resume", "route", route.partition(".")[0])


def retry_all() -> None:
    """Have everything in the queue tried at once, also where a failure stands against that."""
    resume_routes()
    schedule_all()


def pause_smtp() -> None:
    """Accept no more clients: those who connect get no banner."""
    smtpctl("pause", "smtp")
