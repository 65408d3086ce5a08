"""The commands of the Makefile, in a workspace of their own."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.docker_objects import DockerObject
from local.state_file import StateFile
from local.workspace import CHECKOUT

# What a `make test` around this hands on to the programs that it starts.
_OF_OUTER_MAKE = ("MAKE", "MFLAGS", "ARGS", "STACK")
_POLL_SECONDS = 0.1
_LIMIT_SECONDS = 300
# A shell that started the tests in the background has them, and what they start, ignore SIGINT. A program of its
# own mends that, as a `preexec_fn` would fork the tests, in which gRPC's threads may hold any lock.
_HEEDING_SIGINT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


class WorkspaceRun:
    """A workspace at `directory`, which the first command makes, for `checkout` or a copy of it.

    `environment` is on top of this process's.
    """

    def __init__(self, directory: Path, checkout: Path = CHECKOUT, **environment: str):
        self.directory = directory
        self._checkout = checkout
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OF_OUTER_MAKE)}
        # Of our own, whatever is installed.
        own = {"LOCAL_DIRECTORY": str(directory), "LOCAL_CLUSTER": "node"}
        self._environment = inherited | own | environment

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the Makefile to its end."""
        started = time.monotonic()
        finished = subprocess.run(
            ["make", *arguments],
            cwd=self._checkout,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=_LIMIT_SECONDS,
        )
        print(f"make {' '.join(arguments)}: {time.monotonic() - started:.1f} s, status {finished.returncode}")
        print(finished.stdout, finished.stderr)
        return finished

    def begin(self, command: str) -> subprocess.Popen[bytes]:
        """Start a command as the Makefile does."""
        python = self._checkout / ".venv" / "bin" / "python"
        return subprocess.Popen(
            [python, "-c", _HEEDING_SIGINT, python, "-m", "local", command],
            cwd=self._checkout,
            env=self._environment,
        )

    def account(self) -> dict[str, Any]:
        """The local account that runs."""
        return json.loads((self.directory / "aws" / "account.json").read_text())

    def docker_objects(self) -> list[DockerObject]:
        """What the stack has in Docker, as its state says; the container first."""
        return StateFile(self.directory / "state", "local").docker_objects()

    def processes(self) -> list[str]:
        """The command lines of the processes that work in the workspace."""
        return [line for line in _command_lines() if str(self.directory) in line]


def await_true(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(_POLL_SECONDS)


def _command_lines() -> list[str]:
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            lines.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it ended meanwhile
    return lines
