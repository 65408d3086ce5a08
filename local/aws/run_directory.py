"""The folder of an account while it runs: nobody else may use it, and others find the account there."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any


class AlreadyRunning(RuntimeError):
    """Another process runs an account in the folder."""


class RunDirectory:
    """Holds a folder for this process, as a context manager.

    The lock ends with the process however that ends, so a folder is never locked by the dead.
    """

    def __init__(self, path: Path):
        self.path = path
        self._account_file = path / "account.json"

    def __enter__(self) -> "RunDirectory":
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.path / "lock", "a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            pid = self._lock.read().strip()
            self._lock.close()
            raise AlreadyRunning(
                f"{self.path}: process {pid} already runs an account here; stop it or give another directory"
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        # One that a killed process left behind leads nowhere.
        self._account_file.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._account_file.unlink(missing_ok=True)
        self._lock.close()

    def announce(self, account: dict[str, Any]) -> None:
        """Write `account.json`: from now on the account answers."""
        unfinished = self._account_file.with_suffix(".part")
        unfinished.write_text(json.dumps(account, indent=2) + "\n")
        os.replace(unfinished, self._account_file)
