"""The image that the relay's Dockerfile starts from: present, else pulled, else made from Debian's packages."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from local.tools import apt, cache, command, download
from local.tools.failure import Failure
from local.tools.progress import Progress

_SUITE = "trixie"
_REPOSITORY, _TAG = "debian", f"{_SUITE}-slim"
IMAGE = f"{_REPOSITORY}:{_TAG}"
"""Its name."""
_REGISTRY = "https://registry-1.docker.io"

# As in Debian's own slim images: nothing in a container reads these.
_LEFT_OUT = (
    "usr/share/doc",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/man",
    "var/cache/apt",
    "var/lib/apt/lists",
)
_DPKG_CONFIG = "".join(f"path-exclude=/{path}/*\n" for path in _LEFT_OUT if path.startswith("usr"))
_APT_CONFIG = (
    'APT::Keep-Downloaded-Packages "false";\nAPT::Install-Recommends "false";\nAcquire::Languages "none";\n'
)


def ensure(progress: Progress, client: docker.DockerClient) -> None:
    """Have the image in the engine. Raises Failure."""
    with progress.step(f"Image {IMAGE}") as step:
        with contextlib.suppress(ImageNotFound):
            client.images.get(IMAGE)
            step.result = "present"
            return
        reason = _pull(client)
        if reason is None:
            step.result = "pulled"
            return
        progress.note(f"{IMAGE} cannot be pulled ({reason}): making it from Debian's packages, once")
        archive = cache.kept(f"{_REPOSITORY}-{_TAG}", _make) / "image.tar"
        client.api.import_image_from_file(
            str(archive), repository=_REPOSITORY, tag=_TAG, changes=['CMD ["bash"]']
        )
        step.result = "made from Debian's packages"


def _pull(client: docker.DockerClient) -> str | None:
    """Pull the image; return why that did not work."""
    if not download.reachable(_REGISTRY):
        return f"{_REGISTRY} cannot be reached"
    try:
        client.images.pull(_REPOSITORY, _TAG)
    except (APIError, DockerException) as error:
        return getattr(error, "explanation", None) or str(error)
    return None


def _make(target: Path) -> None:
    if not shutil.which("debootstrap") and apt.may_install():
        apt.install("debootstrap")
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        raise Failure(
            f"{_REPOSITORY}:{_TAG} cannot be pulled, and only root on Debian can make it: "
            f"bring it here with `docker save` and `docker load`, or run this as root"
        )
    root = target / "root"
    try:
        log = cache.log_file("debootstrap")
        # Without a mirror debootstrap takes Debian's own.
        mirrors = filter(None, [apt.mirror()])
        command.run(["debootstrap", "--variant=minbase", _SUITE, root, *mirrors], log)
        _trim(root)
        command.run(
            ["tar", "-cf", target / "image.tar", "--numeric-owner", "-C", root, "."], cache.log_file("tar")
        )
    finally:
        # Not into what debootstrap had mounted there when it was killed.
        subprocess.run(["rm", "-rf", "--one-file-system", root], check=False)


def _trim(root: Path) -> None:
    for path in _LEFT_OUT:
        shutil.rmtree(root / path)
        (root / path).mkdir()
    (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(_DPKG_CONFIG)
    (root / "etc/apt/apt.conf.d/slim").write_text(_APT_CONFIG)
