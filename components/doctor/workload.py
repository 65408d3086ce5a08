"""What the relay runs on, as far as a doctor asks it. `workload_of` knows which one a stack's workload is."""

import subprocess
from collections.abc import Sequence
from typing import Protocol

from .finding import FINE, UNKNOWN, WRONG, Finding

RELAY = "relay"
_QUEUE = "queue"
_STUCK_SECONDS = 900
"""The age at which the relay itself says that its queue is stuck."""
_COMMAND_SECONDS = 60

# As modules by name, since the image has bytecode only.
_LOGIN = ("python3", "-I", "-m", "relay.login")
_BACKLOG = ("python3", "-I", "-m", "relay.backlog")


class CannotLook(Exception):
    """The workload's engine did not answer; the text says what it said."""


class Workload(Protocol):
    """A relay that runs somewhere."""

    def state(self) -> tuple[Finding, bool]:
        """Whether it runs and takes mail, and whether programs can be run in it. Raises CannotLook."""
        ...

    def run(self, command: Sequence[str]) -> str:
        """Run a program in it and return what that printed. Raises CannotLook."""
        ...

    def by_hand(self, command: str) -> str:
        """How a human runs a program in it."""
        ...


def look(workload: Workload) -> tuple[list[Finding], bool]:
    """What the workload tells of itself, its logins and its queue; and whether the logins were tried."""
    try:
        state, is_running = workload.state()
    except CannotLook as error:
        return [
            Finding(RELAY, UNKNOWN, str(error), "run this where the command that it needs reaches the relay")
        ], False
    if not is_running:
        return [state], False
    by_hand = workload.by_hand("smtpctl show queue")
    try:
        logins = [judge_login(*line.split("\t")) for line in workload.run(_LOGIN).splitlines()]
        messages, oldest = workload.run(_BACKLOG).split()
        queue = judge_queue(int(messages), float(oldest), by_hand)
    except (CannotLook, ValueError) as error:
        return [state, Finding(_QUEUE, UNKNOWN, str(error), by_hand)], False
    return [state, *logins, queue], True


def judge_login(upstream: str, wrong: str) -> Finding:
    """`wrong` is what the relay says about an upstream after it has tried the login there, empty when it passed."""
    check = f"login, {upstream} upstream"
    if not wrong:
        return Finding(check, FINE, "accepted")
    # "what is wrong: the fix", as components/image/relay/diagnosis.py has it.
    seen, _, advice = wrong.rpartition(": ")
    return Finding(check, WRONG, seen or wrong, advice)


def judge_queue(messages: int, oldest_seconds: float, by_hand: str) -> Finding:
    """`oldest_seconds` is how long the oldest of the messages has waited."""
    seen = f"{messages} waiting, the oldest for {oldest_seconds:.0f} s" if messages else "empty"
    if messages and oldest_seconds > _STUCK_SECONDS:
        return Finding(_QUEUE, WRONG, seen, f"{by_hand}: its last column says why")
    return Finding(_QUEUE, FINE, seen)


def output_of(*command: str) -> str:
    """What a command of the engine printed. Raises CannotLook."""
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotLook(f"{command[0]} does not answer: {type(error).__name__}") from None
    if finished.returncode:
        raise CannotLook(finished.stderr.strip() or f"{command[0]} ended with status {finished.returncode}")
    return finished.stdout
