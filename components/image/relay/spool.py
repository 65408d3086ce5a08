"""The queue's directory, in the state that OpenSMTPD insists on."""

import os
import stat

SPOOL = "/var/spool/smtpd"
MODE = 0o0711

LEFTOVERS = ("incoming", "temporary", "purge")
"""Where messages lie that were never accepted: half received when the relay was killed."""


def repair(path: str = SPOOL, uid: int = 0, gid: int = 0) -> None:
    """Give `path` to root with mode 0711, as OpenSMTPD demands: it repairs no directory that exists.

    A fresh volume may come as 0777, or with set-group-ID (Kubernetes' `fsGroup`). Needs CHOWN and FOWNER at most.
    Raises OSError.
    """
    found = os.stat(path, follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(f"{path} is not a directory")
    if (found.st_uid, found.st_gid) != (uid, gid):
        os.chown(path, uid, gid, follow_symlinks=False)
    if stat.S_IMODE(found.st_mode) != MODE:
        os.chmod(path, MODE)


def discard_leftovers(uid: int, gid: int, path: str = SPOOL) -> None:
    """Remove what OpenSMTPD would remove at its start, if root could reach it: without DAC_OVERRIDE it cannot.

    `uid` and `gid` are those of the queue's user. Never while OpenSMTPD runs. Raises OSError.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            for name in LEFTOVERS:
                _empty(f"{path}/{name}")
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        raise OSError(f"{path}: what was half received cannot be removed")


def _empty(directory: str) -> None:
    for parent, directories, files in os.walk(directory, topdown=False):
        for name in files:
            os.unlink(f"{parent}/{name}")
        for name in directories:
            os.rmdir(f"{parent}/{name}")
