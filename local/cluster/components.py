"""The programs of a node, with their flags and files.

Ports are the customary ones: the node has a network of its own.
"""

import json
from pathlib import Path
from typing import Any

from local.cluster.network import Network
from local.cluster.pki import CertificateAuthority
from local.tools.kubernetes_node import PAUSE_IMAGE

NODE_NAME = "node"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
DOMAIN = "cluster.local"
VOLUME_PROVISIONER = "local.volumes/directory"

_API_PORT = 6443
_ETCD_PORT = 2379
# Debian's, and those of most others: https://www.cni.dev/plugins/current/
_CNI_DIRECTORIES = ("/usr/lib/cni", "/opt/cni/bin")


class Components:
    """The programs of the node in `directory`; their binaries lie in `programs`. Makes the cluster's authority.

    A method writes what its program reads, and returns the command.
    """

    def __init__(self, directory: Path, programs: Path, network: Network):
        self._directory = directory
        self._programs = programs
        self._network = network
        self._pki = directory / "pki"
        self._authority = CertificateAuthority(self._pki)
        self._accounts_public, self._accounts_key = self._authority.key_pair("service-accounts")

    def etcd(self) -> list[str]:
        """The store of the API server."""
        certificate, key = self._authority.issue("etcd", "etcd", addresses=["127.0.0.1"])
        address = f"https://127.0.0.1:{_ETCD_PORT}"
        return [
            self._program("etcd"),
            f"--data-dir={self._directory / 'etcd'}",
            f"--listen-client-urls={address}",
            f"--advertise-client-urls={address}",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--client-cert-auth",
            f"--trusted-ca-file={self._ca}",
            f"--cert-file={certificate}",
            f"--key-file={key}",
            # The cluster does not outlive the machine.
            "--unsafe-no-fsync",
        ]

    def api_server(self) -> list[str]:
        """The API server, which this machine reaches at the node's address."""
        network = self._network
        names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"]
        addresses = [*names, f"{names[-1]}.{DOMAIN}", str(network.services[1]), str(network.node)]
        certificate, key = self._authority.issue("api-server", "kube-apiserver", addresses=addresses)
        client, client_key = self._authority.issue("api-server-client", "kube-apiserver", "system:masters")
        return [
            self._program("kube-apiserver"),
            f"--secure-port={_API_PORT}",
            f"--advertise-address={network.node}",
            f"--service-cluster-ip-range={network.services}",
            f"--client-ca-file={self._ca}",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--etcd-servers=https://127.0.0.1:{_ETCD_PORT}",
            f"--etcd-cafile={self._ca}",
            f"--etcd-certfile={client}",
            f"--etcd-keyfile={client_key}",
            f"--kubelet-certificate-authority={self._ca}",
            f"--kubelet-client-certificate={client}",
            f"--kubelet-client-key={client_key}",
            # The node's name is in no DNS.
            "--kubelet-preferred-address-types=InternalIP",
            f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}",
            f"--service-account-key-file={self._accounts_public}",
            f"--service-account-signing-key-file={self._accounts_key}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
        ]

    def controller_manager(self) -> list[str]:
        """The controllers of Kubernetes, each with the rights of its own service account."""
        return [
            self._program("kube-controller-manager"),
            f"--kubeconfig={self.kubeconfig('system:kube-controller-manager')}",
            f"--root-ca-file={self._ca}",
            f"--service-account-private-key-file={self._accounts_key}",
            "--use-service-account-credentials",
            "--leader-elect=false",
        ]

    def scheduler(self) -> list[str]:
        """The scheduler."""
        return [
            self._program("kube-scheduler"),
            f"--kubeconfig={self.kubeconfig('system:kube-scheduler')}",
            "--leader-elect=false",
        ]

    def containerd(self) -> list[str]:
        """The container runtime, with Debian's CNI plugins."""
        plugins = next(
            (path for path in _CNI_DIRECTORIES if Path(path, "bridge").exists()), _CNI_DIRECTORIES[0]
        )
        configuration = f"""\
version = 2
root = "{self._directory / "containerd"}"
state = "/run/containerd"
# It would make /opt/containerd.
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/{PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE every sandbox fails otherwise.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{self._directory / "cni"}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""
        self._write_json(
            "cni/10-bridge.conflist",
            {
                "cniVersion": "0.4.0",
                "name": "pods",
                "plugins": [
                    {
                        "type": "bridge",
                        "bridge": "pods",
                        "isGateway": True,
                        "hairpinMode": True,
                        "ipam": {
                            "type": "host-local",
                            "ranges": [[{"subnet": str(self._network.pods)}]],
                            "routes": [{"dst": "0.0.0.0/0"}],
                        },
                    },
                    {"type": "portmap", "capabilities": {"portMappings": True}},
                ],
            },
        )
        return ["containerd", "--config", str(self._write("containerd.toml", configuration))]

    def kubelet(self, control_group: str) -> list[str]:
        """The kubelet, whose pods are below a control group."""
        certificate, key = self._authority.issue(
            "kubelet", "kubelet", addresses=[NODE_NAME, str(self._network.node)]
        )
        configuration = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(self._ca)},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(certificate),
            "tlsPrivateKeyFile": str(key),
            "clusterDNS": [str(self._network.dns)],
            "clusterDomain": DOMAIN,
            "resolvConf": "",
            "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{control_group}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "podLogsDir": str(self._directory / "pod-logs"),
            "volumePluginDir": str(self._directory / "volume-plugins"),
            # A changed Secret or ConfigMap reaches the pods after one of these at most.
            "syncFrequency": "10s",
            # Images that were brought here cannot be pulled again.
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {
                "memory.available": "100Mi",
                "nodefs.available": "1%",
                "nodefs.inodesFree": "1%",
                "imagefs.available": "1%",
            },
        }
        return [
            self._program("kubelet"),
            f"--config={self._write_json('kubelet.json', configuration)}",
            f"--kubeconfig={self.kubeconfig(f'system:node:{NODE_NAME}', 'system:nodes')}",
            f"--root-dir={self._directory / 'kubelet'}",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={self._network.node}",
        ]

    def proxy(self) -> list[str]:
        """What makes Services of the node's packet filter."""
        return [
            self._program("kube-proxy"),
            f"--kubeconfig={self.kubeconfig('system:kube-proxy')}",
            f"--hostname-override={NODE_NAME}",
            f"--cluster-cidr={self._network.pods}",
            "--proxy-mode=iptables",
            # These would be set for the whole machine.
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
        ]

    def volume_provisioner(self) -> list[str]:
        """What makes a directory of the node for each claim of the default storage class."""
        return [
            self._program("volume-provisioner"),
            f"--kubeconfig={self.kubeconfig('volume-provisioner')}",
            f"--directory={self._directory / 'volumes'}",
            f"--node={NODE_NAME}",
            f"--name={VOLUME_PROVISIONER}",
        ]

    def kubeconfig(self, user: str, group: str | None = None) -> Path:
        """A kubeconfig for a user, with its certificate inside."""
        name = user.replace(":", "-")
        certificate, key = self._authority.issue(name, user, group)
        configuration = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "local",
                    "cluster": {
                        "server": f"https://{self._network.node}:{_API_PORT}",
                        "certificate-authority": str(self._ca),
                    },
                }
            ],
            "users": [
                {"name": user, "user": {"client-certificate": str(certificate), "client-key": str(key)}}
            ],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": user}}],
            "current-context": "local",
        }
        return self._write_json(f"{name}.kubeconfig", configuration)

    @property
    def _ca(self) -> Path:
        return self._pki / "ca.crt"

    def _program(self, name: str) -> str:
        return str(self._programs / name)

    def _write_json(self, name: str, content: dict[str, Any]) -> Path:
        return self._write(name, json.dumps(content, indent=2))

    def _write(self, name: str, content: str) -> Path:
        path = self._directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        return path
