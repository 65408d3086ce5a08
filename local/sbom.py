"""`make sbom`: the packages that the relay's image is made of, read from the image itself, as CycloneDX JSON."""

import io
import json
import sys
import tarfile
from email.parser import Parser
from typing import Any

import docker
from docker.errors import DockerException

from local.tools import base_image, docker_engine
from local.tools.failure import Failure
from local.tools.progress import Progress
from local.workspace import CHECKOUT

_RESULT = CHECKOUT / "build" / "sbom.cdx.json"
_TAG = "opensmtpd-relay:sbom"
# Where components/image/rootfs.py puts them.
_PACKAGES = "/var/lib/dpkg/status.d"


def main() -> int:
    """Build the image and write build/sbom.cdx.json; returns the exit status."""
    progress = Progress()
    try:
        engine = docker.DockerClient(base_url=docker_engine.ensure(progress))
        base_image.ensure(progress, engine)
        with progress.step("Image of the relay"):
            context = CHECKOUT / "components" / "image"
            engine.images.build(path=str(context), tag=_TAG, network_mode="host", rm=True, forcerm=True)
        entries = _entries(engine)
    except (Failure, DockerException) as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    _RESULT.parent.mkdir(exist_ok=True)
    _RESULT.write_text(json.dumps(bill_of_materials(entries), indent=2) + "\n")
    print(_RESULT.relative_to(CHECKOUT))
    return 0


def bill_of_materials(entries: list[str]) -> dict[str, Any]:
    """The CycloneDX document for packages, each given as its entry in dpkg's status file."""
    packages = sorted((Parser().parsestr(entry) for entry in entries), key=lambda package: package["Package"])
    components = [
        {
            "type": "library",
            "name": package["Package"],
            "version": package["Version"],
            # https://github.com/package-url/purl-spec/blob/main/types-doc/deb-definition.md
            "purl": f"pkg:deb/debian/{package['Package']}@{package['Version']}?arch={package['Architecture']}",
        }
        for package in packages
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "opensmtpd-relay"}},
        "components": components,
    }


def _entries(engine: docker.DockerClient) -> list[str]:
    container = engine.containers.create(_TAG)
    try:
        chunks, _ = container.get_archive(_PACKAGES)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            return [archive.extractfile(member).read().decode() for member in archive if member.isfile()]
    finally:
        container.remove(v=True)


if __name__ == "__main__":
    sys.exit(main())
