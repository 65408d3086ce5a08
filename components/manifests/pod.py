"""The pod of one replica."""

from collections.abc import Mapping
from typing import Any

import pulumi

from ..image.relay.health import GREETING
from ..relay_container import CAPABILITIES, HEALTH_COMMAND, SMTP_PORT, SPOOL, SUBMISSION_PORT
from .credentials import CREDENTIALS_DIRECTORY, pod_environment
from .labels import labels, selector

QUEUE = "queue"
"""The volume claim of a replica is called this, a hyphen, and the pod's name."""

LEAVE_SECONDS = 5
"""How long a Service may go on to send clients to a pod that was asked to end. Only then it stops to greet them."""

_STARTUP_SECONDS = 3
# A probe by command costs ten times what one by HTTP does, and a relay that hangs without ending is rare.
_READY_SECONDS = 30
_LIVE_SECONDS = 10
# One more than relay.health gives itself: it is to say what took so long.
_PROBE_TIMEOUT_SECONDS = 30
# An upstream that is down for days must not restart the pod: the field's highest number.
_FOR_EVER = 2**31 - 1
_ZONE = "topology.kubernetes.io/zone"
_NODE = "kubernetes.io/hostname"


def pod_template(
    instance: str,
    *,
    image: pulumi.Input[str],
    environment: Mapping[str, pulumi.Input[str]],
    credentials: pulumi.Input[str] | None,
    service_account: pulumi.Input[str],
    metrics_port: pulumi.Input[int],
    with_submission: bool,
    memory: pulumi.Input[str],
    cpu: pulumi.Input[str],
    grace_seconds: pulumi.Input[int],
) -> dict[str, Any]:
    """The template of the pods.

    `environment` is the relay's; of the Secret called `credentials`, its credential_files are read. `grace_seconds` is
    how long a pod may take to end.
    """
    environment = pod_environment(environment)
    volumes = [
        # The login is rendered into it.
        {"name": "run", "emptyDir": {"medium": "Memory"}},
        {"name": "tmp", "emptyDir": {}},
    ]
    mounts = [
        {"name": QUEUE, "mountPath": SPOOL},
        {"name": "run", "mountPath": "/run"},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the container's own
    ]
    if credentials is not None:
        # No subPath: a file that is mounted so never changes, and the relay could take over no new login.
        volumes.append({"name": "credentials", "secret": {"secretName": credentials, "defaultMode": 0o400}})
        mounts.append({"name": "credentials", "mountPath": CREDENTIALS_DIRECTORY, "readOnly": True})
    container = {
        "name": "relay",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": name, "value": environment[name]} for name in sorted(environment)],
        "ports": _ports(metrics_port, with_submission),
        "volumeMounts": mounts,
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"], "add": list(CAPABILITIES)},
        },
        "lifecycle": {"preStop": {"sleep": {"seconds": LEAVE_SECONDS}}},
        **_probes(metrics_port),
    }
    return {
        "metadata": {
            "labels": labels(instance),
            "annotations": {"kubectl.kubernetes.io/default-container": "relay"},
        },
        "spec": {
            "serviceAccountName": service_account,
            "automountServiceAccountToken": False,
            # A Service called relay would set RELAY_PORT.
            "enableServiceLinks": False,
            # No fsGroup: it sets the group and a set-group-ID bit on the queue, with which OpenSMTPD does not start.
            # The entry point gives the queue its owners and modes. Root, since OpenSMTPD does not start as another.
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
            "terminationGracePeriodSeconds": grace_seconds,
            "topologySpreadConstraints": [_spread(instance, key) for key in (_NODE, _ZONE)],
            "containers": [container],
            "volumes": volumes,
        },
    }


def _ports(metrics_port: pulumi.Input[int], with_submission: bool) -> list[dict[str, Any]]:
    ports = {"smtp": SMTP_PORT} | ({"submission": SUBMISSION_PORT} if with_submission else {})
    return [
        {"name": name, "containerPort": port, "protocol": "TCP"}
        for name, port in (ports | {"metrics": metrics_port}).items()
    ]


def _probes(metrics_port: pulumi.Input[int]) -> dict[str, Any]:
    """Started: mail can leave, which only a login that works shows. Ready: it takes mail. Live: the process answers.

    A relay that could send once goes on to take mail while its upstream is down: to queue it is what it is for, and
    without a ready pod the Service would refuse the clients. One that never could is sent none, and a rollout stops
    there. Commands, not requests, as their words stand in the pod's events.
    """

    def run(*arguments: str, period: int, failures: int) -> dict[str, Any]:
        return {
            "exec": {"command": [*HEALTH_COMMAND, *arguments]},
            "periodSeconds": period,
            "timeoutSeconds": _PROBE_TIMEOUT_SECONDS,
            "failureThreshold": failures,
        }

    return {
        "startupProbe": run(period=_STARTUP_SECONDS, failures=_FOR_EVER),
        "readinessProbe": run(GREETING, period=_READY_SECONDS, failures=2),
        "livenessProbe": {
            "httpGet": {"path": "/livez", "port": metrics_port},
            "periodSeconds": _LIVE_SECONDS,
            "timeoutSeconds": _LIVE_SECONDS,
            "failureThreshold": 3,
        },
    }


def _spread(instance: str, key: str) -> dict[str, Any]:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        # A replica on a full node is better than none.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(instance)},
    }
