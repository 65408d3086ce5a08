"""The DNS records that mail needs, as data, and the look-up that tells which of them are not there."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import TypedDict

import dns.exception
import dns.rdatatype
import pulumi

from .image.relay.checks import CHECKS, check_allowed_sender_domains
from .image.relay.invalid_setting import InvalidSetting

_TXT_OCTETS = 255
# How an octet is written that is no character: https://www.rfc-editor.org/rfc/rfc1035#section-5.1
_ZONE_FILE_OCTET = r"\{:03d}"
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTformat-special-characters
_ROUTE_53_OCTET = r"\{:03o}"
_LOOKUP_SECONDS = 5.0

DMARC = "v=dmarc1"
"""The policy_kind of a DMARC policy."""
# Of these a name may have one: receivers take two of them for none.
# https://www.rfc-editor.org/rfc/rfc7208#section-4.5, https://www.rfc-editor.org/rfc/rfc7489#section-6.6.3
_SINGLE_TEXTS = ("v=spf1", DMARC)


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


RecordWriter = Callable[[str, DnsRecord, pulumi.ResourceOptions], pulumi.Resource]
"""Writes one record at a DNS provider: gets the resource's name, the record and the options, returns the resource."""


def txt_strings(value: str) -> list[str]:
    """The strings that a TXT value is made of: DNS takes at most 255 octets in one.

    https://www.rfc-editor.org/rfc/rfc1035#section-3.3
    """
    return [value[start : start + _TXT_OCTETS] for start in range(0, len(value), _TXT_OCTETS)] or [""]


def zone_snippet(records: Iterable[DnsRecord]) -> str:
    """The records as lines of a BIND zone file, each under the reason for it."""
    return "".join(f"; {record['why']}\n{_zone_line(record)}\n" for record in records)


def _zone_line(record: DnsRecord) -> str:
    # What is no text ends in a name, and the dot makes it a full one.
    value = _quoted(record["value"], _ZONE_FILE_OCTET) if record["type"] == "TXT" else f"{record['value']}."
    return f"{record['name']}. {record['ttl']} IN {record['type']} {value}"


def route53_text(value: str) -> str:
    """A TXT value as the AWS provider takes it, which puts the outer quotes around it, and escapes and splits
    nothing."""
    return _quoted(value, _ROUTE_53_OCTET)[1:-1]


def _quoted(value: str, octet: str) -> str:
    def escaped(character: str) -> str:
        if character in '"\\':
            return f"\\{character}"
        return character if " " <= character <= "~" else octet.format(ord(character))

    return " ".join(f'"{"".join(map(escaped, text))}"' for text in txt_strings(value))


def check_domain(value: str) -> str:
    """Return a mail domain in lower case; raise InvalidSetting for what is none."""
    (domain,) = check_allowed_sender_domains([value])
    if "*" in domain:
        raise InvalidSetting(
            "domain", "stands for many domains", "name one, such as example.com", repr(value)
        )
    return domain


def check_address(value: str) -> str:
    """Return an address with its domain in lower case, as SES files it; raise InvalidSetting for what is none."""
    try:
        CHECKS["redirect_recipients"](value)
    except InvalidSetting:
        fix = "give one such as app@example.com"
        raise InvalidSetting("address", "is not an address", fix, repr(value)) from None
    local_part, at, domain = value.rpartition("@")
    return f"{local_part}{at}{domain.lower()}"


def check_resolver(value: str) -> str:
    """Return what Lookup takes; raise InvalidSetting for what is no `address:port`."""
    address, _, port = value.rpartition(":")
    try:
        ipaddress.ip_address(address)
        if not 0 < int(port) < 2**16:
            raise ValueError
    except ValueError:
        fix = "give one such as 192.0.2.53:53"
        raise InvalidSetting("resolver", "is not an address with a port", fix, repr(value)) from None
    return value


class Lookup:
    """Asks one DNS server, `resolver` as `address:port`; empty means the machine's own."""

    def __init__(self, resolver: str = ""):
        # Late: it takes longer to load than all else here, and most programs look nothing up.
        import dns.resolver

        self._resolver = dns.resolver.Resolver(configure=not resolver)
        self._resolver.lifetime = _LOOKUP_SECONDS
        if resolver:
            address, _, port = resolver.rpartition(":")
            self._resolver.nameservers, self._resolver.port = [address], int(port)

    def shown(self, name: str, type_: str) -> list[str]:
        """The values that DNS shows, as DnsRecord has them, of a TXT each octet as a character. Raises
        dns.exception.DNSException when no server answers: what is not known must not be taken for absent."""
        try:
            # The name's own record, not what it leads to: a CNAME is asked for as such.
            answer = self._resolver.resolve(name, type_, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        return _as_values(answer)

    def values(self, name: str, type_: str) -> list[str]:
        """The same, with none where no server answers."""
        try:
            return self.shown(name, type_)
        except dns.exception.DNSException:
            return []

    def unmet(self, records: Iterable[DnsRecord]) -> list[tuple[DnsRecord, list[str]]]:
        """The records that DNS does not show, or not alone where a second one spoils them, with what it shows."""
        shown = [(record, self.values(record["name"], record["type"])) for record in records]
        return [
            (record, values)
            for record, values in shown
            if not is_among(record, values) or spoiling(record, values)
        ]


def _as_values(answer: "dns.resolver.Answer") -> list[str]:
    if answer.rdtype == dns.rdatatype.TXT:
        # Any octets may stand in it, and have to be the same when they are written again.
        return [b"".join(data.strings).decode("latin-1") for data in answer]
    return [data.to_text().rstrip(".") for data in answer]


def is_among(record: DnsRecord, values: Sequence[str]) -> bool:
    """Whether the record's value is one of those that DNS shows."""
    if record["type"] == "TXT":
        return record["value"] in values
    return record["value"].lower() in (value.lower() for value in values)


def spoiling(record: DnsRecord, values: Sequence[str]) -> list[str]:
    """Those of the values that DNS shows beside which the record does not count."""
    return [value for value in values if value != record["value"] and _excludes(record, value)]


def policy_kind(text: str) -> str:
    """What a TXT value says it is, such as `v=spf1`."""
    return text.replace(";", " ").split(" ", 1)[0].lower()


def _excludes(record: DnsRecord, other: str) -> bool:
    # SES counts a MAIL FROM domain's MX only when it is the only one.
    # https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
    if record["type"] == "TXT":
        return policy_kind(other) in _SINGLE_TEXTS and policy_kind(other) == policy_kind(record["value"])
    return record["type"] == "MX" and other.lower() != record["value"].lower()
