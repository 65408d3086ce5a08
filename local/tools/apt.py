"""Debian packages, where this process may install them."""

import os
import platform
import shutil
from collections.abc import Iterable

from local.tools import cache, command


def may_install() -> bool:
    """Whether this is root on Debian or a relative of it."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and is_debian(_os_release())


def is_debian(os_release: dict[str, str]) -> bool:
    """Whether the fields of /etc/os-release are those of Debian or of a distribution made from it."""
    return "debian" in [os_release.get("ID"), *os_release.get("ID_LIKE", "").split()]


def install(package: str) -> None:
    """Install a package with what it needs. Raises Failure."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    log = cache.log_file(f"apt-{package}")
    command.run(["apt-get", "update"], log, environment=environment)
    command.run(
        ["apt-get", "install", "--yes", "--no-install-recommends", package], log, environment=environment
    )


def mirror() -> str | None:
    """The Debian mirror that this machine's own packages come from, if they come from one."""
    arguments = ["--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"]
    listed = command.run(["apt-get", "indextargets", *arguments], cache.log_file("apt-indextargets"))
    return mirror_among(listed.splitlines())


def mirror_among(targets: Iterable[str]) -> str | None:
    """The first mirror of Debian in lines of a repository's label and address."""
    labelled = (line.rpartition(" ") for line in targets)
    return next((address.rstrip("/") for label, _, address in labelled if label == "Debian"), None)


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
