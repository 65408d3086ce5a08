"""What SesDomain can be told, and what of it cannot be.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

from typing import NotRequired, TypedDict

import pulumi

from .arguments import InvalidArgument, check_keys, checked
from .dmarc import DmarcPolicy
from .dns import check_resolver
from .ses_identity_args import SesIdentityOptions, check_choice, check_identity_args

KEY_BITS = {1024: "RSA_1024_BIT", 2048: "RSA_2048_BIT"}
"""Lengths of SES's own keys, as its API names them."""
ON_MX_FAILURE = {"default": "USE_DEFAULT_VALUE", "reject": "REJECT_MESSAGE"}
"""What SES does without a MAIL FROM domain's MX, as its API names it."""

_DNS_WRITERS = ("route53", "manual")
_PARTS = ("mail_from", "dmarc", "configuration")


class DkimArgs(TypedDict):
    """How mail is signed. Either SES makes the key (Easy DKIM), or you bring `selector` and `private_key`."""

    bits: NotRequired[int]
    """Length of SES's key: `1024` or `2048`. Defaults to SES's own, `2048`."""
    selector: NotRequired[str]
    """The name of your key: one DNS label, of your choice."""
    private_key: NotRequired[pulumi.Input[str]]
    """Your RSA key of 1024 to 2048 bits, as PEM text; secret. SES does not show it again: keep it."""
    record: NotRequired[bool]
    """Whether the record of your key is written here: `False` where the same key signs in another region, and is
    published there. Defaults to `True`."""


class MailFromArgs(TypedDict):
    """The domain of the envelope sender, to which bounces return. SPF passes for it, and DMARC counts that."""

    domain: NotRequired[pulumi.Input[str]]
    """A sub-domain of the identity that receives no other mail. Defaults to `bounce.<domain>`. One in each region."""
    on_mx_failure: NotRequired[str]
    """When its MX is not seen: `default` sends with a domain of Amazon's, `reject` does not send. SES may take hours to
    see it, for which the verification does not wait: with `reject` mail bounces until then. Defaults to `default`."""


class SesIdentityArgs(SesIdentityOptions):
    """How a domain becomes one that SES may send from. All of it has a default."""

    dns: NotRequired[str]
    """Who writes the DNS records: `route53`, or `manual` (you, from the output `dns_records`). Defaults to `route53`;
    of an adopted identity to `manual`."""
    zone: NotRequired[pulumi.Input[str]]
    """The id of the Route 53 zone that holds the domain. Defaults to the public zone of the domain's own name, or of
    the nearest domain above it."""
    overwrite: NotRequired[bool]
    """Whether records that exist in the zone already are taken over. Defaults to `False`: they are an error."""
    dkim: NotRequired[DkimArgs]
    """How mail is signed. Defaults to Easy DKIM with 2048 bits."""
    mail_from: NotRequired[MailFromArgs]
    """The domain of the envelope sender. Defaults to `bounce.<domain>`."""
    dmarc: NotRequired[DmarcPolicy]
    """What receivers do with mail that claims the domain falsely. Defaults to `{"p": "none"}`: they only report."""
    apex_spf: NotRequired[bool]
    """Whether SES is added to the SPF record of the domain itself, whatever else that says. Needed by receivers that
    look at it instead of the MAIL FROM domain's. All TXT values that DNS shows there stay, and outlive the stack.
    Defaults to `False`: the record is not touched."""
    without: NotRequired[list[str]]
    """What is not made at all: of `mail_from`, `dmarc`, `configuration`. Defaults to `[]`."""
    resolver: NotRequired[str]
    """The `address:port` of the DNS server that is asked what DNS shows. Defaults to the machine's own."""


class SesDomainArgs(SesIdentityArgs):
    """Arguments of SesDomain."""

    domain: pulumi.Input[str]
    """The domain that mail is sent from, such as `example.com`."""


def check_domain_args(args: SesDomainArgs) -> None:
    """Raise InvalidArgument for what is known without any resource: choices, and what excludes each other."""
    dkim, mail_from = args.get("dkim", {}), args.get("mail_from", {})
    check_keys("SesDomain dkim", dkim, DkimArgs)
    check_keys("SesDomain mail_from", mail_from, MailFromArgs)
    check_keys("SesDomain dmarc", args.get("dmarc", {}), DmarcPolicy)
    for argument, value, choices in (
        ("dns", args.get("dns", "route53"), _DNS_WRITERS),
        ("dkim.bits", dkim.get("bits", 2048), tuple(KEY_BITS)),
        ("mail_from.on_mx_failure", mail_from.get("on_mx_failure", "default"), tuple(ON_MX_FAILURE)),
        *(("without", part, _PARTS) for part in args.get("without", [])),
    ):
        check_choice("SesDomain", argument, value, choices)
    check_identity_args("SesDomain", args)
    if ("selector" in dkim) != ("private_key" in dkim) or ("bits" in dkim and "private_key" in dkim):
        raise InvalidArgument("SesDomain", "dkim", "give selector and private_key, or bits, or nothing")
    if "record" in dkim and "private_key" not in dkim:
        raise InvalidArgument(
            "SesDomain", "dkim.record", "is about a key of yours: give selector and private_key too"
        )
    if "selector" in dkim:
        from .dkim_key import check_selector  # late, as cryptography is slow to load

        checked("SesDomain", "dkim.selector", dkim["selector"], check_selector)
    if args.get("resolver"):
        checked("SesDomain", "resolver", args["resolver"], check_resolver)
    for part in args.get("without", []):
        if part in args:
            raise InvalidArgument("SesDomain", part, "is given, and named in without: leave one of them out")
