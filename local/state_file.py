"""A stack's state as Pulumi's file backend keeps it.

Read directly, as it must be readable when there is no Pulumi CLI, or when the CLI refuses it.
"""

import contextlib
import json
from pathlib import Path
from typing import Any

from local.docker_objects import DockerObject, named_in
from local.run_config import PROJECT


class StateFile:
    """The state of the stack `name` in the backend `file://<backend>`."""

    def __init__(self, backend: Path, name: str):
        self._path = backend / ".pulumi" / "stacks" / PROJECT / f"{name}.json"
        self._locks = backend / ".pulumi" / "locks" / "organization" / PROJECT / name

    def exists(self) -> bool:
        """Whether the stack has been made."""
        return self._path.exists()

    def is_empty(self) -> bool:
        """Whether the stack has no resources."""
        return not self._latest().get("resources")

    def docker_objects(self) -> list[DockerObject]:
        """All Docker objects that the stack may have: made, or about to be made when an update was killed."""
        return named_in([*self._latest().get("resources", []), *self._unfinished()])

    def unfinished_docker_objects(self) -> list[DockerObject]:
        """Docker objects that a killed update was making. They may exist, and the stack does not know them."""
        return named_in(self._unfinished())

    def release_locks(self) -> None:
        """Remove the locks of Pulumi processes that ended without doing so.

        For whoever holds the workspace: no other Pulumi process is alive then.
        """
        for lock in self._locks.glob("*.json"):
            lock.unlink()

    def _unfinished(self) -> list[dict[str, Any]]:
        pending = self._latest().get("pending_operations", [])
        return [operation["resource"] for operation in pending if operation["type"] == "creating"]

    def _latest(self) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError):
            return json.loads(self._path.read_text())["checkpoint"].get("latest") or {}
        return {}
