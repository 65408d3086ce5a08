"""The DNS records that mail needs, as data, and the look-up that tells which of them are not there."""

from collections.abc import Iterable
from typing import TypedDict

import dns.exception
import dns.rdatatype
import dns.resolver
import pulumi

from .image.relay.checks import check_allowed_sender_domains
from .image.relay.invalid_setting import InvalidSetting


class DnsRecord(TypedDict):
    """One record, complete enough to be added by hand."""

    name: pulumi.Input[str]
    """The full name, without a trailing dot."""
    type: pulumi.Input[str]
    """`CNAME`, `TXT` or `MX`."""
    value: pulumi.Input[str]
    """What it says, as a zone editor takes it: a TXT without quotes."""
    ttl: pulumi.Input[int]
    """Time to live, in seconds."""
    why: pulumi.Input[str]
    """What stops working without it."""


def check_domain(value: str) -> str:
    """Return a mail domain in lower case; raise InvalidSetting for what is none."""
    (domain,) = check_allowed_sender_domains([value])
    if "*" in domain:
        raise InvalidSetting(
            "domain", "stands for many domains", "name one, such as example.com", repr(value)
        )
    return domain


def missing_records(records: Iterable[DnsRecord], resolver: str = "") -> list[DnsRecord]:
    """Look every record up and return those that DNS does not show with their value.

    `resolver` is the `address:port` of a DNS server; empty means the machine's own. A server that does not answer
    counts as a missing record: the caller explains a failure, it does not decide one.
    """
    lookup = dns.resolver.Resolver(configure=not resolver)
    lookup.lifetime = 5.0
    if resolver:
        address, _, port = resolver.rpartition(":")
        lookup.nameservers, lookup.port = [address], int(port)
    return [record for record in records if record["value"] not in _published(lookup, record)]


def _published(lookup: dns.resolver.Resolver, record: DnsRecord) -> list[str]:
    try:
        # The name's own record, not what it leads to: a CNAME is asked for as such.
        answer = lookup.resolve(record["name"], record["type"], search=False)
    except dns.exception.DNSException:
        return []
    if record["type"] == "TXT":
        return [b"".join(data.strings).decode() for data in answer]
    return [data.to_text().rstrip(".") for data in answer]
