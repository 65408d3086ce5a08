"""The DNS records of a stack, as DNS shows them."""

from collections.abc import Sequence

from ..dns import DnsRecord, Lookup
from .finding import FINE, WRONG, Finding


def look(records: Sequence[DnsRecord], resolver: str = "") -> list[Finding]:
    """A finding for each record; `resolver` is `address:port`, empty for the machine's own."""
    unmet = Lookup(resolver).unmet(records)
    return [
        judge(record, next((seen for other, seen in unmet if other is record), None)) for record in records
    ]


def judge(record: DnsRecord, instead: Sequence[str] | None) -> Finding:
    """`instead` is what DNS shows in place of the record's value; None when it shows the value."""
    check = f"DNS {record['type']} {record['name']}"
    if instead is None:
        return Finding(check, FINE, record["value"])
    advice = f"publish {record['value']!r} there ({record['why']})"
    return Finding(check, WRONG, ", ".join(instead) or "no such record, or no answer", advice)
