"""What MailRelay can be told about Amazon SES."""

from typing import NotRequired, TypedDict

import pulumi

from .ses_configuration_args import SesConfigurationOptions
from .ses_domain_args import DkimArgs, MailFromArgs, SesIdentityArgs
from .ses_endpoint_args import SesEndpointOptions
from .ses_feedback_args import SesFeedbackOptions
from .ses_regions import SesRegionData
from .smtp_credentials_args import SmtpCredentialsOptions


class SesRelayEndpointArgs(SesEndpointOptions):
    """The private way of the relay to SES, open on the relay's port."""

    exclusive: NotRequired[bool]
    """Whether SES takes the login's mail through this endpoint only. Defaults to `False`."""


class SesConnectionArgs(TypedDict):
    """How the relay reaches SES in a region. All of it has a default."""

    host: NotRequired[pulumi.Input[str]]
    """Another SMTP endpoint than the region's public one. Defaults to that."""
    fips: NotRequired[bool]
    """Whether it is the region's endpoint with FIPS 140-3 cryptography. Defaults to `False`."""
    port: NotRequired[pulumi.Input[int]]
    """The endpoint's port: `587`, `2587` or `25` with STARTTLS, `465` or `2465` with TLS from the first byte, and of
    another `host` any one, with STARTTLS. Defaults to `587`."""
    ca: NotRequired[pulumi.Input[str]]
    """The CA of that endpoint, as PEM text. Defaults to the public CAs."""
    endpoint: NotRequired[SesRelayEndpointArgs]
    """A VPC endpoint to be made, through which the relay reaches SES. Defaults to the way over the internet."""
    max_rate: NotRequired[pulumi.Input[int]]
    """The messages a second that the account may send there, from its sending quota, which each region has for itself.
    The relay keeps to the smaller one of two regions, also while it uses the other. Defaults to no limit."""
    feedback: NotRequired[SesFeedbackOptions]
    """What bounces or is complained about, in a queue, and alarms. Defaults to none; `{}` is enough."""


class SesFallbackArgs(SesConnectionArgs):
    """SES in a second region, used while the first one fails.

    What is not said here is as in the first region: DNS and its zone, verification, tags, and unless given `dkim`,
    `configuration` and what SES does without the MX. DMARC and the SPF record of the domain itself count everywhere.
    """

    region: pulumi.Input[str]
    """The second region. Production access and the quota have to be asked for there too."""
    region_data: NotRequired[SesRegionData]
    """What this version does not know about the region. Defaults to what AWS has published."""
    dkim: NotRequired[DkimArgs]
    """How mail is signed there. Defaults to Easy DKIM with other records than in the first region, or to the same key
    of yours with the same record."""
    mail_from: NotRequired[MailFromArgs]
    """The domain of the envelope sender there. A MAIL FROM domain belongs to one region. Defaults to
    `bounce-<region>.<domain>`."""
    configuration: NotRequired[SesConfigurationOptions]
    """The configuration set there. Defaults to one as in the first region."""
    adopt: NotRequired[bool]
    """Whether the identity exists there already and belongs to somebody else. Defaults to `False`."""


class SesArgs(SesIdentityArgs, SesConnectionArgs):
    """The upstream Amazon SES. All of it has a default: `{}` is enough."""

    address: NotRequired[pulumi.Input[str]]
    """The one address of the domain that may send, where the domain itself is not yours to verify: its owner gets a
    mail with a link. It goes without everything that needs DNS. Defaults to the whole domain."""
    generation: NotRequired[int]
    """Raise it by one to rotate the SMTP credentials. Defaults to `1`."""
    credentials: NotRequired[SmtpCredentialsOptions]
    """What the login is good for, and where else it is kept. Defaults to sending from the domain."""
    fallback: NotRequired[SesFallbackArgs]
    """A second region, used while the first one fails. Defaults to none: mail waits in the queue."""
