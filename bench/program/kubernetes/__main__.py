"""The relay on a cluster, as KubernetesRelay makes it: with its defaults but for what `bench/pods.py` says."""

import json
import os
from pathlib import Path

import pulumi
import pulumi_kubernetes

from bench.program import ARGUMENTS
from components import KubernetesRelay, relay_settings

given = json.loads(os.environ[ARGUMENTS])
cluster = pulumi_kubernetes.Provider(
    "cluster", kubeconfig=pulumi.Output.secret(Path(given["kubeconfig"]).read_text())
)
KubernetesRelay(
    given["name"],
    {
        "image": given["image"],
        "replicas": given["replicas"],
        "allowed_namespaces": given["clients"],
        "allowed_sender_domains": ["example.com"],
        "relay": relay_settings.smtp(
            given["host"],
            port=given["port"],
            user="user",
            password=pulumi.Output.secret(given["password"]),
            ca=Path(given["ca"]).read_text(),
        ),
    },
    pulumi.ResourceOptions(provider=cluster),
)
