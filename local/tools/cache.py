"""Tools that are made once and kept outside the repository."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path


def directory() -> Path:
    """Where all checkouts of this project keep their tools."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pulumi-opensmtpd"


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The directory `name` of the cache. Where it is missing, `make` fills an empty directory, which then becomes it.

    A `make` that fails leaves nothing behind, and of two runs at a time one waits for the other.
    """
    target = directory() / name
    if target.exists():
        return target
    with locked(name):
        if not target.exists():
            unfinished = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=directory()))
            try:
                make(unfinished)
                unfinished.chmod(0o755)
                unfinished.rename(target)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    return target


def log_file(name: str) -> Path:
    """Where the output goes of what makes a tool."""
    return directory() / "logs" / f"{name}.log"


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Keep other runs of this user out until the block ends."""
    directory().mkdir(parents=True, exist_ok=True)
    with (directory() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
