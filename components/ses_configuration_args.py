"""What SesConfiguration can be told."""

from typing import NotRequired, TypedDict

import pulumi

SUPPRESSIONS = ("BOUNCE", "COMPLAINT")
"""What can put a recipient on the suppression list, as SES names it."""

DEFAULT_EVENTS = ("BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY")
"""What SesFeedback reports when nothing is said."""
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EventDestinationDefinition.html
EVENTS = (*DEFAULT_EVENTS, "SEND", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE", "SUBSCRIPTION")
"""What can become of a message, as SES names it."""
FEEDBACK = "feedback"
"""What the event destination of SesFeedback is called in its set."""


class SesTrackingArgs(TypedDict):
    """Links and pixels that tell whether a message was read, under a domain of yours."""

    domain: pulumi.Input[str]
    """The domain in the links. It must be verified at SES, and have a CNAME to SES's tracking server, or with HTTPS to
    a CDN in front of that: https://docs.aws.amazon.com/ses/latest/dg/configure-custom-open-click-domains.html"""
    https: NotRequired[str]
    """`REQUIRE`, `REQUIRE_OPEN_ONLY` or `OPTIONAL`. Defaults to SES's own, `OPTIONAL`."""


class SesDimensionArgs(TypedDict):
    """By what CloudWatch tells the counts of events apart."""

    name: str
    """The name of the tag or header whose value it takes, such as `ses:from-domain`."""
    source: NotRequired[str]
    """Where that stands: `MESSAGE_TAG` (the tags that SES gives itself, and those in the message's header
    `X-SES-MESSAGE-TAGS`), `EMAIL_HEADER` or `LINK_TAG`. Defaults to `MESSAGE_TAG`."""
    default: NotRequired[str]
    """The value for messages that have none. Defaults to `none`."""


class SesDestinationArgs(TypedDict):
    """Somewhere else that events of the set go, besides the queue of SesFeedback."""

    name: str
    """What it is called in the set; another name makes another one."""
    to: str
    """`eventbridge`: the account's default bus, the only one that SES writes to; or `cloudwatch`: metrics in the
    namespace `AWS/SES`, named after the events, which cost by the dimension's value."""
    events: list[str]
    """Of SES's event types, such as `DELIVERY`."""
    dimensions: NotRequired[list[SesDimensionArgs]]
    """Of the metrics. Defaults to one, `ses:configuration-set`."""


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
    destinations: NotRequired[list[SesDestinationArgs]]
    """Where events go besides the queue of SesFeedback. Defaults to `[]`."""
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
