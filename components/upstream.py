"""Upstream: what an upstream hands to the target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import pulumi

from .dns import DnsRecord
from .relay_settings import RelaySettings


class SesSender(TypedDict):
    """Who sends at Amazon SES: what a look at the account needs to know. Nothing of it is secret."""

    arn: pulumi.Input[str]
    """The ARN of the identity; it names the region and the account too."""
    user: pulumi.Input[str]
    """The name of the IAM user."""
    key: pulumi.Input[str]
    """The id of its access key, which is the SMTP user name."""


@dataclass(frozen=True)
class Upstream:
    """Where mail goes, and what has to stand before it can."""

    kind: str
    """The argument of MailRelay that it was made from."""
    relay: RelaySettings
    fallback: RelaySettings | None = None
    """Where mail goes while `relay` fails; None where nothing is made for that."""
    dns_records: pulumi.Input[Sequence[DnsRecord]] = ()
    required: Sequence[pulumi.Resource] = ()
    feedback_queue_url: pulumi.Input[str] = ""
    fallback_feedback_queue_url: pulumi.Input[str] = ""
    ses_senders: Sequence[SesSender] = ()
