"""The directory of what the relay writes for OpenSMTPD at its start, on a file system in memory."""

import grp
import os
import stat

from .files import File
from .health import RUN_DIRECTORY

_SHARED = ("/run", "/tmp")  # noqa: S108 - the container's own


def make() -> None:
    """Make the directory unless it is there, where nobody else can put another one in its place. Raises OSError."""
    for path in _SHARED:
        # An emptyDir of Kubernetes is everybody's, who may then rename what is another's.
        mode = stat.S_IMODE(os.stat(path).st_mode)
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            os.chmod(path, mode | stat.S_ISVTX)
    os.makedirs(RUN_DIRECTORY, 0o711, exist_ok=True)


def write(file: File) -> None:
    """Write or replace a file, with its mode and group from the first moment on. Raises OSError."""
    # Made anew, so that nobody who had an older one open reads the new one, and nobody reads half of it.
    path = f"{RUN_DIRECTORY}/{file.name}"
    temporary = f"{path}.new"
    with open(
        os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        "w",
        encoding="utf-8",
        errors="surrogateescape",
    ) as opened:
        os.fchown(opened.fileno(), 0, grp.getgrnam(file.group).gr_gid)
        os.fchmod(opened.fileno(), file.mode)
        opened.write(file.text)
    os.replace(temporary, path)
