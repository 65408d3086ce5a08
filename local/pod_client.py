"""A client of the relay in a pod: the pod is the wire, and this machine speaks SMTP over it."""

import json
import smtplib
import socket
import subprocess
from email.message import EmailMessage

from local.cluster.kubectl import Kubectl
from local.delivery import DeliveryFailed

NAMESPACE = "apps"
"""The client's, which stacks/Pulumi.local-kubernetes.yaml lets in."""
IMAGE = "debian:trixie-slim"
"""What the cluster must have."""

_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "client", "namespace": NAMESPACE},
    "spec": {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
        "containers": [{"name": "client", "image": IMAGE, "command": ["sleep", "infinity"]}],
    },
}
_NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
_WIRE = "exec 3<>/dev/tcp/$0/$1 || exit; cat <&3 & cat >&3"
_SECONDS = 60


def submit(kubectl: Kubectl, message: EmailMessage, smtp_address: str) -> None:
    """Hand a message to the relay at `host:port`. Raises DeliveryFailed, or Failure where there can be no client."""
    for manifest in (_NAMESPACE, _POD):
        kubectl("apply", "--filename=-", stdin=json.dumps(manifest))
    kubectl(
        "wait", "pod/client", f"--namespace={NAMESPACE}", "--for=condition=Ready", f"--timeout={_SECONDS}s"
    )
    host, _, port = smtp_address.rpartition(":")
    in_pod = [
        f"--namespace={NAMESPACE}",
        "exec",
        "--stdin",
        "client",
        "--",
    ]
    wire, end = socket.socketpair()
    with (
        wire,
        end,
        subprocess.Popen(
            [*kubectl.command, *in_pod, "bash", "-c", _WIRE, host, port],
            stdin=end,
            stdout=end,
            stderr=subprocess.PIPE,
            text=True,
        ) as pod,
    ):
        end.close()
        wire.settimeout(_SECONDS)
        relay = smtplib.SMTP()
        relay.sock = wire
        try:
            relay.getreply()
            relay.send_message(message)
            relay.quit()
        except (OSError, smtplib.SMTPException) as error:
            pod.kill()
            said = pod.stderr.read().strip() or error
            raise DeliveryFailed(
                f"The relay at {smtp_address} did not take the message of a pod: {said}"
            ) from error
