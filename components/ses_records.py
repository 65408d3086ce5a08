"""The DNS records of a domain at SES, by the role that their resources are named after, each with its reason."""

import pulumi

from .arguments import applied, checked
from .dmarc import DmarcPolicy, dmarc_value, report_authorisations
from .dns import DnsRecord
from .ses_regions import SesRegion

SPF_INCLUDE = "amazonses.com"
"""Whose servers send for SES: https://docs.aws.amazon.com/ses/latest/dg/mail-from.html"""

# SES always gives three: https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html
_DKIM_TOKENS = 3
_TTL_SECONDS = 1800


def easy_dkim(
    tokens: pulumi.Output[list[str]], domain: pulumi.Input[str], region: pulumi.Output[SesRegion]
) -> dict[str, DnsRecord]:
    """The CNAMEs that lead to the keys which SES makes. A token may be unknown; how many there are never is."""
    return {f"dkim-{index}": easy_dkim_record(tokens[index], domain, region) for index in range(_DKIM_TOKENS)}


def easy_dkim_record(
    token: pulumi.Input[str], domain: pulumi.Input[str], region: pulumi.Output[SesRegion]
) -> DnsRecord:
    """The CNAME of one token."""
    return DnsRecord(
        name=applied([token, domain], lambda known: f"{known[0]}._domainkey.{known[1]}"),
        type="CNAME",
        value=applied([token, region], lambda known: f"{known[0]}.{known[1].dkim_zone}"),
        ttl=_TTL_SECONDS,
        why="DKIM: proves to SES that the domain is yours, and signs your mail",
    )


def own_dkim(
    selector: str, private_key: pulumi.Input[str], domain: pulumi.Input[str]
) -> dict[str, DnsRecord]:
    """The public half of a key of one's own. Raises InvalidArgument for what is no such key."""
    from .dkim_key import public_record  # late, as cryptography is slow to load

    public = checked("SesDomain", "dkim.private_key", pulumi.Output.secret(private_key), public_record)
    return {
        "dkim": DnsRecord(
            name=applied(domain, lambda known: f"{selector}._domainkey.{known}"),
            type="TXT",
            value=pulumi.Output.unsecret(public),  # it is for everybody to read
            ttl=_TTL_SECONDS,
            why="DKIM: the key that receivers check your signatures with",
        )
    }


def mail_from(mail_from_domain: pulumi.Input[str], region: pulumi.Output[SesRegion]) -> dict[str, DnsRecord]:
    """What makes a domain one that SES may use in the envelope."""
    return {
        "mail-from-mx": DnsRecord(
            name=mail_from_domain,
            type="MX",
            value=region.apply(lambda known: f"10 {known.mail_from_mx}"),
            ttl=_TTL_SECONDS,
            why="MAIL FROM: bounces return to SES",
        ),
        "mail-from-spf": DnsRecord(
            name=mail_from_domain,
            type="TXT",
            value=f"v=spf1 include:{SPF_INCLUDE} ~all",
            ttl=_TTL_SECONDS,
            why="SPF: SES may send for the MAIL FROM domain",
        ),
    }


def dmarc(policy: DmarcPolicy, domain: pulumi.Input[str]) -> dict[str, DnsRecord]:
    """The policy. Raises InvalidArgument for one that no receiver can follow."""
    return {
        "dmarc": DnsRecord(
            name=applied(domain, lambda known: f"_dmarc.{known}"),
            type="TXT",
            value=checked("SesDomain", "dmarc", policy, dmarc_value),
            ttl=_TTL_SECONDS,
            why="DMARC: large receivers refuse bulk mail from a domain without it",
        )
    }


def report_consents(policy: DmarcPolicy, domain: str) -> list[DnsRecord]:
    """What foreign domains publish to get the reports that the policy sends them."""
    return [
        DnsRecord(
            name=name,
            type="TXT",
            value="v=DMARC1",
            ttl=_TTL_SECONDS,
            why=f"DMARC: that domain agrees to get reports about {domain}; its owner publishes this",
        )
        for name in report_authorisations(policy, domain)
    ]


def apex_spf(value: pulumi.Input[str], domain: pulumi.Input[str]) -> dict[str, DnsRecord]:
    """The SPF record of the domain itself."""
    return {
        "spf": DnsRecord(
            name=domain,
            type="TXT",
            value=value,
            ttl=_TTL_SECONDS,
            why="SPF: SES may send for the domain itself",
        )
    }
