"""A program that has the relay on a cluster, as a user writes it."""

import contextlib
import os
from collections.abc import Callable, Iterator

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pulumi.automation import CommandError

from components import KubernetesRelay, relay_settings
from local.cluster.cluster import HOST_NAME, Cluster

from .engine import Run
from .kubernetes_cluster import Namespace
from .relay_container import IMAGE
from .upstream import Upstream


def relay_program(
    cluster: Cluster,
    name: str,
    clients: str,
    upstream: Upstream,
    login: tuple[str, str],
    former_name: str = "",
    **args: object,
) -> Callable[[], None]:
    """A KubernetesRelay called `name`, of which the namespace `clients` uses the mail and the metrics."""
    aliases = [pulumi.Alias(name=former_name)] if former_name else []

    def program() -> None:
        provider = k8s.Provider("cluster", kubeconfig=pulumi.Output.secret(cluster.kubeconfig.read_text()))
        user, password = login
        settings = relay_settings.smtp(
            HOST_NAME,
            port=upstream.port,
            user=user,
            password=pulumi.Output.secret(password),
            ca=upstream.authority.pem,
        )
        made = KubernetesRelay(
            name,
            {
                "image": IMAGE,
                "relay": settings,
                "allowed_sender_domains": ["example.com"],
                "allowed_namespaces": [clients],
                "monitoring": {"namespace": clients},
                "storage_size": "64Mi",
                "cpu": "10m",
                "options": {"probe_interval": "1s", "drain_timeout": "2s"},
                **args,
            },
            pulumi.ResourceOptions(provider=provider, aliases=aliases),
        )
        pulumi.export("smtpAddress", made.smtp_address)
        pulumi.export("workload", made.workload)

    return program


def refusal(command: Callable[[], Run]) -> str:
    """What a command says that fails."""
    # In a function of its own, which does not keep the failed program until a later moment.
    with pytest.raises(CommandError) as refused:
        command()
    return str(refused.value)


@contextlib.contextmanager
def impatience(seconds: int) -> Iterator[None]:
    """Updates wait for no longer than this, where they wait for minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KubernetesRelay, "_rollout_seconds", lambda _: str(seconds))
        yield


@contextlib.contextmanager
def kubectl_on_path(cluster: Cluster) -> Iterator[None]:
    """A terminal in which kubectl talks to the cluster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        patch.setenv("PATH", str(cluster.programs), prepend=os.pathsep)
        yield


def update_revision(relays: Namespace, name: str) -> str:
    """What the pods of a StatefulSet are to become."""
    return relays.kubectl("get", "statefulset", name, "--output=jsonpath={.status.updateRevision}")
