"""Rules for mail that waits."""

from collections.abc import Iterator

from .resource import Resource
from .rule import MANDATORY, ResourceRule
from .workload import relays

# OpenSMTPD's, Postfix's and Exim's.
_SPOOLS = ("/var/spool/smtpd", "/var/spool/postfix", "/var/spool/exim4", "/var/spool/exim", "/var/spool")


def _not_persistent(resource: Resource) -> Iterator[str]:
    for relay in relays(resource):
        if not any(relay.volumes.get(spool) for spool in _SPOOLS):
            yield f"{resource.name}: its queue is on no volume that outlives it"


RULES = (
    ResourceRule(
        name="relay-queue-persistent",
        level=MANDATORY,
        why="A relay says that it has taken a message before it can hand it on; a restart then loses what waits.",
        fix="Mount a named volume, or a volume claim, at /var/spool/smtpd.",
        check=_not_persistent,
    ),
)
