"""The queue's directory, in the state that OpenSMTPD insists on."""

import os
import stat

SPOOL = "/var/spool/smtpd"
MODE = 0o0711


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
