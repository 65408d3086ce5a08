"""What SesConfiguration can be told."""

from typing import NotRequired, TypedDict

import pulumi

SUPPRESSIONS = ("BOUNCE", "COMPLAINT")
"""What can put a recipient on the suppression list, as SES names it."""


class SesTrackingArgs(TypedDict):
    """Links and pixels that tell whether a message was read, under a domain of yours."""

    domain: pulumi.Input[str]
    """The domain in the links. It must be verified at SES, and have a CNAME to SES's tracking server, or with HTTPS to
    a CDN in front of that: https://docs.aws.amazon.com/ses/latest/dg/configure-custom-open-click-domains.html"""
    https: NotRequired[str]
    """`REQUIRE`, `REQUIRE_OPEN_ONLY` or `OPTIONAL`. Defaults to SES's own, `OPTIONAL`."""


class SesConfigurationOptions(TypedDict):
    """How SES treats the mail. All of it has a default."""

    name: NotRequired[pulumi.Input[str]]
    """The set's name in the account. Defaults to the domain, with hyphens for dots."""
    tls: NotRequired[str]
    """`require`: a receiver without TLS gets a bounce instead of plain text; or `optional`. Defaults to `require`."""
    suppression: NotRequired[list[str]]
    """What puts a recipient on the account's suppression list, so that SES does not send there again: of `BOUNCE` and
    `COMPLAINT`. Defaults to both."""
    reputation_metrics: NotRequired[bool]
    """Whether CloudWatch shows bounce and complaint rates of this set. Defaults to `True`."""
    sending: NotRequired[bool]
    """`False` stops all mail of this set. Defaults to `True`."""
    max_delivery_seconds: NotRequired[int]
    """How long SES tries to deliver, from 300 to 50400. Defaults to SES's own, 14 hours."""
    pool: NotRequired[pulumi.Input[str]]
    """A pool of dedicated addresses that exists. Defaults to SES's shared addresses."""
    managed_pool: NotRequired[str]
    """The name of a pool of dedicated addresses to be made, which SES scales; it costs by the message."""
    tracking: NotRequired[SesTrackingArgs]
    """A domain of one's own for open and click tracking. Defaults to none."""
    vdm: NotRequired[bool]
    """Whether the Virtual Deliverability Manager watches engagement and spreads the load; it costs by the message.
    Defaults to the account's own choice."""


class SesConfigurationArgs(SesConfigurationOptions):
    """Arguments of SesConfiguration."""

    domain: pulumi.Input[str]
    """The domain whose mail it is for; gives the default name."""
    region: NotRequired[pulumi.Input[str]]
    """Defaults to the region of the AWS provider."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of everything that can have some."""
