"""The relay's container: whether it runs, whether its upstream takes mail, and what waits in its queue.

The login is tried by the relay itself, every minute; so no secret leaves the container.
"""

import json
import subprocess
from typing import Any

from .finding import FINE, UNKNOWN, WRONG, Finding

_RELAY, _QUEUE = "relay", "queue"
_STUCK_SECONDS = 900
"""The age at which the relay itself says that its queue is stuck."""
_COMMAND_SECONDS = 30

# As a module by name, since the image has bytecode only.
_BACKLOG = ("python3", "-I", "-m", "relay.backlog")


class _CannotLook(Exception):
    """Docker did not answer; the text says what it said."""


def look(name: str) -> list[Finding]:
    """What Docker tells of the container `name`, by its command line, which knows the engine in use."""
    try:
        containers = json.loads(
            _docker("container", "ls", "--all", "--filter", f"name=^/?{name}$", "--format", "json") or "null"
        )
        if containers is None:
            return [judge_state(name, None)]
        state = json.loads(_docker("container", "inspect", "--format", "{{json .State}}", name))
    except _CannotLook as error:
        return [Finding(_RELAY, UNKNOWN, str(error), "run it where the container's Docker engine is reached")]
    if not state["Running"]:
        return [judge_state(name, state)]
    try:
        messages, oldest = _docker("exec", name, *_BACKLOG).split()
        queue = judge_queue(name, int(messages), float(oldest))
    except (_CannotLook, ValueError) as error:
        queue = Finding(_QUEUE, UNKNOWN, str(error), f"docker exec {name} smtpctl show queue")
    return [judge_state(name, state), queue]


def judge_state(name: str, state: dict[str, Any] | None) -> Finding:
    """`state` is `State` of `docker inspect`; None when there is no such container."""
    if state is None:
        return Finding(_RELAY, WRONG, f"no container {name}", "pulumi up")
    if not state["Running"]:
        seen = f"{state['Status']}, status {state['ExitCode']}"
        return Finding(_RELAY, WRONG, seen, f"docker start {name}; if it ends again: docker logs {name}")
    health = state.get("Health") or {}
    if health.get("Status") == "healthy":
        return Finding(_RELAY, FINE, "running; the upstream takes its mail")
    said = [entry["Output"].strip() for entry in health.get("Log") or [] if entry["ExitCode"]]
    if health.get("Status") == "starting" and not said:
        return Finding(_RELAY, UNKNOWN, "starting", "run this again in a minute")
    # The verdict has its own fix: the relay says it in the same line.
    return Finding(
        _RELAY, WRONG, said[-1] if said else "no health check", f"as it says; more: docker logs {name}"
    )


def judge_queue(name: str, messages: int, oldest_seconds: float) -> Finding:
    """`oldest_seconds` is how long the oldest of the messages has waited."""
    seen = f"{messages} waiting, the oldest for {oldest_seconds:.0f} s" if messages else "empty"
    if messages and oldest_seconds > _STUCK_SECONDS:
        return Finding(
            _QUEUE, WRONG, seen, f"docker exec {name} smtpctl show queue: its last column says why"
        )
    return Finding(_QUEUE, FINE, seen)


def _docker(*arguments: str) -> str:
    try:
        finished = subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=_COMMAND_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _CannotLook(f"docker does not answer: {type(error).__name__}") from None
    if finished.returncode:
        raise _CannotLook(finished.stderr.strip() or f"docker ended with status {finished.returncode}")
    return finished.stdout
