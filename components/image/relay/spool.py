"""The queue's directory, in the state that OpenSMTPD insists on. PID 1 is root without DAC_OVERRIDE: it may give files
away and change their modes, but not look into directories of others.
"""

import fcntl
import grp
import os
import pwd
import signal
import stat
from collections.abc import Callable

SPOOL = "/var/spool/smtpd"

_QUEUE_USER = "opensmtpq"
_OF_QUEUE_USER = ("queue", "corrupt", "incoming", "temporary", "purge")
_OFFLINE = "offline"

# Where messages lie that were never accepted: half received when the relay was killed.
_LEFTOVERS = ("incoming", "temporary", "purge")

_SECONDS_BETWEEN_TRIES = 0.2


def hold(say: Callable[[str, str], None], path: str = SPOOL) -> bool:
    """Have the queue to this process alone until it ends; wait for another relay that still uses it.

    Two at a time would each send what is in it: Kubernetes starts the next pod before the end of one that is deleted by
    force. Returns False when SIGTERM or SIGINT, which must be held, comes before. Raises OSError.
    """
    # A fresh volume may have mode 0777, or set-group-ID (Kubernetes' `fsGroup`), or be closed to root.
    _set(path, 0, 0, 0o711)
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    said = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not said:
                say("warning", "another relay still uses this queue: waiting for its end")
                said = True
            if signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, _SECONDS_BETWEEN_TRIES):
                return False
        else:
            return True


def repair(path: str = SPOOL) -> None:
    """Give what is in the queue the owners and modes that OpenSMTPD demands, and remove what was half received.

    OpenSMTPD repairs no directory that exists, and a volume that another image has used belongs to that one's users.
    Only while the queue is held (`hold`), and never while OpenSMTPD runs. Raises OSError.
    """
    user = pwd.getpwnam(_QUEUE_USER)
    for name in _OF_QUEUE_USER:
        directory = f"{path}/{name}"
        if os.path.lexists(directory):
            if os.lstat(directory).st_uid != user.pw_uid:
                _give(directory, user.pw_uid)
            _set(directory, user.pw_uid, 0, 0o700)
    if os.path.lexists(f"{path}/{_OFFLINE}"):
        _set(f"{path}/{_OFFLINE}", 0, grp.getgrnam(_QUEUE_USER).gr_gid, 0o770)
    _discard_leftovers(path, user)


def _set(directory: str, uid: int, gid: int, mode: int) -> None:
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(f"{directory} is not a directory")
    if (found.st_uid, found.st_gid) != (uid, gid):
        os.chown(directory, uid, gid, follow_symlinks=False)
    if stat.S_IMODE(found.st_mode) != mode:
        os.chmod(directory, mode)


def _give(directory: str, uid: int) -> None:
    """Give `directory` and all below it to `uid`, itself last: whatever interrupts this, the next start goes on."""
    os.chown(directory, 0, -1, follow_symlinks=False)
    os.chmod(directory, 0o700)
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _give(entry.path, uid)
            else:
                os.chown(entry.path, uid, -1, follow_symlinks=False)
    os.chown(directory, uid, -1)


def _discard_leftovers(path: str, user: pwd.struct_passwd) -> None:
    """Remove what OpenSMTPD would remove at its start, if root could reach it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
            os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
            for name in _LEFTOVERS:
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
