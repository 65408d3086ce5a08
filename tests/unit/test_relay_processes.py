"""The processes below PID 1: their ends, whoever sees them first."""

import os
import signal

import pytest

from components.image.relay import processes

pytestmark = pytest.mark.unit


def shell(script: str) -> int:
    return processes.spawn(("/bin/sh", "-c", script), {})


def test_the_status_of_a_process_is_that_of_its_end():
    assert processes.wait(shell("exit 3")) == 3


def test_a_process_that_a_signal_ends_has_its_negative_number():
    assert processes.wait(shell("kill -KILL $$")) == -signal.SIGKILL


def test_a_status_that_was_reaped_before_is_kept_for_who_waits():
    pid = shell("exit 4")
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert processes.status(pid) is None
    processes.reap()
    assert processes.status(pid) == 4
    assert processes.wait(pid) == 4


def test_what_nobody_waits_for_is_reaped():
    pid = os.posix_spawn("/bin/sh", ("sh", "-c", "exit 0"), {})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    processes.reap()
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def test_a_process_does_not_inherit_held_signals():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        assert processes.wait(shell("kill -TERM $$; exit 0")) == -signal.SIGTERM
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_a_program_that_does_not_exist_is_an_error():
    with pytest.raises(FileNotFoundError):
        processes.spawn(("/nowhere",), {})
