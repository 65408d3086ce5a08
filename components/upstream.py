"""Upstream: what an upstream hands to the target."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from .dns import DnsRecord
from .relay_settings import RelaySettings


@dataclass(frozen=True)
class Upstream:
    """Where mail goes, and what has to stand before it can."""

    kind: str
    """The argument of MailRelay that it was made from."""
    relay: RelaySettings
    dns_records: pulumi.Input[Sequence[DnsRecord]] = ()
    required: Sequence[pulumi.Resource] = ()
    feedback_queue_url: pulumi.Input[str] = ""
