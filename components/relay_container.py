"""What the image in `image/` needs of whatever runs it, and what it offers."""

import pulumi

from .image.relay.checks import CHECKS
from .relay_options import RelayOptions

SMTP_PORT = 25
SUBMISSION_PORT = 587
SPOOL = "/var/spool/smtpd"

CAPABILITIES = ("CHOWN", "FOWNER", "NET_BIND_SERVICE", "SETGID", "SETUID", "SYS_CHROOT")
"""What OpenSMTPD cannot start without: it begins as root, hands the queue to its own user, and confines itself.
NET_BIND_SERVICE is for engines and nodes that keep ports below 1024 for root."""

HEALTH_COMMAND = ("python3", "-I", "-S", "-m", "relay.health")
"""Ends with 0 while the relay takes mail and its upstream does too; else it says why not."""

WAIT_SECONDS = 120
"""How long a relay may take to be able to send. A new key is known to all of SES only after some seconds, at worst a
minute; the relay tries it again and again."""

# What the container may take to end beyond the time in which queued mail may still leave, of 20 s by default.
_STOP_SECONDS = 10
_DRAIN_TIMEOUT = "20s"


def stop_seconds(options: RelayOptions) -> pulumi.Output[int]:
    """How long the container may take to end before it is killed."""
    drain = pulumi.Output.from_input(options.get("drain_timeout") or _DRAIN_TIMEOUT)
    return drain.apply(lambda duration: CHECKS["drain_timeout"](duration) + _STOP_SECONDS)
