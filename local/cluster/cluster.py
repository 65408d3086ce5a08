"""A Kubernetes cluster of one node, in a folder."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from string import Template

import docker

from local.cluster import network
from local.cluster.components import DOMAIN, NODE_NAME, VOLUME_PROVISIONER, Components
from local.cluster.kubectl import Kubectl
from local.cluster.network import Network
from local.cluster.node import Node
from local.tools import cache, docker_engine, kubernetes_node
from local.tools.failure import Failure
from local.tools.progress import Progress

HOST_NAME = "host.cluster.internal"
"""The name by which pods find this machine."""

_MANIFESTS = Path(__file__).parent / "manifests"
_NO_SUCH_NAME = "template ANY ANY { rcode NXDOMAIN }"
_POLICY_QUEUE = 100
_START_SECONDS = 120
_END_SECONDS = 3
_POLL_SECONDS = 0.1


class Cluster:
    """The cluster in `directory`, which runs or not. Its programs are those of local/tools/kubernetes_node.py.

    Its pods reach this machine and one another, and nothing else. This machine reaches the pods and Services at their
    own addresses. It has a default storage class, and enforces network policies.
    """

    def __init__(self, directory: Path):
        self._directory = directory
        self._node = Node(directory)
        self.name = self._node.name
        """The name of its control groups, and of this machine's network interface to it."""
        self._programs = directory / "programs"
        # Written last: a cluster without it is not whole.
        self._network_file = directory / "network"
        self.kubeconfig = directory / "admin.kubeconfig"
        """For users of the cluster: an administrator."""
        self.kubectl = Kubectl(self._programs / "kubectl", self.kubeconfig)

    @property
    def host(self) -> str:
        """By what pods find this machine."""
        return HOST_NAME

    @property
    def programs(self) -> Path:
        """The directory of `kubectl` and the node's own programs."""
        return self._programs

    def pid(self) -> int | None:
        """The process that holds the cluster, if it runs."""
        return self._node.pid()

    @property
    def network(self) -> Network:
        """The addresses. Raises Failure while the cluster does not run."""
        if not self.is_running():
            raise Failure(f"There is no Kubernetes cluster in {self._directory}")
        return network.saved(self._network_file)

    @property
    def host_address(self) -> str:
        """Where pods reach this machine."""
        return str(self.network.host)

    @property
    def node_address(self) -> str:
        """Where this machine reaches the node, and so its node ports."""
        return str(self.network.node)

    def is_running(self) -> bool:
        """Whether it runs, and is whole."""
        return self.pid() is not None and self._network_file.exists()

    def ensure(self, progress: Progress) -> bool:
        """Have the cluster run, and before that its programs; return whether it was started afresh, empty.

        Raises Failure.
        """
        return self.start(kubernetes_node.ensure(progress, _engine()), progress)

    def remove(self) -> str | None:
        """End the cluster and remove its folder; return in words what that was, if it ran."""
        pid = self.stop()
        return f"the Kubernetes node, process {pid}" if pid else None

    def start(self, programs: Path, progress: Progress) -> bool:
        """Have the cluster run, ready to take pods; `programs` come from local/tools/kubernetes_node.py.

        Returns whether it was started afresh, empty. Raises Failure.
        """
        if self.is_running():
            return False
        self.stop()
        self._directory.mkdir(parents=True)
        self._programs.symlink_to(programs)
        try:
            with progress.step("Kubernetes cluster") as step:
                self._start_whole()
                step.result = f"one node at {self.node_address}"
        except BaseException:
            # The logs stay.
            self._node.stop()
            raise
        return True

    def stop(self) -> int | None:
        """End the cluster and remove its folder; return the number of its process, if it ran."""
        pid = self._node.stop()
        if self._directory.exists():
            shutil.rmtree(self._directory)
        return pid

    def load_image(self, tag: str) -> None:
        """Bring an image of the Docker engine into the node, where pods find it under the same name. Raises Failure."""
        archive = self._directory / "image.tar"
        with archive.open("wb") as file:
            for chunk in _engine().images.get(tag).save(named=tag):
                file.write(chunk)
        self._import(archive)
        archive.unlink()

    def forward_names(self, address: str, port: int) -> None:
        """Let pods resolve names outside the cluster by a name server, which must answer the node. Raises Failure.

        At first there are no such names.
        """
        self._apply_dns(f"forward . {address}:{port}")
        self._wait_for("deployment/coredns")

    def _start_whole(self) -> None:
        try:
            self._start()
        except Failure:
            # The end of the node, which takes a moment, says more than what failed for it.
            self._node.check(_END_SECONDS)
            raise

    def _start(self) -> None:
        self._node.begin()
        # Of two clusters that start at a time, one sees the other's route.
        with cache.locked("cluster-network"):
            addresses = network.unused()
            self._node.connect(addresses)
        components = Components(self._directory, self._programs, addresses)
        self._start_programs(components)
        self._queue_packets(addresses)
        network.save(addresses, self._network_file)
        self._deploy()
        self._node.complete()

    def _start_programs(self, components: Components) -> None:
        start = self._node.start
        start("etcd", *components.etcd())
        start("containerd", *components.containerd())
        start("kube-apiserver", *components.api_server())
        with ThreadPoolExecutor(1) as background:
            imported = background.submit(self._import_images)
            components.kubeconfig("admin", "system:masters")
            self._until(lambda: self.kubectl("get", "--raw", "/readyz"))
            start("kube-controller-manager", *components.controller_manager())
            start("kube-scheduler", *components.scheduler())
            start("kube-proxy", *components.proxy())
            imported.result()
        start("kubelet", *components.kubelet(self._node.name))
        start("volume-provisioner", *components.volume_provisioner())

    def _deploy(self) -> None:
        self._apply_dns(_NO_SUCH_NAME)
        self._apply("storage", provisioner=VOLUME_PROVISIONER)
        self._apply(
            "policies", image=kubernetes_node.POLICIES_IMAGE, node=NODE_NAME, queue=str(_POLICY_QUEUE)
        )
        self._until(lambda: self.kubectl("get", "node", NODE_NAME))
        self.kubectl("wait", f"node/{NODE_NAME}", "--for=condition=Ready", f"--timeout={_START_SECONDS}s")
        self._wait_for("daemonset/kube-network-policies")
        self._wait_for("deployment/coredns")

    def _queue_packets(self, addresses: Network) -> None:
        """Send the first packet of each of the pods' connections past kube-network-policies.

        It asks nftables for that itself, but not every kernel has nftables' `queue` (CONFIG_NFT_QUEUE), while those
        that have the older target are many. The rules are its own, in the older language.
        """
        chain = ["iptables", "--wait", "--table", "mangle", "--append", "POSTROUTING"]
        queue = ["--jump", "NFQUEUE", "--queue-num", str(_POLICY_QUEUE), "--queue-bypass"]
        # The kubelet's probes are no business of policies.
        self._node.run(*chain, "--match", "owner", "--uid-owner", "0", "--jump", "ACCEPT")
        self._node.run(*chain, "--match", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "--jump", "ACCEPT")
        self._node.run(*chain, "--source", str(addresses.pods), *queue)
        self._node.run(*chain, "--destination", str(addresses.pods), *queue)

    def _apply_dns(self, outside: str) -> None:
        addresses = self.network
        self._apply(
            "dns",
            image=kubernetes_node.DNS_IMAGE,
            domain=DOMAIN,
            dns=str(addresses.dns),
            host=str(addresses.host),
            host_name=HOST_NAME,
            outside=outside,
        )

    def _apply(self, manifest: str, **values: str) -> None:
        text = Template((_MANIFESTS / f"{manifest}.yaml").read_text()).substitute(values)
        self.kubectl("apply", "--filename", "-", stdin=text)

    def _wait_for(self, workload: str) -> None:
        self.kubectl(
            "--namespace", "kube-system", "rollout", "status", workload, f"--timeout={_START_SECONDS}s"
        )

    def _import_images(self) -> None:
        self._until(lambda: self._node.run("ctr", "version"))
        for archive in sorted((self._programs / "images").iterdir()):
            self._import(archive)

    def _import(self, archive: Path) -> None:
        self._node.run("ctr", "--namespace", "k8s.io", "images", "import", archive)

    def _until(self, attempt: Callable[[], object]) -> None:
        """Try until it succeeds; give up when the node has ended, or after a while."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self._node.check()
            try:
                attempt()
                return
            except Failure:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_POLL_SECONDS)


def _engine() -> docker.DockerClient:
    return docker.DockerClient(base_url=docker_engine.running())
