"""What a domain and an address at SES can both be told.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi

from .arguments import InvalidArgument
from .ses_configuration_args import SesConfigurationOptions
from .ses_regions import SesRegionData

_VERIFICATIONS = ("wait", "skip")
_OF_THE_OWNER = ("configuration", "dkim", "mail_from", "policies", "tenant", "feedback_forwarding")


class SesIdentityOptions(TypedDict):
    """How an identity is made, and what belongs to it. All of it has a default."""

    region: NotRequired[pulumi.Input[str]]
    """The SES region. Defaults to the region of the AWS provider."""
    region_data: NotRequired[SesRegionData]
    """What this version does not know about the region. Defaults to what AWS has published."""
    configuration: NotRequired[SesConfigurationOptions]
    """The configuration set of all its mail. Defaults to one with safe defaults."""
    feedback_forwarding: NotRequired[bool]
    """Whether SES mails bounces and complaints to the sender, too. Defaults to SES's own, which is to do so."""
    policies: NotRequired[dict[str, pulumi.Input[str]]]
    """Sending authorisation: who else may send from it, as IAM policy documents in JSON by name. A statement without
    a `Resource` is about the identity."""
    tenant: NotRequired[str]
    """A tenant to be made, to which the identity and the configuration set belong. Defaults to none."""
    adopt: NotRequired[bool]
    """Whether the identity exists already and belongs to somebody else: it is used, and nothing of it is changed.
    Defaults to `False`."""
    verification: NotRequired[str]
    """`wait` until SES has verified it, so that what depends on it can send; or `skip`. Defaults to `wait`."""
    timeout: NotRequired[int]
    """How long to wait for the verification, in seconds. Defaults to `600`; SES itself goes on for 24 hours with an
    address, for 72 with a domain."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete or replace the identity, as production should have it: no mail leaves until
    another one is verified. Defaults to `False`."""
    tags: NotRequired[pulumi.Input[dict[str, pulumi.Input[str]]]]
    """Tags of everything that can have some."""


def has_part(args: Mapping[str, Any], part: str) -> bool:
    """Whether `mail_from`, `dmarc` or `configuration` is to be made."""
    # An adopted identity has what its owner gave it; DMARC is the domain's.
    return part not in args.get("without", []) and (part == "dmarc" or not args.get("adopt"))


def check_identity_args(component: str, args: Mapping[str, Any]) -> None:
    """Raise InvalidArgument for what excludes each other, and for a choice that there is not."""
    check_choice(component, "verification", args.get("verification", "wait"), _VERIFICATIONS)
    for part in _OF_THE_OWNER if args.get("adopt") else ():
        if part in args:
            raise InvalidArgument(component, part, "belongs to an identity's owner: leave it out, or adopt")


def check_choice(component: str, argument: str, value: object, choices: tuple[object, ...]) -> None:
    """Raise InvalidArgument for a value that is not one of `choices`."""
    if value not in choices:
        raise InvalidArgument(component, argument, f"{value!r} is not one of {', '.join(map(str, choices))}")
