"""The programs of a Kubernetes node: built from source, and from Debian's packages."""

import hashlib
import os
import shutil
import tarfile
from pathlib import Path

import docker

from local.tools import apt, cache, go_toolchain
from local.tools.failure import Failure
from local.tools.progress import Progress

VERSION = "1.35.3"
PAUSE_IMAGE = "local/pause:node"
DNS_IMAGE = "local/coredns:node"
POLICIES_IMAGE = "local/kube-network-policies:node"

_MODULES = Path(__file__).parent
_KUBERNETES = _MODULES / "kubernetes"
_ADDONS = _MODULES / "kubernetes_addons"
_COMMANDS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
)
_ADDON_PACKAGES = {
    "volume-provisioner": "./volume_provisioner",
    "coredns": "./coredns",
    "kube-network-policies": "sigs.k8s.io/kube-network-policies/cmd",
}
# The programs tell their version to one another, and refuse one that is none.
_VERSION_VARIABLES = {
    f"k8s.io/component-base/version.{name}": value
    for name, value in {"gitVersion": f"v{VERSION}", "gitMajor": "1", "gitMinor": "35"}.items()
}
# Program and Debian's package of it.
_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "ip": "iproute2",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "catatonit": "catatonit",
}


def ensure(progress: Progress, client: docker.DockerClient) -> Path:
    """The directory with etcd, the commands of Kubernetes and the images that a node needs. Raises Failure.

    The engine of `client` makes the images.
    """
    with progress.step("Kubernetes node") as step:
        _ensure_packages(progress)
        step.result = f"{VERSION}, from the cache"

        def make(target: Path) -> None:
            progress.note(f"Building the Kubernetes node {VERSION} from source, once (about 20 minutes)")
            go = go_toolchain.ensure(progress)
            _build_commands(go, target)
            _build_addons(go, target, client)
            step.result = f"{VERSION}, built from source"

        return cache.kept(f"kubernetes-{VERSION}-{sources()}", make)


def sources() -> str:
    """What tells one state of the modules from another."""
    digest = hashlib.sha256()
    for module in (_KUBERNETES, _ADDONS):
        for path in sorted(filter(Path.is_file, module.rglob("*"))):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:7]


def missing_packages(path: str) -> list[str]:
    """Debian's packages for the programs that are not on `path`."""
    return [package for program, package in _PACKAGES.items() if not shutil.which(program, path=path)]


def _ensure_packages(progress: Progress) -> None:
    missing = missing_packages(os.environ["PATH"])
    if os.geteuid() != 0 or (missing and not apt.may_install()):
        raise Failure(
            f"A Kubernetes node needs root{''.join(f', {package}' for package in missing)}: "
            "install kind (https://kind.sigs.k8s.io) or k3d (https://k3d.io), or run this as root on Debian"
        )
    for package in missing:
        progress.note(f"Installing Debian's {package} for the Kubernetes node")
        apt.install(package)


def _build_commands(go: Path, target: Path) -> None:
    for name in _COMMANDS:
        package = f"k8s.io/kubernetes/cmd/{name}"
        go_toolchain.build(go, _KUBERNETES, package, target / name, _VERSION_VARIABLES)
    go_toolchain.build(go, _KUBERNETES, "go.etcd.io/etcd/server/v3", target / "etcd", {})


def _build_addons(go: Path, target: Path, client: docker.DockerClient) -> None:
    for name, package in _ADDON_PACKAGES.items():
        go_toolchain.build(go, _ADDONS, package, target / name, {}, static=True)
    images = target / "images"
    images.mkdir()
    _make_image(client, images, PAUSE_IMAGE, Path(shutil.which("catatonit")), "-P")
    _make_image(client, images, DNS_IMAGE, target / "coredns")
    _make_image(client, images, POLICIES_IMAGE, target / "kube-network-policies")
    for program in ("coredns", "kube-network-policies"):
        (target / program).unlink()


def _make_image(
    client: docker.DockerClient, directory: Path, tag: str, program: Path, *arguments: str
) -> None:
    """Save an image with nothing but a program."""
    repository, _, version = tag.partition(":")
    root = directory / "root.tar"
    with tarfile.open(root, "w") as archive:
        archive.add(program, arcname=program.name)
    entry_point = ", ".join(f'"{word}"' for word in (f"/{program.name}", *arguments))
    client.api.import_image_from_file(
        str(root), repository=repository, tag=version, changes=[f"ENTRYPOINT [{entry_point}]"]
    )
    root.unlink()
    with (directory / f"{repository.replace('/', '-')}.tar").open("wb") as file:
        for chunk in client.images.get(tag).save(named=True):
            file.write(chunk)
    client.images.remove(tag)
