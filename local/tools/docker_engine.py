"""A Docker engine: one that runs, else one that this process may start or install."""

import contextlib
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import docker
from docker.context import ContextAPI
from docker.errors import DockerException

from local.tools import apt, cache, command
from local.tools.failure import Failure
from local.tools.progress import Progress

_DEFAULT_SOCKET = Path("/var/run/docker.sock")
_ANSWER_SECONDS = 5
_START_SECONDS = 60
_SYSTEMD = Path("/run/systemd/system")  # sd_booted(3)

# What an engine that was killed leaves behind. Where another process has taken such a number since, the next engine
# believes that the old one still runs.
_PID_FILES = {
    Path("/var/run/docker.pid"): "dockerd",
    Path("/var/run/docker/containerd/containerd.pid"): "containerd",
}
# The next engine connects to this one whenever the file exists.
_CONTAINERD_SOCKET = Path("/run/containerd/containerd.sock")


def ensure(progress: Progress) -> str:
    """The address of a running engine, for DOCKER_HOST. Raises Failure with what to do where there is none."""
    with progress.step("Docker engine") as step:
        if address := running():
            step.result = f"running at {address}"
            return address
        given = os.environ.get("DOCKER_HOST")
        if given or os.geteuid() != 0 or not (shutil.which("dockerd") or apt.may_install()):
            raise Failure(_advice(given))
        if not shutil.which("dockerd"):
            progress.note("There is no Docker engine: installing Debian's (docker.io)")
            apt.install("docker.io")
            if not shutil.which("docker"):
                apt.install("docker-cli")  # in a package of its own since Debian 13
        address = running() or _start(progress)
        step.result = f"started at {address}"
        return address


def running() -> str | None:
    """The address of the first engine that answers."""
    return next(
        (address for address in candidates(os.environ, _context_address()) if _answers(address)), None
    )


def candidates(environment: Mapping[str, str], context_address: str | None) -> list[str]:
    """Where an engine may be, the most likely first; only there when DOCKER_HOST says where."""
    if given := environment.get("DOCKER_HOST"):
        return [given]
    sockets = [
        _DEFAULT_SOCKET,
        Path.home() / ".docker" / "run" / "docker.sock",
    ]  # the second is Docker Desktop's
    if runtime_directory := environment.get("XDG_RUNTIME_DIR"):
        sockets.append(Path(runtime_directory) / "docker.sock")  # that of an engine without root
    addresses = [context_address or "", *(f"unix://{path}" for path in sockets)]
    return [address for address in dict.fromkeys(addresses) if address]


def gateway(client: docker.DockerClient, network: str = "bridge") -> str:
    """The address of this machine that the containers of a network reach; `host-gateway` is that of `bridge`.

    Raises Failure for an engine elsewhere.
    """
    information = client.info()
    if information["OperatingSystem"] == "Docker Desktop":
        return "127.0.0.1"  # its virtual machine hands connections on to the loopback address
    configured = client.networks.get(network).attrs["IPAM"]["Config"]
    bridge = next(one for one in configured if ":" not in one["Subnet"])  # kind's has IPv6 too
    address = bridge.get("Gateway") or first_address(bridge["Subnet"])
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            raise Failure(
                f"The Docker engine's containers reach their host as {address}, which is no address of this machine "
                f"({error.strerror}): the local stack needs an engine that runs here, with root"
            ) from error
    return address


def first_address(subnet: str) -> str:
    """The address that Docker takes for itself in a network."""
    return str(next(ipaddress.ip_network(subnet).hosts()))


def runs(pid: str, program: str) -> bool:
    """Whether the process whose number stands in a pid file is this program."""
    try:
        return Path("/proc", pid.strip(), "comm").read_text().strip() == program
    except OSError:
        return False


def _context_address() -> str | None:
    with contextlib.suppress(DockerException, OSError, ValueError):
        context = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT"))
        return context.Host if context else None
    return None


def _answers(address: str) -> bool:
    try:
        with contextlib.closing(docker.DockerClient(base_url=address, timeout=_ANSWER_SECONDS)) as client:
            return client.ping()
    except (DockerException, OSError, ValueError):
        return False


def _start(progress: Progress) -> str:
    log = cache.log_file("dockerd")
    with cache.locked("dockerd"):
        if address := running():
            return address
        if _SYSTEMD.is_dir():
            progress.note("The Docker engine is not running: starting it (systemctl start docker)")
            command.run(["systemctl", "start", "docker"], log)
            process = None
        else:
            progress.note(f"The Docker engine is not running: starting it in the background (log: {log})")
            process = _start_without_systemd(log)
        deadline = time.monotonic() + _START_SECONDS
        while not (address := running()):
            if time.monotonic() > deadline or (process and process.poll() is not None):
                text = log.read_text(errors="replace")
                raise Failure(f"The Docker engine did not start; the end of {log}:\n{command.tail(text)}")
            time.sleep(0.3)
        return address


def _start_without_systemd(log: Path) -> subprocess.Popen:
    for path, program in _PID_FILES.items():
        if path.exists() and not runs(path.read_text(), program):
            path.unlink()
    if _CONTAINERD_SOCKET.exists() and not _accepts(_CONTAINERD_SOCKET):
        _CONTAINERD_SOCKET.unlink()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        # In a session of its own, so that it outlives this run and its terminal.
        return subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def _advice(given: str | None) -> str:
    if given:
        return f"No Docker engine answers at DOCKER_HOST={given}: start it, or unset DOCKER_HOST"
    if sys.platform == "darwin":
        return "No Docker engine is running: start Docker Desktop, or install it: https://docs.docker.com/get-docker/"
    if _DEFAULT_SOCKET.exists() and not os.access(_DEFAULT_SOCKET, os.W_OK):
        return f"{_DEFAULT_SOCKET} is closed to you: sudo usermod -aG docker $USER, then log in again"
    if shutil.which("dockerd"):
        return "The Docker engine is not running: sudo systemctl start docker"
    return "There is no Docker engine: install one, or run this as root on Debian: https://docs.docker.com/engine/install/"
