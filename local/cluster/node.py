"""The process tree that is a node."""

import contextlib
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from local.cluster.network import Network
from local.lock import holder
from local.tools import command
from local.tools.failure import Failure
from local.workspace import CHECKOUT

_POLL_SECONDS = 0.05
_END_SECONDS = 20
_CGROUPS = Path("/sys/fs/cgroup")

# What the kubelet would set for the whole machine, and does not where it finds it set:
# https://github.com/kubernetes/component-helpers/blob/v0.35.3/node/util/sysctl/sysctl.go
_KERNEL_SETTINGS = {
    "vm/overcommit_memory": 1,
    "vm/panic_on_oom": 0,
    "kernel/panic": 10,
    "kernel/panic_on_oops": 1,
    "kernel/keys/root_maxkeys": 1000000,
    "kernel/keys/root_maxbytes": 25000000,
}
# Where the kubelet and the CNI plugins keep state whatever they are told.
_FIXED_DIRECTORIES = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/containers")


class Node:
    """The node in `directory`, which runs or not.

    Its programs see the files of this machine, and have process ids, mounts and a network of their own.
    """

    def __init__(self, directory: Path):
        self._directory = directory
        self._lock = directory / "lock"
        self.logs = directory / "logs"
        self._log = self.logs / "node.log"
        # Of the folder, so that what a node leaves behind when it is killed can be found and removed.
        self.name = f"cluster-{hashlib.sha256(str(directory).encode()).hexdigest()[:7]}"
        """The name of its control groups, and of the network interface that leads to it: 15 characters at most."""
        self._input: IO[str] | None = None

    def pid(self) -> int | None:
        """The process that holds the node, if it runs."""
        return holder(self._lock)

    def begin(self) -> None:
        """Start the first process. Until `complete`, the end of this run is the end of the node. Raises Failure."""
        self.logs.mkdir()
        lock = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        with open(lock, "w") as file, self._log.open("w") as log:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            process = subprocess.Popen(
                [
                    *("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"),
                    *(sys.executable, "-m", "local.cluster"),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=CHECKOUT,
                # In a session of its own, so that it outlives this run and its terminal.
                start_new_session=True,
                pass_fds=[lock],
            )
            file.write(str(process.pid))
        self._input = process.stdin
        while not self._said():
            self.check()
            time.sleep(_POLL_SECONDS)
        self._mount()
        self._make_control_groups()

    def connect(self, network: Network) -> None:
        """Give the node its network, and this machine a way into it."""
        run, inside = self._run, self.run
        run("ip", "link", "add", self.name, "type", "veth", "peer", "name", "eth0", "netns", str(self.pid()))
        run("ip", "address", "add", f"{network.host}/{network.link}", "dev", self.name)
        run("ip", "link", "set", self.name, "up")
        inside("ip", "link", "set", "lo", "up")
        inside("ip", "address", "add", f"{network.node}/{network.link}", "dev", "eth0")
        inside("ip", "link", "set", "eth0", "up")
        inside("ip", "route", "add", "default", "via", str(network.host))
        inside("sysctl", "-w", "net.ipv4.ip_forward=1")
        run("ip", "route", "add", str(network.block), "via", str(network.node))

    def start(self, name: str, *arguments: str | Path) -> None:
        """Start a program of the node, with its output in a file of `logs`. Its end is the end of the node."""
        program = {
            "name": name,
            "command": list(map(str, arguments)),
            "log": str(self.logs / f"{name}.log"),
        }
        self._tell(program)

    def complete(self) -> None:
        """Let the node live on without this run."""
        self._tell({})
        self._input.close()

    def check(self, seconds: float = 0) -> None:
        """Raise Failure if the node has ended or ends within seconds, with the end of the log that says why."""
        deadline = time.monotonic() + seconds
        while self.pid() is not None:
            if time.monotonic() >= deadline:
                return
            time.sleep(_POLL_SECONDS)
        log = self._log
        said = self._said()[-1] if self._said() else "it did not start"
        blamed = self.logs / f"{said.partition(' ')[0]}.log"
        if blamed.exists():
            log = blamed
        raise Failure(
            f"The Kubernetes node ended: {said}; the end of {log}:\n{command.tail(log.read_text())}"
        )

    def run(self, *arguments: str | Path) -> str:
        """Run a program beside those of the node to its end; return its output. Raises Failure."""
        pid = self.pid()
        if pid is None:
            raise Failure(f"There is no Kubernetes node in {self._directory}")
        namespaces = ["--mount", "--net", f"--pid=/proc/{pid}/ns/pid_for_children"]
        return self._run("nsenter", "--target", str(pid), *namespaces, *arguments)

    def stop(self) -> int | None:
        """End the node with all that runs on it, remove what it had of this machine; return the number of its process.

        Also removes what a node left behind that was killed.
        """
        pid = self.pid()
        if pid is not None:
            self._end(pid)
        subprocess.run(["ip", "link", "delete", self.name], capture_output=True, check=False)
        for group in self._control_groups():
            _remove_control_group(group)
        return pid

    def _said(self) -> list[str]:
        """What the first process has said; once it has said something, the namespaces are complete."""
        return self._log.read_text().splitlines()

    def _end(self, pid: int) -> None:
        # The process waits for all of the node. What the signal ends is the first process of the node.
        _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + _END_SECONDS
        # Where the process was killed, the lock tells when the first of the node has ended.
        while _lives(pid) or self.pid() is not None:
            if time.monotonic() > deadline:
                _signal(pid, signal.SIGKILL)
                deadline = float("inf")
            time.sleep(_POLL_SECONDS)

    def _mount(self) -> None:
        # Shared among the programs of the node, and with nobody else.
        self.run("mount", "--make-rshared", "/")
        self.run("mount", "-t", "tmpfs", "tmpfs", "/run")
        for number, path in enumerate(_FIXED_DIRECTORIES):
            Path(path).mkdir(parents=True, exist_ok=True)
            own = self._directory / "var" / str(number)
            own.mkdir(parents=True)
            self.run("mount", "--bind", own, path)
        for name, value in _KERNEL_SETTINGS.items():
            own = self._directory / "sysctl" / name.replace("/", ".")
            own.parent.mkdir(exist_ok=True)
            own.write_text(f"{value}\n")
            self.run("mount", "--bind", own, f"/proc/sys/{name}")

    def _make_control_groups(self) -> None:
        available = _CGROUPS / "cgroup.controllers"
        if available.exists():
            # In version 2 a group has the controllers that the one above it hands down.
            handed_down = " ".join(f"+{controller}" for controller in available.read_text().split())
            (_CGROUPS / "cgroup.subtree_control").write_text(handed_down)
        for group in self._control_groups():
            group.mkdir(exist_ok=True)

    def _control_groups(self) -> list[Path]:
        """The directory of the node in each hierarchy: there is one in version 2, and one a controller in version 1."""
        if (_CGROUPS / "cgroup.controllers").exists():
            return [_CGROUPS / self.name]
        return [hierarchy / self.name for hierarchy in _CGROUPS.iterdir() if hierarchy.is_dir()]

    def _tell(self, message: dict[str, object]) -> None:
        try:
            self._input.write(f"{json.dumps(message)}\n")
            self._input.flush()
        except BrokenPipeError:
            self.check()
            raise

    def _run(self, *arguments: str | Path) -> str:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"{' '.join(map(str, arguments))}: {done.stderr.strip() or done.returncode}")
        return done.stdout


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _lives(pid: int) -> bool:
    try:
        # One that this run has started stays until it is waited for.
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return Path("/proc", str(pid)).exists()


def _remove_control_group(group: Path) -> None:
    """Remove a group with all below it, once the last process in it is gone."""
    deadline = time.monotonic() + _END_SECONDS
    for directory, _, _ in os.walk(group, topdown=False):
        while True:
            try:
                os.rmdir(directory)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)
