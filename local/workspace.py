"""The folder of the local stacks."""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from local.tools.failure import Failure

# The stack that `make up` brings up without being told, and its sibling on Kubernetes.
LOCAL = "local"
LOCAL_KUBERNETES = "local-kubernetes"
LOCAL_STACKS = (LOCAL, LOCAL_KUBERNETES)
CHECKOUT = Path(__file__).resolve().parent.parent


class Workspace:
    """`.local`, or where LOCAL_DIRECTORY says: all that a local run makes, except what is in Docker."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.backend = directory / "state"
        self.logs = directory / "logs"
        self.plugins = directory / "plugins"
        self.cluster = directory / "cluster"
        self.lock: int | None = None
        """The open lock file while this run holds the workspace. A program that inherits it holds the workspace too."""

    @classmethod
    def from_environment(cls) -> "Workspace":
        """The workspace that the environment names, else the checkout's own."""
        return cls(Path(os.environ.get("LOCAL_DIRECTORY") or CHECKOUT / ".local").absolute())

    def account(self, stack: str) -> Path:
        """Where the AWS account of a stack lives."""
        return self.directory / ("aws" if stack == LOCAL else f"aws-{stack}")

    def accounts(self) -> list[Path]:
        """The accounts of all stacks."""
        return list(self.directory.glob("aws*"))

    def config_file(self, stack: str) -> Path:
        """The stack's configuration with what this machine adds to it."""
        return self.directory / f"Pulumi.{stack}.yaml"

    def passphrase_file(self) -> Path:
        """What the secrets of the local stacks are encrypted with; made when it is first asked for."""
        path = self.directory / "passphrase"
        if not path.exists():
            path.touch(0o600)
            path.write_text(secrets.token_urlsafe())
        return path

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs out until the block ends. Raises Failure where one is at work."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Failure(f"Another command is at work in {self.directory}: wait until it ends") from None
            self.lock = lock.fileno()
            yield

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.directory)
