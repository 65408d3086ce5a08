"""The relay as it is measured on a cluster: replicas that KubernetesRelay makes, and pods that send through them."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import steady_load
from bench.program import ARGUMENTS
from bench.pulumi_stack import PulumiStack
from bench.relay import Usage
from bench.subjects import OURS, POSTFIX, Subject
from components.relay_container import SPOOL
from local.cluster.cluster import HOST_NAME, Cluster
from local.toolbox import Toolbox

NAME = "relay"
"""Of the component, and so of its namespace, its StatefulSet and its Service."""

_CLIENTS = "clients"
_SERVICE = f"{NAME}.{NAME}.svc"
_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_IDLE = {
    OURS: ["python3", "-c", "import signal; signal.pause()"],
    POSTFIX: ["sleep", "infinity"],
}
"""The pods of clients, by whose image they have, and what each does until it is to send."""
_ROOM = f"""
import os
from pathlib import Path
queue = Path("{SPOOL}/queue")
os.setuid(queue.stat().st_uid)  # nobody else may look, not even root, who has no capability to
print(sum(file.lstat().st_blocks * 512 for file in queue.rglob("*")))
"""


class Pods:
    """The replicas, of which there are none at first, and a pod of clients.

    Their upstream is on `port` of this machine; they take its certificate by the authority in the file `ca`.
    """

    def __init__(self, cluster: Cluster, directory: Path, toolbox: Toolbox, port: int, ca: Path):
        self._cluster = cluster
        self._arguments = {
            "name": NAME,
            "image": OURS.image,
            "kubeconfig": str(cluster.kubeconfig),
            "clients": [_CLIENTS],
            "host": HOST_NAME,
            "port": port,
            "ca": str(ca),
        }
        self._stack = PulumiStack("kubernetes", directory, toolbox, {})
        self._stack.init()
        for subject in (OURS, POSTFIX):
            cluster.load_image(subject.image)
        cluster.kubectl("create", "namespace", _CLIENTS)
        for subject, command in _IDLE.items():
            cluster.kubectl("apply", "--filename", "-", stdin=json.dumps(_client(subject, command)))
        self._of_clients("wait", "pod", "--all", "--for=condition=Ready", "--timeout=120s")

    def up(self, replicas: int, password: str) -> float:
        """Have so many replicas with this login; return the seconds until all can send. Raises Failure."""
        arguments = self._arguments | {"replicas": replicas, "password": password}
        self._stack.variables[ARGUMENTS] = json.dumps(arguments)
        start = time.monotonic()
        self._stack.run("up", "--yes", "--skip-preview")
        self._of_relay("rollout", "status", f"statefulset/{NAME}", "--timeout=300s")
        return time.monotonic() - start

    def usage(self) -> list[Usage]:
        """What each replica has used up to now, its probes included."""
        return [_usage(uid) for uid in self._replicas("{.metadata.uid}")]

    def requested_bytes(self) -> int:
        """The memory that a replica asks the cluster for."""
        (requested,) = set(self._replicas("{.spec.containers[0].resources.requests.memory}"))
        return int(requested.removesuffix("Mi")) * 2**20

    def queue_bytes(self) -> int:
        """What the queues take of their volumes."""
        return sum(
            int(self._of_relay("exec", pod, "--", "python3", "-I", "-c", _ROOM))
            for pod in self._replicas("{.metadata.name}")
        )

    @contextmanager
    def load(self, label: str, size: int, messages: int) -> Iterator["subprocess.Popen[str]"]:
        """As `bench.load.Load`, from a pod and through the Service; it has begun, and ends when the process does."""
        options = f"-s 10 -m {messages} -l {size} -f app@example.com -N -t {label}@example.org -M client.example.com"
        script = f"echo begun; exec smtp-source {options} {_SERVICE}:25"
        with self._execute(POSTFIX.name, "sh", "-c", script) as process:
            process.stdout.readline()
            yield process

    @contextmanager
    def steady_load(self, label: str, size: int, rate: int) -> Iterator[dict[str, list[str]]]:
        """A client that submits `rate` messages a second; its result is filled in at the end."""
        program = steady_load.command("python3", _SERVICE, label, size, rate)
        with (
            self._execute(OURS.name, *program, standard_input=True) as process,
            steady_load.result_of(process) as result,
        ):
            yield result

    @contextmanager
    def _execute(
        self, pod: str, *command: str, standard_input: bool = False
    ) -> Iterator["subprocess.Popen[str]"]:
        options = ["--stdin"] if standard_input else []
        process = subprocess.Popen(
            [*self._cluster.kubectl.command, "--namespace", _CLIENTS, "exec", *options, pod, "--", *command],
            stdin=subprocess.PIPE if standard_input else None,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def _replicas(self, field: str) -> list[str]:
        template = f"jsonpath={{range .items[*]}}{field} {{end}}"
        return self._of_relay("get", "pods", f"--output={template}").split()

    def _of_relay(self, *arguments: str) -> str:
        return self._cluster.kubectl("--namespace", NAME, *arguments)

    def _of_clients(self, *arguments: str) -> str:
        return self._cluster.kubectl("--namespace", _CLIENTS, *arguments)


def _client(subject: Subject, command: list[str]) -> dict[str, object]:
    container = {"name": subject.name, "image": subject.image, "command": command}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": subject.name, "namespace": _CLIENTS},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
    }


def _usage(uid: str) -> Usage:
    """By the control groups, which are this machine's: asking in the pod would itself cost CPU time there."""
    if (_CONTROL_GROUPS / "cgroup.controllers").exists():
        group = _group("", uid)
        cpu_seconds = _stat(group / "cpu.stat")["usage_usec"] / 1e6
        return Usage(cpu_seconds, _stat(group / "memory.stat")["anon"])
    cpu_seconds = int((_group("cpuacct", uid) / "cpuacct.usage").read_text()) / 1e9
    return Usage(cpu_seconds, _stat(_group("memory", uid) / "memory.stat")["total_rss"])


def _group(hierarchy: str, uid: str) -> Path:
    return next((_CONTROL_GROUPS / hierarchy).glob(f"*/kubepods/*/pod{uid}"))


def _stat(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in map(str.split, file.read_text().splitlines())}
